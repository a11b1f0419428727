# SPDX-License-Identifier: EUPL-1.2
"""Leaps of the clock: after one, nothing is done that nobody asked for, until the clock is taken for right.

Given a clock that goes as time goes by, is corrected by minutes, or set back: nothing is held
Given one that gets ahead by more than five minutes since it was looked at
  everything is held for ten minutes, whether it is set right meanwhile or not, and that is told once
  when it leaps again meanwhile: for ten minutes from then
Given an installation whose clock leapt
  no check number is published and nothing is put on record; when the clock is taken for right, both are
Given a check number of a day that is still to come: that is told, once a day
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from kindpakket import heads, leaps, staff_log
from kindpakket.chain.tester import TesterChain
from kindpakket.leaps import HELD_SECONDS, MOST_SECONDS_AHEAD, LeapGuard, seconds_since_boot
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.support import Town

YEAR = 365 * 24 * 3600
DAY = 24 * 3600


class Clocks:
    """One clock that people set, one that nobody does."""

    def __init__(self) -> None:
        self.passed, self.ahead = 50.0, 1_795_000_000.0

    def wait(self, seconds: float) -> None:
        self.passed += seconds

    def guard(self) -> LeapGuard:
        return LeapGuard(lambda: self.passed + self.ahead, passing=lambda: self.passed)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def test_a_clock_that_leaps_ahead_holds_everything_for_ten_minutes(clocks: Clocks) -> None:
    guard = clocks.guard()
    clocks.ahead += MOST_SECONDS_AHEAD + 1
    with capture_logs() as told:
        assert guard.holds()
        clocks.wait(HELD_SECONDS - 1)
        assert guard.holds()
        clocks.wait(1)
        assert not guard.holds()
    assert [(line["event"], line["log_level"], line["seconds"]) for line in told] == [
        ("clock_leapt_ahead", "error", MOST_SECONDS_AHEAD + 1)
    ]


def test_a_clock_that_leapt_and_was_set_right_is_not_trusted_at_once(clocks: Clocks) -> None:
    guard = clocks.guard()
    clocks.ahead += YEAR
    assert guard.holds()
    clocks.wait(30)
    clocks.ahead -= YEAR
    assert guard.holds()
    clocks.wait(HELD_SECONDS - 30)
    assert not guard.holds()


def test_a_second_leap_holds_for_ten_minutes_from_then(clocks: Clocks) -> None:
    guard = clocks.guard()
    clocks.ahead += YEAR
    assert guard.holds()
    clocks.wait(HELD_SECONDS - 1)
    clocks.ahead += YEAR
    assert guard.holds()
    clocks.wait(HELD_SECONDS - 1)
    assert guard.holds()
    clocks.wait(1)
    assert not guard.holds()


def test_time_that_goes_by_corrections_and_a_clock_that_is_set_back_hold_nothing(clocks: Clocks) -> None:
    guard = clocks.guard()
    clocks.wait(10 * YEAR)
    assert not guard.holds()
    clocks.ahead += MOST_SECONDS_AHEAD
    assert not guard.holds()
    clocks.ahead -= YEAR
    assert not guard.holds()


def test_the_time_that_went_by_never_goes_back() -> None:
    first = seconds_since_boot()
    assert seconds_since_boot() >= first > 0


def test_after_a_leap_nothing_is_published_and_nothing_put_on_record(
    services: Services, town: Town, chain: TesterChain, clocks: Clocks
) -> None:
    guard = LeapGuard(services.now, passing=lambda: clocks.passed)
    services.holds_still = guard.holds
    before, day = chain.head(), day_of(services.now())
    chain.travel_to(services.now() + DAY)
    assert heads.publish_due(services) is None
    assert staff_log.anchor_due(services) is None
    assert chain.head() == before
    clocks.wait(leaps.HELD_SECONDS)
    published = heads.publish_due(services)
    assert published is not None
    assert (published.on, published.block) == (day, before.number)
    assert staff_log.anchor_due(services) is not None


def test_a_check_number_of_a_day_to_come_is_told_once_a_day(
    services: Services, town: Town, chain: TesterChain
) -> None:
    today, told_on = day_of(services.now()), set[date]()
    heads.publish(services, on=today + timedelta(days=400))
    with capture_logs() as told:
        for _ in range(2):
            assert heads.publish_or_tell(services, told_on) is None
        chain.travel_to(services.now() + DAY)
        heads.publish_or_tell(services, told_on)
    severe = [line for line in told if line["log_level"] == "error"]
    assert [(line["event"], line["today"]) for line in severe] == [
        ("published_head_of_later_day", f"{today}"),
        ("published_head_of_later_day", f"{today + timedelta(days=1)}"),
    ]
