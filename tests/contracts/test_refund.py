# SPDX-License-Identifier: EUPL-1.2
"""The verb refund: its refusals, in the order of the checks. What it accepts is in test_refund_accepts.py.

refund
├── when the amount is zero
│   └── it refuses: AmountZero
├── when the ticket's signature is not one
│   └── it refuses: TicketSignatureInvalid
├── when the voucher does not exist
│   └── it refuses: VoucherUnknown
├── when the ticket key is not the voucher's
│   └── it refuses: TicketUnknown
├── when the number is of a generation that never was
│   └── it refuses: TicketUnknown
├── when the list was made for a generation that has not come
│   └── it refuses: TicketUnknown
├── when the ticket was not redeemed
│   └── it refuses: TicketNotRedeemed
├── when no shop's till signed
│   └── it refuses: TillUnknown
├── when one word of the order was changed after signing
│   └── it refuses: TillUnknown
├── when a till of another shop signed
│   └── it refuses: RefundByAnotherShop
├── when the same refund is brought again
│   └── it refuses: RefundOutdated
├── when it was signed for another rest of the charge
│   └── it refuses: RefundOutdated
├── when it is one cent above what is left of the charge
│   └── it refuses: RefundAboveRedemption
├── when nothing is left of the charge
│   └── it refuses: RefundAboveRedemption
└── when several things are wrong
    └── it refuses in the order of the checks
"""

from __future__ import annotations

from typing import Any

import pytest
from coincurve import PrivateKey

from kindpakket.tickets import keys

from .fund import refused
from .town import (
    ISSUED_CENTS,
    OTHER_SHOP,
    OTHER_TILL,
    SHOP,
    TILL,
    UNPAIRED_TILL,
    Town,
    sign_refund,
)


def test_refund_refuses_an_amount_of_nothing(town: Town) -> None:
    redemption = town.redeem()
    with refused("AmountZero"):
        town.refund(redemption, amount_cents=0)


@pytest.mark.parametrize("part", ["r", "vs"])
def test_refund_refuses_what_is_no_signature(town: Town, part: str) -> None:
    redemption = town.redeem().with_ticket(**{part: bytes(32)})
    with refused("TicketSignatureInvalid"):
        town.refund(redemption, amount_cents=1)


@pytest.mark.parametrize("voucher", [0, 4])
def test_refund_refuses_a_voucher_that_does_not_exist(town: Town, voucher: int) -> None:
    redemption = town.redeem().with_place(voucher=voucher)
    with refused("VoucherUnknown", voucher):
        town.refund(redemption, amount_cents=1)


def test_refund_refuses_a_ticket_key_of_another_voucher(town: Town) -> None:
    redemption = town.redeem()
    for change in ({"voucher": 2}, {"number": 1}, {"holder": town.other_phone.holder}):
        with refused("TicketUnknown", redemption.ticket_key):
            town.refund(redemption.with_place(**change), amount_cents=1)


@pytest.mark.parametrize("generation", [1, 255])
def test_refund_refuses_a_generation_that_never_was(town: Town, generation: int) -> None:
    redemption = town.redeem().with_place(number=generation << 8)
    with refused("TicketUnknown", redemption.ticket_key):
        town.refund(redemption, amount_cents=1)


def test_refund_refuses_a_list_made_for_a_generation_to_come(town: Town) -> None:
    town.activate(town.waiting_phone, town.letters[2], listed_generation=1)
    request = town.request(phone=town.waiting_phone, number=256)
    with refused("TicketUnknown", request.ticket_key):
        town.refund(request, amount_cents=1)


def test_refund_refuses_a_ticket_that_was_not_redeemed(town: Town) -> None:
    town.redeem(number=7)
    request = town.request(number=8)
    with refused("TicketNotRedeemed", 1, 8):
        town.refund(request, amount_cents=1)


def test_refund_refuses_a_till_of_no_shop(town: Town) -> None:
    redemption = town.redeem()
    with refused("TillUnknown", keys.address_of(UNPAIRED_TILL)):
        town.refund(redemption, amount_cents=1, till=UNPAIRED_TILL)


