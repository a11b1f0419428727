# SPDX-License-Identifier: EUPL-1.2
"""The messages about spending in whole weeks, and about what may be left. Whole euro cents. See docs/figures.md."""

from __future__ import annotations

from datetime import date

from .models import Message


class Weeks(Message):
    """Whole weeks with 5 payments or more together, and what was paid in them before refunds."""

    first_on: date
    last_on: date
    week_count: int
    count: int
    redeemed_cents: int


class SpendingGroup(Message):
    """5 payments or more. `category` null: of other kinds; `shop` null: of other shops of that kind."""

    category: int | None
    shop: int | None
    count: int
    redeemed_cents: int


class SpendingStretch(Message):
    """Four weeks or more, divided by kind of purchase and shop."""

    first_on: date
    last_on: date
    groups: list[SpendingGroup]


class WeeklyFigures(Message):
    """A programme's spending in weeks that are over."""

    programme: int
    name: str
    weeks: list[Weeks]
    stretches: list[SpendingStretch]


class Outlook(Message):
    """How much of a programme is used, and what may be left at its end; null before any week was told."""

    programme: int
    voucher_count: int
    used_count: int
    unused_count: int
    never_activated_count: int
    issued_cents: int
    left_cents: int
    expected_left_cents: int | None
