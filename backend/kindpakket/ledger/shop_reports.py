# SPDX-License-Identifier: EUPL-1.2
"""Shop reports: what one shop was paid, gave back and was paid out. Whole euro cents; instants in epoch seconds.

The order of things is their place on the chain: block, then place in the block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, Table, and_, cast, func, select, tuple_

from kindpakket.databases import Database

from . import tables
from .figures import Redemption, Refund, Settlement, ShopAccount, ShopTurnover

Position = tuple[int, int]
"""Block, and place in it."""

START: Position = (-1, -1)
"""Before everything."""

_IDS_AT_ONCE = 500


class ShopReports:
    """Questions to one ledger about one shop at a time."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def turnover(self, shop: int, *, first_at: int, end_at: int) -> ShopTurnover:
        """Return what a shop was paid from `first_at` until before `end_at`."""
        table = tables.redemption
        with self._database.read() as connection:
            row = connection.execute(
                select(
                    func.count().label("count"),
                    _sum(table.c.amount_cents).label("redeemed_cents"),
                    _sum(table.c.refunded_cents).label("refunded_cents"),
                ).where(_in_time(shop, first_at, end_at))
            ).one()
        return ShopTurnover(**row._mapping)

    def redemptions(
        self, shop: int, *, first_at: int, end_at: int, before: Position | None = None, limit: int
    ) -> list[Redemption]:
        """Return the newest payments from `first_at` until before `end_at`, at most `limit`, newest first.

        Args:
            shop: Whose.
            first_at: The first second.
            end_at: The first second that is no longer asked for.
            before: Only those that stand before this place.
            limit: The most to return.
        """
        table = tables.redemption
        condition = _in_time(shop, first_at, end_at)
        if before is not None:
            condition = and_(condition, _position(table) < tuple_(*before))
        found = select(*_columns(Redemption, table)).where(condition)
        newest_first = found.order_by(table.c.block.desc(), table.c.log_index.desc()).limit(limit)
        with self._database.read() as connection:
            return [Redemption(**row._mapping) for row in connection.execute(newest_first)]

    def refunds_of(self, ticket_ids: Sequence[bytes]) -> dict[bytes, list[Refund]]:
        """Return what was given back of these payments, oldest first; a payment without refunds is left out."""
        table = tables.refund
        found: dict[bytes, list[Refund]] = {}
        with self._database.read() as connection:
            for start in range(0, len(ticket_ids), _IDS_AT_ONCE):
                rows = connection.execute(
                    select(*_columns(Refund, table))
                    .where(table.c.ticket_id.in_(ticket_ids[start : start + _IDS_AT_ONCE]))
                    .order_by(table.c.block, table.c.log_index)
                )
                for row in rows:
                    found.setdefault(row.ticket_id, []).append(Refund(**row._mapping))
        return found

    def amounts_of(self, ticket_ids: Sequence[bytes]) -> dict[bytes, int]:
        """Return what was paid with these tickets, before refunds; a ticket that paid nothing is left out."""
        table = tables.redemption
        found: dict[bytes, int] = {}
        with self._database.read() as connection:
            for start in range(0, len(ticket_ids), _IDS_AT_ONCE):
                rows = connection.execute(
                    select(table.c.ticket_id, table.c.amount_cents)
                    .where(table.c.ticket_id.in_(ticket_ids[start : start + _IDS_AT_ONCE]))
                    .order_by(table.c.block.desc(), table.c.log_index.desc())
                )
                # Of one ticket listed twice the first payment counts, as in `Reports.redemption`.
                found |= {row.ticket_id: row.amount_cents for row in rows}
        return found

    def transaction_of(self, redemption: Redemption) -> bytes:
        """Return the hash of the transaction that made a payment."""
        table = tables.event
        with self._database.read() as connection:
            return bytes(
                connection.execute(
                    select(table.c.transaction_hash).where(
                        table.c.block == redemption.block, table.c.log_index == redemption.log_index
                    )
                ).scalar_one()
            )

    def added_tills(self) -> dict[str, int]:
        """Return the tills that the chain takes charges from, by address, and their shops."""
        table = tables.till
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.till, table.c.shop).where(table.c.removed.is_(False)))
            return {row.till: row.shop for row in rows}

    def highest_shop(self) -> int:
        """Return the highest number that a shop ever had on the chain, also one that no register knows; 0 for none."""
        with self._database.read() as connection:
            numbers = [
                int(connection.execute(select(func.coalesce(func.max(table.c.shop), 0))).scalar_one())
                for table in (tables.shop_programme, tables.till)
            ]
        return max(numbers)

    def accounts(self, shop: int) -> list[ShopAccount]:
        """Return what a shop earned in each programme that ever let it take part, by programme."""
        table = tables.shop_programme
        with self._database.read() as connection:
            rows = connection.execute(
                select(*_columns(ShopAccount, table)).where(table.c.shop == shop).order_by(table.c.programme)
            )
            return [ShopAccount(**row._mapping) for row in rows]

    def settlements(self, shop: int) -> list[Settlement]:
        """Return what a shop was paid out, newest first."""
        table = tables.settlement
        with self._database.read() as connection:
            rows = connection.execute(
                select(*_columns(Settlement, table))
                .where(table.c.shop == shop)
                .order_by(table.c.block.desc(), table.c.log_index.desc())
            )
            return [Settlement(**row._mapping) for row in rows]

    def all_settlements(self) -> list[Settlement]:
        """Return what all shops were paid out, also those that no register knows, newest first."""
        table = tables.settlement
        with self._database.read() as connection:
            rows = connection.execute(
                select(*_columns(Settlement, table)).order_by(table.c.block.desc(), table.c.log_index.desc())
            )
            return [Settlement(**row._mapping) for row in rows]

    def owed_at(self, shop: int, programme: int, place: Position) -> int:
        """Return what a programme owed a shop just after a place: paid less given back less paid out, until then."""
        with self._database.read() as connection:

            def booked(table: Table) -> int:
                up_to = _between(table, shop, programme, START, place)
                return int(connection.execute(select(_sum(table.c.amount_cents)).where(up_to)).scalar_one())

            return booked(tables.redemption) - booked(tables.refund) - booked(tables.settlement)

    def count_between(self, shop: int, programme: int, *, after: Position, until: Position) -> int:
        """Return how many payments a shop got in a programme after one place, up to another."""
        table = tables.redemption
        with self._database.read() as connection:
            return connection.execute(
                select(func.count()).where(_between(table, shop, programme, after, until))
            ).scalar_one()

    def booked_between(
        self, shop: int, programme: int, *, after: Position, until: Position
    ) -> tuple[list[Redemption], list[Refund]]:
        """Return the payments and refunds of a shop in a programme after one place, up to another; oldest first."""
        with self._database.read() as connection:

            def rows(kind: type[Any], table: Table) -> list[Any]:
                found = connection.execute(
                    select(*_columns(kind, table))
                    .where(_between(table, shop, programme, after, until))
                    .order_by(table.c.block, table.c.log_index)
                )
                return [kind(**row._mapping) for row in found]

            return rows(Redemption, tables.redemption), rows(Refund, tables.refund)


def _columns(kind: type[Any], table: Table) -> list[Any]:
    return [table.c[field.name] for field in fields(kind)]


def _in_time(shop: int, first_at: int, end_at: int) -> Any:
    table = tables.redemption
    return and_(table.c.shop == shop, table.c.at >= first_at, table.c.at < end_at)


def _between(table: Table, shop: int, programme: int, after: Position, until: Position) -> Any:
    return and_(
        table.c.shop == shop,
        table.c.programme == programme,
        _position(table) > tuple_(*after),
        _position(table) <= tuple_(*until),
    )


def _position(table: Table) -> Any:
    return tuple_(table.c.block, table.c.log_index)


def _sum(column: Any) -> Any:
    # PostgreSQL adds bigints up to a decimal number.
    return cast(func.coalesce(func.sum(column), 0), BigInteger)
