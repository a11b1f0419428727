# SPDX-License-Identifier: EUPL-1.2
"""How vouchers are used: counts of a programme, from its payments. A blocked voucher counts as any other.

What is left on a voucher says nothing of its use: after the end of a programme it is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, and_, func, select

from kindpakket.databases import Database

from . import tables


@dataclass(frozen=True, slots=True)
class VoucherUse:
    """A programme's vouchers, each counted once in the first four.

    Attributes:
        never_activated_count: Nobody opened the letter, and nothing was paid.
        unspent_count: Opened or paid with, and nothing was paid, or all of it came back.
        partly_spent_count: Part of what was put on it was paid, and did not come back.
        spent_count: All of that was paid.
        used_count: Something was ever paid, whether or not it came back.
        idle_count: Opened or paid with, money left, and nothing paid since an instant; 0 if none was asked for.
    """

    never_activated_count: int
    unspent_count: int
    partly_spent_count: int
    spent_count: int
    used_count: int
    idle_count: int

    @property
    def voucher_count(self) -> int:
        """All vouchers of the programme."""
        return self.never_activated_count + self.activated_count

    @property
    def activated_count(self) -> int:
        """Those that were ever opened or paid with, one that waits with a new letter after a payment too."""
        return self.unspent_count + self.partly_spent_count + self.spent_count


class Use:
    """Questions on use to one ledger."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def counts(self, programme: int, *, idle_since_at: int = 0) -> VoucherUse:
        """Count a programme's vouchers by what was done with them, and which were left alone since an instant."""
        voucher, payments = tables.voucher, _payments(programme)
        paid_cents = func.coalesce(payments.c.paid_cents, 0)
        never = _never(payments)
        counted = {
            "never_activated_count": never,
            "unspent_count": and_(~never, paid_cents == 0),
            "partly_spent_count": and_(paid_cents > 0, paid_cents < voucher.c.issued_cents),
            "spent_count": and_(paid_cents > 0, paid_cents == voucher.c.issued_cents),
            "used_count": payments.c.voucher.is_not(None),
            "idle_count": and_(
                voucher.c.balance_cents > 0, ~never, func.coalesce(payments.c.last_at, 0) < idle_since_at
            ),
        }
        with self._database.read() as connection:
            row = connection.execute(
                select(*(func.count().filter(one).label(name) for name, one in counted.items()))
                .select_from(voucher.outerjoin(payments, payments.c.voucher == voucher.c.voucher))
                .where(voucher.c.programme == programme)
            ).one()
        return VoucherUse(**row._mapping)

    def activated(self, *, first: int, last: int) -> set[int]:
        """Return the vouchers of these numbers (both included) whose letter somebody opened."""
        voucher = tables.voucher
        with self._database.read() as connection:
            return set(
                connection.execute(
                    select(voucher.c.voucher).where(
                        voucher.c.activated.is_(True), voucher.c.voucher.between(first, last)
                    )
                ).scalars()
            )

    def never_activated(self, programme: int) -> set[int]:
        """Return the vouchers of a programme whose letter nobody opened, and from which nothing was paid."""
        voucher, payments = tables.voucher, _payments(programme)
        with self._database.read() as connection:
            return set(
                connection.execute(
                    select(voucher.c.voucher)
                    .select_from(voucher.outerjoin(payments, payments.c.voucher == voucher.c.voucher))
                    .where(voucher.c.programme == programme, _never(payments))
                ).scalars()
            )


def _payments(programme: int) -> Subquery:
    """What was paid from each voucher and did not come back, and when last; no row when nothing ever was."""
    table = tables.redemption
    return (
        select(
            table.c.voucher,
            func.sum(table.c.amount_cents - table.c.refunded_cents).label("paid_cents"),
            func.max(table.c.at).label("last_at"),
        )
        .where(table.c.programme == programme)
        .group_by(table.c.voucher)
        .subquery()
    )


def _never(payments: Subquery) -> ColumnElement[bool]:
    # A voucher that a new letter was made for waits to be activated again: what was paid before says that it was.
    return and_(~tables.voucher.c.activated, payments.c.voucher.is_(None))
