# SPDX-License-Identifier: EUPL-1.2
"""Letters made anew, in the registry: of a batch that got lost, in the place of letters that nobody opened.

Each is written down before the chain has it, with its secret sealed; then the secret moves to the new letter, and the
batch can be shown once more. What breaks off in between is finished with the same letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from kindpakket.databases import Database

from . import tables
from .desk_tables import letter_reissue
from .replacements import put_letter


@dataclass(frozen=True, slots=True)
class OldLetter:
    """A letter whose code nobody can say any more, and what it opens, in the order of the positions."""

    letter_id: str
    vouchers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reissue:
    """A letter in the place of another, that the chain may not have yet. `vouchers` are those of the old one now."""

    letter_id: str
    sealed_secret: bytes
    old_letter_id: str
    vouchers: tuple[int, ...]


class Reissues:
    """Letters in the place of letters."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def forgotten_letters(self, batch: int) -> list[OldLetter]:
        """Return the letters of a batch whose secrets are erased, in the order of the file.

        A letter that the desk made for one household was given to that household, and is not among them.
        """
        letter, opened = tables.letter, tables.letter_voucher
        started = select(letter_reissue.c.old_letter_id)
        given_by_hand = select(tables.letter_replacement.c.letter_id)
        with self._database.read() as connection:
            rows = connection.execute(
                select(opened.c.letter_id, opened.c.voucher)
                .join(letter, opened.c.letter_id == letter.c.letter_id)
                .where(
                    opened.c.batch == batch,
                    letter.c.secret_sealed.is_(None),
                    letter.c.letter_id.not_in(started),
                    letter.c.letter_id.not_in(given_by_hand),
                )
                .order_by(letter.c.household, opened.c.letter_id, opened.c.position)
            ).all()
        vouchers: dict[str, list[int]] = {}
        for row in rows:
            vouchers.setdefault(row.letter_id, []).append(row.voucher)
        return [OldLetter(letter_id, tuple(numbers)) for letter_id, numbers in vouchers.items()]

    def begin(self, batch: int, letters: Sequence[tuple[str, str, bytes]], *, staff: int, at: int) -> None:
        """Write new letters down: of each the old letter's id, its own, and its sealed secret."""
        if not letters:
            return
        with self._database.write() as connection:
            connection.execute(
                insert(letter_reissue),
                [
                    {
                        "old_letter_id": old_letter_id,
                        "letter_id": letter_id,
                        "secret_sealed": sealed_secret,
                        "batch": batch,
                        "staff": staff,
                        "started_at": at,
                    }
                    for old_letter_id, letter_id, sealed_secret in letters
                ],
            )

    def pending(self, batch: int) -> list[Reissue]:
        """Return a batch's new letters that the chain may not have, in the order of the file.

        What the household got another letter for meanwhile has no vouchers here.
        """
        opened = tables.letter_voucher
        with self._database.read() as connection:
            rows = connection.execute(
                select(letter_reissue, opened.c.voucher)
                .join(tables.letter, tables.letter.c.letter_id == letter_reissue.c.old_letter_id)
                .outerjoin(opened, opened.c.letter_id == letter_reissue.c.old_letter_id)
                .where(letter_reissue.c.batch == batch, letter_reissue.c.done_at.is_(None))
                .order_by(tables.letter.c.household, letter_reissue.c.letter_id, opened.c.position)
            ).all()
        vouchers: dict[str, list[int]] = {}
        for row in rows:
            vouchers.setdefault(row.letter_id, []).extend([row.voucher] if row.voucher is not None else [])
        begun = {row.letter_id: row for row in rows}
        return [
            Reissue(letter_id, row.secret_sealed, row.old_letter_id, tuple(vouchers[letter_id]))
            for letter_id, row in begun.items()
        ]

    def drop(self, letter_id: str) -> None:
        """Forget a new letter that is not needed any more."""
        with self._database.write() as connection:
            connection.execute(
                delete(letter_reissue).where(
                    letter_reissue.c.letter_id == letter_id, letter_reissue.c.done_at.is_(None)
                )
            )

    def finish(self, batch: int, letter_keys: dict[str, dict[int, str]], *, at: int) -> None:
        """Put new letters in the place of the old ones, and let the batch be shown again.

        `letter_keys` is, by letter, the address of each voucher's letter key, in the order of their positions.
        """
        letter, table = tables.letter, letter_reissue
        with self._database.write() as connection:
            for letter_id, by_voucher in letter_keys.items():
                row = connection.execute(
                    select(table.c.secret_sealed, letter.c.household)
                    .join(letter, letter.c.letter_id == table.c.old_letter_id)
                    .where(table.c.letter_id == letter_id)
                ).one()
                put_letter(
                    connection,
                    household=row.household,
                    letter_id=letter_id,
                    letter_keys=by_voucher,
                    sealed_secret=row.secret_sealed,
                    at=at,
                )
                connection.execute(
                    update(table).where(table.c.letter_id == letter_id).values(done_at=at, secret_sealed=None)
                )
            connection.execute(
                update(tables.letter_batch)
                .where(tables.letter_batch.c.batch == batch)
                .values(shown_at=None, opened_at=None)
            )
