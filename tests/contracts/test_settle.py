# SPDX-License-Identifier: EUPL-1.2
"""The verb settle.

settle
├── when the caller is not the treasurer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the amount is zero
│   └── it refuses: AmountZero
├── when the reference was settled to this shop before
│   └── it refuses: PaymentAlreadyRecorded
├── when it is one cent more than is owed
│   └── it refuses: SettlementAboveOwed
├── when the shop owes the municipality
│   └── it refuses: SettlementAboveOwed, with what is owed below zero
├── when the programme or the shop does not exist
│   └── it refuses: SettlementAboveOwed, as nothing is owed
└── when that much is owed
    ├── it emits Settled with all its fields
    ├── it takes exactly what is owed
    ├── it takes part of what is owed, and the rest with another reference
    ├── it takes the same reference for another shop
    ├── it takes the same reference for another programme
    ├── it nets a refund made after the payout in the next settlement
    └── it pays a shop that was removed, after the end too
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, SHOP_MANAGER, TREASURER, Event, refused
from .town import ENDS_AT, NEXT_REFERENCE, OTHER_SHOP, OTHER_TILL, REFERENCE, SHOP, Town


def test_settle_refuses_who_is_not_the_treasurer(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    with refused("AccessControlUnauthorizedAccount", ISSUER.address, town.fund.role("TREASURER_ROLE")):
        town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=ISSUER)


def test_settle_refuses_an_amount_of_nothing(town: Town) -> None:
    with refused("AmountZero"):
        town.fund.send("settle", 1, SHOP, 0, REFERENCE, by=TREASURER)


def test_settle_refuses_a_reference_twice(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.send("settle", 1, SHOP, 10_00, REFERENCE, by=TREASURER)
    with refused("PaymentAlreadyRecorded", 1, SHOP, REFERENCE):
        town.fund.send("settle", 1, SHOP, 10_00, REFERENCE, by=TREASURER)


@pytest.mark.parametrize("amount_cents", [37_46, 2**48 + 37_45, 2**64 - 1])
def test_settle_refuses_one_cent_more_than_is_owed(town: Town, amount_cents: int) -> None:
    town.redeem(amount_cents=37_45)
    with refused("SettlementAboveOwed", amount_cents, 37_45):
        town.fund.send("settle", 1, SHOP, amount_cents, REFERENCE, by=TREASURER)


def test_settle_refuses_a_shop_that_owes(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    town.refund(redemption, amount_cents=12_00)
    with refused("SettlementAboveOwed", 1, -12_00):
        town.fund.send("settle", 1, SHOP, 1, NEXT_REFERENCE, by=TREASURER)


@pytest.mark.parametrize(
    ("programme", "shop"), [(2, SHOP), (0, SHOP), (1, 0), (1, 65535), (0, 2**15 + SHOP), (0, 2**14 + SHOP)]
)
def test_settle_refuses_who_never_earned(town: Town, programme: int, shop: int) -> None:
    town.redeem(amount_cents=37_45)
    with refused("SettlementAboveOwed", 1, 0):
        town.fund.send("settle", programme, shop, 1, REFERENCE, by=TREASURER)


def test_settle_emits_settled(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    fields = {"programme": 1, "shop": SHOP, "amountCents": 37_45, "paymentReference": REFERENCE}
    outcome = town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    assert outcome.events == (Event("Settled", fields),)


def test_settle_takes_exactly_what_is_owed(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    account = town.fund.shop_account(1, SHOP)
    assert (account["netCents"], account["settledCents"]) == (37_45, 37_45)
    assert town.owed_cents() == 0


def test_settle_takes_it_in_parts(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.send("settle", 1, SHOP, 37_44, REFERENCE, by=TREASURER)
    assert town.owed_cents() == 1
    town.fund.send("settle", 1, SHOP, 1, NEXT_REFERENCE, by=TREASURER)
    assert town.owed_cents() == 0


def test_settle_takes_a_reference_for_each_shop(town: Town) -> None:
    """One payment file pays many shops."""
    town.redeem(number=0, amount_cents=37_45)
    town.redeem(number=1, amount_cents=10_00, till=OTHER_TILL)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    town.fund.send("settle", 1, OTHER_SHOP, 10_00, REFERENCE, by=TREASURER)
    assert (town.owed_cents(SHOP), town.owed_cents(OTHER_SHOP)) == (0, 0)


def test_settle_takes_a_reference_for_each_programme(town: Town) -> None:
    starts_at = town.fund.now_at + 3600
    phone = town.open_later_programme(starts_at)
    town.fund.move_to(starts_at)
    town.redeem(amount_cents=37_45)
    town.redeem(phone=phone, amount_cents=20_00)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    town.fund.send("settle", 2, SHOP, 20_00, REFERENCE, by=TREASURER)
    assert town.fund.shop_account(2, SHOP)["settledCents"] == 20_00
    assert town.owed_cents() == 0


def test_settle_nets_a_refund_after_the_payout(town: Town) -> None:
    redemption = town.redeem(number=0, amount_cents=37_45)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    town.refund(redemption, amount_cents=37_45)
    assert town.owed_cents() == -37_45
    town.redeem(number=1, amount_cents=50_00)
    assert town.owed_cents() == 12_55
    with refused("SettlementAboveOwed", 12_56, 12_55):
        town.fund.send("settle", 1, SHOP, 12_56, NEXT_REFERENCE, by=TREASURER)
    town.fund.send("settle", 1, SHOP, 12_55, NEXT_REFERENCE, by=TREASURER)
    account = town.fund.shop_account(1, SHOP)
    assert (account["netCents"], account["settledCents"]) == (50_00, 50_00)


def test_settle_pays_a_removed_shop_after_the_end(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    town.fund.move_to(ENDS_AT + 86_400)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    assert town.owed_cents() == 0
