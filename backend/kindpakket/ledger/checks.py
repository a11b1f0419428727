# SPDX-License-Identifier: EUPL-1.2
"""Checks: whether the ledger's entries add up to what its reports say. Whole euro cents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from . import tables
from .postings import BANK, programme_account, shop_account, voucher_account


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose entries add up to another amount than the reports say."""

    account: str
    entries_cents: int
    reported_cents: int


def find_differences(connection: Connection) -> list[Difference]:
    """Return every account where they differ, and shops whose redemptions do not add up to their totals."""
    entries = _balances_by_entries(connection)
    reported = _balances_reported(connection)
    return [
        Difference(account, entries.get(account, 0), reported.get(account, 0))
        for account in sorted(entries.keys() | reported.keys())
        if entries.get(account, 0) != reported.get(account, 0)
    ] + _differences_of_redemptions(connection)


def _balances_by_entries(connection: Connection) -> dict[str, int]:
    table = tables.entry
    balances: defaultdict[str, int] = defaultdict(int)
    for account, cents in connection.execute(
        select(table.c.to_account, func.sum(table.c.cents)).group_by(table.c.to_account)
    ):
        balances[account] += int(cents)
    for account, cents in connection.execute(
        select(table.c.from_account, func.sum(table.c.cents)).group_by(table.c.from_account)
    ):
        balances[account] -= int(cents)
    return balances


def _balances_reported(connection: Connection) -> dict[str, int]:
    balances = {BANK: 0}
    for programme in connection.execute(select(tables.programme)):
        balances[programme_account(programme.programme)] = programme.unallocated_cents
        balances[BANK] += programme.withdrawn_cents - programme.deposited_cents
    for voucher in connection.execute(select(tables.voucher.c.voucher, tables.voucher.c.balance_cents)):
        balances[voucher_account(voucher.voucher)] = voucher.balance_cents
    for shop in connection.execute(select(tables.shop_programme)):
        balances[shop_account(shop.programme, shop.shop)] = (
            shop.redeemed_cents - shop.refunded_cents - shop.settled_cents
        )
        balances[BANK] += shop.settled_cents
    return balances


def _differences_of_redemptions(connection: Connection) -> list[Difference]:
    """Compare each shop's payments, less refunds, with its total in the programme."""
    table = tables.redemption
    paid = {
        (programme, shop): int(cents)
        for programme, shop, cents in connection.execute(
            select(
                table.c.programme, table.c.shop, func.sum(table.c.amount_cents - table.c.refunded_cents)
            ).group_by(table.c.programme, table.c.shop)
        )
    }
    return [
        Difference(f"{shop_account(row.programme, row.shop)} by redemptions", paid_cents, net_cents)
        for row in connection.execute(select(tables.shop_programme))
        if (paid_cents := paid.get((row.programme, row.shop), 0))
        != (net_cents := row.redeemed_cents - row.refunded_cents)
    ]
