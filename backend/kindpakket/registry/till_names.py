# SPDX-License-Identifier: EUPL-1.2
"""Names of tills: by them a shop and the municipality tell its tills apart. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from kindpakket.typed import alphabets_of, look_of, read_line

LONGEST = 60


def read_name(typed: str) -> str:
    """Return a name that somebody typed as it counts.

    Raises:
        ValueError: It is too long, or holds what people cannot see, or letters of two alphabets that look alike.
    """
    name = read_line(typed)
    if not 1 <= len(name) <= LONGEST:
        raise ValueError(f"must have 1 to {LONGEST} characters")
    if len(alphabets_of(name)) > 1:
        raise ValueError("must have letters of one alphabet")
    return name


def is_taken(name: str, taken: Iterable[str]) -> bool:
    """Tell whether people would read this name as one of those at a glance."""
    return look_of(name) in {look_of(one) for one in taken}


def next_free(name: str, taken: Iterable[str]) -> str:
    """Return this name with the next number that makes it none of those: `Kassa 1` becomes `Kassa 2`."""
    known = list(taken)
    number = re.search(r"(?<!\d)\d{1,9}$", name, re.ASCII)
    stem = name[: number.start()] if number else name
    ends = (f" {following}" for following in itertools.count(int(number.group()) + 1 if number else 2))
    names = (f"{stem[: LONGEST - len(end)].rstrip()}{end}".strip() for end in ends)
    return next(free for free in names if not is_taken(free, known))
