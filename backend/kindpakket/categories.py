# SPDX-License-Identifier: EUPL-1.2
"""Categories: the kinds of purchase, numbered for the contract (bit n of a bitmap is category n)."""

from __future__ import annotations

from collections.abc import Iterable

CATEGORIES: dict[int, tuple[str, str]] = {
    1: ("clothing", "kleding"),
    2: ("sports", "sport"),
    3: ("bicycles", "fietsen"),
    4: ("school", "school"),
    5: ("culture", "cultuur"),
    6: ("toys", "speelgoed"),
}
"""Number: English and Dutch word."""

_NUMBERS = {word: number for number, words in CATEGORIES.items() for word in (*words, str(number))}


def parse_categories(text: str) -> tuple[int, ...]:
    """Read numbers or words joined by `|`, in either language.

    Raises:
        ValueError: One of them is no category, or there is none.
    """
    words = [word.strip().lower() for word in text.split("|")]
    if any(word not in _NUMBERS for word in words):
        raise ValueError(f"not categories: {text!r}")
    return tuple(sorted({_NUMBERS[word] for word in words}))


def to_bitmap(categories: Iterable[int]) -> int:
    """Return the bitmap that the contract keeps."""
    bitmap = 0
    for category in categories:
        bitmap |= 1 << category
    return bitmap


def from_bitmap(bitmap: int) -> tuple[int, ...]:
    """Return the categories of a bitmap, in order."""
    return tuple(category for category in range(32) if bitmap >> category & 1)
