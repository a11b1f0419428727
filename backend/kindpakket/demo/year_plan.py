# SPDX-License-Identifier: EUPL-1.2
"""A year of use, thought out: which family pays when, where and for what. The same dice give the same year. Euro cents.

Made up, after what one expects: school things in August, sport in September, presents in December, bicycles in spring;
families with shops they like; households that never open their letter; purchases that are brought back.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from kindpakket.units import day_starts_at

WEEKS = 48
PAYMENTS = 1_500
OPENED = 0.8
"""Four of five households open their letter."""
REFUNDED = 0.05
OPENING_SECONDS = (9 * 3600 + 1800, 17 * 3600 + 1800)

CLOTHING, SPORTS, BICYCLES, SCHOOL, CULTURE, TOYS = 1, 2, 3, 4, 5, 6
#: How much of each kind is bought in each month, January first.
SEASONS: dict[int, tuple[float, ...]] = {
    CLOTHING: (3, 2, 3, 4, 4, 3, 2, 4, 4, 4, 4, 4),
    SPORTS: (2, 2, 2, 3, 3, 3, 1, 4, 7, 3, 2, 1),
    BICYCLES: (0.3, 0.5, 1.5, 2, 2, 1.2, 0.5, 1.5, 1, 0.5, 0.3, 0.3),
    SCHOOL: (1.5, 1, 1, 1, 1, 1, 1.5, 8, 6, 1.5, 1, 1),
    CULTURE: (2, 2, 2, 2, 2, 1, 0.5, 1, 3, 2, 2, 2),
    TOYS: (0.5, 0.5, 0.7, 1, 1, 1, 1.2, 1, 1, 2, 6, 5),
}
#: What such a purchase costs: from, mostly, to, in whole euros.
PRICES = {
    CLOTHING: (6, 16, 55),
    SPORTS: (5, 15, 60),
    BICYCLES: (10, 30, 140),
    SCHOOL: (3, 9, 40),
    CULTURE: (6, 13, 45),
    TOYS: (4, 10, 35),
}
LIKED = 6.0
"""So much rather do families go to the two or three shops that they like."""

Kind = Literal["opens", "pays", "lost", "blocked"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that a family does. `household` counts from 0; `number` orders what is at one second.

    Attributes:
        category: Of a purchase; 0 for what is none.
        shop: Where; 0 likewise.
        cents: For how much.
        back_cents: How much of it is brought back, 0 for most.
        back_at: When that is.
    """

    at: int
    number: int
    kind: Kind
    household: int
    category: int = 0
    shop: int = 0
    cents: int = 0
    back_cents: int = 0
    back_at: int = 0


@dataclass(frozen=True, slots=True)
class Year:
    """A year of use. `end_on` is the first day that is not played."""

    first_on: date
    end_on: date
    opened: tuple[int, ...]
    moments: tuple[Moment, ...]


def first_day(today: date) -> date:
    """Return the Monday on which a year begins that was played until today."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS)


def think_out(
    seed: int,
    *,
    first_on: date,
    end_on: date,
    household_count: int,
    shops: dict[int, Sequence[int]],
    payments: int = PAYMENTS,
) -> Year:
    """Return a year.

    Args:
        seed: Of the dice.
        first_on: The first day.
        end_on: The first day that is not played.
        household_count: How many households have a letter.
        shops: What each shop sells.
        payments: How often something is bought, if there is money left for it then.
    """
    dice = random.Random(seed)
    days = [first_on + timedelta(days=one) for one in range((end_on - first_on).days)]
    opened = sorted(dice.sample(range(household_count), round(household_count * OPENED)))
    moments: list[Moment] = []
    opens_on: dict[int, int] = {}
    for household in opened:
        # Most open it in the first weeks, some much later.
        day = min(len(days) - 1, int(dice.expovariate(1 / 35)) + 1)
        opens_on[household] = day
        moments.append(Moment(_at(dice, days[day]), len(moments), "opens", household))
    likes = {one: dice.sample(sorted(shops), dice.choice((2, 3))) for one in opened}
    weights = [_busy(day) for day in days]
    for day in sorted(dice.choices(range(len(days)), weights, k=payments)):
        known = [one for one in opened if opens_on[one] < day]
        if known:
            moments.append(_purchase(dice, days[day], len(moments), dice.choice(known), likes, shops, end_on))
    early = [one for one in opened if opens_on[one] < len(days) // 3]
    lost, blocked = dice.sample(early, 2)
    moments.append(Moment(_at(dice, days[len(days) // 2]), len(moments), "lost", lost))
    moments.append(Moment(_at(dice, days[2 * len(days) // 3]), len(moments), "blocked", blocked))
    moments.sort(key=lambda one: (one.at, one.number))
    return Year(first_on=first_on, end_on=end_on, opened=tuple(opened), moments=tuple(moments))


def _purchase(
    dice: random.Random,
    day: date,
    number: int,
    household: int,
    likes: dict[int, list[int]],
    shops: dict[int, Sequence[int]],
    end_on: date,
) -> Moment:
    sold = sorted({category for categories in shops.values() for category in categories})
    (category,) = dice.choices(sold, [SEASONS[one][day.month - 1] for one in sold])
    sellers = [shop for shop in sorted(shops) if category in shops[shop]]
    (shop,) = dice.choices(sellers, [LIKED if one in likes[household] else 1.0 for one in sellers])
    low, mostly, high = PRICES[category]
    euros = int(dice.triangular(low, high, mostly))
    cents = euros * 100 + dice.choice((0, 25, 50, 95, 95, 99))
    at = _at(dice, day)
    back_cents = back_at = 0
    back_on = day + timedelta(days=dice.randint(1, 12))
    if dice.random() < REFUNDED and back_on < end_on:
        back_cents = cents if dice.random() < 0.6 else max(1, cents // 2)
        back_at = _at(dice, back_on)
    return Moment(at, number, "pays", household, category, shop, cents, back_cents, back_at)


def _at(dice: random.Random, day: date) -> int:
    return day_starts_at(day) + dice.randint(*OPENING_SECONDS)


def _busy(day: date) -> float:
    month = sum(season[day.month - 1] for season in SEASONS.values())
    return month * {5: 2.0, 6: 0.1}.get(day.weekday(), 1.0)
