# SPDX-License-Identifier: EUPL-1.2
"""The letters that every bank of the euro area takes, and how other text is written with them.

Source: European Payments Council, EPC217-08, SEPA requirements for an extended character set.
"""

from __future__ import annotations

import re
import unicodedata

_OTHERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "đ": "d",
        "Đ": "D",
        "ł": "l",
        "Ł": "L",
        "þ": "th",
        "Þ": "Th",
        "ð": "d",
        "ı": "i",
        "€": "EUR",
        "&": "+",
        "@": "(at)",
        "’": "'",
        "‘": "'",
        "`": "'",
        "–": "-",
        "—": "-",
        "_": "-",
        "“": "'",
        "”": "'",
        '"': "'",
    }
)
_REFUSED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def to_bank_text(text: str, *, most: int) -> str:
    """Return a text in these letters, of 1 to `most` characters; what none of them stands for becomes a full stop."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )
    written = _REFUSED.sub(".", " ".join(plain.translate(_OTHERS).split()))
    # A slash at either end, or two in a row, means something to banks.
    while "//" in written:
        written = written.replace("//", "/")
    return written.strip("/ ")[:most].strip("/ ") or "."
