# SPDX-License-Identifier: EUPL-1.2
"""What a pairing code may still make of a till: the first till of a shop is its owner's, and no old code makes another.

Within the transaction that asks.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from . import tables


def has_owners_till(connection: Connection, shop: int, *, beside: str = "") -> bool:
    """Return whether a shop has a till of its owner that was not removed, other than `beside`."""
    table = tables.till
    found = connection.execute(
        select(table.c.till).where(
            table.c.shop == shop,
            table.c.role == "owner",
            table.c.removed_at.is_(None),
            table.c.till != beside,
        )
    )
    return found.first() is not None


def end_codes_of(connection: Connection, till: str, *, shop: int) -> None:
    """End what a till that was removed could come back with: its own code, and an owner's for the shop's next till.

    When the shop has no owner's till left, the next one to join is an owner's: none does with a code of before.
    """
    codes = tables.pairing_code
    connection.execute(delete(codes).where(codes.c.used_by == till))
    if not has_owners_till(connection, shop):
        connection.execute(delete(codes).where(codes.c.shop == shop, codes.c.used_by.is_(None)))
