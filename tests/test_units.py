# SPDX-License-Identifier: EUPL-1.2
"""Money and days as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from kindpakket.units import day_ends_at, day_of, day_starts_at, format_euros, parse_euros


@pytest.mark.parametrize(
    "text", ["", "€", "-5", "3,745", "1.2.3", "300 euro", "1e3", "1,2,3", "٣", ",50", "12.34.567"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_euros(text)


@pytest.mark.parametrize(
    "text, cents",
    [
        ("300", 30_000),
        ("37,45", 3745),
        ("37.45", 3745),
        ("37,4", 3740),
        ("€ 1.250,00", 125_000),
        ("1.250", 125_000),
        ("0", 0),
    ],
)
def test_amounts_are_read_as_dutch_people_type_them(text: str, cents: int) -> None:
    assert parse_euros(text) == cents


def test_amounts_are_written_per_language() -> None:
    assert format_euros(123_450) == "€\u00a01.234,50"
    assert format_euros(123_450, language="en") == "€\u00a01,234.50"
    assert format_euros(-5) == "−€\u00a00,05"


def test_a_day_includes_its_start_and_excludes_its_end() -> None:
    on = date(2026, 12, 31)
    assert day_of(day_starts_at(on)) == on
    assert day_of(day_ends_at(on) - 1) == on
    assert day_of(day_ends_at(on)) == date(2027, 1, 1)


@pytest.mark.parametrize(
    "on, hours", [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_the_days_on_which_the_clock_changes_have_23_and_25_hours(on: date, hours: int) -> None:
    assert day_ends_at(on) - day_starts_at(on) == hours * 3600


def test_the_last_day_of_the_calendar_has_an_end_too() -> None:
    assert day_ends_at(date.max) - day_starts_at(date.max) == 24 * 3600
    assert day_of(day_ends_at(date.max) - 1) == date.max
    assert day_starts_at(date.min) < 0
