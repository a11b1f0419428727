# SPDX-License-Identifier: EUPL-1.2
"""What vouchers are used for, or not: counts of a programme, and whom to remind. No amounts, no household at a time."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket import programmes
from kindpakket.csv_tables import write_rows
from kindpakket.ledger.use import VoucherUse
from kindpakket.services import Services
from kindpakket.units import day_of

IDLE_SECONDS = 60 * 24 * 3600
REMIND_DAYS = (30, 60)


@dataclass(frozen=True, slots=True)
class ProgrammeUse:
    """A programme's vouchers by what was done with them, and how long it still runs.

    Attributes:
        counts: Idle are those that have money left and were not paid with in 60 days, though they were opened.
        days_left: Whole days until its end, today's left out; 0 on its last day and after it.
        remind_days: The reminder that is due, 60 or 30 days before the end; None when none is, or the end is past.
    """

    counts: VoucherUse
    days_left: int
    remind_days: int | None


@dataclass(frozen=True, slots=True)
class Unopened:
    """A household that has vouchers that nobody opened, by the municipality's own reference."""

    row_reference: str
    voucher_count: int


def voucher_use(services: Services, *, programme: int) -> ProgrammeUse:
    """Count the vouchers of a programme by what was done with them.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    terms, now = programmes.programme_named(services, programme), services.now()
    seconds_left = max(0, terms.ends_at - now)
    days_left = seconds_left // (24 * 3600)
    due = [days for days in REMIND_DAYS if 0 < seconds_left <= days * 24 * 3600]
    return ProgrammeUse(
        counts=services.ledger.use.counts(programme, idle_since_at=now - IDLE_SECONDS),
        days_left=days_left,
        remind_days=due[0] if due else None,
    )


def unopened_households(services: Services, *, programme: int) -> list[Unopened]:
    """Return the households with vouchers that were never opened, by reference in the order of their files.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    programmes.programme_named(services, programme)
    never = services.ledger.use.never_activated(programme)
    counts: dict[str, int] = {}
    for voucher, reference in services.registry.letters.reference_of_vouchers(programme).items():
        if voucher in never:
            counts[reference] = counts.get(reference, 0) + 1
    return [Unopened(row_reference=reference, voucher_count=count) for reference, count in counts.items()]


def write_reminders(services: Services, *, programme: int) -> bytes:
    """Return those households as a CSV, to merge with addresses that the server does not know.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    last_on = day_of(programmes.programme_named(services, programme).ends_at - 1)
    rows = [
        [one.row_reference, str(one.voucher_count), last_on.isoformat()]
        for one in unopened_households(services, programme=programme)
    ]
    return write_rows(["kenmerk", "tegoeden", "tot en met"], rows, delimiter=";").encode()
