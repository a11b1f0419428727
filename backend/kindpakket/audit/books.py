# SPDX-License-Identifier: EUPL-1.2
"""The audit's books: every balance and state, rebuilt from the contract's events alone. Whole euro cents.

Apart from the ledger on purpose: two programs that make the same mistake are rarer than one. Each event is also held
against the rules that the contract must have kept to make it; one that breaks a rule is a finding, and is booked all
the same, as what the chain says that happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kindpakket import events
from kindpakket.events import Event, Place
from kindpakket.tickets.tree import fingerprint

from .findings import Finding

GENERATION_TICKETS = 256


@dataclass(slots=True)
class ProgrammeBook:
    """A programme. deposited = unallocated + on vouchers + owed + settled + withdrawn."""

    starts_at: int
    ends_at: int
    categories: int
    max_redemption_cents: int
    policy_hash: bytes
    deposited_cents: int = 0
    unallocated_cents: int = 0
    withdrawn_cents: int = 0


@dataclass(slots=True)
class VoucherBook:
    """A voucher. `fingerprint` is 20 bytes: the letter's address, then the hash of holder and ticket root."""

    programme: int
    issued_cents: int
    balance_cents: int
    fingerprint: bytes
    generation: int = 0
    block_reason: int = 0
    activated: bool = False


@dataclass(slots=True)
class ShopBook:
    """A shop in a programme. `ends_at` is the programme's end when the shop was last allowed."""

    categories: int = 0
    starts_at: int = 0
    ends_at: int = 0
    max_redemption_cents: int = 0
    redeemed_cents: int = 0
    refunded_cents: int = 0
    settled_cents: int = 0
    redemption_count: int = 0

    @property
    def net_cents(self) -> int:
        """What it earned."""
        return self.redeemed_cents - self.refunded_cents

    @property
    def owed_cents(self) -> int:
        """What it is to be paid; below zero when it owes."""
        return self.net_cents - self.settled_cents


@dataclass(slots=True)
class UseBook:
    """A ticket that was used."""

    shop: int
    remaining_cents: int


@dataclass
class Books:
    """All books, and what was found while keeping them."""

    programmes: dict[int, ProgrammeBook] = field(default_factory=dict)
    vouchers: dict[int, VoucherBook] = field(default_factory=dict)
    shops: defaultdict[tuple[int, int], ShopBook] = field(default_factory=lambda: defaultdict(ShopBook))
    tills: dict[str, int] = field(default_factory=dict)
    uses: dict[tuple[int, int], UseBook] = field(default_factory=dict)
    payments: set[tuple[str, int, int, bytes]] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    event_count: int = 0

    def book(self, place: Place, event: Event) -> None:
        """Take an event up, in the order of the chain."""
        self.event_count += 1
        try:
            _BOOKING[type(event)](self, place, event)
        except KeyError as missing:
            self._find("known", place, "something that the events before it made", f"{event!r}: {missing}")

    def conserve(self) -> None:
        """Check the first invariant: in each programme no cent is lost or made."""
        on_vouchers: defaultdict[int, int] = defaultdict(int)
        for voucher in self.vouchers.values():
            on_vouchers[voucher.programme] += voucher.balance_cents
        earned: defaultdict[int, int] = defaultdict(int)
        for (programme, _), shop in self.shops.items():
            earned[programme] += shop.net_cents
        for number, kept in self.programmes.items():
            there = kept.unallocated_cents + on_vouchers[number] + earned[number] + kept.withdrawn_cents
            if there != kept.deposited_cents:
                self.findings.append(
                    Finding(
                        "1 money is conserved", f"programme {number}", f"{kept.deposited_cents}", f"{there}"
                    )
                )

    # ---------------------------------------------------------------- inside

    def _find(self, rule: str, place: Place, expected: object, found: object) -> None:
        where = f"block {place.block}, event {place.log_index}"
        self.findings.append(Finding(rule, where, str(expected), str(found)))

    def _must(self, holds: bool, rule: str, place: Place, expected: object, found: object) -> None:
        if not holds:
            self._find(rule, place, expected, found)

    def _take_unallocated(self, programme: int, cents: int, place: Place) -> None:
        kept = self.programmes[programme]
        self._must(
            cents <= kept.unallocated_cents, "2 no balance below zero", place, kept.unallocated_cents, cents
        )
        kept.unallocated_cents -= cents

    def _pay_once(self, verb: str, programme: int, shop: int, reference: bytes, place: Place) -> None:
        payment = (verb, programme, shop, reference)
        self._must(payment not in self.payments, "a reference once", place, "new", f"0x{reference.hex()}")
        self.payments.add(payment)


def _programme_opened(books: Books, place: Place, event: events.ProgrammeOpened) -> None:
    books._must(
        event.programme == len(books.programmes) + 1,
        "numbered in order",
        place,
        len(books.programmes) + 1,
        event.programme,
    )
    books._must(
        event.starts_at < event.ends_at and place.at < event.ends_at,
        "a period",
        place,
        "its end to come",
        event.ends_at,
    )
    books.programmes[event.programme] = ProgrammeBook(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        categories=event.categories,
        max_redemption_cents=event.max_redemption_cents,
        policy_hash=event.policy_hash,
    )


