# SPDX-License-Identifier: EUPL-1.2
"""Applications of shops in the registry: what was asked, who assessed it, who decided, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from kindpakket.categories import from_bitmap, to_bitmap
from kindpakket.databases import Database
from kindpakket.errors import (
    ApplicationChanged,
    ApplicationDecided,
    ApplicationNotAssessed,
    ApplicationOpen,
    ApplicationUnknown,
    NothingMissing,
    SamePerson,
    ShopNameTaken,
)

from . import application_tables, tables
from .application_rows import Application, RefusedBecause, Terms, read_applications
from .shops import JoiningShop, next_shop
from .staff import APPROVER, require_role


class ShopApplications:
    """All applications."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def create(self, code_hash: bytes, values: Mapping[str, Any], *, rules: str, at: int) -> int:
        """Write an application down; return its number. The same code again is the same application.

        Raises:
            ApplicationOpen: The same business applied for the same shop, which is not decided yet.
        """
        table = application_tables.shop_application
        with self._database.write() as connection:
            known = connection.execute(
                select(table.c.application).where(table.c.code_hash == code_hash)
            ).scalar_one_or_none()
            if known is not None:
                return int(known)
            columns = _columns_of(values)
            _refuse_open(connection, columns["kvk"], columns["name_key"], other_than=None)
            return int(
                connection.execute(
                    insert(table)
                    .values(
                        **columns,
                        code_hash=code_hash,
                        version=1,
                        rules=rules,
                        applied_at=at,
                        missing="",
                        missing_note="",
                        remark="",
                        explanation="",
                        open=1,
                    )
                    .returning(table.c.application)
                ).scalar_one()
            )

    def by_code(self, code_hash: bytes) -> Application:
        """Return the application that a code is for.

        Raises:
            ApplicationUnknown: There is none.
        """
        table = application_tables.shop_application
        with self._database.read() as connection:
            return _only(connection, table.c.code_hash == code_hash)

    def application(self, application: int) -> Application:
        """Return one application.

        Raises:
            ApplicationUnknown: There is no such application.
        """
        with self._database.read() as connection:
            return _known(connection, application)

    def all(self) -> list[Application]:
        """Return every application: first what is not decided, the oldest first; then the rest, the newest first."""
        table = application_tables.shop_application
        with self._database.read() as connection:
            found = read_applications(connection, table.c.application > 0)
        waiting = [one for one in found if one.decision is None]
        decided = [one for one in found if one.decision is not None]
        return waiting + sorted(decided, key=lambda one: (-(one.decided_at or 0), -one.application))

    def supplement(self, application: int, values: Mapping[str, Any], *, version: int) -> None:
        """Write down what was missing. It is as if it had just come in.

        Raises:
            NothingMissing: Nothing was asked, or the answer came before.
            ApplicationOpen: The same business applied meanwhile for a shop of the name that it now gives.
        """
        with self._database.write() as connection:
            found = _known(connection, application)
            if not found.missing or found.version != version:
                raise NothingMissing
            columns = _columns_of(values)
            name_key = columns.get("name_key", found.name.casefold())
            _refuse_open(connection, columns.get("kvk", found.kvk), name_key, other_than=application)
            _change(connection, found, **columns, missing="", missing_note="")

    def ask(self, application: int, *, version: int, missing: Sequence[str], note: str) -> None:
        """Ask the applicant for fields anew. A former assessment no longer counts.

        Raises:
            ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be asked about.
        """
        with self._database.write() as connection:
            found = _open(connection, application, version)
            _set_terms(connection, application, ())
            _change(
                connection,
                found,
                missing=" ".join(missing),
                missing_note=note,
                assessed_by=None,
                assessed_at=None,
                remark="",
            )

    def assess(
        self, application: int, *, version: int, terms: Iterable[Terms], remark: str, staff: int, at: int
    ) -> None:
        """Write down what one member of staff found; a former assessment no longer counts.

        Raises:
            ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be assessed.
        """
        with self._database.write() as connection:
            found = _open(connection, application, version)
            _set_terms(connection, application, terms)
            _change(
                connection,
                found,
                missing="",
                missing_note="",
                assessed_by=staff,
                assessed_at=at,
                remark=remark,
            )

    def approve(self, application: int, *, version: int, staff: int, at: int, above: int = 0) -> int:
        """Register the shop that was applied for, and note what the chain is to allow; return the shop's number.

        All of it or nothing. A shop of an account that is paid already is that merchant's. `above`: the highest number
        that the chain knows a shop by, for `next_shop`.

        Raises:
            ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be decided.
            ApplicationNotAssessed: Nobody said what it may take part in.
            SamePerson: The one who assessed it.
            ShopNameTaken: There is a shop of this name.
            SignInRequired, RoleRequired: They may not approve any more.
        """
        with self._database.write() as connection:
            require_role(connection, staff, APPROVER)
            found = _assessed_by_another(connection, application, version, staff)
            if not found.terms:
                raise ApplicationNotAssessed(application=application)
            shop = _register(connection, found, above=above)
            programmes = application_tables.shop_application_programme
            connection.execute(
                update(programmes).where(programmes.c.application == application).values(joining=1)
            )
            _decide(connection, found, staff=staff, at=at, decision="approved", shop=shop)
        return shop

    def refuse(
        self,
        application: int,
        *,
        version: int,
        because: RefusedBecause,
        explanation: str,
        staff: int,
        at: int,
    ) -> None:
        """Refuse an application, with a reason that the applicant reads.

        Raises:
            ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be decided.
            ApplicationNotAssessed: Nobody assessed it.
            SamePerson: The one who assessed it.
            SignInRequired, RoleRequired: They may not decide any more.
        """
        with self._database.write() as connection:
            require_role(connection, staff, APPROVER)
            found = _assessed_by_another(connection, application, version, staff)
            _decide(
                connection,
                found,
                staff=staff,
                at=at,
                decision="refused",
                refused_because=because,
                explanation=explanation,
            )

    def joining(self) -> list[JoiningShop]:
        """Return what the chain is still to allow, by shop and programme."""
        rows, programmes = application_tables.shop_application, application_tables.shop_application_programme
        with self._database.read() as connection:
            found = connection.execute(
                select(rows.c.shop, programmes.c.programme, programmes.c.categories)
                .join(programmes, programmes.c.application == rows.c.application)
                .where(programmes.c.joining == 1)
                .order_by(rows.c.shop, programmes.c.programme)
            )
            return [
                JoiningShop(shop=row.shop, programme=row.programme, categories=from_bitmap(row.categories))
                for row in found
            ]

    def mark_joined(self, shop: int, *, programme: int) -> None:
        """Let a shop wait for this programme no longer. The same again changes nothing."""
        with self._database.write() as connection:
            set_joined(connection, shop, programme=programme)

    def erase(self, *, decided_before: int, at: int) -> int:
        """Erase accounts, addresses and what staff wrote of what was decided before an instant; return how many."""
        table = application_tables.shop_application
        with self._database.write() as connection:
            erased = connection.execute(
                update(table)
                .where(table.c.decided_at < decided_before, table.c.erased_at.is_(None))
                .values(
                    iban=None,
                    holder=None,
                    email=None,
                    street="",
                    postcode="",
                    remark="",
                    explanation="",
                    erased_at=at,
                )
            )
            return int(erased.rowcount)


