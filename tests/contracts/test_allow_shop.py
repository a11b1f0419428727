# SPDX-License-Identifier: EUPL-1.2
"""The verbs allowShop and removeShop.

allowShop
├── when the caller is not the shop manager
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the programme does not exist
│   └── it refuses: ProgrammeUnknown
├── when no shop can have the number
│   └── it refuses: ShopNumberInvalid
├── when it is for no kind of purchase
│   └── it refuses: CategoryNotAllowed
├── when one of the categories is not the programme's
│   └── it refuses: CategoryNotAllowed
└── when the categories are the programme's
    ├── it emits ShopAllowed with all its fields
    ├── it keeps the categories and a copy of the programme's terms
    ├── it renews that copy when a shop is allowed again
    ├── it lets the shop be paid in this programme only
    ├── it changes the categories of a shop that takes part, and not what it earned
    └── it takes the last category and the last shop

removeShop
├── when the caller is not the shop manager
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the shop does not take part
│   └── it refuses: ShopNotAllowed, a second time too
└── when the shop takes part
    ├── it emits ShopRemoved with all its fields
    ├── it leaves what the shop is owed
    ├── it leaves the shop in other programmes
    └── it can take part again, with what it earned before
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, SHOP_MANAGER, TREASURER, Event, Fund, refused
from .town import (
    BICYCLES,
    CATEGORIES,
    ENDS_AT,
    ISSUED_CENTS,
    LAST_SHOP,
    MAX_REDEMPTION_CENTS,
    MOST_CENTS,
    OTHER_SHOP,
    POLICY_HASH,
    SCHOOL,
    SHOP,
    SPORTS,
    STARTS_AT,
    STRANGE_SHOP,
    STRANGE_TILL,
    Town,
)


def test_allow_shop_refuses_who_is_not_the_shop_manager(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", ISSUER.address, fund.role("SHOP_MANAGER_ROLE")):
        fund.send("allowShop", 1, STRANGE_SHOP, CATEGORIES, by=ISSUER)


@pytest.mark.parametrize("programme", [0, 2])
def test_allow_shop_refuses_an_unknown_programme(fund: Fund, programme: int) -> None:
    with refused("ProgrammeUnknown", programme):
        fund.send("allowShop", programme, STRANGE_SHOP, CATEGORIES, by=SHOP_MANAGER)


@pytest.mark.parametrize("shop", [0, LAST_SHOP + 1, 2**16 - 1])
def test_allow_shop_refuses_a_number_that_no_shop_has(fund: Fund, shop: int) -> None:
    with refused("ShopNumberInvalid", shop, LAST_SHOP):
        fund.send("allowShop", 1, shop, CATEGORIES, by=SHOP_MANAGER)


def test_allow_shop_refuses_no_categories(fund: Fund) -> None:
    with refused("CategoryNotAllowed", 0, CATEGORIES):
        fund.send("allowShop", 1, STRANGE_SHOP, 0, by=SHOP_MANAGER)


@pytest.mark.parametrize("categories", [1 << SCHOOL, CATEGORIES | 1, CATEGORIES | 1 << 31, 2**32 - 1])
def test_allow_shop_refuses_categories_of_no_such_programme(fund: Fund, categories: int) -> None:
    with refused("CategoryNotAllowed", categories, CATEGORIES):
        fund.send("allowShop", 1, STRANGE_SHOP, categories, by=SHOP_MANAGER)


def test_allow_shop_emits_shop_allowed(fund: Fund) -> None:
    outcome = fund.send("allowShop", 1, STRANGE_SHOP, 1 << SPORTS, by=SHOP_MANAGER)
    fields = {"programme": 1, "shop": STRANGE_SHOP, "categories": 1 << SPORTS}
    assert outcome.events == (Event("ShopAllowed", fields),)


def test_allow_shop_keeps_the_terms(fund: Fund) -> None:
    fund.send("extend", 1, ENDS_AT + 60, by=ISSUER)
    fund.send("allowShop", 1, STRANGE_SHOP, 1 << SPORTS, by=SHOP_MANAGER)
    assert fund.shop_account(1, STRANGE_SHOP) == {
        "netCents": 0,
        "settledCents": 0,
        "categories": 1 << SPORTS,
        "startsAt": STARTS_AT,
        "endsAt": ENDS_AT + 60,
        "maxRedemptionCents": MAX_REDEMPTION_CENTS,
    }


def test_allow_shop_again_renews_the_copy_of_the_terms(fund: Fund) -> None:
    fund.send("extend", 1, ENDS_AT + 60, by=ISSUER)
    assert fund.shop_account(1, SHOP)["endsAt"] == ENDS_AT
    fund.send("allowShop", 1, SHOP, 1 << BICYCLES, by=SHOP_MANAGER)
    assert fund.shop_account(1, SHOP)["endsAt"] == ENDS_AT + 60


def test_allow_shop_lets_the_shop_be_paid_in_this_programme_only(town: Town) -> None:
    starts_at = town.fund.now_at + 60
    phone = town.open_later_programme(starts_at)
    town.fund.send("allowShop", 1, STRANGE_SHOP, CATEGORIES, by=SHOP_MANAGER)
    town.fund.move_to(starts_at)
    town.redeem(till=STRANGE_TILL, amount_cents=10_00)
    assert town.owed_cents(STRANGE_SHOP) == 10_00
    elsewhere = town.request(phone=phone, till=STRANGE_TILL)
    with refused("ShopNotAllowed", 2, STRANGE_SHOP):
        town.submit(elsewhere)


def test_allow_shop_changes_the_categories(town: Town) -> None:
    town.redeem(number=0, amount_cents=37_45)
    town.fund.send("allowShop", 1, SHOP, 1 << SPORTS, by=SHOP_MANAGER)
    assert town.owed_cents() == 37_45
    with refused("CategoryNotAllowed", BICYCLES, 1 << SPORTS):
        town.redeem(number=1, category=BICYCLES)
    town.redeem(number=1, category=SPORTS, amount_cents=10_00)
    assert town.owed_cents() == 47_45


def test_allow_shop_takes_the_last_category_and_the_last_shop(town: Town) -> None:
    fund = town.fund
    fund.send("openProgramme", STARTS_AT, ENDS_AT, 2**32 - 1, MOST_CENTS, POLICY_HASH, by=ISSUER)
    fund.send("allowShop", 2, LAST_SHOP, 1 << 31, by=SHOP_MANAGER)
    assert fund.shop_account(2, LAST_SHOP)["categories"] == 1 << 31


def test_remove_shop_refuses_who_is_not_the_shop_manager(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", TREASURER.address, fund.role("SHOP_MANAGER_ROLE")):
        fund.send("removeShop", 1, SHOP, by=TREASURER)


def test_remove_shop_refuses_a_shop_that_does_not_take_part(fund: Fund) -> None:
    for programme, shop in ((1, STRANGE_SHOP), (1, 0), (2, SHOP)):
        with refused("ShopNotAllowed", programme, shop):
            fund.send("removeShop", programme, shop, by=SHOP_MANAGER)
    fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    with refused("ShopNotAllowed", 1, SHOP):
        fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)


def test_remove_shop_emits_shop_removed(fund: Fund) -> None:
    outcome = fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    assert outcome.events == (Event("ShopRemoved", {"programme": 1, "shop": SHOP}),)


def test_remove_shop_leaves_what_is_owed(town: Town) -> None:
    town.redeem(amount_cents=37_45)
    town.fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    assert town.owed_cents() == 37_45
    assert town.fund.shop_account(1, SHOP)["categories"] == 0
    assert town.fund.shop_account(1, OTHER_SHOP)["categories"] == CATEGORIES


def test_remove_shop_leaves_other_programmes(town: Town) -> None:
    starts_at = town.fund.now_at + 60
    phone = town.open_later_programme(starts_at)
    town.fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    town.fund.move_to(starts_at)
    town.redeem(phone=phone, amount_cents=10_00)
    assert town.balance_cents(phone) == ISSUED_CENTS - 10_00


def test_remove_shop_lets_it_take_part_again(town: Town) -> None:
    town.redeem(number=0, amount_cents=37_45)
    town.fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    town.fund.send("allowShop", 1, SHOP, 1 << BICYCLES, by=SHOP_MANAGER)
    town.redeem(number=1, amount_cents=10_00)
    assert town.owed_cents() == 47_45
