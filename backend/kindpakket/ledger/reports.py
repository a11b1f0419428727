# SPDX-License-Identifier: EUPL-1.2
"""Reports: what the ledger adds up to, read in one moment each. Whole euro cents; instants in epoch seconds.

"Redeemed" is what tickets paid; where a report says "after refunds", what shops gave back is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, and_, cast, func, select

from kindpakket.databases import Database

from . import tables
from .checks import Difference, find_differences
from .figures import (
    AllowedShop,
    BudgetLine,
    CategoryTotal,
    FundTotals,
    ProgrammeState,
    ProgrammeTotals,
    Redemption,
    RefundLine,
    ShopAccount,
    ShopDay,
    ShopTotal,
    VoucherState,
)
from .postings import programme_account, voucher_account

__all__ = [
    "AllowedShop",
    "BudgetLine",
    "CategoryTotal",
    "Difference",
    "FundTotals",
    "ProgrammeState",
    "ProgrammeTotals",
    "Redemption",
    "RefundLine",
    "Reports",
    "ShopAccount",
    "ShopDay",
    "ShopTotal",
    "VoucherState",
]

_IDS_AT_ONCE = 500
"""SQLite and PostgreSQL take a limited number of parameters."""


class Reports:
    """Questions to one ledger."""

    def __init__(self, database: Database) -> None:
        """Ask this database."""
        self._database = database

    def programmes(self) -> list[ProgrammeState]:
        """Return all programmes, oldest first."""
        table = tables.programme
        with self._database.read() as connection:
            rows = connection.execute(_columns_of(ProgrammeState, table).order_by(table.c.programme))
            return [ProgrammeState(**row._mapping) for row in rows]

    def programmes_of_policy(self, policy_hash: bytes) -> list[int]:
        """Return the programmes opened with this policy text, oldest first."""
        table = tables.programme
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(table.c.programme)
                    .where(table.c.policy_hash == policy_hash)
                    .order_by(table.c.programme)
                ).scalars()
            )

    def vouchers(self, vouchers: Sequence[int]) -> list[VoucherState]:
        """Return these vouchers as they stand, by number; the ones that do not exist are left out."""
        table = tables.voucher
        with self._database.read() as connection:
            rows = [
                row
                for some in _parts(sorted(set(vouchers)))
                for row in connection.execute(
                    _columns_of(VoucherState, table)
                    .where(table.c.voucher.in_(some))
                    .order_by(table.c.voucher)
                )
            ]
        return [VoucherState(**row._mapping) for row in rows]

    def vouchers_by_letter_key(self, letter_keys: Sequence[str]) -> dict[str, int]:
        """Return the vouchers given out with these letters, by letter key; what is not given out is left out."""
        table = tables.voucher
        with self._database.read() as connection:
            return {
                row.issued_letter_key: row.voucher
                for some in _parts(letter_keys)
                for row in connection.execute(
                    select(table.c.issued_letter_key, table.c.voucher).where(
                        table.c.issued_letter_key.in_(some)
                    )
                )
            }

    def budget(self, vouchers: Sequence[int]) -> list[BudgetLine]:
        """Return what is left on these vouchers, by number; the ones that do not exist are left out."""
        voucher, programme, redemption = tables.voucher, tables.programme, tables.redemption
        lines = (
            select(voucher, programme.c.starts_at, programme.c.ends_at, programme.c.max_redemption_cents)
            .join(programme, voucher.c.programme == programme.c.programme)
            .where(voucher.c.voucher.in_(vouchers))
            .order_by(voucher.c.voucher)
        )
        numbers = (
            select(redemption.c.voucher, redemption.c.number)
            .join(voucher, redemption.c.voucher == voucher.c.voucher)
            .where(
                redemption.c.voucher.in_(vouchers),
                redemption.c.number >= voucher.c.generation * 256,
                redemption.c.number < voucher.c.generation * 256 + 256,
            )
            .order_by(redemption.c.number)
        )
        with self._database.read() as connection:
            rows = connection.execute(lines).all()
            used = connection.execute(numbers).all()
        return [
            BudgetLine(
                voucher=row.voucher,
                programme=row.programme,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                max_redemption_cents=row.max_redemption_cents,
                issued_cents=row.issued_cents,
                balance_cents=row.balance_cents,
                generation=row.generation,
                blocked=row.block_reason != 0,
                numbers_used=tuple(one.number for one in used if one.voucher == row.voucher),
            )
            for row in rows
        ]

    def payments(self, vouchers: Sequence[int]) -> list[Redemption]:
        """Return what was paid from these vouchers, newest first."""
        return self._redemptions(tables.redemption.c.voucher.in_(vouchers))

    def refunds(self, vouchers: Sequence[int]) -> list[RefundLine]:
        """Return what shops gave back of payments from these vouchers, newest first."""
        entry, event, voucher = tables.entry, tables.event, tables.voucher
        of = set(vouchers)
        with self._database.read() as connection:
            programmes = connection.execute(
                select(voucher.c.programme).where(voucher.c.voucher.in_(vouchers)).distinct()
            ).scalars()
            # Back to the voucher, or after the end to its programme.
            accounts = [*map(voucher_account, vouchers), *map(programme_account, programmes)]
            found = connection.execute(
                select(event.c.at, event.c.arguments)
                .join(entry, and_(entry.c.block == event.c.block, entry.c.log_index == event.c.log_index))
                .where(entry.c.to_account.in_(accounts), event.c.name == "Refunded")
                .order_by(event.c.block.desc(), event.c.log_index.desc())
            ).all()
        return [
            RefundLine(
                ticket_id=bytes.fromhex(row.arguments["ticket_id"][2:]),
                amount_cents=row.arguments["amount_cents"],
                at=row.at,
                to_programme=row.arguments["to_programme"],
            )
            for row in found
            if row.arguments["voucher"] in of
        ]

    def has_events(self, *, first_block: int, before_at: int) -> bool:
        """Return whether anything happened from a block on and before an instant."""
        event = tables.event
        with self._database.read() as connection:
            found = select(event.c.block).where(event.c.block >= first_block, event.c.at < before_at)
            return connection.execute(found.limit(1)).first() is not None

    def redemption(self, ticket_id: bytes) -> Redemption | None:
        """Return the payment made with a ticket; None when there is none."""
        found = self._redemptions(tables.redemption.c.ticket_id == ticket_id)
        # More than one only for a holder who lists one ticket key twice; the first is the one asked for.
        return found[-1] if found else None

    def is_ticket_used(self, *, voucher: int, number: int) -> bool:
        """Return whether a payment with this ticket of a voucher is booked."""
        table = tables.redemption
        with self._database.read() as connection:
            found = connection.execute(
                select(table.c.number).where(table.c.voucher == voucher, table.c.number == number)
            ).first()
        return found is not None

    def redemptions_of_shop(self, shop: int, *, first_at: int, end_at: int) -> list[Redemption]:
        """Return what a shop was paid from `first_at` until before `end_at`, newest first."""
        table = tables.redemption
        return self._redemptions(and_(table.c.shop == shop, table.c.at >= first_at, table.c.at < end_at))

    def day_of_shop(self, shop: int, *, first_at: int, end_at: int) -> ShopDay:
        """Return what a shop was paid from `first_at` until before `end_at`, with its total and count."""
        redemptions = self.redemptions_of_shop(shop, first_at=first_at, end_at=end_at)
        return ShopDay(
            redemptions=tuple(redemptions),
            total_cents=sum(one.amount_cents - one.refunded_cents for one in redemptions),
            count=len(redemptions),
        )

    def allowed_shops(self, *, now: int) -> list[AllowedShop]:
        """Return the shops that take part in programmes that run now, by programme and shop."""
        programme, account = tables.programme, tables.shop_programme
        allowed = (
            select(
                account.c.programme, account.c.shop, account.c.categories, programme.c.max_redemption_cents
            )
            .join(programme, account.c.programme == programme.c.programme)
            .where(account.c.categories != 0, programme.c.starts_at <= now, programme.c.ends_at > now)
            .order_by(account.c.programme, account.c.shop)
        )
        with self._database.read() as connection:
            return [AllowedShop(**row._mapping) for row in connection.execute(allowed)]

    def shop_accounts(self, programme: int) -> list[ShopAccount]:
        """Return what each shop earned in a programme, the ones that no longer take part too, by shop."""
        table = tables.shop_programme
        with self._database.read() as connection:
            rows = connection.execute(
                _columns_of(ShopAccount, table).where(table.c.programme == programme).order_by(table.c.shop)
            )
            return [ShopAccount(**row._mapping) for row in rows]

    def totals(self, programme: int) -> ProgrammeTotals | None:
        """Return a programme's totals; None when there is no such programme."""
        with self._database.read() as connection:
            terms = connection.execute(
                select(tables.programme).where(tables.programme.c.programme == programme)
            ).one_or_none()
            if terms is None:
                return None
            on_vouchers = _sums_of_vouchers(connection, programme)
            in_shops = _sums_of_shops(connection, programme)
            next_block = connection.execute(select(tables.cursor.c.next_block)).scalar_one()
        return ProgrammeTotals(
            programme=programme,
            deposited_cents=terms.deposited_cents,
            unallocated_cents=terms.unallocated_cents,
            withdrawn_cents=terms.withdrawn_cents,
            issued_cents=on_vouchers.issued_cents,
            redeemed_cents=in_shops.redeemed_cents,
            refunded_cents=in_shops.refunded_cents,
            left_cents=on_vouchers.left_cents,
            owed_cents=in_shops.redeemed_cents - in_shops.refunded_cents - in_shops.settled_cents,
            settled_cents=in_shops.settled_cents,
            voucher_count=on_vouchers.voucher_count,
            activated_count=on_vouchers.activated_count,
            redemption_count=in_shops.redemption_count,
            block=next_block - 1,
        )

    def fund_totals(self) -> FundTotals:
        """Return the money of all programmes together."""
        programmes, shops = tables.programme, tables.shop_programme
        with self._database.read() as connection:
            kept = connection.execute(
                select(
                    _sum(programmes.c.deposited_cents, "deposited"),
                    _sum(programmes.c.unallocated_cents, "unallocated"),
                    _sum(programmes.c.withdrawn_cents, "withdrawn"),
                )
            ).one()
            earned = connection.execute(
                select(
                    _sum(shops.c.redeemed_cents - shops.c.refunded_cents, "net"),
                    _sum(shops.c.settled_cents, "settled"),
                    _sum(shops.c.redemption_count, "redemptions"),
                )
            ).one()
            on_vouchers = connection.execute(
                select(_sum(tables.voucher.c.balance_cents, "left"))
            ).scalar_one()
            refunds = connection.execute(select(func.count()).select_from(tables.refund)).scalar_one()
            cursor = connection.execute(select(tables.cursor.c.next_block, tables.cursor.c.block_hash)).one()
        return FundTotals(
            block=cursor.next_block - 1,
            block_hash=cursor.block_hash,
            deposited_cents=kept.deposited,
            unallocated_cents=kept.unallocated,
            on_vouchers_cents=on_vouchers,
            owed_cents=earned.net - earned.settled,
            settled_cents=earned.settled,
            withdrawn_cents=kept.withdrawn,
            movement_count=earned.redemptions + refunds,
        )

    def totals_by_shop(self, programme: int) -> list[ShopTotal]:
        """Return what was spent in each shop that was paid, most first."""
        paid = [account for account in self.shop_accounts(programme) if account.redemption_count]
        return sorted(
            (
                ShopTotal(
                    shop=account.shop,
                    redeemed_cents=account.redeemed_cents - account.refunded_cents,
                    count=account.redemption_count,
                )
                for account in paid
            ),
            key=lambda total: (-total.redeemed_cents, total.shop),
        )

    def totals_by_category(self, programme: int) -> list[CategoryTotal]:
        """Return what was spent on each category that was paid for, by category."""
        table = tables.redemption
        spent = (
            select(
                table.c.category,
                _sum(table.c.amount_cents - table.c.refunded_cents, "redeemed_cents"),
                func.count().label("count"),
            )
            .where(table.c.programme == programme)
            .group_by(table.c.category)
            .order_by(table.c.category)
        )
        with self._database.read() as connection:
            return [CategoryTotal(**row._mapping) for row in connection.execute(spent)]

    def differences(self) -> list[Difference]:
        """Return where the entries do not add up to what the reports say. Reads everything."""
        with self._database.read() as connection:
            return find_differences(connection)

    def _redemptions(self, condition: Any) -> list[Redemption]:
        table = tables.redemption
        found = _columns_of(Redemption, table).where(condition)
        with self._database.read() as connection:
            rows = connection.execute(found.order_by(table.c.block.desc(), table.c.log_index.desc()))
            return [Redemption(**row._mapping) for row in rows]