def set_joined(connection: Connection, shop: int, *, programme: int) -> None:
    """Let an approved shop wait for this programme no longer."""
    rows, programmes = application_tables.shop_application, application_tables.shop_application_programme
    of_shop = select(rows.c.application).where(rows.c.shop == shop)
    connection.execute(
        update(programmes)
        .where(programmes.c.application.in_(of_shop), programmes.c.programme == programme)
        .values(joining=None)
    )


def _columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of an application as its table has them."""
    columns = dict(values)
    if "name" in columns:
        columns["name_key"] = columns["name"].casefold()
    if "categories" in columns:
        columns["categories"] = to_bitmap(columns["categories"])
    return columns


def _refuse_open(connection: Connection, kvk: str, name_key: str, *, other_than: int | None) -> None:
    table = application_tables.shop_application
    found = connection.execute(
        select(table.c.application).where(table.c.kvk == kvk, table.c.name_key == name_key, table.c.open == 1)
    ).scalar_one_or_none()
    if found not in (None, other_than):
        raise ApplicationOpen


def _known(connection: Connection, application: int) -> Application:
    return _only(connection, application_tables.shop_application.c.application == application)


def _open(connection: Connection, application: int, version: int) -> Application:
    """Return an application that is not decided, and is as its reader saw it."""
    found = _known(connection, application)
    if found.decision is not None:
        raise ApplicationDecided(application=application)
    if found.version != version:
        raise ApplicationChanged(application=application)
    return found


def _assessed_by_another(connection: Connection, application: int, version: int, staff: int) -> Application:
    found = _open(connection, application, version)
    if found.assessed_by is None:
        raise ApplicationNotAssessed(application=application)
    if found.assessed_by == staff:
        raise SamePerson
    return found


def _change(connection: Connection, found: Application, **values: Any) -> None:
    table = application_tables.shop_application
    connection.execute(
        update(table)
        .where(table.c.application == found.application)
        .values(**values, version=found.version + 1)
    )


def _set_terms(connection: Connection, application: int, terms: Iterable[Terms]) -> None:
    table = application_tables.shop_application_programme
    connection.execute(delete(table).where(table.c.application == application))
    for one in terms:
        connection.execute(
            insert(table).values(
                application=application, programme=one.programme, categories=to_bitmap(one.categories)
            )
        )


def _decide(connection: Connection, found: Application, *, staff: int, at: int, **values: Any) -> None:
    _change(connection, found, decided_by=staff, decided_at=at, open=None, **values)


def _register(connection: Connection, found: Application, *, above: int) -> int:
    """Write the shop of an application into the register, below the merchant who is paid on its account."""
    shops, merchants = tables.shop, tables.merchant
    taken = {name.casefold() for name in connection.execute(select(shops.c.name)).scalars()}
    if found.name.casefold() in taken:
        raise ShopNameTaken
    merchant = connection.execute(
        select(merchants.c.merchant).where(merchants.c.iban == found.iban)
    ).scalar_one_or_none()
    if merchant is None:
        merchant = connection.execute(
            insert(merchants).values(name=found.holder, iban=found.iban).returning(merchants.c.merchant)
        ).scalar_one()
    categories = {category for one in found.terms for category in one.categories}
    return int(
        connection.execute(
            insert(shops)
            .values(
                shop=next_shop(connection, above=above),
                merchant=merchant,
                name=found.name,
                categories=to_bitmap(categories),
                street=found.street,
                town=found.town,
                opening=found.opening,
            )
            .returning(shops.c.shop)
        ).scalar_one()
    )


def _only(connection: Connection, wanted: Any) -> Application:
    found = read_applications(connection, wanted)
    if not found:
        raise ApplicationUnknown
    return found[0]
