# SPDX-License-Identifier: EUPL-1.2
"""Heads: what was published day by day, held against the chain as it is now. Whole euro cents.

A chain that one operator runs can be written anew from the start, and every sum in it is right again. Whoever kept a
published head then finds another hash at its number, another root over the blocks before it, or other totals there.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

from kindpakket.tickets.heads import HeadTree

from .books import Books
from .findings import Finding


class HeadsUnreadable(ValueError):
    """The file is not one of published heads."""


class Chained(Protocol):
    """Who knows the hashes of blocks."""

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order.

        Raises:
            LookupError: One is not there.
        """


@dataclass(frozen=True, slots=True)
class Totals:
    """The money of all programmes together.

    deposited = unallocated + on vouchers + spent + withdrawn; spent = owed + settled.

    Attributes:
        spent_cents: None in heads of version 2, which tell its two parts instead.
        owed_cents: None in heads of version 3, as `settled_cents`.
    """

    deposited_cents: int
    unallocated_cents: int
    on_vouchers_cents: int
    withdrawn_cents: int
    spent_cents: int | None = None
    owed_cents: int | None = None
    settled_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A published head: the newest block at the end of a day.

    Attributes:
        first_block: The first of the blocks that `root` is over; `block` is the last.
        root: None when the file does not tell it.
        totals: The money as of `block`; None when none was published.
    """

    on: str
    block: int
    hash: bytes
    first_block: int = 0
    root: bytes | None = None
    totals: Totals | None = None


_ALWAYS_TOLD = ("deposited_cents", "unallocated_cents", "on_vouchers_cents", "withdrawn_cents")


def read_heads(text: str) -> list[Head]:
    """Read what `GET /api/v1/heads` answers, or the CSV file of the public page.

    Raises:
        HeadsUnreadable: It is something else.
    """
    try:
        if text.lstrip("\ufeff \r\n\t").startswith("{"):
            return [_from_json(one) for one in json.loads(text)["heads"]]
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        if not {"on", "block", "hash"} <= set(rows[0]):
            raise HeadsUnreadable("this is not a file of published heads")
        return [_from_row(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, csv.Error) as error:
        raise HeadsUnreadable("this is not a file of published heads") from error


def check_heads(chain: Chained, heads: Sequence[Head]) -> list[Finding]:
    """Return each published head that the chain no longer has: another hash of its block, or another root."""
    found = []
    for head in heads:
        where = f"{head.on}, block {head.block}"
        first_block = head.block if head.root is None else head.first_block
        try:
            hashes = chain.block_hashes(first_block, head.block)
        except LookupError:
            found.append(Finding("head", where, _hex(head.hash), "no such block"))
            continue
        if hashes[-1] != head.hash:
            found.append(Finding("head", where, _hex(head.hash), _hex(hashes[-1])))
        elif head.root is not None:
            root = HeadTree(hashes, first_block=first_block).root
            if root != head.root:
                where = f"{head.on}, blocks {first_block} to {head.block}"
                found.append(Finding("head: its root", where, _hex(head.root), _hex(root)))
    return found


class TotalsWatch:
    """Holds the books against the totals that were published, at each head's block."""

    def __init__(self, books: Books, heads: Sequence[Head]) -> None:
        """Watch these books, from before their first event."""
        self._books = books
        self._waiting = sorted((head for head in heads if head.totals), key=lambda head: -head.block)
        self.findings: list[Finding] = []

    def pass_to(self, block: int) -> None:
        """Say that all events before this block are booked, and none of it or after it."""
        while self._waiting and self._waiting[-1].block < block:
            head = self._waiting.pop()
            assert head.totals is not None, "only heads with totals wait"
            there = totals_of(self._books)
            for name, published_cents in asdict(head.totals).items():
                found_cents = getattr(there, name)
                if published_cents is not None and found_cents != published_cents:
                    self.findings.append(
                        Finding(
                            f"head: {name.removesuffix('_cents').replace('_', ' ')}",
                            f"{head.on}, block {head.block}",
                            f"{published_cents}",
                            f"{found_cents}",
                        )
                    )


def totals_of(books: Books) -> Totals:
    """Return the money of all programmes together, as the books have it."""
    programmes, shops = books.programmes.values(), books.shops.values()
    owed_cents = sum(one.owed_cents for one in shops)
    settled_cents = sum(one.settled_cents for one in shops)
    return Totals(
        deposited_cents=sum(one.deposited_cents for one in programmes),
        unallocated_cents=sum(one.unallocated_cents for one in programmes),
        on_vouchers_cents=sum(one.balance_cents for one in books.vouchers.values()),
        withdrawn_cents=sum(one.withdrawn_cents for one in programmes),
        spent_cents=owed_cents + settled_cents,
        owed_cents=owed_cents,
        settled_cents=settled_cents,
    )


def _from_json(one: dict[str, Any]) -> Head:
    totals = one.get("totals")
    return Head(
        on=str(one["on"]),
        block=int(one["block"]),
        hash=_bytes(one["hash"]),
        first_block=int(one.get("firstBlock", 0)),
        root=_bytes(one["root"]) if one.get("root") else None,
        totals=None
        if totals is None
        else _totals({field.name: totals.get(_camel(field.name)) for field in fields(Totals)}),
    )


def _from_row(row: dict[str, str]) -> Head:
    return Head(
        on=row["on"],
        block=int(row["block"]),
        hash=_bytes(row["hash"]),
        first_block=int(row.get("first_block") or 0),
        root=_bytes(row["root"]) if row.get("root") else None,
        totals=_totals({field.name: row.get(field.name) for field in fields(Totals)})
        if row.get("deposited_cents")
        else None,
    )


def _totals(told: dict[str, Any]) -> Totals:
    of_shops = ["owed_cents", "settled_cents"] if told["spent_cents"] is None else ["spent_cents"]
    return Totals(**{name: int(told[name]) for name in [*_ALWAYS_TOLD, *of_shops]})


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(content: bytes) -> str:
    return f"0x{content.hex()}"
