# SPDX-License-Identifier: EUPL-1.2
"""Programmes in the registry: their names and policy texts; the terms and the money are the contract's.

Both are written down before the chain numbers the programme, so that a crash in between loses neither; and so is the
order to open it, so that an order that comes again is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from kindpakket.databases import Database

from .programme_tables import programme_order
from .tables import programme_opening, programme_text


@dataclass(frozen=True, slots=True)
class Order:
    """An order to open a programme.

    Attributes:
        opening_key: 32 hexadecimal digits, made by who orders.
        terms_hash: SHA-256 of all that is ordered.
        policy_hash: SHA-256 of the policy text, which the chain keeps.
        programmes_before: How many programmes there were before.
    """

    opening_key: str
    terms_hash: bytes
    policy_hash: bytes
    programmes_before: int


@dataclass(frozen=True, slots=True)
class Announced:
    """What was announced and has no number yet. What it opened has a higher number than `programmes_before`."""

    policy_hash: bytes
    programmes_before: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What an order was for and what it opened; None while that is not known."""

    terms_hash: bytes
    programme: int | None


class Programmes:
    """Names and texts of programmes, and the orders to open them."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def announce(self, order: Order, *, name: str, policy_text: str) -> None:
        """Keep the order, the name and the text of a programme that is being opened.

        An order that was forgotten may come again; one that opened a programme may not.
        """
        table = programme_opening
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.policy_hash == order.policy_hash))
            connection.execute(
                insert(table).values(policy_hash=order.policy_hash, name=name, policy_text=policy_text)
            )
            connection.execute(
                insert(programme_order).values(
                    opening_key=order.opening_key,
                    terms_hash=order.terms_hash,
                    policy_hash=order.policy_hash,
                    programmes_before=order.programmes_before,
                )
            )

    def opened_by(self, opening_key: str) -> Opened | None:
        """Return what an order opened; None when there is no such order."""
        table = programme_order
        with self._database.read() as connection:
            row = connection.execute(
                select(table.c.terms_hash, table.c.programme).where(table.c.opening_key == opening_key)
            ).one_or_none()
        return None if row is None else Opened(row.terms_hash, row.programme)

    def opened_with(self, terms_hash: bytes) -> int | None:
        """Return the first programme that such an order opened; None when there is none."""
        table = programme_order
        with self._database.read() as connection:
            programme: int | None = connection.execute(
                select(func.min(table.c.programme)).where(table.c.terms_hash == terms_hash)
            ).scalar_one()
            return programme

    def forget(self, policy_hash: bytes) -> None:
        """Forget what was announced: the contract does not have it, and will not. The same again changes nothing."""
        opening, order = programme_opening, programme_order
        with self._database.write() as connection:
            connection.execute(delete(opening).where(opening.c.policy_hash == policy_hash))
            connection.execute(
                delete(order).where(order.c.policy_hash == policy_hash, order.c.programme.is_(None))
            )

    def announced(self) -> list[Announced]:
        """Return what was announced and has no number yet."""
        opening, order = programme_opening, programme_order
        with self._database.read() as connection:
            # What an earlier version announced has no order.
            rows = connection.execute(
                select(opening.c.policy_hash, order.c.programmes_before).outerjoin(
                    order,
                    (order.c.policy_hash == opening.c.policy_hash) & order.c.programme.is_(None),
                )
            )
            return [Announced(row.policy_hash, row.programmes_before or 0) for row in rows]

    def attach(self, policy_hash: bytes, programmes: Sequence[int]) -> None:
        """Give what was announced to these programmes, unless they have a name. The same again changes nothing.

        The order that waits for this policy text is the first one's.
        """
        announced = select(programme_opening).where(programme_opening.c.policy_hash == policy_hash)
        with self._database.write() as connection:
            found = connection.execute(announced).one_or_none()
            if found is None or not programmes:
                return
            named = set(
                connection.execute(
                    select(programme_text.c.programme).where(programme_text.c.programme.in_(programmes))
                ).scalars()
            )
            for programme in programmes:
                if programme not in named:
                    connection.execute(
                        insert(programme_text).values(
                            programme=programme, name=found.name, policy_text=found.policy_text
                        )
                    )
            connection.execute(
                update(programme_order)
                .where(programme_order.c.policy_hash == policy_hash, programme_order.c.programme.is_(None))
                .values(programme=programmes[0])
            )
            connection.execute(
                delete(programme_opening).where(programme_opening.c.policy_hash == policy_hash)
            )

    def names(self) -> dict[int, str]:
        """Return all names by programme."""
        with self._database.read() as connection:
            rows = connection.execute(select(programme_text.c.programme, programme_text.c.name))
            return {row.programme: row.name for row in rows}

    def policy_text(self, programme: int) -> str | None:
        """Return the policy text that was written down for a programme; None when there is none."""
        table = programme_text
        with self._database.read() as connection:
            text: str | None = connection.execute(
                select(table.c.policy_text).where(table.c.programme == programme)
            ).scalar_one_or_none()
            return text
