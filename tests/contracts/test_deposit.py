# SPDX-License-Identifier: EUPL-1.2
"""The verb deposit.

deposit
├── when the caller is not the treasurer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the programme does not exist
│   └── it refuses: ProgrammeUnknown
├── when the amount is zero
│   └── it refuses: AmountZero
├── when a deposit with this reference is on record
│   └── it refuses: PaymentAlreadyRecorded
├── when all deposits together no longer fit
│   └── it refuses, as arithmetic does
└── when money came in
    ├── it emits Deposited with all its fields
    ├── it adds the amount to what was deposited and what is unallocated
    ├── it keeps programmes apart, their references too
    └── it takes money after the end, to mend a shortage
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, OVERFLOW, TREASURER, Event, Fund, refused
from .town import DEPOSITED_CENTS, ENDS_AT, NEXT_REFERENCE, REFERENCE, UNALLOCATED_CENTS, Town


def test_deposit_refuses_who_is_not_the_treasurer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", ISSUER.address, fund.role("TREASURER_ROLE")):
        fund.send("deposit", 1, 1, REFERENCE, by=ISSUER)


@pytest.mark.parametrize("programme", [0, 2])
def test_deposit_refuses_an_unknown_programme(fund: Fund, programme: int) -> None:
    with refused("ProgrammeUnknown", programme):
        fund.send("deposit", programme, 1, REFERENCE, by=TREASURER)


def test_deposit_refuses_an_amount_of_nothing(fund: Fund) -> None:
    with refused("AmountZero"):
        fund.send("deposit", 1, 0, REFERENCE, by=TREASURER)


def test_deposit_refuses_a_reference_that_is_on_record(fund: Fund) -> None:
    fund.send("deposit", 1, 500_00, REFERENCE, by=TREASURER)
    with refused("PaymentAlreadyRecorded", 1, 0, REFERENCE):
        fund.send("deposit", 1, 500_00, REFERENCE, by=TREASURER)


def test_deposit_refuses_what_no_longer_fits(fund: Fund) -> None:
    fund.send("deposit", 1, 2**64 - 1 - DEPOSITED_CENTS, REFERENCE, by=TREASURER)
    with refused("Panic", OVERFLOW):
        fund.send("deposit", 1, 1, NEXT_REFERENCE, by=TREASURER)


def test_deposit_emits_deposited(fund: Fund) -> None:
    fields = {"programme": 1, "amountCents": 500_00, "paymentReference": REFERENCE}
    assert fund.send("deposit", 1, 500_00, REFERENCE, by=TREASURER).events == (Event("Deposited", fields),)


def test_deposit_adds_the_amount(fund: Fund) -> None:
    before = fund.programme(1)
    fund.send("deposit", 1, 1, REFERENCE, by=TREASURER)
    assert fund.programme(1) == {
        **before,
        "depositedCents": DEPOSITED_CENTS + 1,
        "unallocatedCents": UNALLOCATED_CENTS + 1,
    }


def test_deposit_keeps_programmes_apart(town: Town) -> None:
    town.open_later_programme(town.fund.now_at + 60)
    town.fund.send("deposit", 1, 1, REFERENCE, by=TREASURER)
    before = town.fund.programme(1)
    town.fund.send("deposit", 2, 500_00, REFERENCE, by=TREASURER)
    assert town.fund.programme(1) == before


def test_deposit_takes_money_after_the_end(fund: Fund) -> None:
    fund.move_to(ENDS_AT)
    fund.send("deposit", 1, 1, REFERENCE, by=TREASURER)
    assert fund.programme(1)["depositedCents"] == DEPOSITED_CENTS + 1
