# SPDX-License-Identifier: EUPL-1.2
"""Letters in the registry: households by row reference, a letter for each, the vouchers it opens. Euro cents.

A batch is written down before the chain gives its vouchers out, so that a crash in between loses no letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from kindpakket.csv_tables import Faults
from kindpakket.databases import Database
from kindpakket.errors import BatchUnknown, LettersAlreadyShown

from .tables import household, letter, letter_batch, letter_voucher

REFERENCE_EXPECTED = "a reference that got no vouchers in this programme before"
"""What a file of households must hold, in the words of its faults."""

_REFERENCES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewVoucher:
    """A voucher to give out: the address of its letter key, and what will be on it."""

    letter_key: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household and its letter. `vouchers` are in the order of their positions, `line` is its line in the file."""

    line: int
    row_reference: str
    letter_id: str
    sealed_secret: bytes
    vouchers: Sequence[NewVoucher]


@dataclass(frozen=True, slots=True)
class LetterBatch:
    """Letters that were made together. `issued_at` is None while the chain does not have all vouchers."""

    batch: int
    programme: int
    created_at: int
    issued_at: int | None
    shown_at: int | None
    household_count: int
    voucher_count: int


@dataclass(frozen=True, slots=True)
class SealedLetter:
    """A letter as it leaves the registry, once."""

    row_reference: str
    sealed_secret: bytes
    vouchers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LetterPosition:
    """A voucher and its place in its letter."""

    voucher: int
    position: int


class Letters:
    """The letters of all batches."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def existing_references(self, programme: int, row_references: Sequence[str]) -> list[str]:
        """Return which of these rows were taken into the programme before, in the order asked."""
        with self._database.read() as connection:
            return _existing_references(connection, programme, row_references)

    def create_batch(self, programme: int, households: Sequence[NewHousehold], *, created_at: int) -> int:
        """Write a batch down, all or none; return its number.

        Raises:
            CsvInvalid: Some rows were taken into the programme before; names their lines.
        """
        with self._database.write() as connection:
            _refuse_taken_references(connection, programme, households)
            batch: int = connection.execute(
                insert(letter_batch)
                .values(programme=programme, created_at=created_at)
                .returning(letter_batch.c.batch)
            ).scalar_one()
            if households:
                _insert_households(connection, batch, programme, households)
        return batch

    def programme_of(self, batch: int) -> int:
        """Return a batch's programme.

        Raises:
            BatchUnknown: There is no such batch.
        """
        with self._database.read() as connection:
            programme = connection.execute(
                select(letter_batch.c.programme).where(letter_batch.c.batch == batch)
            ).scalar_one_or_none()
        if programme is None:
            raise BatchUnknown(batch=batch)
        return int(programme)

    def pending_batches(self) -> list[int]:
        """Return the batches whose vouchers are not all given out, oldest first."""
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(letter_batch.c.batch)
                    .where(letter_batch.c.issued_at.is_(None))
                    .order_by(letter_batch.c.batch)
                ).scalars()
            )

    def pending_cents(self, programme: int) -> int:
        """Return what a programme's vouchers cost that are still to be given out."""
        with self._database.read() as connection:
            cents = connection.execute(
                select(func.coalesce(func.sum(letter_voucher.c.amount_cents), 0))
                .join(letter, letter_voucher.c.letter_id == letter.c.letter_id)
                .join(household, letter.c.household == household.c.household)
                .join(letter_batch, household.c.batch == letter_batch.c.batch)
                .where(
                    letter_batch.c.issued_at.is_(None),
                    household.c.programme == programme,
                    letter_voucher.c.voucher.is_(None),
                )
            ).scalar_one()
            return int(cents)

    def vouchers_to_issue(self, batch: int) -> list[NewVoucher]:
        """Return a batch's vouchers that have no number yet, in the order of the file."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(letter_voucher.c.letter_key, letter_voucher.c.amount_cents)
                .join(letter, letter_voucher.c.letter_id == letter.c.letter_id)
                .join(household, letter.c.household == household.c.household)
                .where(household.c.batch == batch, letter_voucher.c.voucher.is_(None))
                .order_by(household.c.household, letter_voucher.c.position)
            )
            return [NewVoucher(letter_key=row.letter_key, amount_cents=row.amount_cents) for row in rows]

    def assign_vouchers(self, vouchers: Mapping[str, int]) -> None:
        """Write down the numbers that the chain gave, by letter key. The same again changes nothing."""
        if not vouchers:
            return
        with self._database.write() as connection:
            connection.execute(
                update(letter_voucher)
                .where(letter_voucher.c.letter_key == bindparam("of_letter_key"))
                .values(voucher=bindparam("new_voucher")),
                [{"of_letter_key": key, "new_voucher": voucher} for key, voucher in vouchers.items()],
            )

    def mark_issued(self, batch: int, *, at: int) -> None:
        """Write down that the chain has all vouchers of a batch. The same again changes nothing."""
        assert not self.vouchers_to_issue(batch), "a batch is issued when each of its vouchers has a number"
        with self._database.write() as connection:
            connection.execute(
                update(letter_batch)
                .where(letter_batch.c.batch == batch, letter_batch.c.issued_at.is_(None))
                .values(issued_at=at)
            )

    def discard_batch(self, batch: int) -> None:
        """Forget a batch of which the contract gave out nothing.

        Raises:
            BatchUnknown: There is no such batch, or some of its vouchers were given out.
        """
        of_batch = select(household.c.household).where(household.c.batch == batch)
        letters = select(letter.c.letter_id).where(letter.c.household.in_(of_batch))
        with self._database.write() as connection:
            given_out = connection.execute(
                select(
                    exists().where(
                        letter_voucher.c.letter_id.in_(letters), letter_voucher.c.voucher.is_not(None)
                    )
                )
            ).scalar_one()
            if given_out:
                raise BatchUnknown(batch=batch)
            connection.execute(delete(letter_voucher).where(letter_voucher.c.letter_id.in_(letters)))
            connection.execute(delete(letter).where(letter.c.household.in_(of_batch)))
            connection.execute(delete(household).where(household.c.batch == batch))
            gone = connection.execute(
                delete(letter_batch).where(letter_batch.c.batch == batch, letter_batch.c.issued_at.is_(None))
            )
            if gone.rowcount != 1:
                raise BatchUnknown(batch=batch)

    def batches(self) -> list[LetterBatch]:
        """Return all batches, newest first."""
        households = (
            select(household.c.batch, func.count().label("count")).group_by(household.c.batch).subquery()
        )
        vouchers = (
            select(household.c.batch, func.count().label("count"))
            .join(letter, letter.c.household == household.c.household)
            .join(letter_voucher, letter_voucher.c.letter_id == letter.c.letter_id)
            .group_by(household.c.batch)
            .subquery()
        )
        with self._database.read() as connection:
            rows = connection.execute(
                select(
                    letter_batch,
                    func.coalesce(households.c.count, 0).label("household_count"),
                    func.coalesce(vouchers.c.count, 0).label("voucher_count"),
                )
                .outerjoin(households, households.c.batch == letter_batch.c.batch)
                .outerjoin(vouchers, vouchers.c.batch == letter_batch.c.batch)
                .order_by(letter_batch.c.batch.desc())
            )
            return [LetterBatch(**row._mapping) for row in rows]

    def vouchers_of_letter(self, letter_id: str) -> list[LetterPosition]:
        """Return what a letter opens, by position; nothing when unknown or not all of it is given out yet."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(letter_voucher.c.voucher, letter_voucher.c.position)
                .where(letter_voucher.c.letter_id == letter_id)
                .order_by(letter_voucher.c.position)
            ).all()
        if any(row.voucher is None for row in rows):
            return []
        return [LetterPosition(voucher=row.voucher, position=row.position) for row in rows]

    def disclose(self, batch: int, *, at: int) -> list[SealedLetter]:
        """Return the letters of a batch in the order of the file, and erase their secrets here.

        Raises:
            BatchUnknown: There is no such batch, or its vouchers are still being given out.
            LettersAlreadyShown: They were returned before.
        """
        with self._database.write() as connection:
            row = connection.execute(
                select(letter_batch.c.issued_at, letter_batch.c.shown_at).where(letter_batch.c.batch == batch)
            ).one_or_none()
            if row is None or row.issued_at is None:
                raise BatchUnknown(batch=batch)
            if row.shown_at is not None:
                raise LettersAlreadyShown(batch=batch)
            letters = _sealed_letters(connection, batch)
            connection.execute(
                update(letter)
                .where(
                    letter.c.household.in_(select(household.c.household).where(household.c.batch == batch))
                )
                .values(secret_sealed=None)
            )
            connection.execute(update(letter_batch).where(letter_batch.c.batch == batch).values(shown_at=at))
        return letters


