# SPDX-License-Identifier: EUPL-1.2
"""Shops in the registry: the merchants that are paid, their shops, the tills that joined by a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from kindpakket.categories import from_bitmap, to_bitmap
from kindpakket.csv_tables import Faults
from kindpakket.databases import Database, Lookup
from kindpakket.errors import PairingCodeInvalid, ShopUnknown, TillAlreadyAdded, TillNameTaken

from . import tables, till_names
from .pairing_codes import has_owners_till

NAME_EXPECTED = "a shop that is not in the register or above in this file"
"""What a file of shops must hold, in the words of its faults."""


Role = Literal["owner", "cashier"]
"""What a till may: an owner's may also pair and remove tills, see payouts and refund payments of earlier days."""

RETRY_SECONDS = 600
"""How long a used pairing code can be sent again by its till."""

MOST_OPEN_CODES = 5
"""How many pairing codes of one shop are open at a time: as many tills as are added at once."""

_TILL_BY_TOKEN = Lookup(select(tables.till).where(tables.till.c.token_hash == bindparam("token_hash")))


@dataclass(frozen=True, slots=True)
class NewShop:
    """A shop to register. Shops with the same IBAN are one merchant's. `iban` is without spaces, `line` in the file."""

    line: int
    name: str
    categories: tuple[int, ...]
    iban: str
    street: str
    town: str
    opening: str


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop as anyone may know it."""

    shop: int
    name: str
    categories: tuple[int, ...]
    street: str
    town: str
    opening: str


@dataclass(frozen=True, slots=True)
class JoiningShop:
    """A shop that the chain is still to let take part in a programme."""

    shop: int
    programme: int
    categories: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Till:
    """A till and the shop that it belongs to. `address` is a lower-case `0x` text."""

    address: str
    shop: int
    name: str
    paired_at: int
    removed_at: int | None
    role: Role
    last_seen_at: int | None


class Shops:
    """All shops and their tills."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def create_shops(self, shops: Sequence[NewShop], *, programme: int, above: int = 0) -> list[int]:
        """Register shops that are to take part in a programme, all or none; return their numbers in this order.

        Args:
            shops: Which.
            programme: The one that they are to take part in.
            above: The highest number that the chain knows a shop by, for `next_shop`.

        Raises:
            CsvInvalid: Names are registered already, or given twice; names their lines.
        """
        with self._database.write() as connection:
            _refuse_taken_names(connection, shops)
            first = next_shop(connection, above=above)
            return [
                connection.execute(
                    insert(tables.shop)
                    .values(
                        shop=number,
                        merchant=_merchant_of(connection, new),
                        name=new.name,
                        categories=to_bitmap(new.categories),
                        street=new.street,
                        town=new.town,
                        opening=new.opening,
                        joining=programme,
                    )
                    .returning(tables.shop.c.shop)
                ).scalar_one()
                for number, new in enumerate(shops, first)
            ]

    def joining_shops(self) -> list[JoiningShop]:
        """Return the shops that the chain is still to let take part, by number."""
        table = tables.shop
        with self._database.read() as connection:
            rows = connection.execute(
                select(table.c.shop, table.c.joining, table.c.categories)
                .where(table.c.joining.is_not(None))
                .order_by(table.c.shop)
            )
            return [
                JoiningShop(shop=row.shop, programme=row.joining, categories=from_bitmap(row.categories))
                for row in rows
            ]

    def mark_joined(self, shops: Sequence[int], *, programme: int) -> None:
        """Let these shops wait for this programme no longer. The same again changes nothing."""
        with self._database.write() as connection:
            set_joined(connection, shops, programme=programme)

    def shops(self) -> list[Shop]:
        """Return all shops, by number."""
        with self._database.read() as connection:
            return [
                _shop(row) for row in connection.execute(select(tables.shop).order_by(tables.shop.c.shop))
            ]

    def names(self) -> dict[int, str]:
        """Return the names of all shops, by number."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(tables.shop.c.shop, tables.shop.c.name).order_by(tables.shop.c.shop)
            )
            return {row.shop: row.name for row in rows}

    def shop(self, shop: int) -> Shop:
        """Return one shop.

        Raises:
            ShopUnknown: There is no such shop.
        """
        with self._database.read() as connection:
            return _known_shop(connection, shop)

    def create_pairing_code(
        self, code_hash: bytes, *, shop: int, now: int, ends_at: int, role: Role = "owner"
    ) -> None:
        """Let one till join a shop with this code, before `ends_at`, as an owner's or a cashier's.

        `role` is what the till becomes beside an owner's till; without one, whichever till joins first is an owner's.
        When the shop would have too many codes open, the one that ends first ends now.

        Raises:
            ShopUnknown: There is no such shop.
        """
        with self._database.write() as connection:
            _known_shop(connection, shop)
            _end_pairing_codes(connection, shop=shop, now=now)
            connection.execute(
                insert(tables.pairing_code).values(code_hash=code_hash, shop=shop, ends_at=ends_at, role=role)
            )

    def has_owners_till(self, shop: int) -> bool:
        """Return whether a shop has a till of its owner that was not removed."""
        with self._database.read() as connection:
            return has_owners_till(connection, shop)

    def pair(
        self, code_hash: bytes, *, till: str, name: str, token_hash: bytes, now: int, added_to: int = 0
    ) -> tuple[Shop, Till]:
        """Let a till join the shop of a code, and use the code up.

        The same till may again for ten minutes, until it first asks something with its token.

        Args:
            code_hash: Of the code.
            till: Its address.
            name: What its people call it.
            token_hash: Of its token.
            now: When.
            added_to: The shop from which the chain takes its charges now; 0 for none.

        Raises:
            PairingCodeInvalid: The code is unknown, too old, or was used by another till.
            TillNameTaken: Another till of the shop has this name; the code is not used up.
            TillAlreadyAdded: The till is in use, or belongs to another shop, here or still on the chain.
        """
        address = till.lower()
        codes = tables.pairing_code
        with self._database.write() as connection:
            code = connection.execute(select(codes).where(codes.c.code_hash == code_hash)).one_or_none()
            if code is None or now >= code.ends_at or code.used_by not in (None, address):
                raise PairingCodeInvalid
            if added_to not in (0, code.shop):
                raise TillAlreadyAdded(till=address, shop=added_to)
            _refuse_taken_till_name(connection, name, shop=code.shop, till=address)
            till_row = _write_till(
                connection,
                address,
                {"shop": code.shop, "name": name, "token_hash": token_hash},
                role=code.role,
                is_retry=code.used_by is not None,
                now=now,
            )
            if code.used_by is None:
                # Long enough for the retry of a lost answer, too short for whoever finds the paper.
                ends_at = min(code.ends_at, now + RETRY_SECONDS)
                connection.execute(
                    update(codes)
                    .where(codes.c.code_hash == code_hash)
                    .values(used_by=address, ends_at=ends_at)
                )
            return _known_shop(connection, code.shop), till_row

    def till_by_token(self, token_hash: bytes) -> Till | None:
        """Return the till whose token this is; None when there is none or it was removed."""
        row = self._database.look_up(_TILL_BY_TOKEN, token_hash=token_hash)
        return None if row is None else read_till(row)

    def tills(self, shop: int) -> list[Till]:
        """Return a shop's tills in the order in which they joined, then by name, the removed ones too."""
        table = tables.till
        with self._database.read() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.shop == shop)
                .order_by(table.c.paired_at, table.c.name, table.c.till)
            )
            return [read_till(row) for row in rows]

    def till_names(self, shop: int) -> dict[str, str]:
        """Return the names of a shop's tills by address, the removed ones too."""
        return {till.address: till.name for till in self.tills(shop)}


