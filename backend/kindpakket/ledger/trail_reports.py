# SPDX-License-Identifier: EUPL-1.2
"""Trail reports: the payments, refunds and settlements behind a figure. Whole euro cents; instants in epoch seconds.

A refund counts when it was given back, as on the chain, and belongs to the category of its payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Integer,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from kindpakket.databases import Database

from . import tables
from .figures import Redemption, Settlement
from .shop_reports import START, Position

Kind = Literal["redemption", "refund", "settlement"]

_WEEK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Filter:
    """Which payments and refunds are meant; None: whichever.

    Attributes:
        first_at: The first second.
        end_at: The first second that is no longer meant.
        after: Only what stands after this place.
        until: Only what stands up to this place.
    """

    programme: int | None = None
    shop: int | None = None
    category: int | None = None
    first_at: int | None = None
    end_at: int | None = None
    after: Position = START
    until: Position | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A payment, what was given back of one, or what was settled: its place on the chain, and how much it is.

    Attributes:
        ticket_id: Of the payment that was made or given back; None for a settlement.
        category: Of that payment; None for a settlement.
        refunded_cents: What was given back of this payment, whenever; 0 for a refund and a settlement.
    """

    kind: Kind
    block: int
    log_index: int
    at: int
    programme: int
    shop: int
    category: int | None
    ticket_id: bytes | None
    amount_cents: int
    refunded_cents: int

    @property
    def place(self) -> Position:
        """Its block, and the place in it."""
        return self.block, self.log_index


@dataclass(frozen=True, slots=True)
class Sums:
    """What payments and refunds add up to."""

    redemption_count: int
    redeemed_cents: int
    refund_count: int
    refunded_cents: int

    @property
    def net_cents(self) -> int:
        """What was paid, less what was given back."""
        return self.redeemed_cents - self.refunded_cents


@dataclass(frozen=True, slots=True)
class PaidInWeek:
    """What was paid in a week on a kind of purchase at a shop, before refunds; `week` counts from 0."""

    week: int
    category: int
    shop: int
    count: int
    redeemed_cents: int


@dataclass(frozen=True, slots=True)
class BookedEvent:
    """An event as it was booked. Bytes and addresses are `0x` texts."""

    name: str
    at: int
    transaction_hash: bytes
    arguments: dict[str, Any]


