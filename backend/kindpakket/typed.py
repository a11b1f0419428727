# SPDX-License-Identifier: EUPL-1.2
"""Texts that people typed: what cannot be kept is refused."""

from __future__ import annotations

import unicodedata

_PLAIN = "\t\n\r"


def refuse_unkept(typed: str) -> str:
    """Return a text as it came. Half characters cannot be encoded, and not every database keeps control characters.

    Raises:
        ValueError: It holds one.
    """
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in _PLAIN for one in typed):
        raise ValueError("must not have control characters")
    return typed