def next_shop(connection: Connection, *, above: int) -> int:
    """Return the number that the next shop gets, in the transaction that registers it.

    A registry that was restored may lack shops that the chain knows, with tills and money: `above` is the highest
    number of those, and none up to it is given to anyone else.
    """
    highest = connection.execute(select(func.coalesce(func.max(tables.shop.c.shop), 0))).scalar_one()
    return max(int(highest), above) + 1


def set_joined(connection: Connection, shops: Sequence[int], *, programme: int) -> None:
    """Let these shops wait for this programme no longer."""
    table = tables.shop
    connection.execute(
        update(table).where(table.c.shop.in_(shops), table.c.joining == programme).values(joining=None)
    )


def _shop(row: Row[Any]) -> Shop:
    return Shop(
        shop=row.shop,
        name=row.name,
        categories=from_bitmap(row.categories),
        street=row.street,
        town=row.town,
        opening=row.opening,
    )


def read_till(row: Row[Any]) -> Till:
    """Return the till of a row of its table."""
    return Till(
        address=row.till,
        shop=row.shop,
        name=row.name,
        paired_at=row.paired_at,
        removed_at=row.removed_at,
        role=row.role,
        last_seen_at=row.last_seen_at,
    )


def _known_shop(connection: Connection, shop: int) -> Shop:
    row = connection.execute(select(tables.shop).where(tables.shop.c.shop == shop)).one_or_none()
    if row is None:
        raise ShopUnknown(shop=shop)
    return _shop(row)


