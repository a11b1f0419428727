# SPDX-License-Identifier: EUPL-1.2
"""What is told to all, with names: kinds of purchase and shops of whole weeks. Euro cents, before refunds."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.weekly_figures import Total, WeeklyFigures

from .texts import Texts
from .visits import Visit


@dataclass(frozen=True, slots=True)
class Named:
    """A kind of purchase, a shop, or the others together."""

    name: str
    count: int
    redeemed_cents: int


def named_categories(texts: Texts, figures: WeeklyFigures) -> list[Named]:
    """Return what was paid for each kind of purchase that is told, and for the others together."""
    return [
        _named(texts("reports.other_categories") if one.number is None else texts.category(one.number), one)
        for one in figures.by_category
    ]


def named_shops(visit: Visit, figures: WeeklyFigures) -> list[Named]:
    """Return what was paid in each shop, as far as that is told, and in the others together."""
    names = {shop.shop: shop.name for shop in visit.services.registry.shops.shops()}
    return [
        _named(
            visit.texts("reports.other_shops")
            if one.number is None
            else names.get(one.number, f"{one.number}"),
            one,
        )
        for one in figures.by_shop
    ]


def _named(name: str, total: Total) -> Named:
    return Named(name=name, count=total.count, redeemed_cents=total.redeemed_cents)
