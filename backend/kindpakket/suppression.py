# SPDX-License-Identifier: EUPL-1.2
"""Suppression: figures that many may see, from which no group of fewer than 5 payments can be worked out. Euro cents.

Nothing is left blank, for what is left blank can be worked out from a total beside it. Instead the payments are divided
once, into groups of 5 or more, and every figure that is shown is of whole groups:

- over time: runs of weeks. A week with fewer than 5 payments is joined to the weeks after it. What is at the end and
  is fewer than 5 is not told until more came.
- by what and where: in stretches of 4 weeks or more, each made of whole runs. A stretch is divided by kind of
  purchase, and each kind by shop. Kinds, or shops of a kind, with fewer than 5 payments are told together as "other";
  if these are fewer than 5 still, the smallest of the others joins them. Shops stand below their kind, so that what
  is known of which shop sells which kind gives no third way to divide.

Sums and differences of figures of one division are of whole groups again. Over time and by kind are two divisions of
one stretch, of which the cells are told nowhere. Only whole weeks that are over are told, so a later telling only adds
groups. Refunds are left out, for they would change a week that was told before.

Totals of the whole fund, as of a moment, divide the same payments once more. They are told only of moments at which
every programme's payments end where a run of its own ends; so they tell no payment that the weeks do not tell. What
else they hold of families (refunds, vouchers given out, topped up or swept, and the last payments of a programme,
which no run tells) is 5 or more of a kind since the totals that were told before, or none.

Source: design, P4; CBS and Eurostat, Handbook on Statistical Disclosure Control (threshold rule, linked tables).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

LEAST = 5
STRETCH_DAYS = 28


@dataclass(frozen=True, slots=True)
class Payments:
    """What the division goes by: the payments of one kind at one shop on a day, or in the week of a day."""

    on: date
    category: int
    shop: int
    count: int
    redeemed_cents: int


@dataclass(frozen=True, slots=True)
class Run:
    """Whole weeks with 5 payments or more together."""

    first_on: date
    last_on: date
    count: int
    redeemed_cents: int

    @property
    def week_count(self) -> int:
        """How many weeks it is of."""
        return ((self.last_on - self.first_on).days + 1) // 7


@dataclass(frozen=True, slots=True)
class Group:
    """5 payments or more of a stretch. `category` None: of other kinds; `shop` None: of other shops of that kind."""

    category: int | None
    shop: int | None
    count: int
    redeemed_cents: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole runs of 4 weeks or more together, divided by kind of purchase and shop."""

    first_on: date
    last_on: date
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class ToldOverTime:
    """A programme's runs, by how many payments there ever were up to the end of each.

    Attributes:
        counts: These numbers, in order; 0 is the first.
        count_at_end: All payments of a programme that is over, also those that no run tells; None while more may come.
    """

    counts: tuple[int, ...]
    count_at_end: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """How much there ever was at a moment of which there are totals.

    Attributes:
        payments: How many, by programme.
        others: How many other movements of families' money, by kind; the same kinds at each moment.
        is_known: Its totals were told already, by whatever rule.
    """

    payments: Mapping[int, int]
    others: Mapping[str, int]
    is_known: bool = False


def week_of(on: date) -> date:
    """Return the Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def divide_by_week(payments: Iterable[Payments], *, first_on: date, end_on: date) -> list[Run]:
    """Return the runs of weeks from the week of `first_on` until before the Monday `end_on`, in order."""
    by_week: dict[date, list[Payments]] = {}
    for payment in payments:
        by_week.setdefault(week_of(payment.on), []).append(payment)
    runs: list[Run] = []
    start = monday = week_of(first_on)
    gathered: list[Payments] = []
    while monday < end_on:
        gathered += by_week.get(monday, [])
        monday += timedelta(days=7)
        if _count(gathered) >= LEAST:
            runs.append(
                Run(
                    first_on=start,
                    last_on=monday - timedelta(days=1),
                    count=_count(gathered),
                    redeemed_cents=sum(one.redeemed_cents for one in gathered),
                )
            )
            start, gathered = monday, []
    return runs


def divide_by_kind(payments: Sequence[Payments], runs: Iterable[Run], *, is_over: bool) -> list[Stretch]:
    """Return the stretches of these runs.

    Args:
        payments: All of them.
        runs: In order.
        is_over: No run comes any more, for what has ended is never extended; so the last may be of fewer weeks.
    """
    stretches: list[Stretch] = []
    gathered: list[Run] = []
    ordered = list(runs)
    for run in ordered:
        gathered.append(run)
        first_on, last_on = gathered[0].first_on, run.last_on
        is_last = is_over and run is ordered[-1]
        if (last_on - first_on).days + 1 >= STRETCH_DAYS or is_last:
            chosen = [one for one in payments if first_on <= one.on <= last_on]
            stretches.append(Stretch(first_on=first_on, last_on=last_on, groups=_groups(chosen)))
            gathered = []
    return stretches


def choose_moments(moments: Iterable[Moment], told: Mapping[int, ToldOverTime]) -> list[bool]:
    """Return of which moments the totals may be told. What is told later changes nothing of what was chosen before.

    Args:
        moments: In order.
        told: What is told of each programme over time.
    """
    chosen: list[bool] = []
    before: Mapping[str, int] = {}
    for moment in moments:
        counts = {
            **moment.others,
            "payments": sum(moment.payments.values()),
            "payments that no run tells": sum(
                max(0, count - told[programme].counts[-1])
                for programme, count in moment.payments.items()
                if told[programme].count_at_end is not None
            ),
        }
        since = [count - before.get(kind, 0) for kind, count in counts.items()]
        fits = all(_ends_a_run(count, told[programme]) for programme, count in moment.payments.items())
        chosen.append(fits and all(number == 0 or number >= LEAST for number in since))
        if chosen[-1] or moment.is_known:
            before = counts
    return chosen


def _ends_a_run(count: int, told: ToldOverTime) -> bool:
    # A programme's payments stand in one order, so that as many of them are the same ones.
    return count in told.counts or count == told.count_at_end


def _groups(payments: Sequence[Payments]) -> tuple[Group, ...]:
    groups: list[Group] = []
    for category, of_kind in _apart(payments, attrgetter("category")):
        if category is None:
            groups.append(_group(None, None, of_kind))
        else:
            groups += [
                _group(category, shop, of_shop) for shop, of_shop in _apart(of_kind, attrgetter("shop"))
            ]
    return tuple(groups)


def _apart(
    payments: Sequence[Payments], number: Callable[[Payments], int]
) -> list[tuple[int | None, list[Payments]]]:
    """Divide 5 payments or more by a number; None gathers those of numbers that have too few."""
    apart = {key: list(same) for key, same in groupby(sorted(payments, key=number), key=number)}
    by_size = sorted(apart, key=lambda key: (_count(apart[key]), key))
    together: list[Payments] = []
    for key in by_size:
        if _count(apart[key]) >= LEAST and (not together or _count(together) >= LEAST):
            break
        together += apart.pop(key)
    divided: list[tuple[int | None, list[Payments]]] = [(key, apart[key]) for key in sorted(apart)]
    return [*divided, (None, together)] if together else divided


def _group(category: int | None, shop: int | None, payments: Sequence[Payments]) -> Group:
    return Group(
        category=category,
        shop=shop,
        count=_count(payments),
        redeemed_cents=sum(one.redeemed_cents for one in payments),
    )


def _count(payments: Iterable[Payments]) -> int:
    return sum(one.count for one in payments)
