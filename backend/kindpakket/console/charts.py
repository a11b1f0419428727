# SPDX-License-Identifier: EUPL-1.2
"""Bars: the geometry of the charts, in percents of the width and pixels of the height. Amounts in euro cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROW_HEIGHT = 48
LABEL_BASELINE = 16
BAR_TOP = 24
BAR_HEIGHT = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One amount as it is drawn: label and amount above, the bar below."""

    label: str
    amount_cents: int
    label_y: int
    bar_y: int
    percent: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars below each other, the longest first and as wide as the chart."""

    bars: tuple[Bar, ...]
    height: int
    bar_height: int = BAR_HEIGHT


@dataclass(frozen=True, slots=True)
class Part:
    """A part of one bar that is the whole: where it starts and how wide it is, in percents."""

    kind: str
    amount_cents: int
    start: float
    percent: float


def bar_chart(amounts: Sequence[tuple[str, int]]) -> BarChart:
    """Draw labelled amounts. Equal ones by label; an amount of nothing or less has no bar."""
    ordered = sorted(amounts, key=lambda one: (-one[1], one[0].casefold()))
    most = max((amount_cents for _, amount_cents in ordered), default=0)
    return BarChart(
        bars=tuple(
            Bar(
                label=label,
                amount_cents=amount_cents,
                label_y=place * ROW_HEIGHT + LABEL_BASELINE,
                bar_y=place * ROW_HEIGHT + BAR_TOP,
                percent=_percent(amount_cents, most),
            )
            for place, (label, amount_cents) in enumerate(ordered)
        ),
        height=len(ordered) * ROW_HEIGHT,
    )


def parts_of(whole_cents: int, amounts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    """Divide one bar; the amounts add up to at most the whole."""
    parts: list[Part] = []
    start_cents = 0
    for kind, amount_cents in amounts:
        parts.append(
            Part(
                kind=kind,
                amount_cents=amount_cents,
                start=_percent(start_cents, whole_cents),
                percent=_percent(amount_cents, whole_cents),
            )
        )
        start_cents += max(amount_cents, 0)
    return tuple(parts)


def _percent(part_cents: int, whole_cents: int) -> float:
    return round(100 * max(part_cents, 0) / whole_cents, 3) if whole_cents > 0 else 0.0
