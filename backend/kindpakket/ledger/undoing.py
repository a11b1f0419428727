# SPDX-License-Identifier: EUPL-1.2
"""Undoing: blocks that were booked as final and that the chain replaced by others leave the ledger, whole. Euro cents.

What stays is booked once more from the events that the ledger keeps, in the same transaction: a reader sees the ledger
from before, or the one without those blocks, and nothing in between. What was undone is written down, until an
inspection told it: people had been told of it as of something final.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from kindpakket.events import EVENTS, Allocation, Event, Place

from . import tables
from .booking import book
from .postings import voucher_account

_EVENTS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Undoing:
    """Blocks that were undone, the hash that the last of them had, and what was booked in them."""

    undoing: int
    first_block: int
    last_block: int
    block_hash: bytes
    event_count: int
    redemption_count: int
    redeemed_cents: int

    def told(self) -> tuple[str, str, str]:
        """Return what an inspection tells of it: the subject, what was there, and what became of it."""
        return (
            f"final blocks {self.first_block} to {self.last_block} were replaced",
            f"0x{self.block_hash.hex()}: {self.redemption_count} payments, {self.redeemed_cents} cents",
            "undone in the ledger; what the chain has instead is booked",
        )


def undo(connection: Connection, last: tuple[int, bytes], *, last_block: int) -> Undoing:
    """Undo what was booked after `last_block`, up to the `last` one, whose hash it was; in the caller's transaction."""
    number, block_hash = last
    event, redemption = tables.event, tables.redemption
    event_count = connection.execute(
        select(func.count()).select_from(event).where(event.c.block > last_block)
    ).scalar_one()
    redemptions = connection.execute(
        select(
            func.count().label("count"), func.coalesce(func.sum(redemption.c.amount_cents), 0).label("cents")
        )
        .select_from(redemption)
        .where(redemption.c.block > last_block)
    ).one()
    kept = connection.execute(
        select(event).where(event.c.block <= last_block).order_by(event.c.block, event.c.log_index)
    ).all()
    for table in reversed(tables.metadata.sorted_tables):
        if table not in tables.ABOUT_BOOKING:
            connection.execute(delete(table))
    rows = iter(kept)
    while part := list(islice(rows, _EVENTS_AT_ONCE)):
        book(connection, [_read(row) for row in part])
    blocks = tables.booked_block
    connection.execute(delete(blocks).where(blocks.c.block > last_block))
    written: dict[str, Any] = {
        "first_block": last_block + 1,
        "last_block": number,
        "block_hash": block_hash,
        "event_count": event_count,
        "redemption_count": redemptions.count,
        "redeemed_cents": int(redemptions.cents),
    }
    made = connection.execute(insert(tables.undoing).values(told=False, **written))
    key = made.inserted_primary_key
    assert key is not None, "a row that was inserted has a key"
    return Undoing(undoing=int(key[0]), **written)


def vouchers_touched_after(connection: Connection, block: int) -> frozenset[int]:
    """Return the vouchers whose money moved in later blocks than this one."""
    entry = tables.entry
    rows = connection.execute(select(entry.c.from_account, entry.c.to_account).where(entry.c.block > block))
    accounts = {account for row in rows for account in row}
    prefix = voucher_account(0).removesuffix("0")
    return frozenset(int(one.removeprefix(prefix)) for one in accounts if one.startswith(prefix))


def untold(connection: Connection) -> list[Undoing]:
    """Return what was undone and not told, oldest first."""
    table = tables.undoing
    names = [field.name for field in fields(Undoing)]
    rows = connection.execute(
        select(*(table.c[name] for name in names)).where(table.c.told.is_(False)).order_by(table.c.undoing)
    )
    return [Undoing(**row._mapping) for row in rows]


def note_told(connection: Connection, undoings: Sequence[Undoing]) -> None:
    """Note that these were told."""
    table = tables.undoing
    numbers = [one.undoing for one in undoings]
    connection.execute(update(table).where(table.c.undoing.in_(numbers)).values(told=True))


def _read(row: Any) -> tuple[Place, Event]:
    """Return an event as it was booked."""
    place = Place(block=row.block, log_index=row.log_index, at=row.at, transaction_hash=row.transaction_hash)
    return place, read_event(row.name, row.arguments)


def read_event(name: str, arguments: dict[str, Any]) -> Event:
    """Return the event that `postings.describe` described."""
    kind = EVENTS[name]
    types = {field.name: field.type for field in fields(kind)}
    return kind(**{name: _value(types[name], value) for name, value in arguments.items()})


def _value(of_type: Any, value: Any) -> Any:
    if of_type == "bytes":
        return bytes.fromhex(value.removeprefix("0x"))
    if isinstance(value, list):
        return tuple(Allocation(**one) for one in value)
    return value
