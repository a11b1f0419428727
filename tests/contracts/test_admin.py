# SPDX-License-Identifier: EUPL-1.2
"""The admin's own rules, which OpenZeppelin's AccessControlDefaultAdminRules brings: giving up, delays, questions.

admin
├── given a role
│   ├── when it is granted to who has it, or taken from who has it not
│   │   └── it changes nothing and emits nothing
│   └── when its holder gives it up
│       └── it emits RoleRevoked, and the verb refuses
├── given the admin's verbs
│   ├── when somebody else calls one
│   │   └── it refuses: AccessControlUnauthorizedAccount
│   ├── when a handover begins while another waits
│   │   └── it emits the end of the one and the schedule of the other
│   └── when there is nothing to take back
│       └── it emits nothing
├── given the admin's role
│   ├── when somebody without it gives it up
│   │   └── it changes nothing and emits nothing
│   ├── when the admin gives it up without announcing that
│   │   └── it refuses: AccessControlEnforcedDefaultAdminDelay
│   ├── when the admin gives it up while a handover to somebody waits
│   │   └── it refuses: AccessControlEnforcedDefaultAdminDelay
│   └── when the admin announced that it gives it up
│       ├── it refuses: AccessControlEnforcedDefaultAdminDelay, to the last second of the delay
│       └── it leaves the contract without an admin for good, and its other roles as they were
├── given a change of the delay
│   ├── when it becomes shorter
│   │   └── it counts after the difference of both
│   ├── when it becomes longer by far
│   │   └── it counts after five days
│   ├── when another change follows before it counts
│   │   └── it emits the end of the one and the schedule of the other
│   ├── when another change follows after it counts
│   │   └── it keeps the changed delay until the other counts
│   ├── when it is taken back after it counts
│   │   └── it stays
│   └── when the delay is longer than instants can be
│       └── it refuses every handover and change, as arithmetic does
└── given a question
    ├── it knows the interfaces of access control, and no others
    └── it answers who is admin, who will be, and who grants a role
"""

from __future__ import annotations

import pytest

from .fund import (
    ADMIN,
    HANDOVER_DELAY_SECONDS,
    ISSUER,
    NEW_ADMIN,
    OUTSIDER,
    OVERFLOW,
    Account,
    Event,
    Fund,
    input_of,
    refused,
)
from .town import CATEGORIES, ENDS_AT, MAX_REDEMPTION_CENTS, POLICY_HASH, STARTS_AT

NOBODY = bytes(20)
DAY_SECONDS = 24 * 3600
INTERFACES = {
    "ERC-165": "01ffc9a7",
    "IAccessControl": "7965db0b",
    "IAccessControlDefaultAdminRules": "31498786",
}


def _open_programme(fund: Fund, by: Account) -> None:
    fund.send("openProgramme", STARTS_AT, ENDS_AT, CATEGORIES, MAX_REDEMPTION_CENTS, POLICY_HASH, by=by)


# ------------------------------------------------------------------ given a role


def test_granting_and_taking_twice_changes_nothing(fund: Fund) -> None:
    role = fund.role("ISSUER_ROLE")
    assert fund.send("grantRole", role, ISSUER.address, by=ADMIN).events == ()
    assert fund.read("hasRole", role, ISSUER.address)
    assert fund.send("revokeRole", role, OUTSIDER.address, by=ADMIN).events == ()
    assert not fund.read("hasRole", role, OUTSIDER.address)


def test_the_holder_of_a_role_gives_it_up(fund: Fund) -> None:
    role = fund.role("ISSUER_ROLE")
    fields = {"role": role, "account": ISSUER.address, "sender": ISSUER.address}
    outcome = fund.send("renounceRole", role, ISSUER.address, by=ISSUER)
    assert outcome.events == (Event("RoleRevoked", fields),)
    with refused("AccessControlUnauthorizedAccount", ISSUER.address, role):
        _open_programme(fund, by=ISSUER)


# ------------------------------------------------------------------ given the admin's verbs


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("beginDefaultAdminTransfer", (OUTSIDER.address,)),
        ("cancelDefaultAdminTransfer", ()),
        ("changeDefaultAdminDelay", (0,)),
        ("rollbackDefaultAdminDelay", ()),
    ],
)
def test_the_admins_verbs_refuse_others(fund: Fund, verb: str, words: tuple[bytes | int, ...]) -> None:
    for account in (ISSUER, OUTSIDER):
        with refused("AccessControlUnauthorizedAccount", account.address, fund.role("DEFAULT_ADMIN_ROLE")):
            fund.send(verb, *words, by=account)


