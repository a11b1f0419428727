# SPDX-License-Identifier: EUPL-1.2
"""A year of use: thought out with dice, played through the API in a really started server.

Given the same dice, days and shops
  the same year is thought out; with other dice, another
  everything happens in opening hours of the year, after the family opened its letter, in shops that sell it
Given a demo that was started with --year
  its year adds up by the books, was paid out every month, and its heads are of days of that year
  some families never opened their letter
  started again, it goes on with the same data, at the time of now
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from kindpakket.demo import year_plan
from kindpakket.demo.clock import DemoClock
from kindpakket.demo.year_plan import Year, think_out
from kindpakket.units import day_of, day_starts_at
from tests.end_to_end.server import Server
from tests.ledger.databases import environment_of

from .years import desk_of, wait_until_played, year_server

SHOPS = {1: (3,), 2: (2,), 3: (1,), 4: (1, 2), 5: (4, 5), 6: (6,)}
TODAY = date(2026, 11, 28)


def think(seed: int) -> Year:
    """A year until this day."""
    first_on = year_plan.first_day(TODAY)
    return think_out(seed, first_on=first_on, end_on=TODAY, household_count=80, shops=SHOPS)


# ---------------------------------------------------------------- thought out


def test_the_same_dice_give_the_same_year_and_others_another() -> None:
    assert think(1) == think(1)
    assert think(1) != think(2)


def test_a_year_begins_on_a_monday_and_everything_in_it_happens_in_opening_hours() -> None:
    year = think(2017)
    assert year.first_on.weekday() == 0
    assert (TODAY - year.first_on).days >= 7 * year_plan.WEEKS
    opened_at = {one.household: one.at for one in year.moments if one.kind == "opens"}
    assert sorted(opened_at) == list(year.opened)
    assert len(year.opened) == 64, "one in five never opens the letter"
    for one in year.moments:
        day = day_of(one.at)
        assert year.first_on <= day < year.end_on
        assert 9 * 3600 <= one.at - day_starts_at(day) <= 18 * 3600
        if one.kind == "pays":
            assert opened_at[one.household] < one.at
            assert one.category in SHOPS[one.shop]
            assert 0 <= one.back_cents <= one.cents
            assert not one.back_cents or one.at < one.back_at < day_starts_at(year.end_on)
    assert [one.at for one in year.moments] == sorted(one.at for one in year.moments)


def test_a_year_has_seasons_and_families_have_shops_that_they_like() -> None:
    pays = [one for one in think(2017).moments if one.kind == "pays"]
    assert 1_400 < len(pays) <= year_plan.PAYMENTS
    school = Counter(day_of(one.at).month for one in pays if one.category == year_plan.SCHOOL)
    assert school[8] + school[9] > sum(school.values()) / 3
    toys = Counter(day_of(one.at).month for one in pays if one.category == year_plan.TOYS)
    assert max(toys, key=lambda month: toys[month]) in (11, 12)
    visits = Counter((one.household, one.shop) for one in pays)
    most = [max(visits[family, shop] for shop in SHOPS) for family in {one.household for one in pays}]
    assert sum(most) > len(pays) * 0.35, "each goes to one shop more often than to the five others"


def test_the_clock_of_the_demo_never_goes_back_while_it_plays() -> None:
    clock = DemoClock()
    clock.play(1000)
    clock.play(900)
    assert clock() == 1000
    clock.stop()
    assert clock() >= int(time.time()) - 1


# ---------------------------------------------------------------- played


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = year_server(tmp_path_factory.mktemp("year") / "data")
    try:
        server.start()
        wait_until_played(server, times=1)
        yield server
    finally:
        server.end()


def test_a_played_year_adds_up_and_was_paid_out(played: Server) -> None:
    desk = desk_of(played)
    report = desk.ask("GET", "/programmes/1/report")
    told = re.search(r"(\d+) payments of (\S+) to (\S+),", played.log())
    assert told is not None
    assert report["redemptionCount"] == int(told[1]) > 1_400
    assert report["depositedCents"] == sum(
        report[name] for name in ("unallocatedCents", "leftCents", "owedCents", "settledCents")
    )
    assert report["refundedCents"] > 0
    outlook = desk.ask("GET", "/programmes/1/outlook")
    assert outlook["neverActivatedCount"] > 20
    assert outlook["expectedLeftCents"] is not None
    runs = desk.ask("GET", "/payout-runs")["runs"]
    assert len(runs) in (11, 12)
    assert {one["state"] for one in runs} == {"done"}
    assert sum(one["amountCents"] for one in runs) == report["settledCents"]
    assert {(one["preparedBy"], one["approvedBy"]) for one in runs} == {("Anna", "Bram")}


def test_the_weeks_of_a_played_year_are_all_told(played: Server) -> None:
    figures = played.new_client().ask("GET", "/weekly-figures/1")
    weeks = sum(one["weekCount"] for one in figures["weeks"])
    assert year_plan.WEEKS - 2 <= weeks <= year_plan.WEEKS + 1
    assert min(one["count"] for one in figures["weeks"]) >= 5
    groups = [group for stretch in figures["stretches"] for group in stretch["groups"]]
    assert {group["category"] for group in groups} >= {1, 2, 3, 4, 5, 6}
    lines = desk_of(played).ask("GET", "/payment-lines")
    assert sum(one["count"] for one in figures["weeks"]) <= lines["redemptionCount"]


def test_the_heads_of_a_played_year_are_of_its_days_and_lead_to_the_chain(played: Server) -> None:
    found = played.new_client().ask("GET", "/heads")["heads"]
    days = [date.fromisoformat(one["on"]) for one in found]
    assert len(days) > 250 and days == sorted(set(days))
    assert days[0] >= year_plan.first_day(day_of(int(time.time())))
    payment = desk_of(played).ask("GET", "/payment-lines")["lines"][0]
    trail = desk_of(played).ask("GET", f"/payment-lines/{payment['place']}")
    assert trail["agrees"] and trail["headOn"] is not None


def test_a_played_year_goes_on_at_the_time_of_now(played: Server) -> None:
    before = desk_of(played).ask("GET", "/payment-lines")
    played.stop()
    log = subprocess.run(
        [sys.executable, "-m", "kindpakket", "verify-staff-log", "--data-dir", str(played.data_dir)],
        capture_output=True,
        text=True,
        check=False,
        env=environment_of(played.data_dir),
    )
    assert log.returncode == 0, log.stdout + log.stderr
    played.start()
    wait_until_played(played, times=2)
    assert desk_of(played).ask("GET", "/payment-lines") == before
    now = played.new_client().ask("GET", "/fund")["now"]
    assert abs(now - time.time()) < timedelta(hours=1).total_seconds()
