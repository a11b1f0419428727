# SPDX-License-Identifier: EUPL-1.2
"""Base45: bytes as the characters that a QR code packs tightest.

Source: RFC 9285.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(content: bytes) -> str:
    """Write two bytes as three characters, a last single byte as two."""
    characters = []
    for start in range(0, len(content), 2):
        pair = content[start : start + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            characters.append(ALPHABET[digit])
    return "".join(characters)


def decode(text: str) -> bytes:
    """Read what `encode` wrote.

    Raises:
        ValueError: A character, a length or a group that no bytes encode to.
    """
    content = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        if len(group) == 1:
            raise ValueError("a base45 text cannot end in a single character")
        value = 0
        for character in reversed(group):
            if character not in _VALUES:
                raise ValueError(f"not a base45 character: {character!r}")
            value = value * 45 + _VALUES[character]
        if value >= 256 ** (len(group) - 1):
            raise ValueError(f"not a base45 group: {group!r}")
        content += value.to_bytes(len(group) - 1, "big")
    return bytes(content)
