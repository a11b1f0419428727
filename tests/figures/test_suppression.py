# SPDX-License-Identifier: EUPL-1.2
"""From what is told of spending, no group of fewer than 5 payments can be worked out.

Given any payments of any weeks
  every figure over time, and every one by kind and shop, is of 5 payments or more
  the figures of each division add up to the same whole: nothing is told twice, nothing that is told is left out
  no kind, shop, or week of one with 1 to 4 payments follows from the figures, whatever is known of who sells what
  when a week more is told: all that was told before is told again the same, and only groups of 5 or more are new
Given totals of the whole fund beside the weeks, and programmes that begin and end
  no 1 to 4 payments that follow each other can be worked out from both
  nor fewer than 5 refunds or top-ups since totals that were told, by whatever rule
  when more weeks are told: what was chosen before is chosen again
Given a kind with fewer than 5 payments beside others with more
  the smallest of the others joins it, so that the total less the rest does not tell it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise

from hypothesis import given, settings, strategies

from kindpakket.suppression import (
    LEAST,
    Group,
    Moment,
    Payments,
    Run,
    ToldOverTime,
    choose_moments,
    divide_by_kind,
    divide_by_week,
    week_of,
)

FIRST_ON = date(2025, 12, 29)
WEEKS = 12
END_ON = FIRST_ON + timedelta(weeks=WEEKS)

payments_of_a_year = strategies.lists(
    strategies.builds(
        Payments,
        on=strategies.integers(0, WEEKS * 7 - 1).map(lambda day: FIRST_ON + timedelta(days=day)),
        category=strategies.integers(1, 4),
        shop=strategies.integers(1, 5),
        count=strategies.integers(1, 3),
        redeemed_cents=strategies.integers(1, 10_000),
    ),
    max_size=120,
)


def pay(count: int, *, category: int, shop: int = 1, week: int = 0, cents: int = 100) -> list[Payments]:
    """So many payments on the Monday of a week."""
    return [Payments(FIRST_ON + timedelta(weeks=week), category, shop, 1, cents)] * count


def groups_of(payments: list[Payments]) -> list[Group]:
    """The groups of four weeks."""
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=FIRST_ON + timedelta(weeks=4))
    (stretch,) = divide_by_kind(payments, runs, is_over=True)
    return list(stretch.groups)


@given(payments_of_a_year)
@settings(deadline=None)
def test_every_figure_is_of_five_payments_or_more(payments: list[Payments]) -> None:
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    stretches = divide_by_kind(payments, runs, is_over=True)
    assert all(run.count >= LEAST for run in runs)
    assert all(group.count >= LEAST for stretch in stretches for group in stretch.groups)


@given(payments_of_a_year)
@settings(deadline=None)
def test_both_divisions_add_up_to_the_same_whole(payments: list[Payments]) -> None:
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    stretches = divide_by_kind(payments, runs, is_over=True)
    groups = [group for stretch in stretches for group in stretch.groups]
    told = [one for one in payments if runs and one.on <= runs[-1].last_on]
    told_count = sum(one.count for one in told)
    assert sum(one.count for one in payments) - told_count < LEAST, "fewer than 5 wait for more"
    assert sum(run.count for run in runs) == sum(group.count for group in groups) == told_count
    cents = sum(one.redeemed_cents for one in told)
    assert sum(run.redeemed_cents for run in runs) == cents
    assert sum(group.redeemed_cents for group in groups) == cents
    for before, after in pairwise(runs):
        assert after.first_on == before.last_on + timedelta(days=1)
    for stretch in stretches:
        within = [run for run in runs if stretch.first_on <= run.first_on and run.last_on <= stretch.last_on]
        assert sum(run.count for run in within) == sum(group.count for group in stretch.groups)


#: What everyone may know: which shop sells what. Only shops 1 and 2 sell kind 1; shop 3 sells nothing but kind 2.
SOLD = [(1, 1), (1, 2), (2, 2), (2, 3), (3, 4), (3, 5), (4, 4), (4, 5)]

Atom = tuple[int, int, int]
"""A run of weeks, a kind and a shop: the smallest thing that somebody could want to know."""


def reduced(vector: dict[Atom, Fraction], rows: list[dict[Atom, Fraction]]) -> dict[Atom, Fraction]:
    """What is left of a vector when the rows, each led by its first atom, are taken off it."""
    vector = dict(vector)
    for row in rows:
        lead = min(row)
        factor = vector.get(lead, Fraction(0))
        if factor:
            for atom, value in row.items():
                vector[atom] = vector.get(atom, Fraction(0)) - factor * value
            vector = {atom: value for atom, value in vector.items() if value}
    return vector


def rows_of(figures: list[set[Atom]]) -> list[dict[Atom, Fraction]]:
    """All that follows from figures, each the sum of what it is of, as rows to take off (Gauss)."""
    rows: list[dict[Atom, Fraction]] = []
    for figure in figures:
        left = reduced(dict.fromkeys(figure, Fraction(1)), rows)
        if left:
            lead = left[min(left)]
            rows.append({atom: value / lead for atom, value in left.items()})
            rows.sort(key=min)
    return rows


def worked_out(payments: list[Payments], runs: list[Run], figures: list[set[Atom]]) -> set[frozenset[Atom]]:
    """The kinds, shops, shops of a kind, and each of these in a run, of 1 to 4 payments that figures give away."""
    atoms = {(run, kind, shop) for run in range(len(runs)) for kind, shop in SOLD}
    counts: Counter[Atom] = Counter()
    for one in payments:
        for number, run in enumerate(runs):
            if run.first_on <= one.on <= run.last_on:
                counts[number, one.category, one.shop] += one.count
    rows = rows_of(figures)
    found: set[frozenset[Atom]] = set()
    for places in ((1,), (2,), (1, 2), (0, 1), (0, 2), (0, 1, 2)):
        for key in {tuple(atom[place] for place in places) for atom in atoms}:
            wanted = frozenset(one for one in atoms if tuple(one[place] for place in places) == key)
            few = 1 <= sum(counts[atom] for atom in wanted) < LEAST
            if few and not reduced(dict.fromkeys(wanted, Fraction(1)), rows):
                found.add(wanted)
    return found


def figures_of(runs: list[Run], groups: Sequence[Group]) -> list[set[Atom]]:
    """The figures that are told of a stretch, each as the atoms that it is the sum of; what is not told is none."""
    numbers = range(len(runs))
    figures = [{(number, kind, shop) for kind, shop in SOLD} for number in numbers]
    kinds = {group.category for group in groups}
    for group in groups:
        shops = {other.shop for other in groups if other.category == group.category}
        figures.append(
            {
                (number, kind, shop)
                for number in numbers
                for kind, shop in SOLD
                if (kind == group.category or (group.category is None and kind not in kinds))
                and (
                    shop == group.shop
                    or (group.shop is None and (group.category is None or shop not in shops))
                )
            }
        )
    told: set[Atom] = set().union(*figures[len(runs) :])
    figures += [{(number, kind, shop)} - told for number in numbers for kind, shop in SOLD]
    return [figure for figure in figures if figure]


payments_of_known_shops = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 27), strategies.sampled_from(SOLD), strategies.integers(1, 3)
    ).map(lambda one: Payments(FIRST_ON + timedelta(days=one[0]), *one[1], one[2], 100)),
    min_size=5,
    max_size=60,
)


@given(payments_of_known_shops)
@settings(deadline=None)
def test_nothing_of_one_to_four_payments_can_be_worked_out(payments: list[Payments]) -> None:
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=FIRST_ON + timedelta(weeks=4))
    for stretch in divide_by_kind(payments, runs, is_over=True):
        told = [one for one in payments if stretch.first_on <= one.on <= stretch.last_on]
        assert worked_out(told, runs, figures_of(runs, stretch.groups)) == set()


def test_kinds_beside_shops_would_be_worked_out() -> None:
    """The check above finds what it is for: a shop of two payments, by what is known of who sells what."""
    payments = pay(5, category=1, shop=1) + pay(2, category=1, shop=2) + pay(6, category=2, shop=3)
    runs = divide_by_week(payments, first_on=FIRST_ON, end_on=FIRST_ON + timedelta(weeks=1))
    of_kind_1 = {(0, kind, shop) for kind, shop in SOLD if kind == 1}
    of_shop_1 = {(0, kind, shop) for kind, shop in SOLD if shop == 1}
    assert worked_out(payments, runs, [of_kind_1, of_shop_1]) == {frozenset({(0, 1, 2)})}


@given(payments_of_a_year, strategies.integers(1, WEEKS - 1))
@settings(deadline=None)
def test_a_later_telling_only_adds(payments: list[Payments], weeks: int) -> None:
    then = FIRST_ON + timedelta(weeks=weeks)
    known = [one for one in payments if one.on < then]
    earlier = divide_by_week(known, first_on=FIRST_ON, end_on=then)
    later = divide_by_week(payments, first_on=FIRST_ON, end_on=END_ON)
    assert later[: len(earlier)] == earlier
    told = divide_by_kind(known, earlier, is_over=False)
    assert divide_by_kind(payments, later, is_over=False)[: len(told)] == told


# ------------------------------------------------------------------ totals of moments beside the weeks

LASTS = {1: WEEKS, 2: 5}
"""For how many weeks each programme lasts."""


@dataclass(frozen=True)
class Stream:
    """Payments of two programmes, each as its day and programme; days with other movements; days with heads."""

    payments: list[tuple[int, int]]
    refunds: list[int]
    top_ups: list[int]
    heads: list[int]
    known: set[int]

    def told(self, weeks: int) -> dict[int, ToldOverTime]:
        """What is told of each programme when so many weeks are over."""
        found = {}
        for programme, lasts in LASTS.items():
            days = [day for day, of in self.payments if of == programme and day < weeks * 7]
            runs = divide_by_week(
                [Payments(FIRST_ON + timedelta(days=day), 1, 1, 1, 100) for day in days],
                first_on=FIRST_ON,
                end_on=FIRST_ON + timedelta(weeks=min(weeks, lasts)),
            )
            counts = tuple(accumulate((run.count for run in runs), initial=0))
            found[programme] = ToldOverTime(counts, count_at_end=len(days) if weeks >= lasts else None)
        return found

    def chosen(self, weeks: int) -> list[int]:
        """The heads whose totals are told when so many weeks are over."""
        days = [day for day in self.heads if day < weeks * 7]
        moments = [
            Moment(
                payments={one: sum(of == one for at, of in self.payments if at <= day) for one in LASTS},
                others={
                    "refunds": sum(at <= day for at in self.refunds),
                    "top-ups": sum(at <= day for at in self.top_ups),
                },
                is_known=day in self.known,
            )
            for day in days
        ]
        return [
            day for day, fits in zip(days, choose_moments(moments, self.told(weeks)), strict=True) if fits
        ]


def days_of(most: int) -> strategies.SearchStrategy[list[int]]:
    """Some days, in order."""
    return strategies.lists(strategies.integers(0, WEEKS * 7 - 1), max_size=most).map(sorted)


streams = strategies.builds(
    Stream,
    payments=strategies.lists(
        strategies.sampled_from([(day, of) for of, lasts in LASTS.items() for day in range(lasts * 7)]),
        max_size=40,
    ).map(sorted),
    refunds=days_of(8),
    top_ups=days_of(8),
    heads=strategies.sets(
        strategies.integers(0, WEEKS * 7 - 1) | strategies.sampled_from(range(6, 84, 7))
    ).map(sorted),
    known=strategies.just(set()),
)


@given(streams)
@settings(deadline=None, max_examples=200)
def test_no_one_to_four_payments_stand_between_the_totals_and_the_weeks(stream: Stream) -> None:
    # Each payment is an atom, and each figure the sum of those that it is of.
    atoms: list[Atom] = [(place, of, day) for place, (day, of) in enumerate(stream.payments)]
    figures = [{atom for atom in atoms if atom[2] <= day} for day in stream.chosen(WEEKS)]
    for programme, told in stream.told(WEEKS).items():
        own = [atom for atom in atoms if atom[1] == programme]
        figures += [set(own[:count]) for count in told.counts]
    rows = rows_of([figure for figure in figures if figure])
    for line in (atoms, *([atom for atom in atoms if atom[1] == one] for one in LASTS)):
        for start in range(len(line)):
            for end in range(start + 1, min(start + LEAST, len(line) + 1)):
                assert reduced(dict.fromkeys(line[start:end], Fraction(1)), rows), (
                    "these follow from the figures"
                )


@given(streams, strategies.sets(strategies.integers(0, 40)))
@settings(deadline=None, max_examples=200)
def test_other_movements_between_totals_that_are_told_are_none_or_five(
    stream: Stream, known: set[int]
) -> None:
    stream = replace(stream, known=known & set(stream.heads))
    chosen = stream.chosen(WEEKS)
    for movements in (stream.refunds, stream.top_ups, [day for day, _ in stream.payments]):
        for before, after in pairwise([-1, *sorted({*chosen, *stream.known})]):
            if after in chosen:
                number = sum(before < day <= after for day in movements)
                assert number == 0 or number >= LEAST


@given(streams)
@settings(deadline=None, max_examples=200)
def test_totals_that_were_told_are_told_again(stream: Stream) -> None:
    before: list[int] = []
    for weeks in range(1, WEEKS + 1):
        chosen = stream.chosen(weeks)
        assert chosen[: len(before)] == before
        before = chosen


def test_totals_amid_a_week_would_be_worked_out() -> None:
    """The check above finds what it is for: five payments on Saturday, one on Sunday, and totals of both days."""
    stream = Stream([(5, 1)] * 5 + [(6, 1)], refunds=[], top_ups=[], heads=[5, 6], known=set())
    assert stream.told(1)[1].counts == (0, 6)
    assert stream.chosen(1) == [6]
    atoms: list[Atom] = [(place, 1, day) for place, (day, _) in enumerate(stream.payments)]
    assert reduced({atoms[5]: Fraction(1)}, rows_of([set(atoms)]))
    assert not reduced({atoms[5]: Fraction(1)}, rows_of([set(atoms), set(atoms[:5])]))


def test_the_last_payments_of_a_programme_are_not_told_by_totals() -> None:
    five, last = [(1, 2)] * 5, [(30, 2)] * 2
    assert Stream(five, [], [], heads=[6, 34], known=set()).chosen(5) == [6, 34]
    assert Stream(five + last, [], [], heads=[6, 34], known=set()).chosen(5) == [6]


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