def _refuse_taken_references(
    connection: Connection, programme: int, households: Sequence[NewHousehold]
) -> None:
    lines = {one.row_reference: one.line for one in households}
    faults = Faults()
    for reference in _existing_references(connection, programme, list(lines)):
        faults.note(lines[reference], "reference", reference, REFERENCE_EXPECTED)
    faults.refuse()


def _existing_references(connection: Connection, programme: int, row_references: Sequence[str]) -> list[str]:
    existing: set[str] = set()
    for start in range(0, len(row_references), _REFERENCES_AT_ONCE):
        some = row_references[start : start + _REFERENCES_AT_ONCE]
        existing.update(
            connection.execute(
                select(household.c.row_reference).where(
                    household.c.programme == programme, household.c.row_reference.in_(some)
                )
            ).scalars()
        )
    return [reference for reference in row_references if reference in existing]


def _insert_households(
    connection: Connection, batch: int, programme: int, households: Sequence[NewHousehold]
) -> None:
    numbers = connection.execute(
        insert(household).returning(household.c.household, sort_by_parameter_order=True),
        [{"batch": batch, "programme": programme, "row_reference": one.row_reference} for one in households],
    ).scalars()
    connection.execute(
        insert(letter),
        [
            {"letter_id": one.letter_id, "household": number, "secret_sealed": one.sealed_secret}
            for number, one in zip(numbers, households, strict=True)
        ],
    )
    connection.execute(
        insert(letter_voucher),
        [
            {
                "letter_key": voucher.letter_key,
                "letter_id": one.letter_id,
                "position": position,
                "amount_cents": voucher.amount_cents,
            }
            for one in households
            for position, voucher in enumerate(one.vouchers)
        ],
    )


def _sealed_letters(connection: Connection, batch: int) -> list[SealedLetter]:
    rows = connection.execute(
        select(
            letter.c.letter_id, household.c.row_reference, letter.c.secret_sealed, letter_voucher.c.voucher
        )
        .join(household, letter.c.household == household.c.household)
        .join(letter_voucher, letter_voucher.c.letter_id == letter.c.letter_id)
        # What was replaced before the batch was shown was shown by itself.
        .where(household.c.batch == batch, letter.c.secret_sealed.is_not(None))
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
