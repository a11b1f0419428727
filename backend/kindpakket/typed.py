# SPDX-License-Identifier: EUPL-1.2
"""Texts that people typed: what cannot be kept is refused, and what looks the same is made the same."""

from __future__ import annotations

import unicodedata

from .csv_tables import tidy

_PLAIN = "\t\n\r"


def refuse_unkept(typed: str) -> str:
    """Return a text as it came. Half characters cannot be encoded, and not every database keeps control characters.

    Raises:
        ValueError: It holds one.
    """
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in _PLAIN for one in typed):
        raise ValueError("must not have control characters")
    return typed


def read_line(typed: str) -> str:
    """Return a name or a reference as it counts: composed, with single ordinary spaces between its words.

    Raises:
        ValueError: It holds what people cannot see.
    """
    line = " ".join(tidy(typed).split())
    if any(unicodedata.category(one) in ("Co", "Cn") for one in line):
        raise ValueError("an invisible character")
    return line
