# SPDX-License-Identifier: EUPL-1.2
"""How vouchers are used: counts of a programme, from the ledger. A blocked voucher counts as any other."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, select

from kindpakket.databases import Database

from . import tables


@dataclass(frozen=True, slots=True)
class VoucherUse:
    """A programme's vouchers, each counted once in the first four.

    Attributes:
        never_activated_count: Nobody opened the letter, and nothing was paid.
        unspent_count: Opened, and nothing was paid, or all of it came back.
        partly_spent_count: Something was paid, and something is left.
        spent_count: Nothing is left.
        unused_count: Opened or paid with before, with money left, and nothing was paid for a long time.
    """

    never_activated_count: int
    unspent_count: int
    partly_spent_count: int
    spent_count: int
    unused_count: int


class Use:
    """Questions on use to one ledger."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def counts(self, programme: int, *, unused_since_at: int) -> VoucherUse:
        """Count a programme's vouchers; unused are those not paid with at `unused_since_at` or later."""
        voucher, redemption = tables.voucher, tables.redemption
        is_whole = voucher.c.balance_cents == voucher.c.issued_cents
        never = and_(~voucher.c.activated, is_whole)
        paid_lately = exists().where(
            redemption.c.voucher == voucher.c.voucher, redemption.c.at >= unused_since_at
        )
        with self._database.read() as connection:
            row = connection.execute(
                select(
                    func.count().filter(never).label("never_activated_count"),
                    func.count().filter(and_(voucher.c.activated, is_whole)).label("unspent_count"),
                    func.count()
                    .filter(and_(voucher.c.balance_cents > 0, ~is_whole))
                    .label("partly_spent_count"),
                    func.count().filter(voucher.c.balance_cents == 0).label("spent_count"),
                    func.count()
                    .filter(and_(voucher.c.balance_cents > 0, ~never, ~paid_lately))
                    .label("unused_count"),
                ).where(voucher.c.programme == programme)
            ).one()
        return VoucherUse(**row._mapping)

    def never_activated(self, programme: int) -> set[int]:
        """Return the vouchers of a programme whose letter nobody opened, and from which nothing was paid."""
        voucher = tables.voucher
        with self._database.read() as connection:
            return set(
                connection.execute(
                    select(voucher.c.voucher).where(
                        voucher.c.programme == programme,
                        ~voucher.c.activated,
                        voucher.c.balance_cents == voucher.c.issued_cents,
                    )
                ).scalars()
            )
