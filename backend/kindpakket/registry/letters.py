# SPDX-License-Identifier: EUPL-1.2
"""Letters in the registry: households by row reference, a letter for each, the vouchers it opens. Euro cents.

A batch is written down before the chain gives its vouchers out, so that a crash in between loses no letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, literal, select, update

from kindpakket.csv_tables import Faults
from kindpakket.databases import Database
from kindpakket.errors import BatchUnknown

from .tables import household, letter, letter_batch, letter_voucher

REFERENCE_EXPECTED = "a reference that got no vouchers in this programme before"
"""What a file of households must hold, in the words of its faults."""

_IDS_AT_ONCE = 500


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
    """Letters that were made together. `issued_at` is None while the chain does not have all vouchers.

    `opened_at` is since when they can be taken, and `shown_at` when they were forgotten; `ready_count` is of how many
    the code can still be shown.
    """

    batch: int
    programme: int
    created_at: int
    issued_at: int | None
    shown_at: int | None
    opened_at: int | None
    household_count: int
    voucher_count: int
    ready_count: int


@dataclass(frozen=True, slots=True)
class IssueProgress:
    """How many of the `total` vouchers of a batch are known to be on the chain."""

    issued: int
    total: int


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
                numbers = _insert_households(connection, batch, programme, households)
                _insert_letters(connection, batch, list(zip(numbers, households, strict=True)))
        return batch

    def create_addition(self, number: int, addition: NewHousehold, *, created_at: int) -> int:
        """Write down a further letter for a household that is there, as a batch of its own; return its number."""
        with self._database.write() as connection:
            batch: int = connection.execute(
                insert(letter_batch)
                .from_select(
                    ["programme", "created_at"],
                    select(household.c.programme, literal(created_at)).where(household.c.household == number),
                )
                .returning(letter_batch.c.batch)
            ).scalar_one()
            _insert_letters(connection, batch, [(number, addition)])
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
                .join(letter_batch, letter_voucher.c.batch == letter_batch.c.batch)
                .where(
                    letter_batch.c.issued_at.is_(None),
                    letter_batch.c.programme == programme,
                    letter_voucher.c.voucher.is_(None),
                )
            ).scalar_one()
            return int(cents)

    def issue_progress(self, programme: int) -> IssueProgress | None:
        """Return how far a programme's newest batch is of those that are not all given out; None when all are."""
        with self._database.read() as connection:
            newest = (
                select(func.max(letter_batch.c.batch))
                .where(letter_batch.c.issued_at.is_(None), letter_batch.c.programme == programme)
                .scalar_subquery()
            )
            row = connection.execute(
                select(
                    func.count(letter_voucher.c.voucher).label("issued"), func.count().label("total")
                ).where(letter_voucher.c.batch == newest)
            ).one()
        return IssueProgress(issued=row.issued, total=row.total) if row.total else None

    def vouchers_to_issue(self, batch: int) -> list[NewVoucher]:
        """Return a batch's vouchers that have no number yet, in the order of the file."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(letter_voucher.c.letter_key, letter_voucher.c.amount_cents)
                .join(letter, letter_voucher.c.letter_id == letter.c.letter_id)
                .join(household, letter.c.household == household.c.household)
                .where(letter_voucher.c.batch == batch, letter_voucher.c.voucher.is_(None))
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
        of_batch = letter_voucher.c.batch == batch
        with self._database.write() as connection:
            given_out = connection.execute(
                select(exists().where(of_batch, letter_voucher.c.voucher.is_not(None)))
            ).scalar_one()
            if given_out:
                raise BatchUnknown(batch=batch)
            letters = list(
                connection.execute(select(letter_voucher.c.letter_id).where(of_batch).distinct()).scalars()
            )
            connection.execute(delete(letter_voucher).where(of_batch))
            for start in range(0, len(letters), _IDS_AT_ONCE):
                some = letters[start : start + _IDS_AT_ONCE]
                connection.execute(delete(letter).where(letter.c.letter_id.in_(some)))
            connection.execute(delete(household).where(household.c.batch == batch))
            gone = connection.execute(
                delete(letter_batch).where(letter_batch.c.batch == batch, letter_batch.c.issued_at.is_(None))
            )
            if gone.rowcount != 1:
                raise BatchUnknown(batch=batch)

    def batches(self) -> list[LetterBatch]:
        """Return all batches, newest first."""
        given = (
            select(
                letter_voucher.c.batch,
                func.count(letter.c.household.distinct()).label("household_count"),
                func.count().label("voucher_count"),
                func.count(letter.c.letter_id.distinct())
                .filter(letter.c.secret_sealed.is_not(None))
                .label("ready_count"),
            )
            .join(letter, letter_voucher.c.letter_id == letter.c.letter_id)
            .group_by(letter_voucher.c.batch)
            .subquery()
        )
        with self._database.read() as connection:
            rows = connection.execute(
                select(
                    letter_batch,
                    func.coalesce(given.c.household_count, 0).label("household_count"),
                    func.coalesce(given.c.voucher_count, 0).label("voucher_count"),
                    func.coalesce(given.c.ready_count, 0).label("ready_count"),
                )
                .outerjoin(given, given.c.batch == letter_batch.c.batch)
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

    def highest_voucher(self) -> int:
        """Return the highest number of a voucher that the chain gave out; 0 for none."""
        highest = select(func.coalesce(func.max(letter_voucher.c.voucher), 0))
        with self._database.read() as connection:
            return int(connection.execute(highest).scalar_one())

    def known_vouchers(self) -> tuple[frozenset[int], frozenset[str]]:
        """Return the numbers of all vouchers, and the letter keys of those that have no number here yet."""
        with self._database.read() as connection:
            rows = connection.execute(select(letter_voucher.c.voucher, letter_voucher.c.letter_key)).all()
        return (
            frozenset(row.voucher for row in rows if row.voucher is not None),
            frozenset(row.letter_key.lower() for row in rows if row.voucher is None),
        )

    def reference_of_vouchers(self, programme: int) -> dict[int, str]:
        """Return the row reference of each voucher that was given out in a programme."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(letter_voucher.c.voucher, household.c.row_reference)
                .join(letter, letter_voucher.c.letter_id == letter.c.letter_id)
                .join(household, letter.c.household == household.c.household)
                .where(household.c.programme == programme, letter_voucher.c.voucher.is_not(None))
                .order_by(household.c.household, letter_voucher.c.voucher)
            )
            return {row.voucher: row.row_reference for row in rows}


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
    for start in range(0, len(row_references), _IDS_AT_ONCE):
        some = row_references[start : start + _IDS_AT_ONCE]
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
) -> Sequence[int]:
    return (
        connection.execute(
            insert(household).returning(household.c.household, sort_by_parameter_order=True),
            [
                {"batch": batch, "programme": programme, "row_reference": one.row_reference}
                for one in households
            ],
        )
        .scalars()
        .all()
    )


def _insert_letters(
    connection: Connection, batch: int, households: Sequence[tuple[int, NewHousehold]]
) -> None:
    """Insert a letter for each numbered household, and what it opens."""
    connection.execute(
        insert(letter),
        [
            {"letter_id": one.letter_id, "household": number, "secret_sealed": one.sealed_secret}
            for number, one in households
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
                "batch": batch,
            }
            for _, one in households
            for position, voucher in enumerate(one.vouchers)
        ],
    )
