# SPDX-License-Identifier: EUPL-1.2
"""What the contract should do, thought out a second time: double-entry books and the rules in plain Python.

Amounts in euro cents, positive in each entry: an entry moves its amount from one account to another, so that all
accounts together are always zero. `WORLD` is everything outside the fund.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .fund import Event

Name = tuple[str, *tuple[int, ...]]
"""An account: what it is, and its numbers."""

WORLD: Name = ("world",)


def unallocated(programme: int) -> Name:
    """Money of a programme on no voucher."""
    return ("unallocated", programme)


def withdrawn(programme: int) -> Name:
    """Money that was taken out of a programme again."""
    return ("withdrawn", programme)


def on_voucher(voucher: int) -> Name:
    """Money on a voucher."""
    return ("voucher", voucher)


def owed(programme: int, shop: int) -> Name:
    """What a shop is owed; below zero when it owes."""
    return ("owed", programme, shop)


def settled(programme: int, shop: int) -> Name:
    """What was paid out to a shop."""
    return ("settled", programme, shop)


class Books:
    """Entries, and the balance of each account. An account no entry names has nothing on it."""

    def __init__(self) -> None:
        self.balances: Counter[Name] = Counter()
        self.turnover: Counter[tuple[Name, Name]] = Counter()

    def move(self, source: Name, target: Name, amount_cents: int) -> None:
        """Book one entry."""
        assert amount_cents > 0, "an entry moves something"
        self.balances[source] -= amount_cents
        self.balances[target] += amount_cents
        self.turnover[source, target] += amount_cents

    def open_balances(self) -> dict[Name, int]:
        """Return the accounts with something on them."""
        return {name: amount for name, amount in self.balances.items() if amount}

    def post(self, event: Event) -> None:
        """Book what an event says, from its fields alone."""
        is_of = event.fields
        match event.name:
            case "Deposited":
                self.move(WORLD, unallocated(is_of["programme"]), is_of["amountCents"])
            case "Withdrawn":
                self.move(
                    unallocated(is_of["programme"]), withdrawn(is_of["programme"]), is_of["amountCents"]
                )
            case "Issued":
                for place, allocation in enumerate(is_of["allocations"]):
                    voucher = on_voucher(is_of["first"] + place)
                    self.move(unallocated(is_of["programme"]), voucher, allocation["amountCents"])
            case "ToppedUp":
                self.move(unallocated(is_of["programme"]), on_voucher(is_of["voucher"]), is_of["amountCents"])
            case "Redeemed":
                shop = owed(is_of["programme"], is_of["shop"])
                self.move(on_voucher(is_of["voucher"]), shop, is_of["amountCents"])
            case "Refunded":
                to_programme = is_of["toProgramme"]
                target = unallocated(is_of["programme"]) if to_programme else on_voucher(is_of["voucher"])
                self.move(owed(is_of["programme"], is_of["shop"]), target, is_of["amountCents"])
            case "Settled":
                numbers = is_of["programme"], is_of["shop"]
                self.move(owed(*numbers), settled(*numbers), is_of["amountCents"])
            case "Swept":
                self.move(on_voucher(is_of["voucher"]), unallocated(is_of["programme"]), is_of["amountCents"])


@dataclass
class Programme:
    """A programme's terms."""

    starts_at: int
    ends_at: int
    categories: int
    max_cents: int


@dataclass
class Voucher:
    """A voucher's state, without its money."""

    programme: int
    issued_cents: int
    generation: int = 0
    activated: bool = False
    reason: int = 0


@dataclass
class Use:
    """A ticket that was used."""

    shop: int
    charged_cents: int
    remaining_cents: int