def test_a_handover_ends_another(fund: Fund) -> None:
    fund.send("beginDefaultAdminTransfer", OUTSIDER.address, by=ADMIN)
    fields = {"newAdmin": NEW_ADMIN.address, "acceptSchedule": fund.now_at + HANDOVER_DELAY_SECONDS}
    assert fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN).events == (
        Event("DefaultAdminTransferCanceled", {}),
        Event("DefaultAdminTransferScheduled", fields),
    )
    fund.move_to(fund.now_at + HANDOVER_DELAY_SECONDS + 1)
    with refused("AccessControlInvalidDefaultAdmin", OUTSIDER.address):
        fund.send("acceptDefaultAdminTransfer", by=OUTSIDER)


@pytest.mark.parametrize("verb", ["cancelDefaultAdminTransfer", "rollbackDefaultAdminDelay"])
def test_nothing_is_taken_back_when_nothing_waits(fund: Fund, verb: str) -> None:
    assert fund.send(verb, by=ADMIN).events == ()
    assert fund.read("defaultAdminDelay") == HANDOVER_DELAY_SECONDS
    assert fund.read("pendingDefaultAdminDelay") == (0, 0)


# ------------------------------------------------------------------ given the admin's role


def test_nobody_gives_up_an_admins_role_without_having_it(fund: Fund) -> None:
    role = fund.role("DEFAULT_ADMIN_ROLE")
    assert fund.send("renounceRole", role, OUTSIDER.address, by=OUTSIDER).events == ()
    assert fund.read("defaultAdmin") == ADMIN.address


def test_the_admin_does_not_give_up_unannounced(fund: Fund) -> None:
    with refused("AccessControlEnforcedDefaultAdminDelay", 0):
        fund.send("renounceRole", fund.role("DEFAULT_ADMIN_ROLE"), ADMIN.address, by=ADMIN)


def test_the_admin_does_not_give_up_in_a_handover(fund: Fund) -> None:
    accepts_at = fund.now_at + HANDOVER_DELAY_SECONDS
    fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN)
    fund.move_to(accepts_at + 1)
    with refused("AccessControlEnforcedDefaultAdminDelay", accepts_at):
        fund.send("renounceRole", fund.role("DEFAULT_ADMIN_ROLE"), ADMIN.address, by=ADMIN)


def test_the_admin_does_not_give_up_within_the_delay(fund: Fund) -> None:
    gives_up_at = fund.now_at + HANDOVER_DELAY_SECONDS
    fund.send("beginDefaultAdminTransfer", NOBODY, by=ADMIN)
    fund.move_to(gives_up_at)
    with refused("AccessControlEnforcedDefaultAdminDelay", gives_up_at):
        fund.send("renounceRole", fund.role("DEFAULT_ADMIN_ROLE"), ADMIN.address, by=ADMIN)


def test_a_contract_without_an_admin_goes_on_without(fund: Fund) -> None:
    gives_up_at = fund.now_at + HANDOVER_DELAY_SECONDS
    role = fund.role("DEFAULT_ADMIN_ROLE")
    fund.send("beginDefaultAdminTransfer", NOBODY, by=ADMIN)
    fund.move_to(gives_up_at + 1)
    fields = {"role": role, "account": ADMIN.address, "sender": ADMIN.address}
    outcome = fund.send("renounceRole", role, ADMIN.address, by=ADMIN)
    assert outcome.events == (Event("RoleRevoked", fields),)
    assert fund.read("defaultAdmin") == NOBODY
    with refused("AccessControlUnauthorizedAccount", ADMIN.address, role):
        fund.send("grantRole", fund.role("ISSUER_ROLE"), OUTSIDER.address, by=ADMIN)
    _open_programme(fund, by=ISSUER)


# ------------------------------------------------------------------ given a change of the delay


def test_a_shorter_delay_counts_after_the_difference(fund: Fund) -> None:
    shorter_seconds = HANDOVER_DELAY_SECONDS - 3600
    counts_at = fund.now_at + 3600
    fund.send("changeDefaultAdminDelay", shorter_seconds, by=ADMIN)
    fund.move_to(counts_at)
    assert fund.read("pendingDefaultAdminDelay") == (shorter_seconds, counts_at)
    assert fund.read("defaultAdminDelay") == HANDOVER_DELAY_SECONDS
    fund.move_to(counts_at + 1)
    assert fund.read("pendingDefaultAdminDelay") == (0, 0)
    assert fund.read("defaultAdminDelay") == shorter_seconds
    accepts_at = fund.now_at + shorter_seconds
    outcome = fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN)
    assert outcome.events[0].fields["acceptSchedule"] == accepts_at


