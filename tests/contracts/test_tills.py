# SPDX-License-Identifier: EUPL-1.2
"""The verbs addTill and removeTill.

addTill
├── when the caller is not the shop manager
│   └── it refuses: AccessControlUnauthorizedAccount
├── when no shop can have the number
│   └── it refuses: ShopNumberInvalid
├── when the till is empty
│   └── it refuses: KeyZero
├── when the till belongs to a shop
│   └── it refuses: TillAlreadyAdded, for the same shop too
└── when the till is free
    ├── it emits TillAdded with all its fields
    ├── it lets the till charge for its shop, the last number too
    └── it lets a till that was removed move to another shop

removeTill
├── when the caller is not the shop manager
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the till belongs to no shop
│   └── it refuses: TillUnknown, a second time too
└── when the till belongs to a shop
    ├── it emits TillRemoved with all its fields
    └── it leaves the shop's other tills
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, SHOP_MANAGER, TREASURER, Event, Fund, refused
from .town import (
    BICYCLES,
    LAST_SHOP,
    OTHER_SHOP,
    OTHER_TILL,
    SECOND_TILL,
    SHOP,
    TILL,
    UNPAIRED_TILL,
    Town,
)

TILL_ADDRESS = keys.address_of(TILL)
NEW_TILL_ADDRESS = keys.address_of(UNPAIRED_TILL)


def test_add_till_refuses_who_is_not_the_shop_manager(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", TREASURER.address, fund.role("SHOP_MANAGER_ROLE")):
        fund.send("addTill", SHOP, NEW_TILL_ADDRESS, by=TREASURER)


@pytest.mark.parametrize("shop", [0, LAST_SHOP + 1, 2**16 - 1])
def test_add_till_refuses_a_number_that_no_shop_has(fund: Fund, shop: int) -> None:
    with refused("ShopNumberInvalid", shop, LAST_SHOP):
        fund.send("addTill", shop, NEW_TILL_ADDRESS, by=SHOP_MANAGER)


def test_add_till_refuses_an_empty_till(fund: Fund) -> None:
    """Else what is no signature would count as that till's."""
    with refused("KeyZero"):
        fund.send("addTill", SHOP, bytes(20), by=SHOP_MANAGER)


@pytest.mark.parametrize("shop", [SHOP, OTHER_SHOP])
def test_add_till_refuses_a_till_that_belongs_to_a_shop(fund: Fund, shop: int) -> None:
    with refused("TillAlreadyAdded", TILL_ADDRESS, SHOP):
        fund.send("addTill", shop, TILL_ADDRESS, by=SHOP_MANAGER)


def test_add_till_emits_till_added(fund: Fund) -> None:
    outcome = fund.send("addTill", SHOP, NEW_TILL_ADDRESS, by=SHOP_MANAGER)
    assert outcome.events == (Event("TillAdded", {"shop": SHOP, "till": NEW_TILL_ADDRESS}),)


def test_add_till_lets_it_charge_for_its_shop(town: Town) -> None:
    town.fund.send("addTill", LAST_SHOP, NEW_TILL_ADDRESS, by=SHOP_MANAGER)
    town.fund.send("allowShop", 1, LAST_SHOP, 1 << BICYCLES, by=SHOP_MANAGER)
    assert town.fund.read("shopOfTill", NEW_TILL_ADDRESS) == LAST_SHOP
    redemption = town.redeem(shop=LAST_SHOP, till=UNPAIRED_TILL, amount_cents=37_45)
    assert town.owed_cents(LAST_SHOP) == 37_45
    assert town.fund.ticket_use(1, 0) == (LAST_SHOP, 37_45)
    town.refund(redemption, amount_cents=37_45, till=UNPAIRED_TILL)
    assert town.fund.ticket_use(1, 0) == (LAST_SHOP, 0)


def test_add_till_lets_a_removed_till_move(town: Town) -> None:
    town.fund.send("removeTill", TILL_ADDRESS, by=SHOP_MANAGER)
    town.fund.send("addTill", OTHER_SHOP, TILL_ADDRESS, by=SHOP_MANAGER)
    town.redeem(till=TILL, amount_cents=10_00)
    assert (town.owed_cents(SHOP), town.owed_cents(OTHER_SHOP)) == (0, 10_00)


def test_remove_till_refuses_who_is_not_the_shop_manager(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", ISSUER.address, fund.role("SHOP_MANAGER_ROLE")):
        fund.send("removeTill", TILL_ADDRESS, by=ISSUER)


def test_remove_till_refuses_a_till_of_no_shop(fund: Fund) -> None:
    with refused("TillUnknown", NEW_TILL_ADDRESS):
        fund.send("removeTill", NEW_TILL_ADDRESS, by=SHOP_MANAGER)
    fund.send("removeTill", TILL_ADDRESS, by=SHOP_MANAGER)
    with refused("TillUnknown", TILL_ADDRESS):
        fund.send("removeTill", TILL_ADDRESS, by=SHOP_MANAGER)


def test_remove_till_emits_till_removed(fund: Fund) -> None:
    outcome = fund.send("removeTill", TILL_ADDRESS, by=SHOP_MANAGER)
    assert outcome.events == (Event("TillRemoved", {"shop": SHOP, "till": TILL_ADDRESS}),)


def test_remove_till_leaves_other_tills(town: Town) -> None:
    town.fund.send("removeTill", TILL_ADDRESS, by=SHOP_MANAGER)
    assert town.fund.read("shopOfTill", TILL_ADDRESS) == 0
    town.redeem(number=0, till=SECOND_TILL, amount_cents=10_00)
    town.redeem(number=1, till=OTHER_TILL, amount_cents=20_00)
    assert (town.owed_cents(SHOP), town.owed_cents(OTHER_SHOP)) == (10_00, 20_00)
