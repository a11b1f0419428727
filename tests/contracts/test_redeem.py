# SPDX-License-Identifier: EUPL-1.2
"""The verb redeem: its refusals, in the order of the checks. What it accepts is in test_redeem_accepts.py.

redeem
├── given any ticket
│   ├── when the amount is zero
│   │   └── it refuses: AmountZero
│   ├── when the ticket's signature is not one
│   │   └── it refuses: TicketSignatureInvalid
│   └── when the voucher does not exist
│       └── it refuses: VoucherUnknown
├── given a voucher that nobody activated
│   └── it refuses: VoucherNotActivated
└── given an activated voucher
    ├── when the ticket key is in no list
    │   └── it refuses: TicketUnknown, naming the key
    ├── when one word on the ticket was changed after signing
    │   └── it refuses: TicketUnknown
    ├── when the number, the holder or a neighbour is another
    │   └── it refuses: TicketUnknown
    ├── when the list was made for a generation to come
    │   └── it refuses: TicketUnknown
    ├── when the list was made for a generation that is over
    │   └── it refuses: TicketUnknown
    ├── when the ticket was used
    │   └── it refuses: TicketAlreadyUsed
    ├── when no shop's till signed
    │   └── it refuses: TillUnknown
    ├── when one word of the charge was changed after signing
    │   └── it refuses: TillUnknown
    ├── when the till's signature is not one
    │   └── it refuses: TillUnknown, naming nobody
    ├── when the till was removed
    │   └── it refuses: TillUnknown
    ├── when the ticket is bound to another shop
    │   └── it refuses: TicketForAnotherShop
    ├── when the ticket expires in this second
    │   └── it refuses: TicketExpired
    ├── when the voucher is blocked
    │   └── it refuses: VoucherBlocked, with the reason
    ├── when the shop never took part
    │   └── it refuses: ShopNotAllowed
    ├── when the shop was removed
    │   └── it refuses: ShopNotAllowed
    ├── when it is the second before the programme's start
    │   └── it refuses: ProgrammeNotStarted
    ├── when it is the programme's end
    │   └── it refuses: ProgrammeEnded
    ├── when the category is not the shop's
    │   └── it refuses: CategoryNotAllowed
    ├── when the category is 31, 32 or 255
    │   └── it refuses: CategoryNotAllowed
    ├── when the charge is one cent above the ticket
    │   └── it refuses: AmountAboveTicket
    ├── when the charge is one cent above the programme's maximum
    │   └── it refuses: AmountAboveMaximum
    ├── when the charge is one cent above the balance
    │   └── it refuses: BalanceTooLow
    ├── when the shop earned all that its account can count
    │   └── it refuses, as arithmetic does, after the last cent
    └── when several things are wrong
        └── it refuses in the order of the checks
"""

from __future__ import annotations

from typing import Any

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, OVERFLOW, SHOP_MANAGER, refused
from .storage import put_net
from .town import (
    BICYCLES,
    ENDS_AT,
    ISSUED_CENTS,
    MAX_REDEMPTION_CENTS,
    OTHER_SHOP,
    SCHOOL,
    SHOP,
    SPORTS,
    STRANGE_SHOP,
    STRANGE_TILL,
    TILL,
    UNPAIRED_TILL,
    Phone,
    Town,
)

ZERO_ADDRESS = bytes(20)
NOT_A_SIGNATURE = bytes(32)


# ------------------------------------------------------------------ given any ticket


def test_redeem_refuses_an_amount_of_nothing(town: Town) -> None:
    request = town.request(amount_cents=0)
    with refused("AmountZero"):
        town.submit(request)


@pytest.mark.parametrize("part", ["r", "vs"])
def test_redeem_refuses_what_is_no_signature(town: Town, part: str) -> None:
    request = town.request().with_ticket(**{part: NOT_A_SIGNATURE})
    with refused("TicketSignatureInvalid"):
        town.submit(request)


@pytest.mark.parametrize("voucher", [0, 4, 2**32 - 1])
def test_redeem_refuses_a_voucher_that_does_not_exist(town: Town, voucher: int) -> None:
    request = town.request().with_place(voucher=voucher)
    with refused("VoucherUnknown", voucher):
        town.submit(request)


# ------------------------------------------------------------------ given a voucher that nobody activated


def test_redeem_refuses_a_voucher_that_nobody_activated(town: Town) -> None:
    request = town.request(phone=town.waiting_phone)
    with refused("VoucherNotActivated", 3):
        town.submit(request)


# ------------------------------------------------------------------ given an activated voucher


def test_redeem_refuses_a_ticket_key_in_no_list(town: Town) -> None:
    request = town.request(ticket_key=keys.derive_key(b"someone", "else"))
    with refused("TicketUnknown", request.ticket_key):
        town.submit(request)


