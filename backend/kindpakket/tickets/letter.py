# SPDX-License-Identifier: EUPL-1.2
"""Letters: the code on paper that opens a household's vouchers once.

Sixteen Crockford base32 characters (80 bits of secret) and a check character, written `XXXX-XXXX-XXXX-XXXX-C`.
"""

from __future__ import annotations

from coincurve import PrivateKey

from .keys import derive, derive_key

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_BYTES = 10
_CHARACTERS = 16
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def format_code(secret: bytes) -> str:
    """Write a 10-byte secret as a letter code."""
    number = int.from_bytes(secret, "big")
    characters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(_CHARACTERS)))
    groups = [characters[start : start + 4] for start in range(0, _CHARACTERS, 4)]
    return "-".join([*groups, check_character(characters)])


def parse_code(text: str) -> bytes:
    """Read a letter code as people type it: any case, with or without dashes, O for 0, I and L for 1.

    Raises:
        ValueError: Not 17 characters of the alphabet, or the check character does not fit.
    """
    number = 0
    for character in read_characters(text, _CHARACTERS):
        number = number << 5 | ALPHABET.index(character)
    return number.to_bytes(SECRET_BYTES, "big")


def read_characters(text: str, count: int) -> str:
    """Return the characters of a code that people typed, without its check character.

    Raises:
        ValueError: Not that many characters of the alphabet, or the check character does not fit.
    """
    characters = text.upper().translate(_LOOKALIKES)
    if len(characters) != count + 1 or any(character not in ALPHABET for character in characters):
        raise ValueError(f"the code has {count} characters and a check character")
    if check_character(characters[:-1]) != characters[-1]:
        raise ValueError("a character of the code is wrong, or two are swapped")
    return characters[:-1]


def check_character(characters: str) -> str:
    """Return the check of up to 30 characters: it shows every wrong character and every swap of two.

    The characters are the coefficients of a polynomial over GF(32), modulo x^5 + x^2 + 1, evaluated at 2.
    """
    check = 0
    for character in characters:
        check = _doubled(check ^ ALPHABET.index(character))
    return ALPHABET[check]


def letter_id(secret: bytes) -> str:
    """Return the name of a letter that does not open it: 16 bytes, hexadecimal."""
    return derive(secret, "letter", 16).hex()


def letter_key(secret: bytes, *, position: int) -> PrivateKey:
    """Return the key that hands over the letter's voucher at `position`, counted from 0."""
    return derive_key(secret, f"letter/{position}")


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
