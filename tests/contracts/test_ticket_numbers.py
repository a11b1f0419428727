# SPDX-License-Identifier: EUPL-1.2
"""Where the use of a ticket is kept: eight tickets a slot of storage, over the borders of slots and generations.

ticket numbers
├── given a full slot
│   ├── it keeps eight tickets of the same slot apart, whatever their order
│   ├── it keeps the widest shop and amount in each of the eight places
│   └── it keeps the tickets of the slots beside it unused
├── given the border of a slot
│   └── it keeps its two sides apart
├── given the generation after one that was used
│   └── it has all its numbers unused, and leaves those before as they are
├── given the border of a generation
│   ├── it keeps the last tickets of the one and the first of the other apart
│   └── it refuses and refunds them apart
├── given tickets 0 and 255 of the last generation
│   └── it takes both, once
└── given the same number on another voucher
    └── it keeps vouchers apart
"""

from __future__ import annotations

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, SHOP_MANAGER, TREASURER, refused
from .town import (
    BICYCLES,
    ENDS_AT,
    ISSUED_CENTS,
    LAST_SHOP,
    MOST_CENTS,
    NEW_LETTER,
    OTHER_SHOP,
    OTHER_TILL,
    POLICY_HASH,
    REFERENCE,
    SHOP,
    STARTS_AT,
    UNPAIRED_TILL,
    Phone,
    Town,
)


def _uses(town: Town, numbers: range) -> list[tuple[int, int]]:
    return [town.fund.ticket_use(1, number) for number in numbers]


@pytest.mark.parametrize(
    "order", [(0, 1, 2, 3, 4, 5, 6, 7), (7, 6, 5, 4, 3, 2, 1, 0), (3, 6, 0, 5, 7, 1, 4, 2)]
)
def test_eight_tickets_share_a_slot(town: Town, order: tuple[int, ...]) -> None:
    for number in order:
        town.redeem(number=8 + number, amount_cents=1_00 + number)
        with refused("TicketAlreadyUsed", 1, 8 + number):
            town.redeem(number=8 + number, amount_cents=1)
    assert _uses(town, range(8, 16)) == [(SHOP, 1_00 + number) for number in range(8)]
    assert _uses(town, range(8)) == _uses(town, range(16, 24)) == [(0, 0)] * 8


def _widest_voucher(town: Town) -> Phone:
    """Open programme 2 with the widest terms, and a voucher in it that holds the most."""
    fund = town.fund
    fund.send("openProgramme", STARTS_AT, ENDS_AT, 2**32 - 1, MOST_CENTS, POLICY_HASH, by=ISSUER)
    fund.send("deposit", 2, 2**24 - 1, REFERENCE, by=TREASURER)
    fund.send("issue", 2, [(keys.address_of(town.letters[0]), 2**24 - 1)], by=ISSUER)
    fund.send("allowShop", 2, LAST_SHOP, 2**32 - 1, by=SHOP_MANAGER)
    fund.send("addTill", LAST_SHOP, keys.address_of(UNPAIRED_TILL), by=SHOP_MANAGER)
    phone = Phone(b"the seed of a phone", 4)
    town.activate(phone, town.letters[0])
    return phone


def test_the_widest_use_fits_in_each_of_the_eight_places(town: Town) -> None:
    phone = _widest_voucher(town)
    widest = (LAST_SHOP, MOST_CENTS)
    redemptions = []
    for number in range(8):
        redemptions.append(
            town.redeem(
                phone=phone,
                number=number,
                amount_cents=MOST_CENTS,
                max_cents=2**32 - 1,
                till=UNPAIRED_TILL,
                category=31 if number % 2 else 0,
            )
        )
        uses = [town.fund.ticket_use(4, place) for place in range(9)]
        assert uses == [widest] * (number + 1) + [(0, 0)] * (8 - number)
    kept = town.fund.voucher(4)
    assert (kept["balanceCents"], kept["issuedCents"]) == (2**24 - 1 - 8 * MOST_CENTS, 2**24 - 1)
    for number in (7, 0, 3):
        town.refund(redemptions[number], amount_cents=MOST_CENTS, till=UNPAIRED_TILL)
    empty = (LAST_SHOP, 0)
    assert [town.fund.ticket_use(4, place) for place in range(8)] == [
        empty if place in (0, 3, 7) else widest for place in range(8)
    ]


