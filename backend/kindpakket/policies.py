# SPDX-License-Identifier: EUPL-1.2
"""Policy texts: what a programme's rules are for, in the municipality's own words. The chain keeps a text's SHA-256.

The hash is over the text's bytes in UTF-8, so that who has the published file can compute it.
"""

from __future__ import annotations

import hashlib
import unicodedata

from .errors import PolicyTextInvalid

MOST_CHARACTERS = 50_000

_PLAIN = frozenset("\n\r\t")


def decode_policy(content: bytes) -> str:
    """Return the text of an uploaded file, byte for byte: encoded again it is the same file.

    Raises:
        PolicyTextInvalid: It is not text in UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyTextInvalid(because="encoding") from error


def check_policy(text: str) -> None:
    """Refuse a text that cannot be published.

    Raises:
        PolicyTextInvalid: There is nothing to read, there is too much of it, or what nobody can read.
    """
    if not text.strip():
        raise PolicyTextInvalid(because="empty")
    if len(text) > MOST_CHARACTERS:
        raise PolicyTextInvalid(because="too_long")
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in _PLAIN for one in text):
        raise PolicyTextInvalid(because="control_character")


def hash_policy(text: str) -> bytes:
    """Return the SHA-256 of a text, as the chain keeps it."""
    return hashlib.sha256(text.encode()).digest()
