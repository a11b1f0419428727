# SPDX-License-Identifier: EUPL-1.2
"""What a statement has otherwise than the payouts here: kept until an auditor took note of it. Whole euro cents.

Whoever loads a statement sees what does not fit, and may be the one who would rather not. So what left our account is
told by the inspections too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import ColumnElement, Connection, insert, select, update

from kindpakket.databases import Database

from .payout_tables import bank_difference

DifferenceWhy = Literal[
    "unknown",
    "never_sent",
    "amount_differs",
    "account_differs",
    "paid_twice",
    "paid_after_rejection",
    "paid_after_return",
]

_WORDS: dict[DifferenceWhy, str] = {
    "unknown": "which the register does not know",
    "never_sent": "which was in no file",
    "amount_differs": "which the register has as another amount",
    "account_differs": "to another account than the payment's",
    "paid_twice": "which it had paid before",
    "paid_after_rejection": "which a report had said to be rejected",
    "paid_after_return": "which had come back by a statement before",
}


@dataclass(frozen=True, slots=True)
class BankDifference:
    """Money that left our account under a number of ours, and not as the register has it.

    Attributes:
        account: The account that was paid, masked; empty when it is the payment's, or the bank names none.
        bank_reference: The bank's own number; empty when it gives none.
    """

    end_to_end_id: str
    why: DifferenceWhy
    amount_cents: int
    account: str
    bank_reference: str
    booked_on: date | None

    def told(self) -> str:
        """Return what an inspection tells of it."""
        of_bank = f", its number {self.bank_reference}" if self.bank_reference else ""
        day = f" on {self.booked_on}" if self.booked_on else ""
        to = f" ({self.account})" if self.account else ""
        return (
            f"payment {self.end_to_end_id}: the bank paid {self.amount_cents} cents{day}{of_bank}, "
            f"{_WORDS[self.why]}{to}"
        )


_COLUMNS = ("end_to_end_id", "why", "amount_cents", "account", "bank_reference", "booked_on")


class BankDifferences:
    """All of them."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def open(self) -> list[BankDifference]:
        """Return those that no auditor took note of, oldest first."""
        table = bank_difference
        wanted = (
            select(*(table.c[name] for name in _COLUMNS))
            .where(table.c.noted_at.is_(None))
            .order_by(table.c.difference)
        )
        with self._database.read() as connection:
            return [BankDifference(**row._mapping) for row in connection.execute(wanted)]

    def payments(self) -> set[str]:
        """Return the end-to-end ids of all payments that the bank made otherwise, noted or not."""
        with self._database.read() as connection:
            return set(connection.execute(select(bank_difference.c.end_to_end_id)).scalars())

    def note_told(self, differences: Collection[BankDifference], *, inspection: int) -> None:
        """Note that an inspection told these."""
        table = bank_difference
        with self._database.write() as connection:
            for one in differences:
                connection.execute(
                    update(table).where(*_is(one), table.c.told_by.is_(None)).values(told_by=inspection)
                )


def add_differences(
    connection: Connection, differences: Sequence[BankDifference], *, staff: int, at: int
) -> None:
    """Write down what is new of these, in the caller's transaction."""
    table = bank_difference
    for one in differences:
        if connection.execute(select(table.c.difference).where(*_is(one))).first() is None:
            values = {name: getattr(one, name) for name in _COLUMNS}
            connection.execute(insert(table).values(**values, found_by=staff, found_at=at))


def note_differences(connection: Connection, *, inspection: int, at: int) -> None:
    """Take note of all that an inspection told, in the caller's transaction."""
    table = bank_difference
    connection.execute(
        update(table).where(table.c.told_by <= inspection, table.c.noted_at.is_(None)).values(noted_at=at)
    )


def _is(one: BankDifference) -> tuple[ColumnElement[bool], ...]:
    names = ("end_to_end_id", "why", "amount_cents", "account", "bank_reference")
    return tuple(bank_difference.c[name] == getattr(one, name) for name in names)