@pytest.mark.parametrize("change", [{"shop": SHOP}, {"max_cents": 50_01}, {"expires_at": 2**64 - 1}])
def test_redeem_refuses_a_ticket_changed_after_signing(town: Town, change: dict[str, Any]) -> None:
    request = town.request().with_ticket(**change)
    recovered = keys.recover(
        town.domain.ticket_digest(
            shop=request.ticket.shop, max_cents=request.ticket.max_cents, expires_at=request.ticket.expires_at
        ),
        keys.Signature.from_compact(request.ticket.r + request.ticket.vs),
    )
    with refused("TicketUnknown", recovered):
        town.submit(request)


def test_redeem_refuses_another_number_holder_or_neighbour(town: Town) -> None:
    request = town.request()
    siblings = request.place.siblings
    wrong: list[dict[str, Any]] = [
        {"number": 1},
        {"number": 256},
        {"holder": town.other_phone.holder},
        {"siblings": siblings[::-1]},
    ]
    wrong += [{"siblings": (*siblings[:i], siblings[i - 1], *siblings[i + 1 :])} for i in range(8)]
    for change in wrong:
        with refused("TicketUnknown", request.ticket_key):
            town.submit(request.with_place(**change))


def test_redeem_refuses_a_list_made_for_a_generation_to_come(town: Town) -> None:
    """Its numbers would be free to use again when that generation comes."""
    town.activate(town.waiting_phone, town.letters[2], listed_generation=1)
    request = town.request(phone=town.waiting_phone, number=256)
    with refused("TicketUnknown", request.ticket_key):
        town.submit(request)


def test_redeem_refuses_a_list_made_for_a_generation_that_is_over(town: Town) -> None:
    phone = Phone(b"the seed of a second list", 1)
    town.renew(town.phone, generation=1, to=phone, listed_generation=0)
    request = town.request(phone=phone, number=7)
    with refused("TicketUnknown", request.ticket_key):
        town.submit(request)


def test_redeem_refuses_a_ticket_that_was_used(town: Town) -> None:
    town.redeem(number=7)
    again = town.request(number=7, amount_cents=1)
    with refused("TicketAlreadyUsed", 1, 7):
        town.submit(again)


def test_redeem_refuses_a_till_of_no_shop(town: Town) -> None:
    request = town.request(till=UNPAIRED_TILL)
    with refused("TillUnknown", keys.address_of(UNPAIRED_TILL)):
        town.submit(request)


@pytest.mark.parametrize("change", [{"amount_cents": 37_46}, {"category": SPORTS}])
def test_redeem_refuses_a_charge_changed_after_signing(town: Town, change: dict[str, Any]) -> None:
    request = town.request().with_charge(**change)
    charge = request.charge
    recovered = keys.recover(
        town.domain.charge_digest(
            ticket_id=request.ticket_id, amount_cents=charge.amount_cents, category=charge.category
        ),
        keys.Signature.from_compact(charge.r + charge.vs),
    )
    with refused("TillUnknown", recovered):
        town.submit(request)


def test_redeem_refuses_a_charge_without_a_signature(town: Town) -> None:
    request = town.request().with_charge(r=NOT_A_SIGNATURE)
    with refused("TillUnknown", ZERO_ADDRESS):
        town.submit(request)


def test_redeem_refuses_a_removed_till(town: Town) -> None:
    request = town.request()
    town.fund.send("removeTill", keys.address_of(TILL), by=SHOP_MANAGER)
    with refused("TillUnknown", keys.address_of(TILL)):
        town.submit(request)


def test_redeem_refuses_a_ticket_bound_to_another_shop(town: Town) -> None:
    request = town.request(shop=OTHER_SHOP)
    with refused("TicketForAnotherShop", SHOP, OTHER_SHOP):
        town.submit(request)


def test_redeem_refuses_a_ticket_in_the_second_in_which_it_expires(town: Town) -> None:
    expires_at = town.fund.now_at + 300
    request = town.request(expires_at=expires_at)
    town.fund.move_to(expires_at)
    with refused("TicketExpired", expires_at, expires_at):
        town.submit(request)


def test_redeem_refuses_a_blocked_voucher(town: Town) -> None:
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    request = town.request()
    with refused("VoucherBlocked", 1, 9):
        town.submit(request)


def test_redeem_refuses_a_shop_that_never_took_part(town: Town) -> None:
    request = town.request(till=STRANGE_TILL)
    with refused("ShopNotAllowed", 1, STRANGE_SHOP):
        town.submit(request)


def test_redeem_refuses_a_shop_that_was_removed(town: Town) -> None:
    request = town.request()
    town.fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    with refused("ShopNotAllowed", 1, SHOP):
        town.submit(request)


def test_redeem_refuses_in_the_second_before_the_start(town: Town) -> None:
    starts_at = town.fund.now_at + 3600
    phone = town.open_later_programme(starts_at)
    request = town.request(phone=phone, expires_at=starts_at + 60)
    town.fund.move_to(starts_at - 1)
    with refused("ProgrammeNotStarted", starts_at, starts_at - 1):
        town.submit(request)


def test_redeem_refuses_at_the_end(town: Town) -> None:
    request = town.request(expires_at=ENDS_AT + 60)
    town.fund.move_to(ENDS_AT)
    with refused("ProgrammeEnded", ENDS_AT, ENDS_AT):
        town.submit(request)


