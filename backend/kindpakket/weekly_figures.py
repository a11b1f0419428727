# SPDX-License-Identifier: EUPL-1.2
"""Weekly figures: what everyone may know of a programme's spending, and what staff may expect of it. Euro cents.

Each amount is what was paid, before refunds, in whole weeks (Monday to Sunday, Dutch days) that are over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from .programmes import Programme, list_booked, list_programmes, programme_named
from .services import Services
from .suppression import Payments, Run, Stretch, divide_by_kind, divide_by_week, week_of
from .units import day_of, day_starts_at

RATE_WEEKS = 8
"""The expectation goes by the last weeks: so many at the least."""
KEPT_SECONDS = 60
"""A payment of a week that is just over may be booked a moment later."""


@dataclass(frozen=True, slots=True)
class Total:
    """What a kind of purchase or a shop was paid; None: other ones together."""

    number: int | None
    count: int
    redeemed_cents: int


@dataclass(frozen=True, slots=True)
class WeeklyFigures:
    """A programme's spending over time, by kind of purchase and by shop.

    Attributes:
        runs: Weeks, some joined; the last one may lie in the past, until enough was paid after it.
        stretches: The same payments as far as four weeks are whole, divided by kind and shop.
        count_at_end: All payments of a programme that is over, also those at its end that are never told; else None.
    """

    programme: Programme
    runs: tuple[Run, ...]
    stretches: tuple[Stretch, ...]
    count_at_end: int | None

    @property
    def by_category(self) -> list[Total]:
        """What was paid for each kind of purchase, in all stretches."""
        return self._totals("category")

    @property
    def by_shop(self) -> list[Total]:
        """What each shop was paid, in all stretches, as far as it is told."""
        return self._totals("shop")

    def _totals(self, name: str) -> list[Total]:
        counts: Counter[int | None] = Counter()
        amounts: Counter[int | None] = Counter()
        for stretch in self.stretches:
            for group in stretch.groups:
                counts[getattr(group, name)] += group.count
                amounts[getattr(group, name)] += group.redeemed_cents
        return [Total(number, counts[number], cents) for number, cents in amounts.most_common()]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How much of a programme is used, and what may be left of it at its end.

    Attributes:
        voucher_count: Vouchers that were given out.
        never_activated_count: Of these, the ones whose letter nobody opened, and that paid nothing.
        unused_count: The ones that were activated and never paid anything.
        used_count: The ones that ever paid something.
        left_cents: What is on vouchers now.
        expected_left_cents: That, less what the weeks to come take if they are as the last 8; rounded to EUR 100.
            None before any week was told.
    """

    voucher_count: int
    never_activated_count: int
    unused_count: int
    used_count: int
    issued_cents: int
    left_cents: int
    expected_left_cents: int | None


def list_weekly_figures(services: Services) -> list[WeeklyFigures]:
    """Return what everyone may know of each programme, oldest first."""
    return [_figures_of(services, programme) for programme in list_programmes(services)]


def list_booked_figures(services: Services) -> list[WeeklyFigures]:
    """Return the same of what the ledger has, also when the chain is silent."""
    return [_figures_of(services, programme) for programme in list_booked(services)]


def weekly_figures(services: Services, *, programme: int) -> WeeklyFigures:
    """Return what everyone may know of a programme.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    return _figures_of(services, programme_named(services, programme))


def _figures_of(services: Services, programme: Programme) -> WeeklyFigures:
    now = services.now()
    today = day_of(now)
    return services.newest.of(
        ("weekly figures", programme.programme),
        (programme, today, now // KEPT_SECONDS),
        lambda: _work_out(services, programme, today=today),
    )


def _work_out(services: Services, programme: Programme, *, today: date) -> WeeklyFigures:
    end_on = week_of(today)
    last_on = day_of(programme.ends_at - 1)
    is_over = last_on < end_on
    if is_over:
        end_on = week_of(last_on) + timedelta(days=7)
    first_on = day_of(programme.starts_at)
    mondays = [week_of(first_on)]
    while mondays[-1] < end_on:
        mondays.append(mondays[-1] + timedelta(days=7))
    payments = [
        Payments(
            on=mondays[one.week],
            category=one.category,
            shop=one.shop,
            count=one.count,
            redeemed_cents=one.redeemed_cents,
        )
        for one in services.ledger.trail_reports.paid_by_week(
            programme.programme, borders=[day_starts_at(monday) for monday in mondays]
        )
    ]
    runs = divide_by_week(payments, first_on=first_on, end_on=end_on)
    return WeeklyFigures(
        programme=programme,
        runs=tuple(runs),
        stretches=tuple(divide_by_kind(payments, runs, is_over=is_over)),
        count_at_end=sum(one.count for one in payments) if is_over else None,
    )


def outlook(services: Services, figures: WeeklyFigures) -> Outlook:
    """Return how much of a programme is used, and what may be left at its end."""
    programme = figures.programme
    totals = services.ledger.reports.totals(programme.programme)
    assert totals is not None, "the figures are of a programme"
    use = services.ledger.use.counts(programme.programme)
    return Outlook(
        voucher_count=use.voucher_count,
        never_activated_count=use.never_activated_count,
        unused_count=use.activated_count - use.used_count,
        used_count=use.used_count,
        issued_cents=totals.issued_cents,
        left_cents=totals.left_cents,
        expected_left_cents=_expect(figures, totals.left_cents, today=day_of(services.now())),
    )


def _expect(figures: WeeklyFigures, left_cents: int, *, today: date) -> int | None:
    last_weeks: list[Run] = []
    for run in reversed(figures.runs):
        last_weeks.append(run)
        if sum(one.week_count for one in last_weeks) >= RATE_WEEKS:
            break
    if not last_weeks:
        return None
    weeks = sum(one.week_count for one in last_weeks)
    spent_cents = sum(one.redeemed_cents for one in last_weeks)
    days_left = max(0, (day_of(figures.programme.ends_at - 1) - today).days)
    expected_cents = max(0, left_cents - spent_cents * days_left // (7 * weeks))
    return (expected_cents + 50_00) // 100_00 * 100_00
