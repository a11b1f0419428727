# SPDX-License-Identifier: EUPL-1.2
"""From what is told of spending, no group of fewer than 5 payments can be worked out.

Given any payments of any weeks
  every figure over time, and every one by kind and shop, is of 5 payments or more
  the figures of each division add up to the same whole: nothing is told twice, nothing that is told is left out
  no sum or difference of figures of one division is of 1 to 4 payments
  when a week more is told: all that was told before is told again the same, and only groups of 5 or more are new
Given a kind with fewer than 5 payments beside others with more
  the smallest of the others joins it, so that the total less the rest does not tell it
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise, product

from hypothesis import given, strategies

from kindpakket.suppression import LEAST, Group, Payment, divide_by_kind, divide_by_week, week_of

FIRST_ON = date(2025, 12, 29)
WEEKS = 12
END_ON = FIRST_ON + timedelta(weeks=WEEKS)

payments_of_a_year = strategies.lists(
    strategies.builds(
        Payment,
        on=strategies.integers(0, WEEKS * 7 - 1).map(lambda day: FIRST_ON + timedelta(days=day)),
        category=strategies.integers(1, 4),
        shop=strategies.integers(1, 5),
        amount_cents=strategies.integers(1, 10_000),
    ),
    max_size=120,
)


def pay(count: int, *, category: int, shop: int = 1, week: int = 0, cents: int = 100) -> list[Payment]:
    """So many payments on the Monday of a week."""
    return [Payment(FIRST_ON + timedelta(weeks=week), category, shop, cents)] * count


def groups_of(payments: list[Payment]) -> list[Group]:
    """The groups of four weeks."""
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=FIRST_ON + timedelta(weeks=4))
    (stretch,) = divide_by_kind(payments, runs, is_over=True)
    return list(stretch.groups)


@given(payments_of_a_year)
def test_every_figure_is_of_five_payments_or_more(payments: list[Payment]) -> None:
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    stretches = divide_by_kind(payments, runs, is_over=True)
    assert all(run.count >= LEAST for run in runs)
    assert all(group.count >= LEAST for stretch in stretches for group in stretch.groups)


@given(payments_of_a_year)
def test_both_divisions_add_up_to_the_same_whole(payments: list[Payment]) -> None:
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    stretches = divide_by_kind(payments, runs, is_over=True)
    groups = [group for stretch in stretches for group in stretch.groups]
    told = [one for one in payments if runs and one.on <= runs[-1].last_on]
    assert len(payments) - len(told) < LEAST, "fewer than 5 wait for more"
    assert sum(run.count for run in runs) == sum(group.count for group in groups) == len(told)
    cents = sum(one.amount_cents for one in told)
    assert sum(run.redeemed_cents for run in runs) == cents
    assert sum(group.redeemed_cents for group in groups) == cents
    for before, after in pairwise(runs):
        assert after.first_on == before.last_on + timedelta(days=1)
    for stretch in stretches:
        within = [run for run in runs if stretch.first_on <= run.first_on and run.last_on <= stretch.last_on]
        assert sum(run.count for run in within) == sum(group.count for group in stretch.groups)


@given(payments_of_a_year)
def test_no_difference_of_a_total_and_what_is_in_it_is_of_one_to_four_payments(
    payments: list[Payment],
) -> None:
    """Every total that can be formed over a stretch, less every part of it: for kinds, for shops, for both."""
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    for stretch in divide_by_kind(payments, runs, is_over=True):
        groups = stretch.groups
        unions = [
            {place for place, group in enumerate(groups) if chosen(group)}
            for chosen in (
                *(lambda group, n=n: group.category == n for n in (None, 1, 2, 3, 4)),
                *(lambda group, n=n: group.shop == n for n in (None, 1, 2, 3, 4, 5)),
                lambda group: True,
            )
        ]
        unions += [one | other for one, other in product(unions, unions)]
        for one, other in product(unions, unions):
            left = sum(groups[place].count for place in one - other)
            assert left == 0 or left >= LEAST


@given(payments_of_a_year, strategies.integers(1, WEEKS - 1))
def test_a_later_telling_only_adds(payments: list[Payment], weeks: int) -> None:
    then = FIRST_ON + timedelta(weeks=weeks)
    known = [one for one in payments if one.on < then]
    earlier = divide_by_week(known, first_on=FIRST_ON, end_on=then)
    later = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    assert later[: len(earlier)] == earlier
    told = divide_by_kind(known, earlier, is_over=False)
    assert divide_by_kind(payments, later, is_over=False)[: len(told)] == told


def test_a_week_with_four_payments_is_told_with_the_next_and_one_with_five_is_not() -> None:
    four = divide_by_week(pay(4, category=1) + pay(1, category=1, week=1), first_on=FIRST_ON, end_on=END_ON)
    assert [(run.first_on, run.last_on, run.count) for run in four] == [
        (FIRST_ON, FIRST_ON + timedelta(days=13), 5)
    ]
    five = divide_by_week(pay(5, category=1) + pay(4, category=1, week=1), first_on=FIRST_ON, end_on=END_ON)
    assert [(run.first_on, run.week_count, run.count) for run in five] == [(FIRST_ON, 1, 5)]


def test_a_small_kind_is_told_with_the_smallest_of_the_others() -> None:
    groups = groups_of(pay(4, category=1) + pay(9, category=2) + pay(7, category=3))
    assert [(group.category, group.shop, group.count) for group in groups] == [(2, 1, 9), (None, None, 11)]


def test_small_kinds_that_are_enough_together_hide_no_other() -> None:
    groups = groups_of(pay(3, category=1) + pay(2, category=2) + pay(7, category=3))
    assert [(group.category, group.count) for group in groups] == [(3, 7), (None, 5)]


def test_a_small_shop_is_told_within_its_kind_only() -> None:
    payments = pay(5, category=3, shop=1) + pay(2, category=3, shop=2) + pay(6, category=2, shop=2)
    counts = Counter({(group.category, group.shop): group.count for group in groups_of(payments)})
    # Who knows that only shops 1 and 2 sell this kind would else work out the 2 from the 7 and the 5.
    assert counts == {(3, None): 7, (2, 2): 6}


def test_a_week_begins_on_monday() -> None:
    assert week_of(date(2026, 1, 1)) == FIRST_ON
    assert week_of(FIRST_ON) == FIRST_ON
    assert week_of(FIRST_ON - timedelta(days=1)) == FIRST_ON - timedelta(days=7)
