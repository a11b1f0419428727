# SPDX-License-Identifier: EUPL-1.2
"""What other contracts, watchers of the chain, makers of its blocks and the limits of its numbers could do.

attacks by the chain
├── given another contract that calls this one
│   ├── it pays once when a contract brings the same request twice in one transaction
│   └── it calls and creates no contract, so that nobody gets a turn in the middle
├── given a watcher who sends what somebody else signed
│   ├── it hands a voucher to the holder that its letter named, whoever brings it first
│   ├── it refuses a watcher's own holder under the letter's signature
│   └── it renews for the holder that signed, and refuses the watcher's own list
├── given messages of one programme
│   └── it refuses a ticket at the same phone's voucher of another programme
├── given batches
│   ├── it sweeps vouchers in any state that their holders can bring them into
│   ├── it costs no voucher of a sweep more than the first when the list is long
│   └── it issues nothing of a batch with one bad row
├── given an amount at the end of its type
│   └── it refuses a refund to a programme whose account has no room
└── given a maker of blocks who moves the clock
    ├── it pays in a ticket's last second what was signed, and nothing a second later
    ├── it has no second in which a voucher can be both spent and swept
    └── it takes no ticket back when the clock ran ahead: the family's next one pays
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys

from . import storage
from .fund import ISSUER, OVERFLOW, RELAYER, TREASURER, Fund, input_of, refused
from .town import (
    ENDS_AT,
    ISSUED_CENTS,
    NEW_LETTER,
    SHOP,
    UNALLOCATED_CENTS,
    Phone,
    Town,
)

CALLING = {
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFF: "SELFDESTRUCT",
}
STATICCALL = 0xFA


# ------------------------------------------------------------------ given another contract that calls this one


def _caller_of(fund: Fund) -> bytes:
    """Deploy a contract that passes on what it is called with to the fund, twice, and answers with both successes."""
    call = bytes.fromhex("5f5f365f5f73") + fund.address + bytes.fromhex("5af1")
    runtime = bytes.fromhex("365f5f37") + call + call + bytes.fromhex("5f5260205260405ff3")
    return fund.create(bytes([0x60, len(runtime)]) + bytes.fromhex("8060095f395ff3") + runtime)


def test_a_contract_that_brings_a_request_twice_is_paid_once(town: Town) -> None:
    request = town.request(amount_cents=37_45)
    content = input_of("redeem", (request.ticket, request.place, request.charge))
    answer = town.fund.send_to(_caller_of(town.fund), content)
    second, first = int.from_bytes(answer[:32], "big"), int.from_bytes(answer[32:], "big")
    assert (first, second) == (1, 0)
    assert town.balance_cents() == ISSUED_CENTS - 37_45
    assert town.owed_cents() == 37_45


def test_the_contract_calls_and_creates_none(fund: Fund) -> None:
    """The only call in its code is a static one, to the chain's own check of signatures."""
    code = fund.code()
    code = code[: -2 - int.from_bytes(code[-2:], "big")]
    found, place = set(), 0
    while place < len(code):
        found.add(code[place])
        place += 1 + (code[place] - 0x5F if 0x60 <= code[place] <= 0x7F else 0)
    assert STATICCALL in found
    assert not {name for opcode, name in CALLING.items() if opcode in found}


# ------------------------------------------------------------------ given a watcher who sends what somebody else signed


def test_an_activation_brought_by_a_watcher_goes_to_the_holder_it_names(town: Town) -> None:
    waiting = town.waiting_phone
    root = waiting.tree().root
    digest = town.domain.activation_digest(voucher=3, generation=0, holder=waiting.holder, ticket_root=root)
    signature = keys.sign(town.letters[2], digest)
    town.fund.send("activate", 3, waiting.holder, root, signature.r, signature.vs, by=RELAYER)
    with refused("VoucherAlreadyActivated", 3):
        town.fund.send("activate", 3, waiting.holder, root, signature.r, signature.vs)
    town.redeem(phone=waiting, amount_cents=37_45)
    assert town.balance_cents(waiting) == ISSUED_CENTS - 37_45


def test_an_activation_changed_by_a_watcher(town: Town) -> None:
    waiting, thief = town.waiting_phone, Phone(b"the seed of a thief", 3)
    root = waiting.tree().root
    signed = town.domain.activation_digest(voucher=3, generation=0, holder=waiting.holder, ticket_root=root)
    signature = keys.sign(town.letters[2], signed)
    for holder, ticket_root in ((thief.holder, root), (waiting.holder, thief.tree().root)):
        changed = town.domain.activation_digest(
            voucher=3, generation=0, holder=holder, ticket_root=ticket_root
        )
        with refused("LetterSignatureInvalid", keys.recover(changed, signature)):
            town.fund.send("activate", 3, holder, ticket_root, signature.r, signature.vs)


def test_a_renewal_brought_or_changed_by_a_watcher(town: Town) -> None:
    phone, thief = town.phone, Phone(b"the seed of a thief", 1)
    old_root, root = phone.tree().root, phone.tree(1).root
    signed = town.domain.renewal_digest(voucher=1, generation=1, holder=phone.holder, ticket_root=root)
    signature = keys.sign(phone.holder_key, signed)
    stolen = town.domain.renewal_digest(
        voucher=1, generation=1, holder=phone.holder, ticket_root=thief.tree(1).root
    )
    words = (1, old_root, phone.holder, thief.tree(1).root, signature.r, signature.vs)
    with refused("HolderSignatureInvalid", keys.recover(stolen, signature)):
        town.fund.send("renewTickets", *words)
    town.fund.send("renewTickets", 1, old_root, phone.holder, root, signature.r, signature.vs, by=RELAYER)
    town.redeem(number=256, amount_cents=37_45)


