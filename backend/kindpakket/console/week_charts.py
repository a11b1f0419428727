# SPDX-License-Identifier: EUPL-1.2
"""Weeks as they are drawn: a bar a run of weeks, and lines of what was spent against the budget. Euro cents.

The drawing is 1000 wide and 100 high and is stretched to its place; the height stands for `most_cents`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kindpakket.suppression import Run

WIDTH = 1000
HEIGHT = 100
GAP = 2


@dataclass(frozen=True, slots=True)
class WeekBar:
    """A run of weeks: as wide as it lasts, as high as was paid a week on average."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class WeekChart:
    """What was paid a week."""

    bars: tuple[WeekBar, ...]
    most_cents: int


@dataclass(frozen=True, slots=True)
class BudgetChart:
    """What was spent in all, week by week; the budget as a level line; where it is heading.

    Attributes:
        spent: The points of the line, as SVG writes them.
        budget_y: The height of the level line.
        expected: The points from now to the expected end; empty when nothing is expected.
    """

    spent: str
    budget_y: float
    expected: str
    most_cents: int


def week_chart(runs: Sequence[Run], *, first_on: date, end_on: date) -> WeekChart:
    """Draw what was paid a week from `first_on` until before `end_on`."""
    averages = [run.redeemed_cents // run.week_count for run in runs]
    most = max(averages, default=0)
    return WeekChart(
        bars=tuple(
            WeekBar(
                x=_x(run.first_on, first_on, end_on),
                y=_y(average, most),
                width=max(
                    1.0,
                    round(_x(run.last_on + timedelta(days=1), first_on, end_on) - GAP, 2)
                    - _x(run.first_on, first_on, end_on),
                ),
                height=round(HEIGHT - _y(average, most), 2),
            )
            for run, average in zip(runs, averages, strict=True)
        ),
        most_cents=most,
    )


def budget_chart(
    runs: Sequence[Run], *, first_on: date, end_on: date, budget_cents: int, expected_cents: int | None
) -> BudgetChart:
    """Draw what was spent in all; `expected_cents` is what is thought to be spent at the end."""
    reached = [(first_on, 0)]
    for run in runs:
        reached.append((run.last_on + timedelta(days=1), reached[-1][1] + run.redeemed_cents))
    most = max(budget_cents, reached[-1][1], expected_cents or 0)
    ends = [reached[-1], (end_on, expected_cents)] if expected_cents is not None else []
    return BudgetChart(
        spent=_points(reached, first_on, end_on, most),
        budget_y=_y(budget_cents, most),
        expected=_points(ends, first_on, end_on, most),
        most_cents=most,
    )


def _points(reached: Sequence[tuple[date, int]], first_on: date, end_on: date, most: int) -> str:
    return " ".join(f"{_x(on, first_on, end_on)},{_y(cents, most)}" for on, cents in reached)


def _x(on: date, first_on: date, end_on: date) -> float:
    return round(WIDTH * (on - first_on).days / (end_on - first_on).days, 2)


def _y(cents: int, most: int) -> float:
    return round(HEIGHT - HEIGHT * cents / most, 2) if most else float(HEIGHT)