@dataclass
class Model:
    """The rules. A method `may_...` returns the name of the refusal to expect, or None."""

    books: Books = field(default_factory=Books)
    programmes: dict[int, Programme] = field(default_factory=dict)
    vouchers: dict[int, Voucher] = field(default_factory=dict)
    allowed: dict[tuple[int, int], int] = field(default_factory=dict)
    tills: dict[int, int] = field(default_factory=dict)
    uses: dict[tuple[int, int], Use] = field(default_factory=dict)

    def balance(self, name: Name) -> int:
        """What is on an account."""
        return self.books.balances[name]

    def ended(self, programme: int, now_at: int) -> bool:
        """Whether a programme is over."""
        return now_at >= self.programmes[programme].ends_at

    def may_issue(self, programme: int, amounts: Iterable[int], now_at: int) -> str | None:
        """Vouchers of these amounts."""
        if self.ended(programme, now_at):
            return "ProgrammeEnded"
        return "UnallocatedTooLow" if sum(amounts) > self.balance(unallocated(programme)) else None

    def may_top_up(self, voucher: int, amount_cents: int, now_at: int) -> str | None:
        """More on a voucher."""
        kept = self.vouchers[voucher]
        refusal = self.may_issue(kept.programme, [amount_cents], now_at)
        return refusal or ("BalanceTooHigh" if kept.issued_cents + amount_cents >= 2**24 else None)

    def may_redeem(
        self,
        *,
        voucher: int,
        number: int,
        ticket_shop: int,
        max_cents: int,
        expires_at: int,
        amount_cents: int,
        category: int,
        till: int,
        now_at: int,
    ) -> str | None:
        """A ticket of that number's generation, rightly signed, and a till's charge."""
        kept = self.vouchers[voucher]
        programme = self.programmes[kept.programme]
        shop = self.tills.get(till, 0)
        allowed = self.allowed.get((kept.programme, shop), 0)
        rules = [
            ("VoucherNotActivated", not kept.activated),
            ("TicketUnknown", number // 256 != kept.generation),
            ("TicketAlreadyUsed", (voucher, number) in self.uses),
            ("TillUnknown", shop == 0),
            ("TicketForAnotherShop", ticket_shop not in (0, shop)),
            ("TicketExpired", now_at >= expires_at),
            ("VoucherBlocked", kept.reason != 0),
            ("ShopNotAllowed", allowed == 0),
            ("ProgrammeNotStarted", now_at < programme.starts_at),
            ("ProgrammeEnded", now_at >= programme.ends_at),
            ("CategoryNotAllowed", category > 31 or not allowed & 1 << category),
            ("AmountAboveTicket", amount_cents > max_cents),
            ("AmountAboveMaximum", amount_cents > programme.max_cents),
            ("BalanceTooLow", amount_cents > self.balance(on_voucher(voucher))),
        ]
        return next((name for name, forbids in rules if forbids), None)

    def redeem(self, *, voucher: int, number: int, amount_cents: int, till: int) -> None:
        """Book a payment that may be."""
        shop = self.tills[till]
        self.uses[voucher, number] = Use(shop, amount_cents, amount_cents)
        self.books.move(on_voucher(voucher), owed(self.vouchers[voucher].programme, shop), amount_cents)

    def may_refund(
        self, *, voucher: int, number: int, amount_cents: int, remaining_cents: int, till: int
    ) -> str | None:
        """A refund of a ticket that was used."""
        use, shop = self.uses[voucher, number], self.tills.get(till, 0)
        rules = [
            ("TillUnknown", shop == 0),
            ("RefundByAnotherShop", shop != use.shop),
            ("RefundOutdated", remaining_cents != use.remaining_cents),
            ("RefundAboveRedemption", amount_cents > use.remaining_cents),
        ]
        return next((name for name, forbids in rules if forbids), None)

    def refund(self, *, voucher: int, number: int, amount_cents: int, now_at: int) -> None:
        """Book a refund that may be."""
        use, programme = self.uses[voucher, number], self.vouchers[voucher].programme
        use.remaining_cents -= amount_cents
        target = unallocated(programme) if self.ended(programme, now_at) else on_voucher(voucher)
        self.books.move(owed(programme, use.shop), target, amount_cents)
