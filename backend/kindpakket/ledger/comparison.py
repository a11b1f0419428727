# SPDX-License-Identifier: EUPL-1.2
"""Comparison: a ledger, row by row, with one that is booked once more from the chain. Whole euro cents.

The ledger holds nothing that the chain does not, so each row of each table has only one way to be right. Both are read
as of the same block.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from . import tables
from .follower import BLOCKS_AT_ONCE, EventSource
from .store import Ledger

FIGURES_OF_PROGRAMME = (
    *("deposited", "unallocated", "on_vouchers", "owed", "settled", "withdrawn"),
    *("issued", "redeemed", "refunded"),
)
FIGURES_OF_SHOP = ("earned", "settled")

Figures = dict[tuple[int, int, str], int]
"""Amounts by programme, shop (0: the programme itself) and name."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A row that is not what the chain's events make it.

    Attributes:
        table: What kind of row.
        key: Which one, as in `voucher=12`.
        expected: What the chain makes it: the columns that differ, or the whole row that is missing.
        found: What is there instead; nothing for a row that is missing.
    """

    table: str
    key: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found, as of a block. `altered` has the first ones, `altered_count` says how many there are."""

    block: int
    figures: Figures
    altered: tuple[Altered, ...]
    altered_count: int


@contextmanager
def ledger_beside(data_dir: Path, *, chain_id: int, contract: str) -> Iterator[Ledger]:
    """Open an empty ledger in a temporary folder, away from the disk that payments need; forget it in the end.

    An installation compares once at a time, so what a killed process left of an earlier comparison is taken away.
    """
    prefix = f"kindpakket-inspection-{hashlib.sha256(f'{data_dir.resolve()}'.encode()).hexdigest()[:16]}-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        ledger = Ledger(f"sqlite:///{Path(folder) / 'ledger.db'}", chain_id=chain_id, contract=contract)
        try:
            yield ledger
        finally:
            ledger.close()


def compare(ledger: Ledger, other: Ledger, fund: EventSource, *, most: int) -> Compared:
    """Book the other ledger, which is empty, up to where this one is, and compare all rows.

    Raises:
        ChainUnreachable: No answer; the other ledger is of no use any more.
    """
    with ledger.reading() as connection:
        # Until it is read, this one stays as it is in this moment.
        block = int(connection.execute(select(tables.cursor.c.next_block)).scalar_one()) - 1
        _book(other, fund, block)
        with other.reading() as right:
            altered = _altered(connection, right)
            first = tuple(islice(altered, most))
            return Compared(
                block=block,
                figures=_figures(connection),
                altered=first,
                altered_count=len(first) + sum(1 for _ in altered),
            )


def _book(other: Ledger, fund: EventSource, last_block: int) -> None:
    first = other.next_block()
    while first <= last_block:
        first_asked = max(first, fund.deployed_block)
        last = min(first_asked + BLOCKS_AT_ONCE - 1, last_block)
        placed = fund.events(first_asked, last)
        other.book(placed, first_block=first, last_block=last, block_hash=fund.chain.block_hash(last))
        first = last + 1


def _altered(connection: Connection, right: Connection) -> Iterator[Altered]:
    for table in tables.metadata.sorted_tables:
        if table not in tables.ABOUT_BOOKING:
            yield from _altered_in(table, connection, right)


def _altered_in(table: Table, connection: Connection, right: Connection) -> Iterator[Altered]:
    names = [column.name for column in table.primary_key.columns]
    expected = {_key(row, names): row for row in _rows(right, table)}
    for row in _rows(connection, table):
        key = _key(row, names)
        must_be = expected.pop(key, None)
        if must_be is None:
            yield Altered(table.name, _told(row, names), "", _told(row, row))
        elif row != must_be:
            different = [name for name in row if row[name] != must_be[name]]
            yield Altered(table.name, _told(row, names), _told(must_be, different), _told(row, different))
    for missing in expected.values():
        yield Altered(table.name, _told(missing, names), _told(missing, missing), "")


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    for row in connection.execute(select(table)):
        yield dict(row._mapping)


def _key(row: dict[str, Any], names: list[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _told(row: dict[str, Any], names: Any) -> str:
    return " ".join(f"{name}={_shown(row[name])}" for name in names)


def _shown(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else f"{value}"


def _figures(connection: Connection) -> Figures:
    """Return what the ledger's reports add up, from the rows that they read."""
    found: defaultdict[tuple[int, int, str], int] = defaultdict(int)
    for programme in connection.execute(select(tables.programme)):
        for name in ("deposited", "unallocated", "withdrawn"):
            found[programme.programme, 0, name] += getattr(programme, f"{name}_cents")
    vouchers = tables.voucher.c
    for of, issued_cents, balance_cents in connection.execute(
        select(vouchers.programme, vouchers.issued_cents, vouchers.balance_cents)
    ):
        found[of, 0, "issued"] += issued_cents
        found[of, 0, "on_vouchers"] += balance_cents
    for row in connection.execute(select(tables.shop_programme)):
        earned_cents = row.redeemed_cents - row.refunded_cents
        found[row.programme, row.shop, "earned"] = earned_cents
        found[row.programme, row.shop, "settled"] = row.settled_cents
        found[row.programme, 0, "redeemed"] += row.redeemed_cents
        found[row.programme, 0, "refunded"] += row.refunded_cents
        found[row.programme, 0, "settled"] += row.settled_cents
        found[row.programme, 0, "owed"] += earned_cents - row.settled_cents
    return dict(found)
