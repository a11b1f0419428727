# SPDX-License-Identifier: EUPL-1.2
"""What was paid in each week, in weeks of 167, 168 and 169 hours.

Given payments in the first and the last second of each week of two years
  each is told in its own week
  what is before the first week and after the last one is told in none
Given no week, or one in which nothing was paid
  nothing is told
"""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from sqlalchemy import text

from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger
from kindpakket.ledger.trail_reports import PaidInWeek
from kindpakket.units import day_starts_at

from .databases import connect
from .source import begun, redeemed

MONDAYS = [date(2025, 12, 29) + timedelta(weeks=week) for week in range(106)]
BORDERS = [day_starts_at(monday) for monday in MONDAYS]
WEEKS = len(BORDERS) - 1


def pay_at(ledger: Ledger, url: str, times: list[int]) -> None:
    """Book a cent more for each payment, and move it to its time."""
    chain = begun()
    chain.add_block(*(redeemed(1, number, 1 + number) for number in range(len(times))))
    Follower(chain, ledger).catch_up()
    with connect(url) as connection:
        connection.execute(
            text("UPDATE redemption SET at = :at WHERE number = :number"),
            [{"at": at, "number": number} for number, at in enumerate(times)],
        )
        connection.commit()


def test_each_payment_is_told_in_its_own_week(ledger: Ledger, url: str) -> None:
    assert {(after - before) // 3600 for before, after in itertools.pairwise(BORDERS)} == {
        167,
        168,
        169,
    }
    times = [at for start, end in itertools.pairwise(BORDERS) for at in (start, end - 1)]
    pay_at(ledger, url, [*times, BORDERS[0] - 1, BORDERS[-1]])
    assert ledger.trail_reports.paid_by_week(1, borders=BORDERS) == [
        PaidInWeek(week=week, category=3, shop=3, count=2, redeemed_cents=4 * week + 3)
        for week in range(WEEKS)
    ]


def test_without_weeks_and_in_weeks_without_payments_nothing_is_told(ledger: Ledger, url: str) -> None:
    pay_at(ledger, url, [BORDERS[0] - 1])
    assert ledger.trail_reports.paid_by_week(1, borders=BORDERS) == []
    assert ledger.trail_reports.paid_by_week(1, borders=BORDERS[:1]) == []
    assert ledger.trail_reports.paid_by_week(2, borders=[0, BORDERS[-1]]) == []
    assert len(ledger.trail_reports.paid_by_week(1, borders=[0, BORDERS[-1]])) == 1
