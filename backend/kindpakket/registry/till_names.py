# SPDX-License-Identifier: EUPL-1.2
"""Names of tills: by them a shop and the municipality tell its tills apart. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

LONGEST = 60


def is_taken(name: str, taken: Iterable[str]) -> bool:
    """Tell whether people would read this name as one of those: capitals and spaces do not matter."""
    return _as_read(name) in {_as_read(one) for one in taken}


def next_free(name: str, taken: Iterable[str]) -> str:
    """Return this name with the next number that makes it none of those: `Kassa 1` becomes `Kassa 2`."""
    known = list(taken)
    number = re.search(r"(?<!\d)\d{1,9}$", name, re.ASCII)
    stem = name[: number.start()] if number else name
    ends = (f" {following}" for following in itertools.count(int(number.group()) + 1 if number else 2))
    names = (f"{stem[: LONGEST - len(end)].rstrip()}{end}".strip() for end in ends)
    return next(free for free in names if not is_taken(free, known))


def _as_read(name: str) -> str:
    return " ".join(name.split()).casefold()
