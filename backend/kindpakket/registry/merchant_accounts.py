# SPDX-License-Identifier: EUPL-1.2
"""Accounts of merchants in the registry, and changes of them: proposed by one, approved by another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import (
    AccountChangeDecided,
    AccountChangeOpen,
    AccountChangeOutdated,
    AccountChangeUnknown,
    AccountOfAnotherMerchant,
    SamePerson,
    ShopUnknown,
)

from . import application_tables, tables
from .staff import APPROVER, require_role

ChangedBecause = Literal["asked_by_shop", "new_owner", "mistake"]
"""Why an account changes, from a list."""


@dataclass(frozen=True, slots=True)
class Account:
    """On which account a merchant is paid, whose name the bank knows, and the numbers of the shops that it is for."""

    merchant: int
    name: str
    iban: str = field(repr=False)
    shops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A change of an account: what it was and what it is to be."""

    change: int
    merchant: int
    shop: int
    name: str
    iban: str = field(repr=False)
    name_before: str
    iban_before: str = field(repr=False)
    because: ChangedBecause
    proposed_by: int
    proposed_at: int
    decided_by: int | None
    decided_at: int | None
    decision: Literal["approved", "withdrawn"] | None


class MerchantAccounts:
    """The accounts of all merchants."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def of_shop(self, shop: int) -> Account:
        """Return on which account a shop's merchant is paid.

        Raises:
            ShopUnknown: There is no such shop.
        """
        with self._database.read() as connection:
            return _account_of(connection, shop)

    def owner_of(self, iban: str) -> Account | None:
        """Return the merchant who is paid on an account; None when there is none."""
        merchants, shops = tables.merchant, tables.shop
        with self._database.read() as connection:
            row = connection.execute(
                select(shops.c.shop).join(merchants).where(merchants.c.iban == iban).order_by(shops.c.shop)
            ).first()
            return None if row is None else _account_of(connection, row.shop)

    def changes(self, *, shop: int) -> list[AccountChange]:
        """Return the changes of the account that a shop is paid on, newest first.

        Raises:
            ShopUnknown: There is no such shop.
        """
        table = application_tables.account_change
        with self._database.read() as connection:
            return _read(connection, table.c.merchant == _account_of(connection, shop).merchant)

    def open_changes(self) -> list[AccountChange]:
        """Return the changes that wait for someone to decide, newest first."""
        with self._database.read() as connection:
            return _read(connection, application_tables.account_change.c.open == 1)

    def propose(
        self, *, shop: int, name: str, iban: str, because: ChangedBecause, staff: int, at: int
    ) -> AccountChange:
        """Write down that a shop's merchant is to be paid on another account.

        Raises:
            ShopUnknown: There is no such shop.
            AccountChangeOpen: Another change of this account waits.
            AccountOfAnotherMerchant: Another merchant is paid on it.
        """
        table = application_tables.account_change
        with self._database.write() as connection:
            account = _account_of(connection, shop)
            waiting = _read(connection, (table.c.merchant == account.merchant) & (table.c.open == 1))
            if waiting:
                raise AccountChangeOpen(change=waiting[0].change)
            _refuse_taken(connection, iban, merchant=account.merchant)
            change: int = connection.execute(
                insert(table)
                .values(
                    merchant=account.merchant,
                    shop=shop,
                    iban=iban,
                    name=name,
                    iban_before=account.iban,
                    name_before=account.name,
                    because=because,
                    proposed_by=staff,
                    proposed_at=at,
                    open=1,
                )
                .returning(table.c.change)
            ).scalar_one()
            return _known(connection, change)

    def approve(self, change: int, *, shop: int, staff: int, at: int) -> AccountChange:
        """Let the merchant be paid on the new account from now on; note who approved it, both or neither.

        Raises:
            AccountChangeUnknown: The shop has no such change.
            AccountChangeDecided: It was approved or withdrawn before.
            SamePerson: The one who proposed it.
            AccountChangeOutdated: The account is not what it was any more, which is not what the approver saw.
            AccountOfAnotherMerchant: Another merchant is paid on it by now.
            SignInRequired, RoleRequired: They may not approve any more.
        """
        with self._database.write() as connection:
            require_role(connection, staff, APPROVER)
            found = _undecided(connection, change, shop)
            if found.proposed_by == staff:
                raise SamePerson
            account = _account_of(connection, shop)
            if (account.name, account.iban) != (found.name_before, found.iban_before):
                raise AccountChangeOutdated(change=change)
            _refuse_taken(connection, found.iban, merchant=found.merchant)
            connection.execute(
                update(tables.merchant)
                .where(tables.merchant.c.merchant == found.merchant)
                .values(iban=found.iban, name=found.name)
            )
            return _decide(connection, found, decision="approved", staff=staff, at=at)

    def withdraw(self, change: int, *, shop: int, staff: int, at: int) -> AccountChange:
        """Let go of a change; the account stays as it is.

        Raises:
            AccountChangeUnknown: The shop has no such change.
            AccountChangeDecided: It was approved or withdrawn before.
        """
        with self._database.write() as connection:
            found = _undecided(connection, change, shop)
            return _decide(connection, found, decision="withdrawn", staff=staff, at=at)


def _account_of(connection: Connection, shop: int) -> Account:
    merchants, shops = tables.merchant, tables.shop
    row = connection.execute(select(merchants).join(shops).where(shops.c.shop == shop)).one_or_none()
    if row is None:
        raise ShopUnknown(shop=shop)
    own = select(shops.c.shop).where(shops.c.merchant == row.merchant).order_by(shops.c.shop)
    return Account(
        merchant=row.merchant,
        name=row.name,
        iban=row.iban,
        shops=tuple(connection.execute(own).scalars()),
    )


def _read(connection: Connection, wanted: Any) -> list[AccountChange]:
    table = application_tables.account_change
    rows = connection.execute(select(table).where(wanted).order_by(table.c.change.desc()))
    return [_change(row) for row in rows]


def _change(row: Row[Any]) -> AccountChange:
    return AccountChange(**{name: value for name, value in row._mapping.items() if name != "open"})


def _known(connection: Connection, change: int) -> AccountChange:
    found = _read(connection, application_tables.account_change.c.change == change)
    if not found:
        raise AccountChangeUnknown
    return found[0]


def _undecided(connection: Connection, change: int, shop: int) -> AccountChange:
    found = _known(connection, change)
    if found.merchant != _account_of(connection, shop).merchant:
        raise AccountChangeUnknown
    if found.decision is not None:
        raise AccountChangeDecided(change=change)
    return found


def _refuse_taken(connection: Connection, iban: str, *, merchant: int) -> None:
    table = tables.merchant
    other = connection.execute(
        select(table.c.merchant).where(table.c.iban == iban, table.c.merchant != merchant)
    ).first()
    if other is not None:
        raise AccountOfAnotherMerchant


def _decide(
    connection: Connection,
    found: AccountChange,
    *,
    decision: Literal["approved", "withdrawn"],
    staff: int,
    at: int,
) -> AccountChange:
    table = application_tables.account_change
    connection.execute(
        update(table)
        .where(table.c.change == found.change)
        .values(decided_by=staff, decided_at=at, decision=decision, open=None)
    )
    return _known(connection, found.change)
