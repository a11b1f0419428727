# SPDX-License-Identifier: EUPL-1.2
"""Texts that people typed: what cannot be kept is refused, and what looks the same is made the same."""

from __future__ import annotations

import unicodedata

from .csv_tables import tidy

_PLAIN = "\t\n\r"

_ALPHABETS = frozenset(("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"))
"""Those with letters that look like another's, as Unicode's names of characters begin."""

_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "ı": "l"})


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


def alphabets_of(text: str) -> frozenset[str]:
    """Return of which alphabets a text has letters, as far as one could be taken for another."""
    normal = unicodedata.normalize("NFKC", text)
    return (
        frozenset(unicodedata.name(one, "").partition(" ")[0] for one in normal if one.isalpha()) & _ALPHABETS
    )


def look_of(name: str) -> str:
    """Return what people see of a name at a glance: without capitals, spaces, accents and signs, look-alikes as one."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(one for one in parts if one.isalnum() or one == "|").translate(_ALIKE)