def test_a_longer_delay_counts_after_five_days(fund: Fund) -> None:
    counts_at = fund.now_at + 5 * DAY_SECONDS
    assert fund.read("defaultAdminDelayIncreaseWait") == 5 * DAY_SECONDS
    fund.send("changeDefaultAdminDelay", 100 * DAY_SECONDS, by=ADMIN)
    assert fund.read("pendingDefaultAdminDelay") == (100 * DAY_SECONDS, counts_at)
    fund.move_to(counts_at + 1)
    assert fund.read("defaultAdminDelay") == 100 * DAY_SECONDS


def test_a_change_of_the_delay_ends_another(fund: Fund) -> None:
    fund.send("changeDefaultAdminDelay", 100 * DAY_SECONDS, by=ADMIN)
    shorter_seconds = HANDOVER_DELAY_SECONDS - 60
    fields = {"newDelay": shorter_seconds, "effectSchedule": fund.now_at + 60}
    assert fund.send("changeDefaultAdminDelay", shorter_seconds, by=ADMIN).events == (
        Event("DefaultAdminDelayChangeCanceled", {}),
        Event("DefaultAdminDelayChangeScheduled", fields),
    )


def test_a_changed_delay_stays_until_the_next_counts(fund: Fund) -> None:
    first_seconds, second_seconds = HANDOVER_DELAY_SECONDS + 60, HANDOVER_DELAY_SECONDS + 120
    fund.send("changeDefaultAdminDelay", first_seconds, by=ADMIN)
    fund.move_to(fund.now_at + first_seconds + 1)
    outcome = fund.send("changeDefaultAdminDelay", second_seconds, by=ADMIN)
    assert [event.name for event in outcome.events] == ["DefaultAdminDelayChangeScheduled"]
    assert fund.read("defaultAdminDelay") == first_seconds
    assert fund.read("pendingDefaultAdminDelay")[0] == second_seconds


def test_a_change_that_counts_is_not_taken_back(fund: Fund) -> None:
    longer_seconds = HANDOVER_DELAY_SECONDS + 60
    fund.send("changeDefaultAdminDelay", longer_seconds, by=ADMIN)
    fund.move_to(fund.now_at + longer_seconds + 1)
    assert fund.send("rollbackDefaultAdminDelay", by=ADMIN).events == ()
    assert fund.read("defaultAdminDelay") == longer_seconds


@pytest.mark.parametrize(
    ("verb", "words"),
    [("beginDefaultAdminTransfer", (NEW_ADMIN.address,)), ("changeDefaultAdminDelay", (0,))],
)
def test_a_delay_beyond_all_instants_bars_every_change(
    empty_fund: Fund, verb: str, words: tuple[bytes | int, ...]
) -> None:
    contract = empty_fund.deploy(handover_delay_seconds=2**48 - 1)
    with refused("Panic", OVERFLOW):
        empty_fund.ask(contract, input_of(verb, words), by=ADMIN)


# ------------------------------------------------------------------ given a question


def test_the_contract_knows_its_interfaces(fund: Fund) -> None:
    for interface in INTERFACES.values():
        assert fund.read("supportsInterface", bytes.fromhex(interface))
    assert not fund.read("supportsInterface", bytes.fromhex("ffffffff"))
    assert not fund.read("supportsInterface", bytes(4))


def test_the_contract_says_who_is_and_will_be_admin(fund: Fund) -> None:
    assert fund.read("owner") == fund.read("defaultAdmin") == ADMIN.address
    assert fund.read("pendingDefaultAdmin") == (NOBODY, 0)
    accepts_at = fund.now_at + HANDOVER_DELAY_SECONDS
    fund.send("beginDefaultAdminTransfer", NEW_ADMIN.address, by=ADMIN)
    assert fund.read("pendingDefaultAdmin") == (NEW_ADMIN.address, accepts_at)
    for role in ("ISSUER_ROLE", "SHOP_MANAGER_ROLE", "TREASURER_ROLE", "DEFAULT_ADMIN_ROLE"):
        assert fund.read("getRoleAdmin", fund.role(role)) == fund.role("DEFAULT_ADMIN_ROLE")
