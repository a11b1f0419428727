# SPDX-License-Identifier: EUPL-1.2
"""The verb refund: what it accepts. Its refusals are in test_refund.py.

refund, when the shop gives back
├── it emits Refunded with all its fields
├── it answers the ticket id
├── it moves the amount from the shop to the voucher
├── it takes exactly what is left, in parts and at once
├── it leaves the ticket used, when all was given back too
├── it lets the voucher spend again what came back
├── it takes the shop's other till
├── it takes an expired ticket and a blocked voucher
├── it takes a shop that no longer takes part
├── it gives to the voucher in the programme's last second
├── it gives to the programme at its end
├── it gives to the programme after the voucher was swept
├── it gives to the voucher at what was the end before an extension
├── it lets a shop owe what was settled to it, and no more
├── it takes a ticket of an old generation after a renewal
├── it takes a ticket of each generation after several renewals
├── it takes a ticket of a lost phone, after the new letter too
└── it takes the other tickets' charges for what they are
"""

from __future__ import annotations

from kindpakket.tickets import keys

from .fund import ISSUER, SHOP_MANAGER, TREASURER, Event, refused
from .town import (
    ENDS_AT,
    ISSUED_CENTS,
    NEW_LETTER,
    OTHER_SHOP,
    OTHER_TILL,
    REFERENCE,
    SECOND_TILL,
    SHOP,
    TILL,
    UNALLOCATED_CENTS,
    Phone,
    RedemptionRequest,
    Town,
)


def _refunded(redemption: RedemptionRequest, amount_cents: int, *, to_programme: bool) -> Event:
    fields = {
        "ticketId": redemption.ticket_id,
        "voucher": redemption.place.voucher,
        "shop": SHOP,
        "programme": 1,
        "number": redemption.place.number,
        "amountCents": amount_cents,
        "till": keys.address_of(TILL),
        "toProgramme": to_programme,
    }
    return Event("Refunded", fields)


def test_refund_emits_refunded(town: Town) -> None:
    redemption = town.redeem(phone=town.other_phone, number=200, amount_cents=37_45)
    outcome = town.refund(redemption, amount_cents=12_00)
    assert outcome.events == (_refunded(redemption, 12_00, to_programme=False),)


