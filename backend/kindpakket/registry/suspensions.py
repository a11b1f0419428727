# SPDX-License-Identifier: EUPL-1.2
"""Suspensions in the registry: which shop the municipality took out of which programme, and why. The chain decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from kindpakket.databases import Database

from . import application_tables, shop_applications, shops

SuspendedBecause = Literal["rules_broken", "under_review", "asked_by_shop", "closed", "account_unclear"]
"""Why, from a short list: the shop is told, and so is whoever pays there."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """A shop out of a programme, since when. `block` is None while the chain is still to be told."""

    suspension: int
    shop: int
    programme: int
    because: SuspendedBecause
    suspended_at: int
    block: int | None


class Suspensions:
    """All suspensions; those that ended stay for the record."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def begin(self, *, shop: int, programme: int, because: SuspendedBecause, staff: int, at: int) -> int:
        """Write down that a shop is being suspended, before the chain is told; return its number.

        What stood open for the same shop and programme ends: the chain knew better. The shop waits no longer to be let
        in, both or neither.
        """
        table = application_tables.shop_suspension
        with self._database.write() as connection:
            shops.set_joined(connection, [shop], programme=programme)
            shop_applications.set_joined(connection, shop, programme=programme)
            connection.execute(
                update(table)
                .where(table.c.shop == shop, table.c.programme == programme, table.c.open == 1)
                .values(open=None, ended_at=at)
            )
            return int(
                connection.execute(
                    insert(table)
                    .values(
                        shop=shop,
                        programme=programme,
                        because=because,
                        suspended_by=staff,
                        suspended_at=at,
                        open=1,
                    )
                    .returning(table.c.suspension)
                ).scalar_one()
            )

    def mark_done(self, suspension: int, *, block: int) -> None:
        """Note in which block the chain took the shop out. The same again changes nothing."""
        table = application_tables.shop_suspension
        with self._database.write() as connection:
            connection.execute(
                update(table)
                .where(table.c.suspension == suspension, table.c.block.is_(None))
                .values(block=block)
            )

    def end(self, *, shop: int, programme: int, at: int) -> None:
        """Note that a shop is allowed again. Nothing changes for one that is not suspended."""
        table = application_tables.shop_suspension
        with self._database.write() as connection:
            connection.execute(
                update(table)
                .where(table.c.shop == shop, table.c.programme == programme, table.c.open == 1)
                .values(open=None, ended_at=at)
            )

    def of_shop(self, shop: int) -> list[Suspension]:
        """Return what a shop is suspended from now, by programme."""
        table = application_tables.shop_suspension
        return self._read(select(table).where(table.c.shop == shop, table.c.open == 1))

    def open_reasons(self) -> dict[tuple[int, int], SuspendedBecause]:
        """Return why shops are suspended now, by programme and shop."""
        table = application_tables.shop_suspension
        found = self._read(select(table).where(table.c.open == 1))
        return {(one.programme, one.shop): one.because for one in found}

    def unfinished(self) -> list[Suspension]:
        """Return those that the chain is still to be told of."""
        table = application_tables.shop_suspension
        return self._read(select(table).where(table.c.open == 1, table.c.block.is_(None)))

    def _read(self, wanted: Any) -> list[Suspension]:
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(application_tables.shop_suspension.c.programme))
            return [_suspension(row) for row in rows]


def _suspension(row: Row[Any]) -> Suspension:
    return Suspension(
        suspension=row.suspension,
        shop=row.shop,
        programme=row.programme,
        because=row.because,
        suspended_at=row.suspended_at,
        block=row.block,
    )
