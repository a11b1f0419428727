# SPDX-License-Identifier: EUPL-1.2
"""Published heads in the registry: written once, in order, never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from kindpakket.databases import Database

from .inspection_tables import published_total
from .tables import published_head


@dataclass(frozen=True, slots=True)
class Head:
    """A day's published head.

    Attributes:
        on: The day that it is of.
        first_block: The first block that it covers: the one after the last head's.
        block: The last one that it covers.
        hash: That block's hash.
        root: The root over the hashes of all blocks that it covers.
        at: When it was published, epoch seconds.
    """

    on: date
    first_block: int
    block: int
    hash: bytes
    root: bytes
    at: int


@dataclass(frozen=True, slots=True)
class HeadTotals:
    """The money of all programmes together as of a head's block. Whole euro cents.

    deposited = unallocated + on vouchers + owed + settled + withdrawn.

    Attributes:
        movement_count: How many payments and refunds there ever were until then.
        withheld: Not shown with the head at once. Since totals are held against the weekly figures, all are kept so;
            those of before that are not may be known to anyone who kept them.
    """

    deposited_cents: int
    unallocated_cents: int
    on_vouchers_cents: int
    owed_cents: int
    settled_cents: int
    withdrawn_cents: int
    movement_count: int
    withheld: bool


class Heads:
    """All published heads, and what money there was at each; those of before totals were published have none."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def publish(self, head: Head, totals: HeadTotals | None = None) -> Head:
        """Write a head down with its totals; return it, or the one of its day that there is already.

        Raises:
            ValueError: It is not the next one: it does not begin after the last head's block, or is of an earlier day.
        """
        with self._database.write() as connection:
            last = _last(connection)
            if last is not None and last.on == head.on:
                return last
            if last is not None and (head.on < last.on or head.first_block != last.block + 1):
                raise ValueError(f"the head of {head.on} does not follow that of {last.on}")
            connection.execute(
                insert(published_head).values(
                    on=head.on,
                    first_block=head.first_block,
                    block=head.block,
                    hash=head.hash,
                    root=head.root,
                    at=head.at,
                )
            )
            if totals is not None:
                connection.execute(insert(published_total).values(on=head.on, **asdict(totals)))
        return head

    def totals(self) -> dict[date, HeadTotals]:
        """Return the totals of all heads that have them, by day."""
        with self._database.read() as connection:
            rows = connection.execute(select(published_total).order_by(published_total.c.on))
            return {row.on: _totals(row) for row in rows}

    def all(self) -> list[Head]:
        """Return all heads, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(published_head).order_by(published_head.c.block))
            return [Head(**row._mapping) for row in rows]

    def last(self) -> Head | None:
        """Return the newest head; None when none was published yet."""
        with self._database.read() as connection:
            return _last(connection)

    def covering(self, block: int) -> Head | None:
        """Return the head that covers a block; None when none does yet."""
        table = published_head
        with self._database.read() as connection:
            row = connection.execute(
                select(table).where(table.c.first_block <= block, table.c.block >= block)
            ).one_or_none()
        return None if row is None else Head(**row._mapping)


def _last(connection: Connection) -> Head | None:
    newest = select(published_head).order_by(published_head.c.block.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else Head(**row._mapping)


def _totals(row: Row[Any]) -> HeadTotals:
    named = dict(row._mapping)
    del named["on"]
    return HeadTotals(**named)
