# SPDX-License-Identifier: EUPL-1.2
"""Figures: what a benchmark found, as numbers with their units in their names, and how people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Figures = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Target:
    """What was promised of a figure, and what it is."""

    what: str
    found: float
    limit: float
    is_ceiling: bool

    @property
    def is_met(self) -> bool:
        """Whether the promise is kept."""
        return self.found <= self.limit if self.is_ceiling else self.found >= self.limit

    def as_figures(self) -> Figures:
        """Return it for a program."""
        wanted = "at_most" if self.is_ceiling else "at_least"
        return {"what": self.what, "found": self.found, wanted: self.limit, "met": self.is_met}


def at_most(what: str, found: object, limit: float) -> Target:
    """Return a target that a figure must not exceed."""
    return Target(what, _number(found), limit, is_ceiling=True)


def at_least(what: str, found: object, limit: float) -> Target:
    """Return a target that a figure must reach."""
    return Target(what, _number(found), limit, is_ceiling=False)


def table_of(targets: Sequence[Target]) -> str:
    """Return targets as a table for people."""
    lines = [f"{'target':<52}{'found':>12}{'wanted':>16}"]
    for one in targets:
        sign = "<=" if one.is_ceiling else ">="
        wanted = f"{sign} {one.limit:,}"
        lines.append(f"{one.what:<52}{one.found:>12,}{wanted:>16}  {'ok' if one.is_met else 'MISSED'}")
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed; `share` above 0, at most 1."""
    assert values and 0 < share <= 1, "a percentile of something"
    return sorted(values)[math.ceil(len(values) * share) - 1]


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """Return count and percentiles of how long something took, in milliseconds."""
    return {
        "count": len(seconds),
        "p50_ms": round(percentile(seconds, 0.50) * 1000, 2),
        "p95_ms": round(percentile(seconds, 0.95) * 1000, 2),
        "p99_ms": round(percentile(seconds, 0.99) * 1000, 2),
        "max_ms": round(max(seconds) * 1000, 2),
    }


def describe(figures: Figures, *, indent: int = 0) -> str:
    """Return the figures as lines for people."""
    lines = []
    for name, value in figures.items():
        words = " " * indent + name.replace("_", " ")
        if isinstance(value, Mapping):
            lines += [words, describe(value, indent=indent + 2)]
        elif isinstance(value, list):
            for item in value:
                lines += [words, describe(item, indent=indent + 2)]
        else:
            shown = f"{value:,}" if isinstance(value, int | float) else str(value)
            lines.append(f"{words:<44}{shown:>14}")
    return "\n".join(lines)


def _number(found: object) -> float:
    assert isinstance(found, int | float), "a target is of a number"
    return found