def _columns_of(kind: type[Any], table: Any) -> Any:
    return select(*(table.c[field.name] for field in fields(kind)))


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _IDS_AT_ONCE] for start in range(0, len(values), _IDS_AT_ONCE)]


def _sum(column: Any, name: str) -> Any:
    # PostgreSQL adds bigints up to a decimal number.
    return cast(func.coalesce(func.sum(column), 0), BigInteger).label(name)


def _sums_of_vouchers(connection: Connection, programme: int) -> Row[Any]:
    table = tables.voucher
    return connection.execute(
        select(
            _sum(table.c.issued_cents, "issued_cents"),
            _sum(table.c.balance_cents, "left_cents"),
            func.count().label("voucher_count"),
            func.count().filter(table.c.activated).label("activated_count"),
        ).where(table.c.programme == programme)
    ).one()


def _sums_of_shops(connection: Connection, programme: int) -> Row[Any]:
    table = tables.shop_programme
    return connection.execute(
        select(
            _sum(table.c.redeemed_cents, "redeemed_cents"),
            _sum(table.c.refunded_cents, "refunded_cents"),
            _sum(table.c.settled_cents, "settled_cents"),
            _sum(table.c.redemption_count, "redemption_count"),
        ).where(table.c.programme == programme)
    ).one()
