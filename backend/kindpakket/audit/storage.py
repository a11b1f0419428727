# SPDX-License-Identifier: EUPL-1.2
"""Storage: what the contract itself says of each programme, voucher, shop, till and ticket, held against the books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from .books import Books
from .findings import Finding

Question = tuple[str, tuple[Any, ...]]


class Asked(Protocol):
    """Who answers questions about the contract."""

    def ask(self, questions: list[Question]) -> list[list[Any]]:
        """Answer in the same order, each with a list of values."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question, what it is about, and the answer that the books give."""

    where: str
    question: Question
    expected: list[Any]


def comparisons(books: Books) -> Iterator[Comparison]:
    """Go through all that the contract can be asked, with the answer that it must give."""
    yield Comparison("programmes", ("programmeCount", ()), [len(books.programmes)])
    yield Comparison("vouchers", ("voucherCount", ()), [len(books.vouchers)])
    for number, programme in books.programmes.items():
        terms = [programme.starts_at, programme.ends_at, programme.categories, programme.max_redemption_cents]
        money = [programme.deposited_cents, programme.unallocated_cents, programme.withdrawn_cents]
        expected = [*terms, *money, programme.policy_hash]
        yield Comparison(f"programme {number}", ("getProgramme", (number,)), expected)
    for (number, shop), account in books.shops.items():
        terms = [account.categories, account.starts_at, account.ends_at, account.max_redemption_cents]
        expected = [account.net_cents, account.settled_cents, *terms]
        where = f"shop {shop} in programme {number}"
        yield Comparison(where, ("getShopAccount", (number, shop)), expected)
    for till, shop in books.tills.items():
        yield Comparison(f"till {till}", ("shopOfTill", (till,)), [shop])
    for number, voucher in books.vouchers.items():
        state = [voucher.programme, voucher.generation, voucher.block_reason, voucher.activated]
        holder = int.from_bytes(voucher.fingerprint, "big")
        expected = [holder, voucher.balance_cents, voucher.issued_cents, *state]
        yield Comparison(f"voucher {number}", ("getVoucher", (number,)), expected)
    for (number, ticket), use in books.uses.items():
        where = f"ticket {ticket} of voucher {number}"
        yield Comparison(where, ("getTicketUse", (number, ticket)), [use.shop, use.remaining_cents])


def compare(
    asked: Asked, books: Books, *, at_once: int, on_progress: Callable[[int], None]
) -> list[Comparison]:
    """Ask all, and return those that the contract answers otherwise. `on_progress` is told how many more were asked."""
    different: list[Comparison] = []
    batch: list[Comparison] = []
    for one in comparisons(books):
        batch.append(one)
        if len(batch) == at_once:
            different += _differing(asked, batch)
            on_progress(len(batch))
            batch = []
    if batch:
        different += _differing(asked, batch)
        on_progress(len(batch))
    return different


def count(books: Books) -> int:
    """Return how many comparisons there are."""
    things = len(books.programmes) + len(books.shops) + len(books.tills) + len(books.vouchers)
    return 2 + things + len(books.uses)


def compare_again(asked: Asked, books: Books, different: list[Comparison]) -> list[Comparison]:
    """Ask once more what differed, with what the books have by now, and return what still does."""
    names = {one.where for one in different}
    return _differing(asked, [one for one in comparisons(books) if one.where in names])


def findings(asked: Asked, different: list[Comparison]) -> list[Finding]:
    """Say what differs, and how."""
    answers = asked.ask([one.question for one in different])
    return [
        Finding("storage", one.where, str(one.expected), str(answer))
        for one, answer in zip(different, answers, strict=True)
        if answer != one.expected
    ]


def _differing(asked: Asked, batch: list[Comparison]) -> list[Comparison]:
    answers = asked.ask([one.question for one in batch])
    return [one for one, answer in zip(batch, answers, strict=True) if answer != one.expected]
