# SPDX-License-Identifier: EUPL-1.2
"""The verbs blockVoucher and unblockVoucher.

blockVoucher
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when there is no reason
│   └── it refuses: ReasonZero
├── when the voucher is blocked
│   └── it refuses: VoucherBlocked, with the reason that it has
└── when the voucher works
    ├── it emits Blocked with all its fields
    └── it keeps the reason, and no other change

unblockVoucher
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when the voucher is not blocked
│   └── it refuses: VoucherNotBlocked
└── when the voucher is blocked
    ├── it emits Unblocked with its field
    └── it works as before
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, TREASURER, Event, Fund, refused
from .town import ISSUED_CENTS, Town


def test_block_refuses_who_is_not_the_issuer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", TREASURER.address, fund.role("ISSUER_ROLE")):
        fund.send("blockVoucher", 1, 9, by=TREASURER)


@pytest.mark.parametrize("voucher", [0, 4])
def test_block_refuses_a_voucher_that_does_not_exist(fund: Fund, voucher: int) -> None:
    with refused("VoucherUnknown", voucher):
        fund.send("blockVoucher", voucher, 9, by=ISSUER)


def test_block_refuses_no_reason(fund: Fund) -> None:
    with refused("ReasonZero"):
        fund.send("blockVoucher", 1, 0, by=ISSUER)


def test_block_refuses_a_blocked_voucher(fund: Fund) -> None:
    fund.send("blockVoucher", 1, 255, by=ISSUER)
    with refused("VoucherBlocked", 1, 255):
        fund.send("blockVoucher", 1, 9, by=ISSUER)


def test_block_emits_blocked(fund: Fund) -> None:
    outcome = fund.send("blockVoucher", 1, 9, by=ISSUER)
    assert outcome.events == (Event("Blocked", {"voucher": 1, "reason": 9}),)


@pytest.mark.parametrize("voucher", [1, 3], ids=["held", "sleeping"])
def test_block_keeps_the_reason(fund: Fund, voucher: int) -> None:
    before = fund.voucher(voucher)
    fund.send("blockVoucher", voucher, 255, by=ISSUER)
    assert fund.voucher(voucher) == {**before, "blockReason": 255}


def test_unblock_refuses_who_is_not_the_issuer(fund: Fund) -> None:
    fund.send("blockVoucher", 1, 9, by=ISSUER)
    with refused("AccessControlUnauthorizedAccount", TREASURER.address, fund.role("ISSUER_ROLE")):
        fund.send("unblockVoucher", 1, by=TREASURER)


@pytest.mark.parametrize("voucher", [0, 4])
def test_unblock_refuses_a_voucher_that_does_not_exist(fund: Fund, voucher: int) -> None:
    with refused("VoucherUnknown", voucher):
        fund.send("unblockVoucher", voucher, by=ISSUER)


def test_unblock_refuses_a_voucher_that_is_not_blocked(fund: Fund) -> None:
    with refused("VoucherNotBlocked", 1):
        fund.send("unblockVoucher", 1, by=ISSUER)


def test_unblock_emits_unblocked(fund: Fund) -> None:
    fund.send("blockVoucher", 1, 9, by=ISSUER)
    assert fund.send("unblockVoucher", 1, by=ISSUER).events == (Event("Unblocked", {"voucher": 1}),)


def test_unblock_lets_the_voucher_work_as_before(town: Town) -> None:
    before = town.fund.voucher(1)
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    town.fund.send("unblockVoucher", 1, by=ISSUER)
    assert town.fund.voucher(1) == before
    town.redeem(amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS - 37_45