# ------------------------------------------------------------------ given messages of one programme


def test_a_ticket_at_a_voucher_of_another_programme(town: Town) -> None:
    """The same seed holds both vouchers; a ticket is one voucher's."""
    later = town.open_later_programme(town.fund.now_at + 60)
    town.fund.move_to(town.fund.now_at + 120)
    request = town.request(phone=town.phone)
    places = (later.place(0), request.place._replace(voucher=later.voucher))
    for place in places:
        with refused("TicketUnknown", request.ticket_key):
            town.fund.send("redeem", request.ticket, place, request.charge)
    town.submit(town.request(phone=later))
    assert town.balance_cents() == ISSUED_CENTS


# ------------------------------------------------------------------ given batches


def test_a_sweep_takes_vouchers_in_any_state(town: Town) -> None:
    fund, phone = town.fund, town.phone
    town.refund(town.redeem(amount_cents=37_45), amount_cents=10_00)
    town.renew(phone, generation=1)
    town.renew(town.other_phone, generation=1, to=Phone(b"the seed of a third phone", 2))
    fund.send("replaceHolder", 2, keys.address_of(NEW_LETTER), 1, by=ISSUER)
    fund.send("blockVoucher", 1, 9, by=ISSUER)
    fund.move_to(ENDS_AT)
    fund.send("sweep", [1, 2, 3, 3, 2, 1], by=TREASURER)
    assert [fund.voucher(voucher)["balanceCents"] for voucher in (1, 2, 3)] == [0, 0, 0]
    left_cents = 3 * ISSUED_CENTS - 37_45 + 10_00
    assert fund.programme(1)["unallocatedCents"] == UNALLOCATED_CENTS + left_cents


def test_a_sweep_costs_each_voucher_the_same(town: Town) -> None:
    fund = town.fund
    first = fund.send("issue", 1, [(bytes([9]) * 20, 1)] * 80, by=ISSUER).output
    fund.move_to(ENDS_AT)
    start = fund.snapshot()

    def gas(count: int) -> int:
        fund.restore(start)
        return fund.send("sweep", list(range(first, first + count)), by=TREASURER).gas_used

    few, more, most = gas(10), gas(20), gas(80)
    assert (most - more) / 60 <= (more - few) / 10 * 1.01


def test_a_batch_with_one_bad_row_issues_nothing(town: Town) -> None:
    rows = [(bytes([9]) * 20, 1_00)] * 40
    for bad, refusal in (((bytes([9]) * 20, 0), "AmountZero"), ((bytes(20), 1_00), "KeyZero")):
        with refused(refusal):
            town.fund.send("issue", 1, [*rows, bad], by=ISSUER)
    assert town.fund.read("voucherCount") == 3
    assert town.fund.programme(1)["unallocatedCents"] == UNALLOCATED_CENTS


# ------------------------------------------------------------------ given an amount at the end of its type


def test_a_refund_to_a_programme_whose_account_has_no_room(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    storage.put_unallocated(town.fund, 1, 2**64 - 37_45)
    town.fund.move_to(ENDS_AT)
    with refused("Panic", OVERFLOW):
        town.refund(redemption, amount_cents=37_45)
    assert town.owed_cents() == 37_45
    town.refund(redemption, amount_cents=37_44)
    assert town.fund.programme(1)["unallocatedCents"] == 2**64 - 1


# ------------------------------------------------------------------ given a maker of blocks who moves the clock


@pytest.mark.parametrize("late", [0, 1, 900])
def test_a_clock_decides_a_tickets_last_second_and_nothing_else(town: Town, late: int) -> None:
    expires_at = town.fund.now_at + 300
    request = town.request(expires_at=expires_at, amount_cents=37_45)
    town.fund.move_to(expires_at - 1 + late)
    if late:
        with refused("TicketExpired", expires_at, expires_at - 1 + late):
            town.submit(request)
        assert town.owed_cents() == 0
    else:
        town.submit(request)
        assert town.owed_cents(SHOP) == 37_45


def test_no_second_both_spends_and_sweeps(town: Town) -> None:
    fund = town.fund
    request = town.request(expires_at=ENDS_AT + 60)
    fund.move_to(ENDS_AT - 1)
    before = fund.snapshot()
    with refused("ProgrammeNotEnded", ENDS_AT, ENDS_AT - 1):
        fund.send("sweep", [1], by=TREASURER)
    fund.restore(before)
    town.submit(request)
    fund.restore(before)
    fund.move_to(ENDS_AT)
    at_the_end = fund.snapshot()
    with refused("ProgrammeEnded", ENDS_AT, ENDS_AT):
        town.submit(request)
    fund.restore(at_the_end)
    fund.send("sweep", [1], by=TREASURER)
    assert town.balance_cents() == 0


def test_a_clock_that_ran_ahead_takes_no_money(town: Town) -> None:
    """A maker of blocks who is a quarter of an hour ahead makes tickets die early; the families lose only the code."""
    request = town.request(number=0, amount_cents=37_45)
    town.fund.move_to(town.fund.now_at + 900)
    with refused("TicketExpired", request.ticket.expires_at, town.fund.now_at):
        town.submit(request)
    town.redeem(number=0, amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS - 37_45