def test_a_use_leaves_the_slots_beside_it(town: Town) -> None:
    town.redeem(number=100, amount_cents=1_00)
    used = [number for number in range(256) if town.fund.ticket_use(1, number) != (0, 0)]
    assert used == [100]


def test_the_border_of_a_slot_keeps_its_sides_apart(town: Town) -> None:
    town.redeem(number=7, amount_cents=6_00)
    town.redeem(number=8, amount_cents=7_00, till=OTHER_TILL)
    assert _uses(town, range(6, 10)) == [(0, 0), (SHOP, 6_00), (OTHER_SHOP, 7_00), (0, 0)]


def test_a_new_generation_has_all_its_numbers_unused(town: Town) -> None:
    for number in range(7):
        town.redeem(number=number, amount_cents=1_00 + number)
    town.renew(town.phone, generation=1)
    used = [number for number in range(256, 512) if town.fund.ticket_use(1, number) != (0, 0)]
    assert used == []
    for number in range(256, 263):
        town.redeem(number=number, amount_cents=2_00)
    assert _uses(town, range(7)) == [(SHOP, 1_00 + number) for number in range(7)]


def test_the_border_of_a_generation_keeps_its_sides_apart(town: Town) -> None:
    for number in range(252, 256):
        town.redeem(number=number, amount_cents=number)
    town.renew(town.phone, generation=1)
    assert _uses(town, range(256, 259)) == [(0, 0)] * 3
    for number in range(256, 259):
        town.redeem(number=number, amount_cents=number, till=OTHER_TILL)
    expected = [(SHOP, number) for number in range(252, 256)] + [
        (OTHER_SHOP, number) for number in range(256, 259)
    ]
    assert _uses(town, range(252, 259)) == expected


def test_the_border_of_a_generation_keeps_refusals_and_refunds_apart(town: Town) -> None:
    old = town.redeem(number=255, amount_cents=10_00)
    town.renew(town.phone, generation=1)
    new = town.redeem(number=256, amount_cents=20_00)
    with refused("TicketUnknown", old.ticket_key):
        town.submit(old)
    with refused("TicketAlreadyUsed", 1, 256):
        town.submit(new)
    town.refund(old, amount_cents=10_00)
    assert _uses(town, range(255, 257)) == [(SHOP, 0), (SHOP, 20_00)]
    assert town.balance_cents() == ISSUED_CENTS - 20_00


def test_the_first_and_the_last_ticket_of_the_last_generation(town: Town) -> None:
    for _ in range(255):
        town.fund.send("replaceHolder", 1, keys.address_of(NEW_LETTER), 1, by=ISSUER)
    town.activate(town.phone, NEW_LETTER, generation=255)
    for number in (65_280, 65_535):
        redemption = town.redeem(number=number, amount_cents=10_00, category=BICYCLES)
        with refused("TicketAlreadyUsed", 1, number):
            town.submit(redemption)
        assert town.fund.ticket_use(1, number) == (SHOP, 10_00)
    assert town.balance_cents() == ISSUED_CENTS - 20_00


def test_the_same_number_on_another_voucher(town: Town) -> None:
    town.redeem(number=7, amount_cents=10_00)
    town.redeem(phone=town.other_phone, number=7, amount_cents=20_00)
    assert town.fund.ticket_use(1, 7) == (SHOP, 10_00)
    assert town.fund.ticket_use(2, 7) == (SHOP, 20_00)
