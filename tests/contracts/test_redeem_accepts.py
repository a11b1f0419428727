# SPDX-License-Identifier: EUPL-1.2
"""The verb redeem: what it accepts, at each boundary. Its refusals are in test_redeem.py.

redeem, when all is well
├── it moves the amount from the voucher to the shop
├── it emits Redeemed with all its fields
├── it answers the ticket id
├── it keeps who used the ticket and how much
├── it takes less than the ticket allows and leaves the rest on the voucher
├── it takes exactly what the ticket allows
├── it takes exactly the programme's maximum
├── it takes exactly the balance
├── it takes one cent
├── it takes a ticket in its last second
├── it takes a ticket at the programme's first second
├── it takes a ticket in the programme's last second
├── it takes a ticket at what was the end of a programme that was extended
├── it takes a ticket bound to the shop that charges it
├── it takes a charge by the shop's other till
├── it takes a ticket whoever brings it
└── it takes each ticket of a voucher apart from the others
"""

from __future__ import annotations

from kindpakket.tickets import keys

from .fund import ISSUER, OUTSIDER, Event, refused
from .town import (
    ENDS_AT,
    ISSUED_CENTS,
    MAX_REDEMPTION_CENTS,
    OTHER_SHOP,
    OTHER_TILL,
    SECOND_TILL,
    SHOP,
    SPORTS,
    Town,
)


def test_redeem_moves_the_amount_from_the_voucher_to_the_shop(town: Town) -> None:
    unallocated_cents = town.unallocated_cents()
    town.redeem(amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS - 37_45
    assert town.fund.voucher(1)["issuedCents"] == ISSUED_CENTS
    assert town.owed_cents(SHOP) == 37_45
    assert town.owed_cents(OTHER_SHOP) == 0
    assert town.balance_cents(town.other_phone) == ISSUED_CENTS
    assert town.unallocated_cents() == unallocated_cents


def test_redeem_emits_redeemed(town: Town) -> None:
    request = town.request(number=200, amount_cents=37_45, till=OTHER_TILL, category=SPORTS)
    fields = {
        "ticketId": request.ticket_id,
        "voucher": 1,
        "shop": OTHER_SHOP,
        "programme": 1,
        "number": 200,
        "category": SPORTS,
        "amountCents": 37_45,
        "till": keys.address_of(OTHER_TILL),
    }
    assert town.submit(request).events == (Event("Redeemed", fields),)


def test_redeem_answers_the_ticket_id(town: Town) -> None:
    request = town.request()
    assert town.submit(request).output == request.ticket_id


def test_redeem_keeps_who_used_the_ticket(town: Town) -> None:
    assert town.fund.ticket_use(1, 5) == (0, 0)
    town.redeem(number=5, amount_cents=37_45)
    assert town.fund.ticket_use(1, 5) == (SHOP, 37_45)


def test_redeem_takes_less_than_the_ticket_allows(town: Town) -> None:
    town.redeem(amount_cents=12_00, max_cents=50_00)
    assert town.balance_cents() == ISSUED_CENTS - 12_00


def test_redeem_takes_exactly_what_the_ticket_allows(town: Town) -> None:
    town.redeem(amount_cents=50_00, max_cents=50_00)
    assert town.owed_cents() == 50_00


def test_redeem_takes_exactly_the_programmes_maximum(town: Town) -> None:
    town.redeem(amount_cents=MAX_REDEMPTION_CENTS, max_cents=2**32 - 1)
    assert town.owed_cents() == MAX_REDEMPTION_CENTS


def test_redeem_takes_exactly_the_balance(town: Town) -> None:
    town.redeem(number=0, amount_cents=MAX_REDEMPTION_CENTS, max_cents=MAX_REDEMPTION_CENTS)
    left_cents = ISSUED_CENTS - MAX_REDEMPTION_CENTS
    town.redeem(number=1, amount_cents=left_cents, max_cents=left_cents)
    assert town.balance_cents() == 0
    assert town.owed_cents() == ISSUED_CENTS


def test_redeem_takes_one_cent(town: Town) -> None:
    town.redeem(amount_cents=1, max_cents=1)
    assert town.balance_cents() == ISSUED_CENTS - 1


def test_redeem_takes_a_ticket_in_its_last_second(town: Town) -> None:
    expires_at = town.fund.now_at + 300
    request = town.request(expires_at=expires_at)
    town.fund.move_to(expires_at - 1)
    town.submit(request)
    assert town.owed_cents() == 37_45


def test_redeem_takes_a_ticket_at_the_start(town: Town) -> None:
    starts_at = town.fund.now_at + 3600
    phone = town.open_later_programme(starts_at)
    request = town.request(phone=phone, expires_at=starts_at + 60)
    town.fund.move_to(starts_at)
    town.submit(request)
    assert town.fund.shop_account(2, SHOP)["netCents"] == 37_45
    assert town.owed_cents() == 0


def test_redeem_takes_a_ticket_in_the_last_second_of_the_programme(town: Town) -> None:
    request = town.request(expires_at=ENDS_AT + 60)
    town.fund.move_to(ENDS_AT - 1)
    town.submit(request)
    assert town.owed_cents() == 37_45


def test_redeem_takes_a_ticket_at_what_was_the_end_before_an_extension(town: Town) -> None:
    """The shop was allowed before, so its account still says the old end."""
    town.fund.send("extend", 1, ENDS_AT + 600, by=ISSUER)
    town.fund.move_to(ENDS_AT)
    town.redeem(number=0)
    last = town.request(number=1, expires_at=ENDS_AT + 700)
    late = town.request(number=2, expires_at=ENDS_AT + 700)
    town.fund.move_to(ENDS_AT + 599)
    town.submit(last)
    with refused("ProgrammeEnded", ENDS_AT + 600, ENDS_AT + 600):
        town.submit(late)


def test_redeem_takes_a_ticket_bound_to_the_shop_that_charges_it(town: Town) -> None:
    town.redeem(shop=SHOP)
    assert town.owed_cents(SHOP) == 37_45


def test_redeem_takes_a_charge_by_another_till_of_the_shop(town: Town) -> None:
    town.redeem(shop=SHOP, till=SECOND_TILL)
    assert town.owed_cents(SHOP) == 37_45


def test_redeem_takes_a_ticket_whoever_brings_it(town: Town) -> None:
    town.submit(town.request(), by=OUTSIDER)
    assert town.owed_cents() == 37_45


def test_redeem_takes_each_ticket_apart_from_the_others(town: Town) -> None:
    for number in (0, 1, 2, 255):
        town.redeem(number=number, amount_cents=number + 1)
    assert town.balance_cents() == ISSUED_CENTS - 1 - 2 - 3 - 256
    assert town.owed_cents() == 1 + 2 + 3 + 256
