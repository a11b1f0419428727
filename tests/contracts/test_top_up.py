# SPDX-License-Identifier: EUPL-1.2
"""The verb topUp.

topUp
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when the amount is zero
│   └── it refuses: AmountZero
├── when the programme ends in this second
│   └── it refuses: ProgrammeEnded
├── when it is one cent more than is unallocated
│   └── it refuses: UnallocatedTooLow
├── when all that was ever put on the voucher would be one cent too much
│   └── it refuses: BalanceTooHigh, also for an empty voucher
└── when the programme can pay for it
    ├── it emits ToppedUp with all its fields
    ├── it moves the amount to the voucher and counts it as issued
    ├── it takes exactly the room and exactly what is unallocated
    ├── it takes a voucher that nobody activated
    └── it takes a blocked voucher
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, TREASURER, Event, Fund, refused
from .town import ENDS_AT, ISSUED_CENTS, REFERENCE, UNALLOCATED_CENTS, Town

ROOM_CENTS = 2**24 - 1 - ISSUED_CENTS


def test_top_up_refuses_who_is_not_the_issuer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", TREASURER.address, fund.role("ISSUER_ROLE")):
        fund.send("topUp", 1, 1, by=TREASURER)


@pytest.mark.parametrize("voucher", [0, 4])
def test_top_up_refuses_a_voucher_that_does_not_exist(fund: Fund, voucher: int) -> None:
    with refused("VoucherUnknown", voucher):
        fund.send("topUp", voucher, 1, by=ISSUER)


def test_top_up_refuses_an_amount_of_nothing(fund: Fund) -> None:
    with refused("AmountZero"):
        fund.send("topUp", 1, 0, by=ISSUER)


def test_top_up_refuses_at_the_end(fund: Fund) -> None:
    fund.move_to(ENDS_AT)
    with refused("ProgrammeEnded", ENDS_AT, ENDS_AT):
        fund.send("topUp", 1, 1, by=ISSUER)


def test_top_up_refuses_one_cent_more_than_is_unallocated(fund: Fund) -> None:
    with refused("UnallocatedTooLow", UNALLOCATED_CENTS + 1, UNALLOCATED_CENTS):
        fund.send("topUp", 1, UNALLOCATED_CENTS + 1, by=ISSUER)


def test_top_up_refuses_one_cent_above_what_a_voucher_can_hold(town: Town) -> None:
    fund = town.fund
    fund.send("deposit", 1, 2 * 2**24, REFERENCE, by=TREASURER)
    with refused("BalanceTooHigh", ROOM_CENTS + 1, ROOM_CENTS):
        fund.send("topUp", 1, ROOM_CENTS + 1, by=ISSUER)
    town.redeem(number=0, amount_cents=200_00, max_cents=200_00)
    town.redeem(number=1, amount_cents=100_00, max_cents=200_00)
    assert town.balance_cents() == 0
    with refused("BalanceTooHigh", ROOM_CENTS + 1, ROOM_CENTS):
        fund.send("topUp", 1, ROOM_CENTS + 1, by=ISSUER)


def test_top_up_emits_topped_up(fund: Fund) -> None:
    fields = {"voucher": 2, "programme": 1, "amountCents": 25_00}
    assert fund.send("topUp", 2, 25_00, by=ISSUER).events == (Event("ToppedUp", fields),)


def test_top_up_moves_the_amount(town: Town) -> None:
    before = town.fund.voucher(1)
    town.fund.send("topUp", 1, 25_00, by=ISSUER)
    assert town.fund.voucher(1) == {
        **before,
        "balanceCents": ISSUED_CENTS + 25_00,
        "issuedCents": ISSUED_CENTS + 25_00,
    }
    assert town.unallocated_cents() == UNALLOCATED_CENTS - 25_00


def test_top_up_takes_exactly_the_room_and_exactly_what_is_unallocated(town: Town) -> None:
    town.fund.send("deposit", 1, ROOM_CENTS - UNALLOCATED_CENTS, REFERENCE, by=TREASURER)
    town.fund.send("topUp", 1, ROOM_CENTS, by=ISSUER)
    assert town.balance_cents() == 2**24 - 1
    assert town.unallocated_cents() == 0
    town.redeem(amount_cents=1, max_cents=1)
    assert town.balance_cents() == 2**24 - 2


def test_top_up_takes_a_voucher_that_nobody_activated(town: Town) -> None:
    town.fund.send("topUp", 3, 1, by=ISSUER)
    assert town.balance_cents(town.waiting_phone) == ISSUED_CENTS + 1
    assert town.fund.voucher(3)["fingerprint"] == int.from_bytes(keys.address_of(town.letters[2]), "big")


def test_top_up_takes_a_blocked_voucher(town: Town) -> None:
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    town.fund.send("topUp", 1, 1, by=ISSUER)
    assert town.fund.voucher(1)["blockReason"] == 9
    assert town.balance_cents() == ISSUED_CENTS + 1