@pytest.mark.parametrize("change", [{"amount_cents": 2}, {"remaining_cents": 37_44}])
def test_refund_refuses_an_order_changed_after_signing(town: Town, change: dict[str, Any]) -> None:
    redemption = town.redeem(amount_cents=37_45)
    order = sign_refund(town.domain, TILL, redemption.ticket_id, 1, 37_45)._replace(**change)
    digest = town.domain.refund_digest(
        ticket_id=redemption.ticket_id, amount_cents=order.amount_cents, remaining_cents=order.remaining_cents
    )
    recovered = keys.recover(digest, keys.Signature.from_compact(order.r + order.vs))
    with refused("TillUnknown", recovered):
        town.fund.send("refund", redemption.ticket, redemption.place, order)


def test_refund_refuses_another_shop(town: Town) -> None:
    redemption = town.redeem(number=0, amount_cents=37_45)
    elsewhere = town.redeem(number=1, amount_cents=37_45, till=OTHER_TILL)
    with refused("RefundByAnotherShop", OTHER_SHOP, SHOP):
        town.refund(redemption, amount_cents=1, till=OTHER_TILL)
    with refused("RefundByAnotherShop", SHOP, OTHER_SHOP):
        town.refund(elsewhere, amount_cents=1, till=TILL)


def test_refund_refuses_the_same_refund_again(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.refund(redemption, amount_cents=12_00, remaining_cents=37_45)
    with refused("RefundOutdated", 37_45, 25_45):
        town.refund(redemption, amount_cents=12_00, remaining_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS - 25_45


@pytest.mark.parametrize("remaining_cents", [37_44, 37_46, 0, 2**32 - 1])
def test_refund_refuses_another_rest_of_the_charge(town: Town, remaining_cents: int) -> None:
    redemption = town.redeem(amount_cents=37_45)
    with refused("RefundOutdated", remaining_cents, 37_45):
        town.refund(redemption, amount_cents=1, remaining_cents=remaining_cents)


@pytest.mark.parametrize("amount_cents", [37_46, 2**18, 2**24 + 1, 2**32 - 1])
def test_refund_refuses_one_cent_above_the_charge(town: Town, amount_cents: int) -> None:
    redemption = town.redeem(amount_cents=37_45)
    with refused("RefundAboveRedemption", amount_cents, 37_45):
        town.refund(redemption, amount_cents=amount_cents)


def test_refund_refuses_when_nothing_is_left_of_the_charge(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.refund(redemption, amount_cents=37_45)
    with refused("RefundAboveRedemption", 1, 0):
        town.refund(redemption, amount_cents=1, remaining_cents=0)


def test_refund_refuses_in_the_order_of_its_checks(town: Town) -> None:
    """Start with everything wrong, mend one thing after the other, and meet the next refusal each time."""
    request = town.request(number=3)
    unsigned = request.with_ticket(r=bytes(32)).with_place(voucher=99)

    def ask(amount_cents: int, remaining_cents: int = 1, till: PrivateKey = UNPAIRED_TILL) -> None:
        town.refund(asked, amount_cents=amount_cents, remaining_cents=remaining_cents, till=till)

    asked = unsigned
    with refused("AmountZero"):
        ask(0)
    with refused("TicketSignatureInvalid"):
        ask(400_00)
    asked = request.with_place(voucher=99)
    with refused("VoucherUnknown", 99):
        ask(400_00)
    asked = request.with_place(number=4)
    with refused("TicketUnknown", request.ticket_key):
        ask(400_00)
    asked = request
    with refused("TicketNotRedeemed", 1, 3):
        ask(400_00)
    town.submit(request)
    with refused("TillUnknown", keys.address_of(UNPAIRED_TILL)):
        ask(400_00)
    with refused("RefundByAnotherShop", OTHER_SHOP, SHOP):
        ask(400_00, till=OTHER_TILL)
    with refused("RefundOutdated", 1, 37_45):
        ask(400_00, till=TILL)
    with refused("RefundAboveRedemption", 400_00, 37_45):
        ask(400_00, remaining_cents=37_45, till=TILL)