def test_redeem_refuses_a_category_that_is_not_the_shops(town: Town) -> None:
    for category in (SPORTS, SCHOOL, 0):
        request = town.request(category=category)
        with refused("CategoryNotAllowed", category, 1 << BICYCLES):
            town.submit(request)


@pytest.mark.parametrize("category", [31, 32, 32 + BICYCLES, 255])
def test_redeem_refuses_categories_that_no_programme_names(town: Town, category: int) -> None:
    request = town.request(category=category)
    with refused("CategoryNotAllowed", category, 1 << BICYCLES):
        town.submit(request)


def test_redeem_refuses_one_cent_above_the_ticket(town: Town) -> None:
    request = town.request(amount_cents=50_01, max_cents=50_00)
    with refused("AmountAboveTicket", 50_01, 50_00):
        town.submit(request)


def test_redeem_refuses_one_cent_above_the_programmes_maximum(town: Town) -> None:
    request = town.request(amount_cents=MAX_REDEMPTION_CENTS + 1, max_cents=ISSUED_CENTS)
    with refused("AmountAboveMaximum", MAX_REDEMPTION_CENTS + 1, MAX_REDEMPTION_CENTS):
        town.submit(request)


def test_redeem_refuses_one_cent_above_the_balance(town: Town) -> None:
    town.redeem(number=0, amount_cents=MAX_REDEMPTION_CENTS, max_cents=MAX_REDEMPTION_CENTS)
    left_cents = ISSUED_CENTS - MAX_REDEMPTION_CENTS
    request = town.request(number=1, amount_cents=left_cents + 1, max_cents=MAX_REDEMPTION_CENTS)
    with refused("BalanceTooLow", left_cents + 1, left_cents):
        town.submit(request)


def test_redeem_refuses_what_a_shops_account_cannot_count(town: Town) -> None:
    fund = town.fund
    town.redeem(number=0, amount_cents=37_45)
    put_net(fund, 1, SHOP, 2**48 - 2)
    town.redeem(number=1, amount_cents=1)
    assert fund.shop_account(1, SHOP)["netCents"] == 2**48 - 1
    with refused("Panic", OVERFLOW):
        town.submit(town.request(number=2, amount_cents=1))


def test_redeem_refuses_in_the_order_of_its_checks(town: Town) -> None:
    """Start with everything wrong, mend one thing after the other, and meet the next refusal each time."""
    fund = town.fund
    stranger = keys.derive_key(b"someone", "else")
    late_at = fund.now_at
    wrong: dict[str, Any] = {
        "phone": town.waiting_phone,
        "amount_cents": 0,
        "ticket_key": stranger,
        "till": UNPAIRED_TILL,
        "shop": OTHER_SHOP,
        "expires_at": late_at,
        "category": SCHOOL,
    }
    unsigned = town.request(**wrong).with_ticket(r=NOT_A_SIGNATURE).with_place(voucher=99)
    with refused("AmountZero"):
        town.submit(unsigned)
    wrong["amount_cents"] = 400_00
    with refused("TicketSignatureInvalid"):
        town.submit(unsigned.with_charge(amount_cents=400_00))
    with refused("VoucherUnknown", 99):
        town.submit(town.request(**wrong).with_place(voucher=99))
    with refused("VoucherNotActivated", 3):
        town.submit(town.request(**wrong))
    town.activate(town.waiting_phone, town.letters[2])
    fund.send("blockVoucher", 3, 9, by=ISSUER)
    with refused("TicketUnknown", keys.address_of(stranger)):
        town.submit(town.request(**wrong))
    del wrong["ticket_key"]
    with refused("TillUnknown", keys.address_of(UNPAIRED_TILL)):
        town.submit(town.request(**wrong))
    wrong["till"] = STRANGE_TILL
    with refused("TicketForAnotherShop", STRANGE_SHOP, OTHER_SHOP):
        town.submit(town.request(**wrong))
    wrong["shop"] = 0
    with refused("TicketExpired", late_at, fund.now_at):
        town.submit(town.request(**wrong))
    wrong["expires_at"] = ENDS_AT + 60
    with refused("VoucherBlocked", 3, 9):
        town.submit(town.request(**wrong))
    fund.send("unblockVoucher", 3, by=ISSUER)
    with refused("ShopNotAllowed", 1, STRANGE_SHOP):
        town.submit(town.request(**wrong))
    wrong["till"] = TILL
    before_the_end = fund.snapshot()
    fund.move_to(ENDS_AT)
    with refused("ProgrammeEnded", ENDS_AT, ENDS_AT):
        town.submit(town.request(**wrong))
    fund.restore(before_the_end)
    with refused("CategoryNotAllowed", SCHOOL, 1 << BICYCLES):
        town.submit(town.request(**wrong))
    wrong["category"] = BICYCLES
    with refused("AmountAboveTicket", 400_00, 50_00):
        town.submit(town.request(**wrong))
    wrong["max_cents"] = 400_00
    with refused("AmountAboveMaximum", 400_00, MAX_REDEMPTION_CENTS):
        town.submit(town.request(**wrong))
