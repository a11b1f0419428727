# SPDX-License-Identifier: EUPL-1.2
"""The verb issue.

issue
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the programme does not exist
│   └── it refuses: ProgrammeUnknown
├── when the programme ends in this second
│   └── it refuses: ProgrammeEnded
├── when one of the amounts is zero
│   └── it refuses: AmountZero, and gives out none
├── when one of the letter keys is empty
│   └── it refuses: KeyZero, and gives out none
├── when the sum is one cent more than is unallocated
│   └── it refuses: UnallocatedTooLow, and gives out none
├── when the list is longer than the numbers that are left
│   └── it refuses, as arithmetic does, and gives the last number to a shorter one
└── when the programme can pay for all
    ├── it emits Issued with all its fields
    ├── it answers the first number, and numbers them in order
    ├── it keeps each voucher as given out, not activated
    ├── it takes the sum from what is unallocated, to the last cent
    ├── it takes the most that a voucher can hold
    ├── it numbers on over programmes
    ├── it gives out before the programme starts
    ├── it takes one letter key for two vouchers
    └── it takes an empty list, and numbers nothing
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, OVERFLOW, SHOP_MANAGER, TREASURER, Event, Fund, refused
from .storage import put_counts
from .town import ENDS_AT, REFERENCE, UNALLOCATED_CENTS, Town

LAST_VOUCHER = 2**32 - 2
"""The number after it has to fit too."""

LETTER_KEYS = [keys.address_of(keys.derive_key(b"letters", str(position))) for position in range(3)]


def test_issue_refuses_who_is_not_the_issuer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", SHOP_MANAGER.address, fund.role("ISSUER_ROLE")):
        fund.send("issue", 1, [(LETTER_KEYS[0], 1)], by=SHOP_MANAGER)


@pytest.mark.parametrize("programme", [0, 2])
def test_issue_refuses_an_unknown_programme(fund: Fund, programme: int) -> None:
    with refused("ProgrammeUnknown", programme):
        fund.send("issue", programme, [(LETTER_KEYS[0], 1)], by=ISSUER)


def test_issue_refuses_at_the_end(fund: Fund) -> None:
    fund.move_to(ENDS_AT)
    with refused("ProgrammeEnded", ENDS_AT, ENDS_AT):
        fund.send("issue", 1, [(LETTER_KEYS[0], 1)], by=ISSUER)


def test_issue_refuses_an_amount_of_nothing(fund: Fund) -> None:
    with refused("AmountZero"):
        fund.send("issue", 1, [(LETTER_KEYS[0], 1), (LETTER_KEYS[1], 0)], by=ISSUER)
    assert fund.read("voucherCount") == 3


def test_issue_refuses_an_empty_letter_key(fund: Fund) -> None:
    with refused("KeyZero"):
        fund.send("issue", 1, [(LETTER_KEYS[0], 1), (bytes(20), 1)], by=ISSUER)
    assert fund.read("voucherCount") == 3


def test_issue_refuses_one_cent_more_than_is_unallocated(fund: Fund) -> None:
    allocations = [(LETTER_KEYS[0], UNALLOCATED_CENTS), (LETTER_KEYS[1], 1)]
    with refused("UnallocatedTooLow", UNALLOCATED_CENTS + 1, UNALLOCATED_CENTS):
        fund.send("issue", 1, allocations, by=ISSUER)
    assert fund.read("voucherCount") == 3
    with refused("VoucherUnknown", 4):
        fund.voucher(4)


def test_issue_refuses_more_vouchers_than_numbers(fund: Fund) -> None:
    put_counts(fund, programmes=1, vouchers=LAST_VOUCHER - 1)
    with refused("Panic", OVERFLOW):
        fund.send("issue", 1, [(LETTER_KEYS[0], 1), (LETTER_KEYS[1], 1)], by=ISSUER)
    assert fund.send("issue", 1, [(LETTER_KEYS[0], 1)], by=ISSUER).output == LAST_VOUCHER
    assert fund.voucher(LAST_VOUCHER)["balanceCents"] == 1
    with refused("Panic", OVERFLOW):
        fund.send("issue", 1, [(LETTER_KEYS[0], 1)], by=ISSUER)


def test_issue_emits_issued(fund: Fund) -> None:
    allocations = [(LETTER_KEYS[0], 300_00), (LETTER_KEYS[1], 150_00)]
    fields = {
        "programme": 1,
        "first": 4,
        "allocations": [
            {"letterKey": letter_key, "amountCents": amount} for letter_key, amount in allocations
        ],
    }
    assert fund.send("issue", 1, allocations, by=ISSUER).events == (Event("Issued", fields),)


def test_issue_numbers_in_order(fund: Fund) -> None:
    allocations = [(letter_key, 100 + position) for position, letter_key in enumerate(LETTER_KEYS)]
    assert fund.send("issue", 1, allocations, by=ISSUER).output == 4
    assert fund.read("voucherCount") == 6
    assert [fund.voucher(voucher)["balanceCents"] for voucher in (4, 5, 6)] == [100, 101, 102]


def test_issue_keeps_each_voucher(fund: Fund) -> None:
    fund.send("issue", 1, [(LETTER_KEYS[0], 300_00)], by=ISSUER)
    assert fund.voucher(4) == {
        "fingerprint": int.from_bytes(LETTER_KEYS[0], "big"),
        "balanceCents": 300_00,
        "issuedCents": 300_00,
        "programme": 1,
        "generation": 0,
        "blockReason": 0,
        "activated": False,
    }


def test_issue_takes_the_last_cent_of_what_is_unallocated(town: Town) -> None:
    allocations = [(LETTER_KEYS[0], UNALLOCATED_CENTS - 1), (LETTER_KEYS[1], 1)]
    town.fund.send("issue", 1, allocations, by=ISSUER)
    assert town.unallocated_cents() == 0
    with refused("UnallocatedTooLow", 1, 0):
        town.fund.send("issue", 1, [(LETTER_KEYS[2], 1)], by=ISSUER)


def test_issue_takes_the_most_a_voucher_can_hold(fund: Fund) -> None:
    fund.send("deposit", 1, 2**24, REFERENCE, by=TREASURER)
    fund.send("issue", 1, [(LETTER_KEYS[0], 2**24 - 1)], by=ISSUER)
    kept = fund.voucher(4)
    assert (kept["balanceCents"], kept["issuedCents"], kept["programme"]) == (2**24 - 1, 2**24 - 1, 1)


def test_issue_numbers_on_over_programmes(town: Town) -> None:
    assert town.open_later_programme(ENDS_AT - 1).voucher == 4
    assert town.fund.send("issue", 1, [(LETTER_KEYS[0], 1)], by=ISSUER).output == 5
    assert (town.fund.voucher(4)["programme"], town.fund.voucher(5)["programme"]) == (2, 1)


def test_issue_gives_out_before_the_start(town: Town) -> None:
    phone = town.open_later_programme(ENDS_AT - 1)
    assert town.balance_cents(phone) > 0


def test_issue_takes_one_letter_key_for_two_vouchers(fund: Fund) -> None:
    """The backend gives each voucher a key of its own; the contract tells them apart by their numbers anyway."""
    fund.send("issue", 1, [(LETTER_KEYS[0], 1), (LETTER_KEYS[0], 2)], by=ISSUER)
    assert fund.voucher(4)["fingerprint"] == fund.voucher(5)["fingerprint"]


def test_issue_takes_an_empty_list(fund: Fund) -> None:
    outcome = fund.send("issue", 1, [], by=ISSUER)
    assert outcome.events == (Event("Issued", {"programme": 1, "first": 4, "allocations": []}),)
    assert fund.read("voucherCount") == 3
