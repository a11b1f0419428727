# SPDX-License-Identifier: EUPL-1.2
"""Figures: what a benchmark found, as numbers with their units in their names, and how people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Figures = Mapping[str, object]


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
