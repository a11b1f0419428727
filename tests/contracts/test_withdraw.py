# SPDX-License-Identifier: EUPL-1.2
"""The verb withdraw.

withdraw
├── when the caller is not the treasurer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the programme does not exist
│   └── it refuses: ProgrammeUnknown
├── when the amount is zero
│   └── it refuses: AmountZero
├── when a withdrawal with this reference is on record
│   └── it refuses: PaymentAlreadyRecorded
├── when it is one cent more than is unallocated
│   └── it refuses: UnallocatedTooLow
└── when that much is on no voucher
    ├── it emits Withdrawn with all its fields
    ├── it takes the amount from what is unallocated
    ├── it takes the reference of a deposit
    ├── it takes exactly what is unallocated, and no voucher's money
    └── it takes what was swept, after the end
"""

from __future__ import annotations

import pytest

from .fund import SHOP_MANAGER, TREASURER, Event, Fund, refused
from .town import DEPOSITED_CENTS, ENDS_AT, ISSUED_CENTS, NEXT_REFERENCE, REFERENCE, UNALLOCATED_CENTS, Town


def test_withdraw_refuses_who_is_not_the_treasurer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", SHOP_MANAGER.address, fund.role("TREASURER_ROLE")):
        fund.send("withdraw", 1, 1, REFERENCE, by=SHOP_MANAGER)


@pytest.mark.parametrize("programme", [0, 2])
def test_withdraw_refuses_an_unknown_programme(fund: Fund, programme: int) -> None:
    with refused("ProgrammeUnknown", programme):
        fund.send("withdraw", programme, 1, REFERENCE, by=TREASURER)


def test_withdraw_refuses_an_amount_of_nothing(fund: Fund) -> None:
    with refused("AmountZero"):
        fund.send("withdraw", 1, 0, REFERENCE, by=TREASURER)


def test_withdraw_refuses_a_reference_that_is_on_record(fund: Fund) -> None:
    fund.send("withdraw", 1, 500_00, REFERENCE, by=TREASURER)
    with refused("PaymentAlreadyRecorded", 1, 0, REFERENCE):
        fund.send("withdraw", 1, 500_00, REFERENCE, by=TREASURER)


@pytest.mark.parametrize("amount_cents", [UNALLOCATED_CENTS + 1, 2**64 - 1])
def test_withdraw_refuses_one_cent_more_than_is_unallocated(fund: Fund, amount_cents: int) -> None:
    with refused("UnallocatedTooLow", amount_cents, UNALLOCATED_CENTS):
        fund.send("withdraw", 1, amount_cents, REFERENCE, by=TREASURER)


def test_withdraw_emits_withdrawn(fund: Fund) -> None:
    fields = {"programme": 1, "amountCents": 500_00, "paymentReference": REFERENCE}
    assert fund.send("withdraw", 1, 500_00, REFERENCE, by=TREASURER).events == (Event("Withdrawn", fields),)


def test_withdraw_takes_the_amount(fund: Fund) -> None:
    before = fund.programme(1)
    fund.send("withdraw", 1, 500_00, REFERENCE, by=TREASURER)
    fund.send("withdraw", 1, 1, NEXT_REFERENCE, by=TREASURER)
    assert fund.programme(1) == {
        **before,
        "unallocatedCents": UNALLOCATED_CENTS - 500_01,
        "withdrawnCents": 500_01,
    }


def test_withdraw_takes_the_reference_of_a_deposit(town: Town) -> None:
    """Each verb counts a reference once: a deposit can go back under the reference that it came with."""
    town.fund.send("deposit", 1, 500_00, REFERENCE, by=TREASURER)
    town.fund.send("withdraw", 1, 500_00, REFERENCE, by=TREASURER)
    assert town.unallocated_cents() == UNALLOCATED_CENTS


def test_withdraw_takes_exactly_what_is_unallocated(town: Town) -> None:
    town.fund.send("withdraw", 1, UNALLOCATED_CENTS, REFERENCE, by=TREASURER)
    assert town.unallocated_cents() == 0
    assert town.balance_cents() == ISSUED_CENTS
    with refused("UnallocatedTooLow", 1, 0):
        town.fund.send("withdraw", 1, 1, NEXT_REFERENCE, by=TREASURER)


def test_withdraw_takes_what_was_swept(fund: Fund) -> None:
    fund.move_to(ENDS_AT)
    fund.send("sweep", [1, 2, 3], by=TREASURER)
    fund.send("withdraw", 1, DEPOSITED_CENTS, REFERENCE, by=TREASURER)
    assert fund.programme(1)["withdrawnCents"] == DEPOSITED_CENTS