def test_refund_answers_the_ticket_id(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    assert town.refund(redemption, amount_cents=12_00).output == redemption.ticket_id


def test_refund_moves_the_amount_from_the_shop_to_the_voucher(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    before = town.fund.voucher(1)
    town.refund(redemption, amount_cents=12_00)
    assert town.fund.voucher(1) == {**before, "balanceCents": ISSUED_CENTS - 25_45}
    assert town.owed_cents() == 25_45
    assert town.fund.ticket_use(1, 0) == (SHOP, 25_45)
    assert town.unallocated_cents() == UNALLOCATED_CENTS


def test_refund_takes_exactly_what_is_left(town: Town) -> None:
    at_once = town.redeem(number=0, amount_cents=37_45)
    in_parts = town.redeem(number=1, amount_cents=37_45)
    town.refund(at_once, amount_cents=37_45)
    town.refund(in_parts, amount_cents=1)
    town.refund(in_parts, amount_cents=1, remaining_cents=37_44)
    town.refund(in_parts, amount_cents=37_43, remaining_cents=37_43)
    assert town.balance_cents() == ISSUED_CENTS
    assert town.owed_cents() == 0


def test_refund_leaves_the_ticket_used(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.refund(redemption, amount_cents=37_45)
    assert town.fund.ticket_use(1, 0) == (SHOP, 0)
    with refused("TicketAlreadyUsed", 1, 0):
        town.submit(redemption)


def test_refund_lets_the_voucher_spend_again(town: Town) -> None:
    redemption = town.redeem(number=0, amount_cents=200_00, max_cents=200_00)
    town.redeem(number=1, amount_cents=100_00, max_cents=200_00)
    assert town.balance_cents() == 0
    town.refund(redemption, amount_cents=200_00)
    town.redeem(number=2, amount_cents=200_00, max_cents=200_00)
    assert town.balance_cents() == 0
    assert town.owed_cents() == 300_00


def test_refund_takes_another_till_of_the_shop(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45, till=TILL)
    town.fund.send("removeTill", keys.address_of(TILL), by=SHOP_MANAGER)
    with refused("TillUnknown", keys.address_of(TILL)):
        town.refund(redemption, amount_cents=37_45, till=TILL)
    town.refund(redemption, amount_cents=37_45, till=SECOND_TILL)
    assert town.balance_cents() == ISSUED_CENTS


def test_refund_takes_an_expired_ticket_and_a_blocked_voucher(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.send("blockVoucher", 1, 9, by=ISSUER)
    town.fund.move_to(redemption.ticket.expires_at + 86_400)
    town.refund(redemption, amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS
    assert town.fund.voucher(1)["blockReason"] == 9


def test_refund_takes_a_shop_that_no_longer_takes_part(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.send("removeShop", 1, SHOP, by=SHOP_MANAGER)
    town.refund(redemption, amount_cents=37_45)
    assert town.owed_cents() == 0


def test_refund_gives_to_the_voucher_in_the_last_second(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.move_to(ENDS_AT - 1)
    outcome = town.refund(redemption, amount_cents=37_45)
    assert outcome.events == (_refunded(redemption, 37_45, to_programme=False),)
    assert town.balance_cents() == ISSUED_CENTS


def test_refund_gives_to_the_programme_at_its_end(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.move_to(ENDS_AT)
    outcome = town.refund(redemption, amount_cents=37_45)
    assert outcome.events == (_refunded(redemption, 37_45, to_programme=True),)
    assert town.balance_cents() == ISSUED_CENTS - 37_45
    assert town.unallocated_cents() == UNALLOCATED_CENTS + 37_45
    assert town.owed_cents() == 0


def test_refund_gives_to_the_programme_after_a_sweep(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.move_to(ENDS_AT)
    town.fund.send("sweep", [1, 2, 3], by=TREASURER)
    town.refund(redemption, amount_cents=37_45)
    assert town.balance_cents() == 0
    assert town.unallocated_cents() == UNALLOCATED_CENTS + 3 * ISSUED_CENTS
    assert town.fund.send("sweep", [1, 2, 3], by=TREASURER).events == ()


def test_refund_gives_to_the_voucher_at_the_end_before_an_extension(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.send("extend", 1, ENDS_AT + 60, by=ISSUER)
    town.fund.move_to(ENDS_AT)
    town.refund(redemption, amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS


def test_refund_lets_a_shop_owe_what_was_settled(town: Town) -> None:
    redemption = town.redeem(amount_cents=37_45)
    town.fund.send("settle", 1, SHOP, 37_45, REFERENCE, by=TREASURER)
    town.refund(redemption, amount_cents=37_45)
    assert town.owed_cents() == -37_45
    with refused("RefundAboveRedemption", 1, 0):
        town.refund(redemption, amount_cents=1, remaining_cents=0)


def test_refund_takes_a_ticket_of_an_old_generation(town: Town) -> None:
    redemption = town.redeem(number=255, amount_cents=37_45)
    town.renew(town.phone, generation=1)
    town.refund(redemption, amount_cents=37_45)
    assert town.balance_cents() == ISSUED_CENTS
    assert town.fund.ticket_use(1, 255) == (SHOP, 0)


def test_refund_takes_a_ticket_of_each_generation(town: Town) -> None:
    redemptions = []
    for generation in range(3):
        redemptions.append(town.redeem(number=generation << 8 | 17, amount_cents=10_00))
        town.renew(town.phone, generation=generation + 1)
    for redemption in redemptions:
        town.refund(redemption, amount_cents=10_00)
    assert town.balance_cents() == ISSUED_CENTS
    assert town.owed_cents() == 0


def test_refund_takes_a_ticket_of_a_lost_phone(town: Town) -> None:
    first = town.redeem(number=0, amount_cents=10_00)
    second = town.redeem(number=1, amount_cents=20_00)
    town.fund.send("replaceHolder", 1, keys.address_of(NEW_LETTER), 4, by=ISSUER)
    town.refund(first, amount_cents=10_00)
    town.activate(Phone(b"the seed of a new phone", 1), NEW_LETTER, generation=1)
    town.refund(second, amount_cents=20_00)
    assert town.balance_cents() == ISSUED_CENTS


def test_refund_takes_each_charge_for_what_it_is(town: Town) -> None:
    """The tickets 0 to 3 share a slot of storage."""
    redemptions = [town.redeem(number=number, amount_cents=10_00 + number) for number in range(3)]
    town.redeem(number=3, amount_cents=40_00, till=OTHER_TILL)
    town.refund(redemptions[1], amount_cents=10_01)
    assert [town.fund.ticket_use(1, number) for number in range(4)] == [
        (SHOP, 10_00),
        (SHOP, 0),
        (SHOP, 10_02),
        (OTHER_SHOP, 40_00),
    ]
