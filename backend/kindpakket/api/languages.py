# SPDX-License-Identifier: EUPL-1.2
"""In which language a file is made for who asks for it."""

from __future__ import annotations

from kindpakket.vouchers.receipts import LANGUAGES


def choose_language(accepted: str) -> str:
    """Return the language of ours that is wished most; Dutch when none is.

    Source: RFC 9110, section 12.5.4.
    """
    wishes: list[tuple[float, str]] = []
    for wish in accepted.split(","):
        name, _, weight = wish.partition(";")
        try:
            wishes.append((float(weight.strip().removeprefix("q=") or 1), name.strip().lower()[:2]))
        except ValueError:
            continue
    # Sorting keeps the order of wishes of the same weight.
    ordered = sorted(wishes, key=lambda wish: -wish[0])
    return next((name for weight, name in ordered if weight > 0 and name in LANGUAGES), LANGUAGES[0])