class TrailReports:
    """Questions to one ledger about what is behind its figures."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def sums(self, wanted: Filter) -> Sums:
        """Return what the payments and refunds of a filter add up to."""
        redemption, refund = tables.redemption, tables.refund
        paid = select(func.count().label("number"), _sum(redemption.c.amount_cents)).where(
            _condition(redemption, wanted)
        )
        given_back = (
            select(func.count().label("number"), _sum(refund.c.amount_cents))
            .join_from(refund, redemption, _of_payment())
            .where(_condition(refund, wanted))
        )
        with self._database.read() as connection:
            one, other = connection.execute(paid).one(), connection.execute(given_back).one()
        return Sums(
            redemption_count=one.number,
            redeemed_cents=one.cents,
            refund_count=other.number,
            refunded_cents=other.cents,
        )

    def lines(self, wanted: Filter, *, before: Position | None = None, limit: int) -> list[Line]:
        """Return the newest payments and refunds of a filter, at most `limit`, newest first.

        Args:
            wanted: Which.
            before: Only those that stand before this place.
            limit: The most to return.
        """
        chosen = union_all(_redemptions(wanted), _refunds(wanted)).subquery()
        found = select(chosen)
        if before is not None:
            found = found.where(tuple_(chosen.c.block, chosen.c.log_index) < tuple_(*before))
        newest_first = found.order_by(chosen.c.block.desc(), chosen.c.log_index.desc()).limit(limit)
        with self._database.read() as connection:
            return [Line(**row._mapping) for row in connection.execute(newest_first)]

    def all_lines(self, wanted: Filter) -> list[Line]:
        """Return the payments, refunds and settlements of a filter without a category, oldest first."""
        assert wanted.category is None, "a settlement is of no category"
        chosen = union_all(_redemptions(wanted), _refunds(wanted), _settlements(wanted)).subquery()
        with self._database.read() as connection:
            rows = connection.execute(select(chosen).order_by(chosen.c.block, chosen.c.log_index))
            return [Line(**row._mapping) for row in rows]

    def redemption_at(self, place: Position) -> Redemption | None:
        """Return the payment whose event stands here; for a refund, the payment that it is of."""
        redemption, refund = tables.redemption, tables.refund
        block, log_index = place
        columns = [redemption.c[field.name] for field in fields(Redemption)]
        paid = select(*columns).where(redemption.c.block == block, redemption.c.log_index == log_index)
        given_back = (
            select(*columns)
            .join_from(refund, redemption, _of_payment())
            .where(refund.c.block == block, refund.c.log_index == log_index)
        )
        with self._database.read() as connection:
            row = connection.execute(paid).one_or_none() or connection.execute(given_back).one_or_none()
        return None if row is None else Redemption(**row._mapping)

    def refunds_of(self, redemption: Redemption) -> list[Position]:
        """Return the places of what was given back of a payment, oldest first."""
        table = tables.refund
        with self._database.read() as connection:
            rows = connection.execute(
                select(table.c.block, table.c.log_index)
                .where(table.c.voucher == redemption.voucher, table.c.number == redemption.number)
                .order_by(table.c.block, table.c.log_index)
            )
            return [(row.block, row.log_index) for row in rows]

    def event_at(self, place: Position) -> BookedEvent:
        """Return the event that stands here."""
        table = tables.event
        block, log_index = place
        with self._database.read() as connection:
            row = connection.execute(
                select(table.c.name, table.c.at, table.c.transaction_hash, table.c.arguments).where(
                    table.c.block == block, table.c.log_index == log_index
                )
            ).one()
        return BookedEvent(**row._mapping)

    def settlement_of(self, payment_reference: bytes, *, programme: int, shop: int) -> Settlement | None:
        """Return the settlement of this reference, which the contract takes once for a programme and a shop."""
        table = tables.settlement
        with self._database.read() as connection:
            row = connection.execute(
                select(*(table.c[field.name] for field in fields(Settlement))).where(
                    table.c.payment_reference == payment_reference,
                    table.c.programme == programme,
                    table.c.shop == shop,
                )
            ).one_or_none()
        return None if row is None else Settlement(**row._mapping)

    def settlement_after(self, shop: int, programme: int, place: Position) -> Settlement | None:
        """Return the settlement in which what stands here was reckoned with; None as long as there is none."""
        table = tables.settlement
        found = (
            select(*(table.c[field.name] for field in fields(Settlement)))
            .where(
                table.c.shop == shop,
                table.c.programme == programme,
                tuple_(table.c.block, table.c.log_index) > tuple_(*place),
            )
            .order_by(table.c.block, table.c.log_index)
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else Settlement(**row._mapping)

    def paid_by_week(self, programme: int, *, borders: Sequence[int]) -> list[PaidInWeek]:
        """Return what was paid from a programme in each week, by kind and shop; nothing is told of what is nothing.

        Args:
            programme: Its number.
            borders: The instants at which the weeks start and the last one ends, in order.
        """
        if len(borders) < 2:
            return []
        table = tables.redemption
        week = _week_of(table.c.at, borders)
        found = (
            select(
                week.label("week"),
                table.c.category,
                table.c.shop,
                func.count().label("count"),
                cast(func.sum(table.c.amount_cents), BigInteger).label("redeemed_cents"),
            )
            .where(table.c.programme == programme, table.c.at >= borders[0], table.c.at < borders[-1])
            .group_by("week", table.c.category, table.c.shop)
            .order_by("week", table.c.category, table.c.shop)
        )
        with self._database.read() as connection:
            return [PaidInWeek(**row._mapping) for row in connection.execute(found)]

    def blocks_around(self, *, first_at: int, end_at: int) -> tuple[int | None, int | None]:
        """Return the last block with an event before a time, and the first one with an event after it."""
        table = tables.event
        with self._database.read() as connection:
            before = connection.execute(select(func.max(table.c.block)).where(table.c.at < first_at))
            after = connection.execute(select(func.min(table.c.block)).where(table.c.at >= end_at))
            return before.scalar_one(), after.scalar_one()


def _week_of(at: Any, borders: Sequence[int]) -> Any:
    """Return which week an instant between borders is in, from 0, without asking after each of them.

    Weeks of one length after each other are counted; the last of these may be longer or shorter, by a change to or from
    summer time.
    """
    known = []
    last = len(borders) - 2
    first = 0
    for week in range(last + 1):
        if week < last and borders[week + 1] - borders[week] == _WEEK_SECONDS:
            continue
        known.append((at < borders[week], first + (at - borders[first]) // _WEEK_SECONDS))
        known.append((at < borders[week + 1], literal(week)))
        first = week + 1
    return case(*known)


def _redemptions(wanted: Filter) -> Any:
    table = tables.redemption
    return select(
        *_head("redemption", table),
        table.c.category,
        table.c.ticket_id,
        table.c.amount_cents,
        table.c.refunded_cents,
    ).where(_condition(table, wanted))


def _refunds(wanted: Filter) -> Any:
    table = tables.refund
    return (
        select(
            *_head("refund", table),
            tables.redemption.c.category,
            table.c.ticket_id,
            table.c.amount_cents,
            literal(0).label("refunded_cents"),
        )
        .join_from(table, tables.redemption, _of_payment())
        .where(_condition(table, wanted))
    )


def _settlements(wanted: Filter) -> Any:
    table = tables.settlement
    return select(
        *_head("settlement", table),
        cast(null(), Integer).label("category"),
        cast(null(), tables.redemption.c.ticket_id.type).label("ticket_id"),
        table.c.amount_cents,
        literal(0).label("refunded_cents"),
    ).where(_condition(table, wanted))


def _head(kind: Kind, table: Table) -> list[Any]:
    return [
        literal(kind).label("kind"),
        *(table.c[name] for name in ("block", "log_index", "at", "programme", "shop")),
    ]


def _of_payment() -> Any:
    redemption, refund = tables.redemption, tables.refund
    return and_(refund.c.voucher == redemption.c.voucher, refund.c.number == redemption.c.number)


def _condition(table: Table, wanted: Filter) -> Any:
    conditions = [_later_than(table, wanted.after)]
    for name in ("programme", "shop"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(table.c[name] == value)
    if wanted.category is not None:
        conditions.append(tables.redemption.c.category == wanted.category)
    if wanted.first_at is not None:
        conditions.append(table.c.at >= wanted.first_at)
    if wanted.end_at is not None:
        conditions.append(table.c.at < wanted.end_at)
    if wanted.until is not None:
        conditions.append(tuple_(table.c.block, table.c.log_index) <= tuple_(*wanted.until))
    return and_(*conditions)


def _later_than(table: Table, place: Position) -> Any:
    block, log_index = place
    return or_(table.c.block > block, and_(table.c.block == block, table.c.log_index > log_index))


def _sum(column: Any, name: str = "cents") -> Any:
    # PostgreSQL adds bigints up to a decimal number.
    return cast(func.coalesce(func.sum(column), 0), BigInteger).label(name)
