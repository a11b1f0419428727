# SPDX-License-Identifier: EUPL-1.2
"""The desk's work on one voucher, in the registry: top-ups with their reasons, and sheets of codes on paper.

Each is written down before the chain has it, so that what breaks off in between is known. Amounts in euro cents.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from kindpakket.databases import Database

from . import tables
from .desk_tables import code_sheet, top_up
from .replacements import put_letter
from .staff_log import COMMAND_LINE, Action, Outcome, append


@dataclass(frozen=True, slots=True)
class TopUp:
    """More money on a voucher. `done_at` is None while it is not known whether the chain has it."""

    top_up: int
    household: int
    voucher: int
    amount_cents: int
    issued_cents_before: int
    reason: str
    note: str
    staff: int
    started_at: int
    done_at: int | None


class Desk:
    """Top-ups and sheets of codes."""

    def __init__(self, database: Database) -> None:
        """Keep them in this database."""
        self._database = database

    # ---------------------------------------------------------------- top-ups

    def begin_top_up(
        self,
        *,
        household: int,
        voucher: int,
        amount_cents: int,
        issued_cents_before: int,
        reason: str,
        note: str,
        staff: int,
        at: int,
    ) -> TopUp:
        """Write a top-up down before the chain has it."""
        with self._database.write() as connection:
            row = connection.execute(
                insert(top_up)
                .values(
                    household=household,
                    voucher=voucher,
                    amount_cents=amount_cents,
                    issued_cents_before=issued_cents_before,
                    reason=reason,
                    note=note,
                    staff=staff,
                    started_at=at,
                )
                .returning(top_up)
            ).one()
        return TopUp(**row._mapping)

    def finish_top_up(self, number: int, *, at: int) -> None:
        """Write down that the chain has a top-up."""
        with self._database.write() as connection:
            connection.execute(update(top_up).where(top_up.c.top_up == number).values(done_at=at))

    def forget_top_up(self, number: int) -> None:
        """Forget a top-up that the contract refused."""
        with self._database.write() as connection:
            connection.execute(top_up.delete().where(top_up.c.top_up == number, top_up.c.done_at.is_(None)))

    def end_resumed_top_up(self, begun: TopUp, *, refused_because: str, at: int) -> None:
        """Write down what became of a top-up that broke off, and in the log of staff that the server saw to it."""
        done = update(top_up).where(top_up.c.top_up == begun.top_up).values(done_at=at)
        gone = top_up.delete().where(top_up.c.top_up == begun.top_up)
        with self._database.write() as connection:
            connection.execute(gone if refused_because else done)
            append(
                connection,
                by=COMMAND_LINE,
                at=at,
                action=Action.VOUCHER_TOPPED_UP,
                about=f"household={begun.household} voucher={begun.voucher} cents={begun.amount_cents}",
                reason=refused_because or begun.reason,
                outcome=Outcome.REFUSED if refused_because else Outcome.DONE,
            )

    def pending_top_ups(self) -> list[TopUp]:
        """Return the top-ups that are not known to be done, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(top_up).where(top_up.c.done_at.is_(None)).order_by(top_up.c.top_up)
            )
            return [TopUp(**row._mapping) for row in rows]

    def top_ups(self, voucher: int) -> list[TopUp]:
        """Return a voucher's top-ups, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(top_up).where(top_up.c.voucher == voucher).order_by(top_up.c.top_up.desc())
            )
            return [TopUp(**row._mapping) for row in rows]

    # ---------------------------------------------------------------- codes on paper

    def begin_sheet(
        self,
        *,
        household: int,
        voucher: int,
        letter_id: str,
        code_count: int,
        max_cents: int,
        staff: int,
        at: int,
    ) -> int:
        """Write down that a sheet is begun; return its number."""
        with self._database.write() as connection:
            number: int = connection.execute(
                insert(code_sheet)
                .values(
                    household=household,
                    voucher=voucher,
                    letter_id=letter_id,
                    code_count=code_count,
                    max_cents=max_cents,
                    staff=staff,
                    started_at=at,
                )
                .returning(code_sheet.c.sheet)
            ).scalar_one()
        return number

    def finish_sheet(self, sheet: int, *, letter_key: str, at: int) -> None:
        """Take the voucher off its letter and off any phone, now that the chain has it on paper."""
        with self._database.write() as connection:
            row = connection.execute(select(code_sheet).where(code_sheet.c.sheet == sheet)).one()
            put_letter(
                connection,
                household=row.household,
                letter_id=row.letter_id,
                letter_keys={row.voucher: letter_key},
                sealed_secret=None,
                at=at,
            )
            connection.execute(update(code_sheet).where(code_sheet.c.sheet == sheet).values(done_at=at))

    def sheet_count(self, voucher: int) -> int:
        """Return how many sheets were printed, or begun, for a voucher."""
        with self._database.read() as connection:
            return int(
                connection.execute(
                    select(func.count()).select_from(code_sheet).where(code_sheet.c.voucher == voucher)
                ).scalar_one()
            )

    def vouchers_on_paper(self, household: int) -> set[int]:
        """Return which vouchers of a household are on paper: no letter was made for them since."""
        opened = tables.letter_voucher
        with self._database.read() as connection:
            return set(
                connection.execute(
                    select(opened.c.voucher)
                    .join(code_sheet, code_sheet.c.letter_id == opened.c.letter_id)
                    .where(code_sheet.c.household == household)
                ).scalars()
            )
