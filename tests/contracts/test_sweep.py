# SPDX-License-Identifier: EUPL-1.2
"""The verb sweep.

sweep
├── when the caller is not the treasurer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when a voucher does not exist
│   └── it refuses: VoucherUnknown, and sweeps none of the list
├── when it is the programme's last second
│   └── it refuses: ProgrammeNotEnded
├── when one of the vouchers is of a programme that runs on
│   └── it refuses: ProgrammeNotEnded, and sweeps none of the list
└── when the programme ended
    ├── it emits Swept for each voucher, with all its fields
    ├── it moves what is left to the programme
    ├── it passes over empty vouchers, so that twice the same list takes nothing twice
    ├── it passes over the second mention in one list
    ├── it takes nothing of an empty list
    └── it takes blocked vouchers and those that nobody activated
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, TREASURER, Event, Fund, refused
from .town import ENDS_AT, ISSUED_CENTS, UNALLOCATED_CENTS, Town


def _swept(voucher: int, amount_cents: int) -> Event:
    return Event("Swept", {"voucher": voucher, "programme": 1, "amountCents": amount_cents})


def test_sweep_refuses_who_is_not_the_treasurer(fund: Fund) -> None:
    fund.move_to(ENDS_AT)
    with refused("AccessControlUnauthorizedAccount", ISSUER.address, fund.role("TREASURER_ROLE")):
        fund.send("sweep", [1], by=ISSUER)


@pytest.mark.parametrize("voucher", [0, 4, 2**32 - 1])
def test_sweep_refuses_a_voucher_that_does_not_exist(town: Town, voucher: int) -> None:
    town.fund.move_to(ENDS_AT)
    with refused("VoucherUnknown", voucher):
        town.fund.send("sweep", [1, voucher], by=TREASURER)
    assert town.balance_cents() == ISSUED_CENTS


def test_sweep_refuses_in_the_last_second(fund: Fund) -> None:
    fund.move_to(ENDS_AT - 1)
    with refused("ProgrammeNotEnded", ENDS_AT, ENDS_AT - 1):
        fund.send("sweep", [1], by=TREASURER)


def test_sweep_refuses_a_list_with_a_programme_that_runs_on(town: Town) -> None:
    fund = town.fund
    town.open_later_programme(ENDS_AT - 3600)
    fund.send("extend", 2, ENDS_AT + 86_400, by=ISSUER)
    fund.move_to(ENDS_AT)
    with refused("ProgrammeNotEnded", ENDS_AT + 86_400, ENDS_AT):
        fund.send("sweep", [1, 4], by=TREASURER)
    assert town.balance_cents() == ISSUED_CENTS


def test_sweep_emits_swept_for_each(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.move_to(ENDS_AT)
    outcome = town.fund.send("sweep", [2, 1], by=TREASURER)
    assert outcome.events == (_swept(2, ISSUED_CENTS), _swept(1, ISSUED_CENTS - 37_45))


def test_sweep_moves_what_is_left_to_the_programme(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    before = town.fund.voucher(1)
    town.fund.move_to(ENDS_AT)
    town.fund.send("sweep", [1, 2, 3], by=TREASURER)
    assert town.fund.voucher(1) == {**before, "balanceCents": 0}
    assert town.unallocated_cents() == UNALLOCATED_CENTS + 3 * ISSUED_CENTS - 37_45
    assert town.owed_cents() == 37_45


def test_sweep_takes_nothing_twice(town: Town) -> None:
    town.fund.move_to(ENDS_AT)
    town.fund.send("sweep", [1, 2], by=TREASURER)
    assert town.fund.send("sweep", [1, 2, 3], by=TREASURER).events == (_swept(3, ISSUED_CENTS),)
    assert town.unallocated_cents() == UNALLOCATED_CENTS + 3 * ISSUED_CENTS


def test_sweep_takes_a_voucher_named_twice_once(town: Town) -> None:
    town.fund.move_to(ENDS_AT)
    assert town.fund.send("sweep", [1, 1], by=TREASURER).events == (_swept(1, ISSUED_CENTS),)
    assert town.unallocated_cents() == UNALLOCATED_CENTS + ISSUED_CENTS


def test_sweep_takes_an_empty_list(fund: Fund) -> None:
    assert fund.send("sweep", [], by=TREASURER).events == ()


def test_sweep_takes_blocked_and_sleeping_vouchers(town: Town) -> None:
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    town.fund.move_to(ENDS_AT)
    town.fund.send("sweep", [1, 3], by=TREASURER)
    assert town.balance_cents(town.phone) == town.balance_cents(town.waiting_phone) == 0
    assert town.fund.voucher(1)["blockReason"] == 9
