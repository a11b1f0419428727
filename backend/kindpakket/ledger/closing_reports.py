# SPDX-License-Identifier: EUPL-1.2
"""Closing reports: all that a programme's money ever did, added up from the entries. Whole euro cents.

What flowed is the sum of entries; what stands somewhere now is what the other reports keep. So one is a check of the
other: `ClosingFigures.faults` names where they do not agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from kindpakket.databases import Database

from . import tables
from .figures import ShopAccount
from .postings import BANK, programme_account, shop_account

_ANY_VOUCHER = "voucher/%"
_Accounts = str | Sequence[str]
"""One, any voucher's, or several."""

Fault = Literal["programme", "vouchers", "shops", "all"]
"""What does not add up: a programme's own money, its vouchers, its shops, all of it."""


@dataclass(frozen=True, slots=True)
class ProgrammePayment:
    """Money that came into a programme, or went out of it when `amount_cents` is below 0."""

    at: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ClosingFigures:
    """A programme's money from its first deposit on, as of a block.

    Attributes:
        refunded_to_vouchers_cents: What shops gave back while the programme ran.
        refunded_to_programme_cents: What they gave back after its end.
        left_cents: What is on vouchers now.
        unallocated_cents: What is on no voucher now.
        shops: Each shop's account; what it is owed, or owes when that is below 0.
        unswept_count: How many vouchers hold something.
    """

    programme: int
    block: int
    deposited_cents: int
    withdrawn_cents: int
    issued_cents: int
    swept_cents: int
    redeemed_cents: int
    refunded_to_vouchers_cents: int
    refunded_to_programme_cents: int
    settled_cents: int
    left_cents: int
    unallocated_cents: int
    shops: tuple[ShopAccount, ...]
    voucher_count: int
    unswept_count: int

    @property
    def spent_cents(self) -> int:
        """What shops earned: payments less refunds."""
        return self.redeemed_cents - self.refunded_to_vouchers_cents - self.refunded_to_programme_cents

    @property
    def returned_cents(self) -> int:
        """What came back to the programme: swept, and given back after its end."""
        return self.swept_cents + self.refunded_to_programme_cents

    @property
    def to_shops_cents(self) -> int:
        """What shops are still to be paid, those apart that owe."""
        return sum(max(0, one.owed_cents) for one in self.shops)

    @property
    def from_shops_cents(self) -> int:
        """What shops owe, because they gave back what they were paid out."""
        return sum(max(0, -one.owed_cents) for one in self.shops)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What does not add up; nothing when all does."""
        owed_cents = self.to_shops_cents - self.from_shops_cents
        into_programme_cents = self.deposited_cents + self.returned_cents
        sums: dict[Fault, bool] = {
            "programme": into_programme_cents
            == self.withdrawn_cents + self.issued_cents + self.unallocated_cents,
            "vouchers": self.issued_cents + self.refunded_to_vouchers_cents
            == self.redeemed_cents + self.swept_cents + self.left_cents,
            "shops": self.spent_cents == self.settled_cents + owed_cents,
            "all": self.deposited_cents
            == self.withdrawn_cents
            + self.settled_cents
            + owed_cents
            + self.left_cents
            + self.unallocated_cents,
        }
        return tuple(name for name, holds in sums.items() if not holds)


class ClosingReports:
    """Questions to one ledger about the end of a programme."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def figures(self, programme: int) -> ClosingFigures | None:
        """Return a programme's figures, read in one moment; None when there is no such programme."""
        own = programme_account(programme)
        accounts, vouchers = tables.shop_programme, tables.voucher
        with self._database.read() as connection:
            terms = connection.execute(
                select(tables.programme).where(tables.programme.c.programme == programme)
            ).one_or_none()
            if terms is None:
                return None
            held = connection.execute(
                select(
                    _sum(vouchers.c.balance_cents).label("left_cents"),
                    func.count().label("voucher_count"),
                    func.count().filter(vouchers.c.balance_cents > 0).label("unswept_count"),
                ).where(vouchers.c.programme == programme)
            ).one()
            rows = connection.execute(
                select(*(accounts.c[name] for name in ShopAccount.__slots__))
                .where(accounts.c.programme == programme)
                .order_by(accounts.c.shop)
            )
            shops = tuple(ShopAccount(**row._mapping) for row in rows)
            of_shops = [shop_account(programme, one.shop) for one in shops]
            return ClosingFigures(
                programme=programme,
                block=connection.execute(select(tables.cursor.c.next_block)).scalar_one() - 1,
                deposited_cents=_flow(connection, BANK, own),
                withdrawn_cents=_flow(connection, own, BANK),
                issued_cents=_flow(connection, own, _ANY_VOUCHER),
                swept_cents=_flow(connection, _ANY_VOUCHER, own),
                redeemed_cents=_flow(connection, _ANY_VOUCHER, of_shops),
                refunded_to_vouchers_cents=_flow(connection, of_shops, _ANY_VOUCHER),
                refunded_to_programme_cents=_flow(connection, of_shops, own),
                settled_cents=_flow(connection, of_shops, BANK),
                left_cents=held.left_cents,
                unallocated_cents=terms.unallocated_cents,
                shops=shops,
                voucher_count=held.voucher_count,
                unswept_count=held.unswept_count,
            )

    def payments(self, programme: int) -> list[ProgrammePayment]:
        """Return what came in from the bank and went back to it, oldest first."""
        table, own = tables.entry, programme_account(programme)
        came_in = (table.c.from_account == BANK) & (table.c.to_account == own)
        went_out = (table.c.from_account == own) & (table.c.to_account == BANK)
        with self._database.read() as connection:
            rows = connection.execute(
                select(table.c.at, table.c.to_account, table.c.cents)
                .where(came_in | went_out)
                .order_by(table.c.block, table.c.log_index)
            )
            return [
                ProgrammePayment(at=row.at, amount_cents=row.cents if row.to_account == own else -row.cents)
                for row in rows
            ]

    def vouchers(self, programme: int) -> list[int]:
        """Return a programme's vouchers by number."""
        table = tables.voucher
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(table.c.voucher).where(table.c.programme == programme).order_by(table.c.voucher)
                ).scalars()
            )

    def unswept(self, programme: int, *, limit: int) -> list[int]:
        """Return vouchers of a programme that hold something, by number, at most `limit`."""
        table = tables.voucher
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(table.c.voucher)
                    .where(table.c.programme == programme, table.c.balance_cents > 0)
                    .order_by(table.c.voucher)
                    .limit(limit)
                ).scalars()
            )


def _flow(connection: Connection, from_accounts: _Accounts, to_accounts: _Accounts) -> int:
    """Return what moved from these accounts to those."""
    table = tables.entry
    moved = select(_sum(table.c.cents)).where(
        _is(table.c.from_account, from_accounts), _is(table.c.to_account, to_accounts)
    )
    return int(connection.execute(moved).scalar_one())


def _is(column: ColumnElement[str], accounts: _Accounts) -> ColumnElement[bool]:
    if isinstance(accounts, str):
        return column.like(accounts) if accounts == _ANY_VOUCHER else column == accounts
    return column.in_(accounts)


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    # PostgreSQL adds bigints up to a decimal number.
    return cast(func.coalesce(func.sum(column), 0), BigInteger)
