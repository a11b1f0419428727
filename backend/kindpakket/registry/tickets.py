# SPDX-License-Identifier: EUPL-1.2
"""Ticket keys in the registry: whose they are. A ticket says no voucher; the key that signed it leads here.

A list is written down before the chain has its root. When two phones activate at once both lists are here,
and each key leads to its own list; the contract takes only the one that it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from kindpakket.databases import Database, Lookup
from kindpakket.errors import TicketKeysTaken

from . import tables

TICKETS = 256
_ADDRESS_BYTES = 20
_TICKET_KEY = Lookup(
    select(
        tables.ticket_list.c.ticket_list,
        tables.ticket_list.c.voucher,
        tables.ticket_list.c.generation,
        tables.ticket_list.c.holder,
        tables.ticket_key.c.place,
    )
    .join(tables.ticket_key, tables.ticket_key.c.ticket_list == tables.ticket_list.c.ticket_list)
    .where(tables.ticket_key.c.ticket_key == bindparam("ticket_key"))
)


@dataclass(frozen=True, slots=True)
class TicketList:
    """A voucher's 256 ticket keys of a generation, addresses of 20 bytes in the order of their places."""

    ticket_list: int
    voucher: int
    generation: int
    holder: bytes
    ticket_root: bytes
    ticket_keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TicketKey:
    """Where a ticket key stands. `number` is 256 × generation + place."""

    ticket_list: int
    voucher: int
    number: int
    holder: bytes


class Tickets:
    """The lists of ticket keys of all vouchers."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def save_ticket_list(
        self,
        voucher: int,
        generation: int,
        *,
        holder: bytes,
        ticket_root: bytes,
        ticket_keys: Sequence[bytes],
    ) -> int:
        """Write a list down; return its number. The same again changes nothing.

        Raises:
            TicketKeysTaken: A key stands in another list, or twice in this one.
            ValueError: Not 256 addresses of 20 bytes.
        """
        if len(ticket_keys) != TICKETS or any(len(key) != _ADDRESS_BYTES for key in ticket_keys):
            raise ValueError("a list is 256 addresses of 20 bytes")
        if len(set(ticket_keys)) != TICKETS:
            raise TicketKeysTaken
        values = {
            "voucher": voucher,
            "generation": generation,
            "holder": holder,
            "ticket_root": ticket_root,
            "ticket_keys": b"".join(ticket_keys),
        }
        table = tables.ticket_list
        with self._database.write() as connection:
            same = connection.execute(
                select(table.c.ticket_list).where(*(table.c[name] == value for name, value in values.items()))
            ).scalar_one_or_none()
            if same is not None:
                return int(same)
            if _any_known(connection, ticket_keys):
                raise TicketKeysTaken
            number: int = connection.execute(
                insert(table).values(values).returning(table.c.ticket_list)
            ).scalar_one()
            connection.execute(
                insert(tables.ticket_key),
                [
                    {"ticket_key": ticket_key, "ticket_list": number, "place": place}
                    for place, ticket_key in enumerate(ticket_keys)
                ],
            )
        return number

    def find_ticket_key(self, ticket_key: bytes) -> TicketKey | None:
        """Return where a key of 20 bytes stands; None when it stands nowhere."""
        row = self._database.look_up(_TICKET_KEY, ticket_key=ticket_key)
        if row is None:
            return None
        return TicketKey(
            ticket_list=row.ticket_list,
            voucher=row.voucher,
            number=row.generation << 8 | row.place,
            holder=row.holder,
        )

    def ticket_list(self, ticket_list: int) -> TicketList | None:
        """Return the list of this number; None when there is none."""
        table = tables.ticket_list
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.ticket_list == ticket_list)).one_or_none()
        if row is None:
            return None
        keys = row.ticket_keys
        return TicketList(
            ticket_list=row.ticket_list,
            voucher=row.voucher,
            generation=row.generation,
            holder=row.holder,
            ticket_root=row.ticket_root,
            ticket_keys=tuple(
                keys[start : start + _ADDRESS_BYTES] for start in range(0, len(keys), _ADDRESS_BYTES)
            ),
        )


def _any_known(connection: Connection, ticket_keys: Sequence[bytes]) -> bool:
    table = tables.ticket_key
    return (
        connection.execute(
            select(table.c.ticket_key).where(table.c.ticket_key.in_(ticket_keys)).limit(1)
        ).first()
        is not None
    )