def _programme_extended(books: Books, place: Place, event: events.ProgrammeExtended) -> None:
    kept = books.programmes[event.programme]
    grows = place.at < kept.ends_at < event.ends_at
    books._must(grows, "a period only grows", place, f"later than {kept.ends_at}", event.ends_at)
    kept.ends_at = event.ends_at


def _deposited(books: Books, place: Place, event: events.Deposited) -> None:
    books._pay_once("deposit", event.programme, 0, event.payment_reference, place)
    kept = books.programmes[event.programme]
    kept.deposited_cents += event.amount_cents
    kept.unallocated_cents += event.amount_cents


def _withdrawn(books: Books, place: Place, event: events.Withdrawn) -> None:
    books._pay_once("withdraw", event.programme, 0, event.payment_reference, place)
    books._take_unallocated(event.programme, event.amount_cents, place)
    books.programmes[event.programme].withdrawn_cents += event.amount_cents


def _settled(books: Books, place: Place, event: events.Settled) -> None:
    books._pay_once("settle", event.programme, event.shop, event.payment_reference, place)
    shop = books.shops[event.programme, event.shop]
    books._must(
        event.amount_cents <= shop.owed_cents,
        "7 settlements never above what is owed",
        place,
        shop.owed_cents,
        event.amount_cents,
    )
    shop.settled_cents += event.amount_cents


def _swept(books: Books, place: Place, event: events.Swept) -> None:
    voucher, programme = books.vouchers[event.voucher], books.programmes[event.programme]
    books._must(
        place.at >= programme.ends_at, "6 no sweep before the end", place, programme.ends_at, place.at
    )
    books._must(
        event.amount_cents == voucher.balance_cents,
        "6 a sweep takes what is left",
        place,
        voucher.balance_cents,
        event.amount_cents,
    )
    voucher.balance_cents -= event.amount_cents
    programme.unallocated_cents += event.amount_cents


def _issued(books: Books, place: Place, event: events.Issued) -> None:
    expected = len(books.vouchers) + 1
    books._must(event.first == expected, "numbered in order", place, expected, event.first)
    ends_at = books.programmes[event.programme].ends_at
    books._must(place.at < ends_at, "issued before the end", place, ends_at, place.at)
    for number, allocation in enumerate(event.allocations, start=event.first):
        books._take_unallocated(event.programme, allocation.amount_cents, place)
        books.vouchers[number] = VoucherBook(
            programme=event.programme,
            issued_cents=allocation.amount_cents,
            balance_cents=allocation.amount_cents,
            fingerprint=bytes.fromhex(allocation.letter_key[2:]),
        )


def _topped_up(books: Books, place: Place, event: events.ToppedUp) -> None:
    ends_at = books.programmes[event.programme].ends_at
    books._must(place.at < ends_at, "issued before the end", place, ends_at, place.at)
    books._take_unallocated(event.programme, event.amount_cents, place)
    voucher = books.vouchers[event.voucher]
    voucher.issued_cents += event.amount_cents
    voucher.balance_cents += event.amount_cents


def _activated(books: Books, place: Place, event: events.Activated) -> None:
    voucher = books.vouchers[event.voucher]
    asleep = not voucher.activated and voucher.block_reason == 0
    books._must(asleep, "activated once, and not while blocked", place, "asleep", voucher)
    voucher.fingerprint = fingerprint(bytes.fromhex(event.holder[2:]), event.ticket_root)
    voucher.activated = True


def _tickets_renewed(books: Books, place: Place, event: events.TicketsRenewed) -> None:
    voucher = books.vouchers[event.voucher]
    follows = voucher.activated and event.generation == voucher.generation + 1
    books._must(follows, "generations in order", place, voucher.generation + 1, event.generation)
    voucher.fingerprint = fingerprint(bytes.fromhex(event.holder[2:]), event.ticket_root)
    voucher.generation = event.generation


def _holder_replaced(books: Books, place: Place, event: events.HolderReplaced) -> None:
    voucher = books.vouchers[event.voucher]
    expected = voucher.generation + 1
    books._must(event.generation == expected, "generations in order", place, expected, event.generation)
    books._must(event.reason != 0, "a replacement has a reason", place, "a reason", 0)
    voucher.fingerprint = bytes.fromhex(event.letter_key[2:])
    voucher.generation = event.generation
    voucher.activated = False


def _blocked(books: Books, place: Place, event: events.Blocked) -> None:
    voucher = books.vouchers[event.voucher]
    is_new = event.reason != 0 and voucher.block_reason == 0
    books._must(is_new, "blocked once, with a reason", place, "a reason", event.reason)
    voucher.block_reason = event.reason


def _unblocked(books: Books, place: Place, event: events.Unblocked) -> None:
    voucher = books.vouchers[event.voucher]
    books._must(voucher.block_reason != 0, "unblocked after a block", place, "blocked", "not blocked")
    voucher.block_reason = 0


