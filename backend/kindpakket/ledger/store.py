# SPDX-License-Identifier: EUPL-1.2
"""The ledger's store: the events of one contract on one chain, booked in order, each once.

It holds nothing that the chain does not: erase it, and it is rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import structlog
from sqlalchemy import Connection, delete, insert, inspect, select, update

from kindpakket.databases import Database, is_out_of_reach
from kindpakket.errors import ChainMismatch
from kindpakket.events import Event, Place

from . import tables, undoing
from .booking import book
from .closing_reports import ClosingReports
from .movements import MovementReports
from .reports import Reports
from .shop_reports import ShopReports
from .trail_reports import TrailReports
from .undoing import Undoing
from .use import Use

log = structlog.get_logger(__name__)

PlacedEvents = Sequence[tuple[Place, Event]]

BOOKED_BLOCKS_KEPT = 1_000
"""A chain that went another way further back than this is another chain."""


class CursorMoved(Exception):
    """Another process booked these blocks, or undid them; nothing was done."""


class Ledger:
    """One open ledger, usable from many threads."""

    def __init__(self, url: str, *, chain_id: int, contract: str) -> None:
        """Open the ledger of a contract; make it when there is none.

        One made by other tables or other posting rules is erased: it will be rebuilt from the chain.

        Args:
            url: SQLAlchemy URL of a SQLite file or a PostgreSQL database.
            chain_id: The chain's number.
            contract: The contract's address.

        Raises:
            ChainMismatch: It is the ledger of another chain or contract.
        """
        self._chain_id = chain_id
        self._contract = contract.lower()
        self._database = Database(url, name="ledger", synchronous="NORMAL")
        self.reports = Reports(self._database)
        self.shop_reports = ShopReports(self._database)
        self.use = Use(self._database)
        self.trail_reports = TrailReports(self._database)
        self.movements = MovementReports(self._database)
        self.closing_reports = ClosingReports(self._database)
        try:
            self._adopt()
        except BaseException:
            self.close()
            raise

    def next_block(self) -> int:
        """Return the first block that is not booked."""
        with self._database.read() as connection:
            return int(connection.execute(select(tables.cursor.c.next_block)).scalar_one())

    def last_booked(self) -> tuple[int, bytes] | None:
        """Return the number and hash of the last booked block; None when none is booked."""
        with self._database.read() as connection:
            row = connection.execute(select(tables.cursor.c.next_block, tables.cursor.c.block_hash)).one()
        return None if row.block_hash is None else (row.next_block - 1, row.block_hash)

    def book(
        self, placed_events: PlacedEvents, *, first_block: int, last_block: int, block_hash: bytes
    ) -> None:
        """Book all events of these blocks (both included) and move on, or nothing of it.

        Args:
            placed_events: In the order of the chain.
            first_block: Must be the first block that is not booked.
            last_block: The last block that these events are all of.
            block_hash: The hash of the last block.

        Raises:
            CursorMoved: `first_block` is not the next one any more.
            Exception: An event cannot be booked.
        """
        assert all(first_block <= place.block <= last_block for place, _ in placed_events)
        cursor = tables.cursor
        with self._database.write() as connection:
            moved = connection.execute(
                update(cursor)
                .where(cursor.c.next_block == first_block)
                .values(next_block=last_block + 1, block_hash=block_hash)
            )
            if moved.rowcount != 1:
                raise CursorMoved(f"block {first_block} is not the next one to book")
            book(connection, placed_events)
            kept = tables.booked_block
            connection.execute(insert(kept).values(block=last_block, hash=block_hash))
            connection.execute(delete(kept).where(kept.c.block <= last_block - BOOKED_BLOCKS_KEPT))

    def booked_blocks(self) -> list[tuple[int, bytes]]:
        """Return some of the blocks that were booked last, with their hashes then, oldest first."""
        kept = tables.booked_block
        with self._database.read() as connection:
            return [(row.block, row.hash) for row in connection.execute(select(kept).order_by(kept.c.block))]

    def undo(self, last: tuple[int, bytes], *, back_to: tuple[int, bytes]) -> Undoing:
        """Undo all that was booked after a block, one of `booked_blocks`, in one step; return what that was.

        Args:
            last: The last booked block and its hash, as it was looked at.
            back_to: The last block that stays booked, and its hash.

        Raises:
            CursorMoved: `last` is not the last one any more.
        """
        cursor = tables.cursor
        number, block_hash = last
        with self._database.write() as connection:
            moved = connection.execute(
                update(cursor)
                .where(cursor.c.next_block == number + 1, cursor.c.block_hash == block_hash)
                .values(next_block=back_to[0] + 1, block_hash=back_to[1])
            )
            if moved.rowcount != 1:
                raise CursorMoved(f"block {number} is not the last one that is booked")
            return undoing.undo(connection, last, last_block=back_to[0])

    def vouchers_touched_after(self, block: int) -> frozenset[int]:
        """Return the vouchers whose money moved in later blocks than this one."""
        with self._database.read() as connection:
            return undoing.vouchers_touched_after(connection, block)

    def untold_undoings(self) -> list[Undoing]:
        """Return what was undone and not told yet, oldest first."""
        with self._database.read() as connection:
            return undoing.untold(connection)

    def note_told(self, undoings: Sequence[Undoing]) -> None:
        """Note that these were told."""
        if undoings:
            with self._database.write() as connection:
                undoing.note_told(connection, undoings)

    def find_unbookable(self, placed_events: PlacedEvents) -> tuple[Place, Event] | None:
        """Return the first of these next events that cannot be booked; change nothing.

        Raises:
            DatabaseUnreachable: No answer; the events are not to blame.
        """
        with self._database.write() as connection:
            transaction = connection.begin_nested()
            for place, event in placed_events:
                try:
                    book(connection, [(place, event)])
                except Exception as error:
                    if is_out_of_reach(error):
                        raise
                    # Whatever is wrong with it, this is the one.
                    transaction.rollback()
                    return place, event
            transaction.rollback()
        return None

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one moment and changes nothing; for this room only."""
        return self._database.read()

    def is_writable(self) -> bool:
        """Return whether what is there already can be written once more."""
        cursor = tables.cursor
        return self._database.can_write(update(cursor).values(next_block=cursor.c.next_block))

    def erase(self) -> None:
        """Empty it, to be rebuilt from the chain."""
        with self._database.write() as connection:
            tables.metadata.drop_all(connection)
            self._make(connection)
        log.info("ledger_erased")

    def close(self) -> None:
        """Close it; idempotent."""
        self._database.close()

    def _adopt(self) -> None:
        with self._database.write() as connection:
            if not inspect(connection).has_table(tables.cursor.name):
                self._make(connection)
                return
            row = connection.execute(select(tables.cursor)).mappings().one()
            if (row["chain_id"], row["contract"]) != (self._chain_id, self._contract):
                raise ChainMismatch(
                    f"this ledger is of contract {row['contract']} on chain {row['chain_id']}, "
                    f"not of {self._contract} on {self._chain_id}; give it another place, or erase it"
                )
            if row["schema"] != tables.schema_fingerprint():
                log.warning("ledger_outdated", next_block=row["next_block"])
                tables.metadata.drop_all(connection)
                self._make(connection)

    def _make(self, connection: Connection) -> None:
        tables.metadata.create_all(connection)
        connection.execute(
            insert(tables.cursor).values(
                one=1,
                schema=tables.schema_fingerprint(),
                chain_id=self._chain_id,
                contract=self._contract,
                next_block=0,
            )
        )
