# SPDX-License-Identifier: EUPL-1.2
"""How letters leave the registry: readable again for an hour, so that no download loses them, and then erased.

Until then a letter's secret is kept sealed with a key that is not in this database.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from kindpakket.databases import Database
from kindpakket.errors import BatchUnknown, LettersAlreadyShown

from .tables import household, letter, letter_batch, letter_voucher

SHOWN_SECONDS = 3600
"""For so long letters can be taken again when a download was cut off; then they are forgotten."""


@dataclass(frozen=True, slots=True)
class SealedLetter:
    """A letter as it leaves the registry."""

    row_reference: str
    sealed_secret: bytes
    vouchers: tuple[int, ...]


class Disclosures:
    """The letters that are shown, of all batches."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def disclose(self, batch: int, *, at: int) -> list[SealedLetter]:
        """Return the letters of a batch in the order of the file; the same again until they are forgotten.

        Raises:
            BatchUnknown: There is no such batch, or its vouchers are still being given out.
            LettersAlreadyShown: They were confirmed, or an hour has passed since they were first returned.
        """
        with self._database.write() as connection:
            row = connection.execute(select(letter_batch).where(letter_batch.c.batch == batch)).one_or_none()
            if row is None or row.issued_at is None:
                raise BatchUnknown(batch=batch)
            is_over = row.opened_at is not None and row.opened_at + SHOWN_SECONDS <= at
            if row.shown_at is not None or is_over:
                raise LettersAlreadyShown(batch=batch)
            connection.execute(
                update(letter_batch)
                .where(letter_batch.c.batch == batch, letter_batch.c.opened_at.is_(None))
                .values(opened_at=at)
            )
            return _sealed_letters(connection, batch)

    def confirm(self, batch: int, *, at: int) -> None:
        """Erase the secrets of a batch that were returned. The same again changes nothing.

        Raises:
            BatchUnknown: There is no such batch, or nobody asked for its letters yet.
        """
        with self._database.write() as connection:
            row = connection.execute(select(letter_batch).where(letter_batch.c.batch == batch)).one_or_none()
            if row is None or row.opened_at is None:
                raise BatchUnknown(batch=batch)
            if row.shown_at is None:
                _forget(connection, batch, at=at)

    def forget_overdue(self, *, at: int) -> list[int]:
        """Erase the secrets of the batches that were opened an hour ago or longer; return which."""
        with self._database.write() as connection:
            overdue = list(
                connection.execute(
                    select(letter_batch.c.batch).where(
                        letter_batch.c.shown_at.is_(None), letter_batch.c.opened_at <= at - SHOWN_SECONDS
                    )
                ).scalars()
            )
            for batch in overdue:
                _forget(connection, batch, at=at)
        return overdue


def _forget(connection: Connection, batch: int, *, at: int) -> None:
    letters = select(letter_voucher.c.letter_id).where(letter_voucher.c.batch == batch)
    connection.execute(update(letter).where(letter.c.letter_id.in_(letters)).values(secret_sealed=None))
    connection.execute(update(letter_batch).where(letter_batch.c.batch == batch).values(shown_at=at))


def _sealed_letters(connection: Connection, batch: int) -> list[SealedLetter]:
    rows = connection.execute(
        select(
            letter.c.letter_id, household.c.row_reference, letter.c.secret_sealed, letter_voucher.c.voucher
        )
        .join(household, letter.c.household == household.c.household)
        .join(letter_voucher, letter_voucher.c.letter_id == letter.c.letter_id)
        # What was replaced before the batch was shown was shown by itself.
        .where(letter_voucher.c.batch == batch, letter.c.secret_sealed.is_not(None))
        .order_by(household.c.household, letter_voucher.c.position)
    ).all()
    vouchers: dict[str, list[int]] = {}
    for row in rows:
        vouchers.setdefault(row.letter_id, []).append(row.voucher)
    shown = {row.letter_id: row for row in rows}
    return [
        SealedLetter(
            row_reference=row.row_reference,
            sealed_secret=row.secret_sealed,
            vouchers=tuple(vouchers[letter_id]),
        )
        for letter_id, row in shown.items()
    ]