def _shop_allowed(books: Books, place: Place, event: events.ShopAllowed) -> None:
    programme = books.programmes[event.programme]
    fits = event.categories != 0 and event.categories & ~programme.categories == 0
    books._must(fits, "5 only the programme's categories", place, programme.categories, event.categories)
    shop = books.shops[event.programme, event.shop]
    shop.categories = event.categories
    shop.starts_at, shop.ends_at = programme.starts_at, programme.ends_at
    shop.max_redemption_cents = programme.max_redemption_cents


def _shop_removed(books: Books, place: Place, event: events.ShopRemoved) -> None:
    shop = books.shops[event.programme, event.shop]
    books._must(shop.categories != 0, "removed after it was allowed", place, "allowed", "not allowed")
    shop.categories = 0


def _till_added(books: Books, place: Place, event: events.TillAdded) -> None:
    is_free = books.tills.get(event.till, 0) == 0
    books._must(is_free, "a till has one shop", place, "no shop", books.tills.get(event.till))
    books.tills[event.till] = event.shop


def _till_removed(books: Books, place: Place, event: events.TillRemoved) -> None:
    books._must(
        books.tills.get(event.till) == event.shop,
        "a till has one shop",
        place,
        event.shop,
        books.tills.get(event.till),
    )
    books.tills[event.till] = 0


def _redeemed(books: Books, place: Place, event: events.Redeemed) -> None:
    voucher, programme = books.vouchers[event.voucher], books.programmes[event.programme]
    shop = books.shops[event.programme, event.shop]
    ticket = (event.voucher, event.number)
    must = books._must
    must(ticket not in books.uses, "3 a ticket is used at most once", place, "unused", ticket)
    ready = voucher.activated and voucher.block_reason == 0
    must(ready, "4 a holder's ticket of a voucher that works", place, "active, not blocked", voucher)
    is_live = event.number // GENERATION_TICKETS == voucher.generation
    must(is_live, "4 a ticket of this generation", place, voucher.generation, event.number)
    must(voucher.programme == event.programme, "5 its own programme", place, voucher.programme, event)
    at_home = books.tills.get(event.till) == event.shop
    must(at_home, "5 a till of that shop", place, event.shop, books.tills.get(event.till))
    allowed = shop.categories >> event.category & 1
    must(allowed == 1, "5 only allowed shops and categories", place, f"{shop.categories:b}", event.category)
    runs = programme.starts_at <= place.at < programme.ends_at
    must(runs, "6 within the period", place, (programme.starts_at, programme.ends_at), place.at)
    most_cents = min(voucher.balance_cents, programme.max_redemption_cents)
    must(0 < event.amount_cents <= most_cents, "2 at most what is there", place, most_cents, event)
    voucher.balance_cents -= event.amount_cents
    shop.redeemed_cents += event.amount_cents
    shop.redemption_count += 1
    books.uses[ticket] = UseBook(event.shop, event.amount_cents)


def _refunded(books: Books, place: Place, event: events.Refunded) -> None:
    use, programme = books.uses[event.voucher, event.number], books.programmes[event.programme]
    must = books._must
    must(use.shop == event.shop, "7 refunds by the shop that charged", place, use.shop, event.shop)
    at_home = books.tills.get(event.till) == event.shop
    must(at_home, "7 a till of that shop", place, event.shop, books.tills.get(event.till))
    fits = 0 < event.amount_cents <= use.remaining_cents
    must(fits, "7 refunds never above their redemption", place, use.remaining_cents, event.amount_cents)
    ended = place.at >= programme.ends_at
    must(event.to_programme == ended, "7 to the programme after its end", place, ended, event.to_programme)
    use.remaining_cents -= event.amount_cents
    shop = books.shops[event.programme, event.shop]
    shop.refunded_cents += event.amount_cents
    owes = -shop.owed_cents <= shop.settled_cents
    must(owes, "7 a debt never above what was settled", place, shop.settled_cents, -shop.owed_cents)
    if event.to_programme:
        programme.unallocated_cents += event.amount_cents
    else:
        books.vouchers[event.voucher].balance_cents += event.amount_cents


_BOOKING: dict[type[Event], Callable[[Books, Place, Any], None]] = {
    events.ProgrammeOpened: _programme_opened,
    events.ProgrammeExtended: _programme_extended,
    events.Deposited: _deposited,
    events.Withdrawn: _withdrawn,
    events.Settled: _settled,
    events.Swept: _swept,
    events.Anchored: lambda books, place, event: None,
    events.Issued: _issued,
    events.ToppedUp: _topped_up,
    events.Activated: _activated,
    events.TicketsRenewed: _tickets_renewed,
    events.HolderReplaced: _holder_replaced,
    events.Blocked: _blocked,
    events.Unblocked: _unblocked,
    events.ShopAllowed: _shop_allowed,
    events.ShopRemoved: _shop_removed,
    events.TillAdded: _till_added,
    events.TillRemoved: _till_removed,
    events.Redeemed: _redeemed,
    events.Refunded: _refunded,
}
