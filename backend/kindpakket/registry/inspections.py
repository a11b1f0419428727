# SPDX-License-Identifier: EUPL-1.2
"""Inspections in the registry: asked for, done, what each found, and who took note of that. Whole euro cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from kindpakket.databases import Database
from kindpakket.errors import InspectionUnknown, NothingToAcknowledge

from .bank_differences import note_differences
from .inspection_tables import inspection, inspection_figure, inspection_finding

Occasion = Literal["night", "staff", "command"]
Part = Literal["chain", "ledger", "staff_log", "payouts"]


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount by the ledger and by the chain. `shop` is 0 for an amount of the programme itself."""

    programme: int
    shop: int
    what: str
    ledger_cents: int
    chain_cents: int

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.ledger_cents == self.chain_cents


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be: in which part of the books, about what, what must be there, what is."""

    part: Part
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """An inspection, without its figures and findings.

    Attributes:
        occasion: Why it is done.
        ended_at: When it was done; None until then.
        block: As of which block.
        finding_count: How much was found, more perhaps than is kept.
        acknowledged_by: The member of staff who took note of it, by number.
    """

    inspection: int
    occasion: Occasion
    asked_at: int
    ended_at: int | None
    block: int | None
    finding_count: int
    acknowledged_at: int | None
    acknowledged_by: int | None
    acknowledged_reason: str | None

    @property
    def alarms(self) -> bool:
        """Whether it found something that nobody took note of."""
        return self.finding_count > 0 and self.acknowledged_at is None


class Inspections:
    """All inspections."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    def ask(self, *, occasion: Occasion, at: int) -> int:
        """Ask for one; return its number, or that of one that waits already."""
        with self._database.write() as connection:
            waiting = _waiting(connection)
            if waiting is not None:
                return waiting
            made = connection.execute(insert(inspection).values(occasion=occasion, asked_at=at))
            number = made.inserted_primary_key
            assert number is not None, "a row that was inserted has a key"
            return int(number[0])

    def waiting(self) -> int | None:
        """Return the one that is asked for and not done; None when there is none."""
        with self._database.read() as connection:
            return _waiting(connection)

    def waiting_since(self) -> int | None:
        """Return since when the one waits that is asked for and not done; None when there is none."""
        with self._database.read() as connection:
            number = _waiting(connection)
            return None if number is None else _known(connection, number).asked_at

    def end(
        self,
        number: int,
        *,
        at: int,
        block: int,
        figures: Sequence[Figure],
        findings: Sequence[Finding],
        finding_count: int,
    ) -> None:
        """Write down what was found, once. Of older ones that found nothing, the figures are forgotten."""
        table = inspection
        with self._database.write() as connection:
            ended = connection.execute(
                update(table)
                .where(table.c.inspection == number, table.c.ended_at.is_(None))
                .values(ended_at=at, block=block, finding_count=finding_count)
            )
            if ended.rowcount == 0:
                return
            clean = select(table.c.inspection).where(table.c.inspection < number, table.c.finding_count == 0)
            connection.execute(delete(inspection_figure).where(inspection_figure.c.inspection.in_(clean)))
            for place, figure in enumerate(figures):
                connection.execute(
                    insert(inspection_figure).values(inspection=number, place=place, **asdict(figure))
                )
            for place, finding in enumerate(findings):
                connection.execute(
                    insert(inspection_finding).values(inspection=number, place=place, **asdict(finding))
                )

    def inspection(self, number: int) -> Inspection:
        """Return one.

        Raises:
            InspectionUnknown: There is no such inspection.
        """
        with self._database.read() as connection:
            return _known(connection, number)

    def newest(self, limit: int) -> list[Inspection]:
        """Return the newest ones, newest first, those not done yet too."""
        wanted = select(inspection).order_by(inspection.c.inspection.desc()).limit(limit)
        with self._database.read() as connection:
            return [Inspection(**row._mapping) for row in connection.execute(wanted)]

    def last_done(self) -> Inspection | None:
        """Return the newest one that was done; None when none was."""
        table = inspection
        wanted = (
            select(table).where(table.c.ended_at.is_not(None)).order_by(table.c.inspection.desc()).limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Inspection(**row._mapping)

    def last_asked_at(self, occasion: Occasion) -> int | None:
        """Return when one was asked for last, on this occasion; None when none was."""
        table = inspection
        wanted = (
            select(table.c.asked_at)
            .where(table.c.occasion == occasion)
            .order_by(table.c.inspection.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def alarm(self) -> int | None:
        """Return the oldest one that found something of which nobody took note; None when there is none."""
        table = inspection
        wanted = (
            select(table.c.inspection)
            .where(table.c.finding_count > 0, table.c.acknowledged_at.is_(None))
            .order_by(table.c.inspection)
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def open_alarm_count(self) -> int:
        """Return how many found something of which nobody took note."""
        table = inspection
        wanted = (
            select(func.count())
            .select_from(table)
            .where(table.c.finding_count > 0, table.c.acknowledged_at.is_(None))
        )
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one()

    def figures(self, number: int) -> list[Figure]:
        """Return its figures, in the order in which they are shown; none of one whose figures are forgotten."""
        table = inspection_figure
        wanted = select(table).where(table.c.inspection == number).order_by(table.c.place)
        with self._database.read() as connection:
            return [
                Figure(row.programme, row.shop, row.what, row.ledger_cents, row.chain_cents)
                for row in connection.execute(wanted)
            ]

    def findings(self, number: int) -> list[Finding]:
        """Return what it found, in the order in which it did."""
        table = inspection_finding
        wanted = select(table).where(table.c.inspection == number).order_by(table.c.place)
        with self._database.read() as connection:
            return [
                Finding(row.part, row.subject, row.expected, row.found) for row in connection.execute(wanted)
            ]

    def acknowledge(self, number: int, *, staff: int, reason: str, at: int) -> None:
        """Write down that a member of staff took note of what it found.

        Raises:
            InspectionUnknown: There is no such inspection.
            NothingToAcknowledge: It found nothing, or somebody took note of it before.
        """
        table = inspection
        with self._database.write() as connection:
            if not _known(connection, number).alarms:
                raise NothingToAcknowledge(inspection=number)
            connection.execute(
                update(table)
                .where(table.c.inspection == number)
                .values(acknowledged_at=at, acknowledged_by=staff, acknowledged_reason=reason)
            )
            note_differences(connection, inspection=number, at=at)


def _waiting(connection: Connection) -> int | None:
    table = inspection
    oldest = (
        select(table.c.inspection).where(table.c.ended_at.is_(None)).order_by(table.c.inspection).limit(1)
    )
    return connection.execute(oldest).scalar_one_or_none()


def _known(connection: Connection, number: int) -> Inspection:
    row = connection.execute(select(inspection).where(inspection.c.inspection == number)).one_or_none()
    if row is None:
        raise InspectionUnknown(inspection=number)
    return Inspection(**row._mapping)
