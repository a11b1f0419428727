# SPDX-License-Identifier: EUPL-1.2
"""The audit's books: what an honest chain's events make of them, and what each kind of dishonest event is called.

books
├── given the events of an honest chain
│   ├── it finds nothing, and conserves
│   └── it has the balances that the contract has
└── given events that the contract's rules forbid
    └── it names the rule that each one breaks
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kindpakket import events
from kindpakket.audit.books import Books
from kindpakket.events import Allocation, Event, Place

STARTS_AT, ENDS_AT = 1_000, 9_000
TILL, OTHER_TILL = "0x" + "11" * 20, "0x" + "22" * 20
HOLDER, LETTER = "0x" + "33" * 20, "0x" + "44" * 20
ROOT, REFERENCE, TICKET_ID = b"\5" * 32, b"\6" * 32, b"\7" * 32

OPENED = events.ProgrammeOpened(1, STARTS_AT, ENDS_AT, 0b1110, 20_000, b"\1" * 32)
DEPOSITED = events.Deposited(1, 100_000, REFERENCE)
ISSUED = events.Issued(1, 1, (Allocation(LETTER, 30_000), Allocation(LETTER, 10_000)))
ACTIVATED = events.Activated(1, HOLDER, ROOT)
ALLOWED = events.ShopAllowed(1, 3, 0b1000)
TILL_ADDED = events.TillAdded(3, TILL)
REDEEMED = events.Redeemed(TICKET_ID, 1, 3, 1, 7, 3, 5_000, TILL)
REFUNDED = events.Refunded(TICKET_ID, 1, 3, 1, 7, 1_000, TILL, False)
SETTLED = events.Settled(1, 3, 4_000, REFERENCE)
SWEPT = events.Swept(2, 1, 10_000)
HONEST: list[tuple[int, Event]] = [
    (500, OPENED),
    (500, DEPOSITED),
    (500, ISSUED),
    (600, ACTIVATED),
    (600, ALLOWED),
    (600, TILL_ADDED),
    (2_000, REDEEMED),
    (2_100, REFUNDED),
    (2_200, SETTLED),
    (2_300, events.ToppedUp(1, 1, 500)),
    (2_400, events.Blocked(1, 4)),
    (2_500, events.Unblocked(1)),
    (2_600, events.TicketsRenewed(1, HOLDER, ROOT, 1)),
    (2_700, events.HolderReplaced(1, LETTER, 2, 1)),
    (2_800, events.Withdrawn(1, 10_000, REFERENCE)),
    (8_999, events.ProgrammeExtended(1, ENDS_AT + 1)),
    (9_001, SWEPT),
    (9_002, replace(REFUNDED, amount_cents=4_000, to_programme=True)),
    (9_003, events.Anchored(b"\2" * 32, HOLDER)),
]


def keep(happened: list[tuple[int, Event]]) -> Books:
    books = Books()
    for number, (at, event) in enumerate(happened):
        books.book(Place(block=number, log_index=0, at=at, transaction_hash=b"\0" * 32), event)
    books.conserve()
    return books


def rules_broken(at: int, event: Event, *, after: int = len(HONEST)) -> set[str]:
    """Return the rules that one more event breaks, after so many honest ones."""
    return {finding.rule for finding in keep([*HONEST[:after], (at, event)]).findings}


def test_an_honest_chain_has_no_findings() -> None:
    books = keep(HONEST)
    assert books.findings == []
    assert books.event_count == len(HONEST)


def test_the_balances_of_an_honest_chain() -> None:
    books = keep(HONEST)
    programme, shop = books.programmes[1], books.shops[1, 3]
    assert (programme.deposited_cents, programme.withdrawn_cents) == (100_000, 10_000)
    assert programme.unallocated_cents == 100_000 - 40_000 - 500 - 10_000 + 10_000 + 4_000
    assert (books.vouchers[1].balance_cents, books.vouchers[2].balance_cents) == (26_500, 0)
    assert (shop.net_cents, shop.settled_cents, shop.owed_cents) == (0, 4_000, -4_000)


DISHONEST: list[tuple[str, int, Any, int]] = [
    ("numbered in order", 500, replace(OPENED, programme=3), len(HONEST)),
    ("a period", 9_500, replace(OPENED, programme=2), len(HONEST)),
    ("a period only grows", 8_000, events.ProgrammeExtended(1, ENDS_AT), 10),
    ("a period only grows", 9_000, events.ProgrammeExtended(1, ENDS_AT + 5), 10),
    ("a reference once", 600, DEPOSITED, 3),
    ("a reference once", 2_300, replace(SETTLED, amount_cents=1), 9),
    ("2 no balance below zero", 600, events.Withdrawn(1, 60_001, ROOT), 3),
    ("2 no balance below zero", 600, replace(ISSUED, first=3, allocations=(Allocation(LETTER, 60_001),)), 3),
    ("numbered in order", 600, replace(ISSUED, first=4), 3),
    ("issued before the end", 9_000, replace(ISSUED, first=3), 3),
    ("issued before the end", 9_000, events.ToppedUp(1, 1, 1), 3),
    ("7 settlements never above what is owed", 2_200, replace(SETTLED, amount_cents=4_001), 8),
    ("6 no sweep before the end", 8_999, SWEPT, 9),
    ("6 a sweep takes what is left", 9_000, replace(SWEPT, amount_cents=9_999), 9),
    ("activated once, and not while blocked", 700, ACTIVATED, 6),
    ("generations in order", 700, events.TicketsRenewed(1, HOLDER, ROOT, 2), 6),
    ("generations in order", 700, events.TicketsRenewed(2, HOLDER, ROOT, 1), 6),
    ("generations in order", 700, events.HolderReplaced(1, LETTER, 0, 1), 6),
    ("a replacement has a reason", 700, events.HolderReplaced(1, LETTER, 1, 0), 6),
    ("blocked once, with a reason", 700, events.Blocked(1, 0), 6),
    ("unblocked after a block", 700, events.Unblocked(1), 6),
    ("5 only the programme's categories", 700, replace(ALLOWED, categories=1), 6),
    ("removed after it was allowed", 700, events.ShopRemoved(1, 9), 6),
    ("a till has one shop", 700, events.TillAdded(9, TILL), 6),
    ("a till has one shop", 700, events.TillRemoved(9, TILL), 6),
    ("3 a ticket is used at most once", 2_100, REDEEMED, 7),
    ("4 a holder's ticket of a voucher that works", 2_000, replace(REDEEMED, voucher=2), 6),
    ("4 a ticket of this generation", 2_000, replace(REDEEMED, number=256), 6),
    ("5 a till of that shop", 2_000, replace(REDEEMED, till=OTHER_TILL), 6),
    ("5 only allowed shops and categories", 2_000, replace(REDEEMED, category=2), 6),
    ("6 within the period", 999, REDEEMED, 6),
    ("6 within the period", 9_000, REDEEMED, 6),
    ("2 at most what is there", 2_000, replace(REDEEMED, amount_cents=20_001), 6),
    ("2 at most what is there", 2_000, replace(REDEEMED, amount_cents=0), 6),
    ("7 refunds by the shop that charged", 2_100, replace(REFUNDED, shop=4), 7),
    ("7 a till of that shop", 2_100, replace(REFUNDED, till=OTHER_TILL), 7),
    ("7 refunds never above their redemption", 2_100, replace(REFUNDED, amount_cents=5_001), 7),
    ("7 to the programme after its end", 2_100, replace(REFUNDED, to_programme=True), 7),
    ("7 to the programme after its end", 9_100, REFUNDED, 7),
    ("known", 2_100, replace(REFUNDED, number=8), 7),
    ("known", 2_100, events.Deposited(2, 1, ROOT), 7),
]


@pytest.mark.parametrize(("rule", "at", "event", "after"), DISHONEST)
def test_a_dishonest_event_breaks_its_rule(rule: str, at: int, event: Event, after: int) -> None:
    assert rule in rules_broken(at, event, after=after)
