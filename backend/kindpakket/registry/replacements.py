# SPDX-License-Identifier: EUPL-1.2
"""Replaced letters in the registry: a household by its row reference, and the new letter in the place of its others.

A replacement is written down before the chain has it, so that what breaks off in between can be finished with the same
letter. Only then the household's former letters open nothing, and its phones read nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import HouseholdUnknown

from . import tables
from .phones import release_vouchers


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A household, its vouchers by number with their letter keys, and how many new letters it got."""

    household: int
    programme: int
    row_reference: str
    letter_keys: dict[int, str]
    replacement_count: int
    is_being_replaced: bool

    @property
    def vouchers(self) -> tuple[int, ...]:
        """Its vouchers, by number."""
        return tuple(self.letter_keys)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new letter that the chain may not have yet."""

    replacement: int
    letter_id: str
    sealed_secret: bytes
    reason: int


class Replacements:
    """New letters in the place of others."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def find_household(self, programme: int, row_reference: str) -> HouseholdRow:
        """Return a household by the municipality's own reference.

        Raises:
            HouseholdUnknown: There is none in this programme, or its vouchers are still being given out.
        """
        table = tables.household
        with self._database.read() as connection:
            number = connection.execute(
                select(table.c.household).where(
                    table.c.programme == programme, table.c.row_reference == row_reference
                )
            ).scalar_one_or_none()
            if number is None:
                raise HouseholdUnknown
            return _household(connection, number)

    def household(self, household: int) -> HouseholdRow:
        """Return a household by its number.

        Raises:
            HouseholdUnknown: There is none, or its vouchers are still being given out.
        """
        with self._database.read() as connection:
            return _household(connection, household)

    def pending(self, household: int) -> Replacement | None:
        """Return the replacement of a household that is not done; None when there is none."""
        table = tables.letter_replacement
        with self._database.read() as connection:
            row = connection.execute(
                select(table).where(table.c.household == household, table.c.done_at.is_(None))
            ).one_or_none()
        if row is None:
            return None
        return Replacement(
            replacement=row.replacement,
            letter_id=row.letter_id,
            sealed_secret=row.secret_sealed,
            reason=row.reason,
        )

    def begin(
        self, household: int, *, letter_id: str, sealed_secret: bytes, reason: int, staff: int, at: int
    ) -> Replacement:
        """Write a new letter down before the chain has it."""
        with self._database.write() as connection:
            number: int = connection.execute(
                insert(tables.letter_replacement)
                .values(
                    household=household,
                    letter_id=letter_id,
                    secret_sealed=sealed_secret,
                    reason=reason,
                    staff=staff,
                    started_at=at,
                )
                .returning(tables.letter_replacement.c.replacement)
            ).scalar_one()
        return Replacement(
            replacement=number, letter_id=letter_id, sealed_secret=sealed_secret, reason=reason
        )

    def finish(self, replacement: int, *, letter_keys: dict[int, str], at: int) -> None:
        """Put the new letter in the place of the household's others, now that the chain has it. Erase its secret.

        `letter_keys` is the address of each voucher's new letter key, in the order of their positions.
        """
        table = tables.letter_replacement
        with self._database.write() as connection:
            row = connection.execute(select(table).where(table.c.replacement == replacement)).one()
            put_letter(
                connection,
                household=row.household,
                letter_id=row.letter_id,
                letter_keys=letter_keys,
                sealed_secret=None,
                at=at,
            )
            connection.execute(
                update(table).where(table.c.replacement == replacement).values(done_at=at, secret_sealed=None)
            )


def put_letter(
    connection: Connection,
    *,
    household: int,
    letter_id: str,
    letter_keys: dict[int, str],
    sealed_secret: bytes | None,
    at: int,
) -> None:
    """Let a new letter open these vouchers of a household, and no other letter or phone.

    `letter_keys` is the address of each voucher's letter key, in the order of their positions. Of the letters that open
    nothing any more the secrets are erased.
    """
    opened, vouchers = tables.letter_voucher, list(letter_keys)
    before = {
        one.voucher: one
        for one in connection.execute(
            select(opened.c.voucher, opened.c.amount_cents, opened.c.batch).where(
                opened.c.voucher.in_(vouchers)
            )
        )
    }
    connection.execute(delete(opened).where(opened.c.voucher.in_(vouchers)))
    opens_something = exists().where(opened.c.letter_id == tables.letter.c.letter_id)
    connection.execute(
        update(tables.letter)
        .where(tables.letter.c.household == household, ~opens_something)
        .values(secret_sealed=None)
    )
    connection.execute(
        insert(tables.letter).values(letter_id=letter_id, household=household, secret_sealed=sealed_secret)
    )
    connection.execute(
        insert(opened),
        [
            {
                "letter_key": letter_key,
                "letter_id": letter_id,
                "position": position,
                "amount_cents": before[voucher].amount_cents,
                "voucher": voucher,
                "batch": before[voucher].batch,
            }
            for position, (voucher, letter_key) in enumerate(letter_keys.items())
        ],
    )
    release_vouchers(connection, vouchers, at=at)


def _household(connection: Connection, number: int) -> HouseholdRow:
    table, opened, replaced = tables.household, tables.letter_voucher, tables.letter_replacement
    row = connection.execute(
        select(table)
        .join(tables.letter_batch, table.c.batch == tables.letter_batch.c.batch)
        .where(table.c.household == number, tables.letter_batch.c.issued_at.is_not(None))
    ).one_or_none()
    if row is None:
        raise HouseholdUnknown
    vouchers = connection.execute(
        select(opened.c.voucher, opened.c.letter_key)
        .join(tables.letter, opened.c.letter_id == tables.letter.c.letter_id)
        .join(tables.letter_batch, opened.c.batch == tables.letter_batch.c.batch)
        # What was added later and is still being given out is not there yet.
        .where(tables.letter.c.household == number, tables.letter_batch.c.issued_at.is_not(None))
        .order_by(opened.c.voucher)
    ).all()
    counts = connection.execute(
        select(
            func.count().label("started"),
            func.count(replaced.c.done_at).label("done"),
        ).where(replaced.c.household == number)
    ).one()
    return HouseholdRow(
        household=number,
        programme=row.programme,
        row_reference=row.row_reference,
        letter_keys={one.voucher: one.letter_key for one in vouchers},
        replacement_count=counts.done,
        is_being_replaced=counts.started > counts.done,
    )