def _refuse_taken_names(connection: Connection, shops: Sequence[NewShop]) -> None:
    taken = {name.casefold() for name in connection.execute(select(tables.shop.c.name)).scalars()}
    faults = Faults()
    for new in shops:
        if new.name.casefold() in taken:
            faults.note(new.line, "name", new.name, NAME_EXPECTED)
        taken.add(new.name.casefold())
    faults.refuse()


def _end_pairing_codes(connection: Connection, *, shop: int, now: int) -> None:
    """Forget the codes that are too old, and of this shop's open ones so many that one more may be made."""
    codes = tables.pairing_code
    connection.execute(delete(codes).where(codes.c.ends_at <= now))
    too_many = (
        select(codes.c.code_hash)
        # A used one is its till's, in case the answer was lost; it lets nobody else in.
        .where(codes.c.shop == shop, codes.c.used_by.is_(None))
        .order_by(codes.c.ends_at.desc(), codes.c.code_hash)
        .offset(MOST_OPEN_CODES - 1)
    )
    connection.execute(delete(codes).where(codes.c.code_hash.in_(too_many)))


def _refuse_taken_till_name(connection: Connection, name: str, *, shop: int, till: str) -> None:
    table = tables.till
    others = connection.execute(
        select(table.c.name).where(table.c.shop == shop, table.c.till != till, table.c.removed_at.is_(None))
    )
    taken = list(others.scalars())
    if till_names.is_taken(name, taken):
        raise TillNameTaken(free_name=till_names.next_free(name, taken))


def _merchant_of(connection: Connection, new: NewShop) -> int:
    """Return the merchant who is paid on this IBAN; the first shop names a new one."""
    table = tables.merchant
    known = connection.execute(select(table.c.merchant).where(table.c.iban == new.iban)).scalar_one_or_none()
    if known is not None:
        return int(known)
    return int(
        connection.execute(
            insert(table).values(name=new.name, iban=new.iban).returning(table.c.merchant)
        ).scalar_one()
    )


def _write_till(
    connection: Connection, address: str, values: dict[str, Any], *, role: Role, is_retry: bool, now: int
) -> Till:
    """Write a till down, or write it down again; return it."""
    table = tables.till
    known = connection.execute(select(table).where(table.c.till == address)).one_or_none()
    # Whoever has a code and has read an address could otherwise take over the token of a till that is in use.
    if (
        known is not None
        and known.removed_at is None
        and (known.shop != values["shop"] or known.last_seen_at is not None)
    ):
        raise TillAlreadyAdded(till=address, shop=known.shop)
    if known is not None and known.removed_at is None and is_retry:
        joined = {"role": known.role, "paired_at": known.paired_at}
    else:
        has_owner = has_owners_till(connection, values["shop"], beside=address)
        joined = {"role": role if has_owner else "owner", "paired_at": now}
    if known is None:
        written = insert(table).values(till=address, **values, **joined).returning(table)
        return read_till(connection.execute(written).one())
    return read_till(
        connection.execute(
            update(table)
            .where(table.c.till == address)
            .values(removed_at=None, last_seen_at=None, **values, **joined)
            .returning(table)
        ).one()
    )
