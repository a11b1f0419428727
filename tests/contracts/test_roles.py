# SPDX-License-Identifier: EUPL-1.2
"""The roles: who may do what, how the admin grants and hands over, and what not even all roles together can do.

roles
├── it names each role by the hash of its name, as whoever grants it computes it
├── given a verb of a role
│   ├── when an account without a role calls it
│   │   └── it refuses: AccessControlUnauthorizedAccount, naming the role
│   ├── when the holders of the other roles call it
│   │   └── it refuses: AccessControlUnauthorizedAccount
│   └── when the role was taken away
│       └── it refuses: AccessControlUnauthorizedAccount
├── given the admin
│   ├── when somebody else grants or takes a role
│   │   └── it refuses: AccessControlUnauthorizedAccount
│   ├── when somebody gives up another's role
│   │   └── it refuses: AccessControlBadConfirmation
│   ├── when the admin's role is granted or taken
│   │   └── it refuses: AccessControlEnforcedDefaultAdminRules
│   ├── when the contract is deployed without an admin
│   │   └── it refuses: AccessControlInvalidDefaultAdmin
│   ├── when somebody accepts to whom nothing was handed over
│   │   └── it refuses: AccessControlInvalidDefaultAdmin
│   ├── when the new admin accepts at the end of the delay, not after it
│   │   └── it refuses: AccessControlEnforcedDefaultAdminDelay
│   ├── when the admin grants and takes a role
│   │   └── it emits RoleGranted and RoleRevoked with all their fields
│   ├── when the new admin accepts after the delay
│   │   └── it hands over, and the old admin can grant nothing
│   ├── when the admin takes a handover back
│   │   └── it emits DefaultAdminTransferCanceled, and the new admin cannot accept
│   └── when the admin changes the delay and takes that back
│       └── it emits the change's schedule and its cancellation
└── given an account with all roles
    ├── it can move no cent off a voucher while the programme runs
    ├── it can move no cent off a voucher by any function of the contract, whatever it asks
    ├── it can pay no shop with a ticket of its own making
    └── it can take a voucher over only by an event that everybody sees
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from kindpakket.hashes import keccak
from kindpakket.tickets import keys

from .fund import (
    ADMIN,
    HANDOVER_DELAY_SECONDS,
    ISSUER,
    NEW_ADMIN,
    OUTSIDER,
    SHOP_MANAGER,
    TREASURER,
    Account,
    Event,
    Fund,
    Refused,
    refused,
    verbs_that_change,
)
from .roles import ROLES, STRANGER, VERBS
from .town import (
    CATEGORIES,
    ISSUED_CENTS,
    NEW_LETTER,
    REFERENCE,
    SHOP,
    UNALLOCATED_CENTS,
    UNPAIRED_TILL,
    Phone,
    Town,
)


def _empowered(fund: Fund) -> Account:
    """Give every role to the admin."""
    for role in ROLES:
        fund.send("grantRole", fund.role(role), ADMIN.address, by=ADMIN)
    return ADMIN


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_the_hash_of_its_name(fund: Fund, role: str) -> None:
    assert fund.role(role) == keccak(role.encode())


# ------------------------------------------------------------------ given a verb of a role


@pytest.mark.parametrize(("role", "verb", "words"), VERBS, ids=[verb for _, verb, _ in VERBS])
def test_a_verb_refuses_an_account_without_a_role(fund: Fund, role: str, verb: str, words: Any) -> None:
    with refused("AccessControlUnauthorizedAccount", OUTSIDER.address, fund.role(role)):
        fund.send(verb, *words, by=OUTSIDER)


@pytest.mark.parametrize(("role", "verb", "words"), VERBS, ids=[verb for _, verb, _ in VERBS])
def test_a_verb_refuses_the_other_roles(fund: Fund, role: str, verb: str, words: Any) -> None:
    for account in (ADMIN, ISSUER, SHOP_MANAGER, TREASURER):
        if account != ROLES[role]:
            with refused("AccessControlUnauthorizedAccount", account.address, fund.role(role)):
                fund.send(verb, *words, by=account)


@pytest.mark.parametrize("role", ROLES)
def test_a_verb_refuses_whose_role_was_taken_away(fund: Fund, role: str) -> None:
    account = ROLES[role]
    fund.send("revokeRole", fund.role(role), account.address, by=ADMIN)
    for needed, verb, words in VERBS:
        if needed == role:
            with refused("AccessControlUnauthorizedAccount", account.address, fund.role(role)):
                fund.send(verb, *words, by=account)


# ------------------------------------------------------------------ given the admin


@pytest.mark.parametrize("verb", ["grantRole", "revokeRole"])
def test_the_admin_alone_gives_and_takes_roles(fund: Fund, verb: str) -> None:
    for account in (ISSUER, SHOP_MANAGER, TREASURER, OUTSIDER):
        with refused("AccessControlUnauthorizedAccount", account.address, fund.role("DEFAULT_ADMIN_ROLE")):
            fund.send(verb, fund.role("ISSUER_ROLE"), account.address, by=account)


def test_nobody_gives_up_the_role_of_another(fund: Fund) -> None:
    with refused("AccessControlBadConfirmation"):
        fund.send("renounceRole", fund.role("ISSUER_ROLE"), ISSUER.address, by=OUTSIDER)


@pytest.mark.parametrize("verb", ["grantRole", "revokeRole"])
def test_the_admins_role_is_handed_over_and_never_granted(fund: Fund, verb: str) -> None:
    with refused("AccessControlEnforcedDefaultAdminRules"):
        fund.send(verb, fund.role("DEFAULT_ADMIN_ROLE"), ADMIN.address, by=ADMIN)


def test_a_contract_has_an_admin(empty_fund: Fund) -> None:
    with refused("AccessControlInvalidDefaultAdmin", bytes(20)):
        empty_fund.deploy(admin=bytes(20))


def test_nobody_accepts_what_was_not_handed_over(fund: Fund) -> None:
    with refused("AccessControlInvalidDefaultAdmin", OUTSIDER.address):
        fund.send("acceptDefaultAdminTransfer", by=OUTSIDER)


def test_the_new_admin_waits_for_the_delay(fund: Fund) -> None:
    accepts_at = fund.now_at + HANDOVER_DELAY_SECONDS
    outcome = fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN)
    fields = {"newAdmin": NEW_ADMIN.address, "acceptSchedule": accepts_at}
    assert outcome.events == (Event("DefaultAdminTransferScheduled", fields),)
    fund.move_to(accepts_at)
    with refused("AccessControlEnforcedDefaultAdminDelay", accepts_at):
        fund.send("acceptDefaultAdminTransfer", by=NEW_ADMIN)


def test_the_admin_grants_and_takes_roles(fund: Fund) -> None:
    role = fund.role("TREASURER_ROLE")
    fields = {"role": role, "account": OUTSIDER.address, "sender": ADMIN.address}
    outcome = fund.send("grantRole", role, OUTSIDER.address, by=ADMIN)
    assert outcome.events == (Event("RoleGranted", fields),)
    fund.send("deposit", 1, 1, REFERENCE, by=OUTSIDER)
    outcome = fund.send("revokeRole", role, OUTSIDER.address, by=ADMIN)
    assert outcome.events == (Event("RoleRevoked", fields),)
    with refused("AccessControlUnauthorizedAccount", OUTSIDER.address, role):
        fund.send("deposit", 1, 1, REFERENCE, by=OUTSIDER)


def test_the_new_admin_accepts_after_the_delay(fund: Fund) -> None:
    accepts_at = fund.now_at + HANDOVER_DELAY_SECONDS
    fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN)
    fund.move_to(accepts_at + 1)
    fund.send("acceptDefaultAdminTransfer", by=NEW_ADMIN)
    assert fund.read("defaultAdmin") == NEW_ADMIN.address
    role = fund.role("ISSUER_ROLE")
    with refused("AccessControlUnauthorizedAccount", ADMIN.address, fund.role("DEFAULT_ADMIN_ROLE")):
        fund.send("grantRole", role, ADMIN.address, by=ADMIN)
    fund.send("revokeRole", role, ISSUER.address, by=NEW_ADMIN)
    assert not fund.read("hasRole", role, ISSUER.address)


def test_the_admin_takes_a_handover_back(fund: Fund) -> None:
    fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN)
    assert fund.send("cancelDefaultAdminTransfer", by=ADMIN).events == (
        Event("DefaultAdminTransferCanceled", {}),
    )
    fund.move_to(fund.now_at + HANDOVER_DELAY_SECONDS + 1)
    with refused("AccessControlInvalidDefaultAdmin", NEW_ADMIN.address):
        fund.send("acceptDefaultAdminTransfer", by=NEW_ADMIN)


def test_the_admin_changes_the_delay_and_takes_that_back(fund: Fund) -> None:
    longer_seconds = HANDOVER_DELAY_SECONDS + 3600
    fields = {"newDelay": longer_seconds, "effectSchedule": fund.now_at + longer_seconds}
    outcome = fund.send("changeDefaultAdminDelay", longer_seconds, by=ADMIN)
    assert outcome.events == (Event("DefaultAdminDelayChangeScheduled", fields),)
    outcome = fund.send("rollbackDefaultAdminDelay", by=ADMIN)
    assert outcome.events == (Event("DefaultAdminDelayChangeCanceled", {}),)
    assert fund.read("defaultAdminDelay") == HANDOVER_DELAY_SECONDS


# ------------------------------------------------------------------ given an account with all roles


def test_all_roles_together_move_no_cent_off_a_voucher(town: Town) -> None:
    """Every verb of every role; replaceHolder is the next test but one."""
    fund = town.fund
    town.redeem(amount_cents=37_45)
    mighty = _empowered(fund)
    more: list[tuple[str, str, tuple[Any, ...]]] = [
        ("", "withdraw", (1, UNALLOCATED_CENTS + 1, REFERENCE)),
        ("", "withdraw", (1, UNALLOCATED_CENTS, REFERENCE)),
        ("", "settle", (1, SHOP, 37_46, REFERENCE)),
        ("", "sweep", ([1, 2, 3],)),
        ("", "topUp", (1, 2**24 - 1)),
        ("", "extend", (1, fund.now_at)),
    ]
    for _, verb, words in [*VERBS, *more]:
        if verb == "replaceHolder":
            continue
        try:
            fund.send(verb, *words, by=mighty)
        except Refused:
            assert verb in {"settle", "sweep", "unblockVoucher", "withdraw", "topUp", "removeTill", "extend"}
        kept = fund.voucher(1)
        assert kept["balanceCents"] >= ISSUED_CENTS - 37_45, verb
        assert kept["issuedCents"] - kept["balanceCents"] == 37_45, verb
        assert town.balance_cents(town.other_phone) == ISSUED_CENTS, verb


def _words(types: list[str], dice: random.Random, pools: dict[str, list[Any]]) -> list[Any]:
    """Make up words of these types: most of them mean something here, some are any."""
    words: list[Any] = []
    for kind in types:
        if kind.endswith("]"):
            length = int(kind[kind.rindex("[") + 1 : -1] or dice.randrange(4))
            words.append(_words([kind[: kind.rindex("[")]] * length, dice, pools))
        elif kind.startswith("("):
            words.append(tuple(_words(kind[1:-1].split(","), dice, pools)))
        elif kind.startswith("uint"):
            limit = 2 ** int(kind[4:])
            words.append(dice.choice([*pools["uint"], dice.randrange(limit)]) % limit)
        else:
            words.append(dice.choice(pools[kind]))
    return words


def test_all_roles_together_spend_nothing_by_any_function(town: Town) -> None:
    """Every function of the ABI, OpenZeppelin's too, sixty times each with made-up words and real signatures."""
    fund = town.fund
    town.redeem(amount_cents=37_45)
    mighty = _empowered(fund)
    fund.send("addTill", SHOP, STRANGER, by=mighty)
    own = town.request(ticket_key=UNPAIRED_TILL, till=UNPAIRED_TILL)
    real = town.request(number=1, till=UNPAIRED_TILL, amount_cents=1).charge
    pools: dict[str, list[Any]] = {
        "uint": [0, 1, 1, 1, 2, 3, SHOP, CATEGORIES, 37_45, 50_00, fund.now_at + 300, 2**14, 2**24 - 1],
        "address": [STRANGER, mighty.address, fund.address, bytes(20), town.phone.holder],
        "bytes32": [
            *(fund.role(role) for role in ROLES),
            *(own.ticket.r, own.ticket.vs, own.charge.r, own.charge.vs, real.r, real.vs),
            *(town.phone.tree().root, REFERENCE, bytes(32)),
            *own.place.siblings,
        ],
    }
    dice = random.Random(7291)
    accepted: set[str] = set()
    vouchers = {1: ISSUED_CENTS - 37_45, 2: ISSUED_CENTS, 3: ISSUED_CENTS}
    start = fund.snapshot()
    for verb, types in verbs_that_change().items():
        for _ in range(60):
            try:
                fund.send(verb, *_words(types, dice, pools), by=mighty)
            except Refused:
                continue
            accepted.add(verb)
            for voucher, cents in vouchers.items():
                assert fund.voucher(voucher)["balanceCents"] >= cents, verb
            fund.restore(start)
    # What can be reached without a signature was reached; what a ticket, letter or holder signs was not.
    assert {verb for _, verb, _ in VERBS} - accepted <= {"sweep", "unblockVoucher"}
    assert not accepted & {"redeem", "activate", "renewTickets"}


def test_all_roles_together_pay_no_shop_without_a_ticket(town: Town) -> None:
    mighty = _empowered(town.fund)
    forged = town.request(ticket_key=UNPAIRED_TILL, till=UNPAIRED_TILL)
    town.fund.send("addTill", SHOP, STRANGER, by=mighty)
    with refused("TicketUnknown", STRANGER):
        town.submit(forged, by=mighty)


def test_all_roles_together_take_a_voucher_over_only_visibly(town: Town) -> None:
    """Replacing a lost holder is the one way; it leaves its event, with a reason, for parent and accountant."""
    mighty = _empowered(town.fund)
    outcome = town.fund.send("replaceHolder", 1, keys.address_of(NEW_LETTER), 1, by=mighty)
    assert [event.name for event in outcome.events] == ["HolderReplaced"]
    thief = Phone(b"the seed of a thief", 1)
    assert [event.name for event in town.activate(thief, NEW_LETTER, generation=1).events] == ["Activated"]
    town.redeem(phone=thief, number=256, amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS - 37_45
