# SPDX-License-Identifier: EUPL-1.2
"""Malformed codes: right ones with something wrong, of each kind of wrong, and always the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from kindpakket.tickets import base45, code

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
LENGTH = 75
CONTROL = [chr(one) for one in (0, 7, 8, 9, 10, 13, 27, 0x7F, 0x85, 0x2028)]
LOOKALIKES = {"K": "К", "P": "Р", "1": "١", ":": "：", "A": "Α", "0": "０", "S": "ſ", "I": "İ"}
OTHER_TEXTS = (
    "",
    " ",
    "KP1:",
    "8710400280507",
    "https://kindpakket.example/ouder/#brief=008J-4CT4-ANK7-F24S-W",
    "008J-4CT4-ANK7-F24S-W",
    "<script>alert(1)</script>",
    "'; DROP TABLE ticket_key; --",
    "=HYPERLINK(1)",
    "{{7*7}}",
    "../../../etc/passwd",
    "null",
)

Mutation = Callable[[random.Random, str], str]


def malformed(valid: list[str], foreign: list[str], *, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield so many codes with what is wrong with them. `foreign`: signed for another chain or contract."""
    dice = random.Random(seed)
    known = set(valid)
    made = 0
    while made < count:
        name = dice.choice([*MUTATIONS, "of another fund"])
        text = (
            dice.choice(foreign) if name == "of another fund" else MUTATIONS[name](dice, dice.choice(valid))
        )
        if text not in known:
            made += 1
            yield name, text


def _content(text: str) -> bytearray:
    return bytearray(base45.decode(text.removeprefix(code.PREFIX)))


def _text(content: bytes) -> str:
    return code.PREFIX + base45.encode(content)


def _flip_bits(dice: random.Random, text: str) -> str:
    content = _content(text)
    for _ in range(dice.randint(1, 4)):
        content[dice.randrange(LENGTH)] ^= 1 << dice.randrange(8)
    return _text(content)


def _change_terms(dice: random.Random, text: str) -> str:
    content = _content(text)
    content[1:10] = dice.randbytes(9)
    return _text(content)


def _change_signature(dice: random.Random, text: str) -> str:
    content = _content(text)
    part = dice.choice((0, ORDER - 1, ORDER, 2**256 - 1, 1, dice.getrandbits(256)))
    start = dice.choice((10, 42))
    content[start : start + 32] = part.to_bytes(32, "big")
    return _text(content)


def _mirror_signature(_dice: random.Random, text: str) -> str:
    """The other signature of the same key: true to mathematics, and no second ticket."""
    content = _content(text)
    content[42:74] = (ORDER - int.from_bytes(content[42:74], "big")).to_bytes(32, "big")
    content[74] ^= 1
    return _text(content)


def _change_recovery(dice: random.Random, text: str) -> str:
    content = _content(text)
    content[74] = dice.choice((1 - content[74], dice.randint(2, 255)))
    return _text(content)


def _change_version(dice: random.Random, text: str) -> str:
    content = _content(text)
    content[0] = dice.choice((0, *range(2, 256)))
    return _text(content)


def _change_length(dice: random.Random, text: str) -> str:
    content = bytes(_content(text))
    return _text(
        dice.choice((content[: dice.randrange(LENGTH)], content + dice.randbytes(dice.randint(1, 60))))
    )


def _change_prefix(dice: random.Random, text: str) -> str:
    return dice.choice(("KP2:", "kp1:", "KP1", "KP1::", " KP1:", "HC1:", "", "KP1;", "KP 1:")) + text[4:]


def _truncate(dice: random.Random, text: str) -> str:
    return text[: dice.randrange(len(text))]


def _change_characters(dice: random.Random, text: str) -> str:
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(text))
        text = text[:place] + dice.choice(base45.ALPHABET) + text[place + 1 :]
    return text


def _swap(dice: random.Random, text: str) -> str:
    first, second = sorted(dice.sample(range(4, len(text)), 2))
    return text[:first] + text[second] + text[first + 1 : second] + text[first] + text[second + 1 :]


def _overflow(dice: random.Random, text: str) -> str:
    place = 4 + 3 * dice.randrange(37)
    return text[:place] + dice.choice((":::", "GGW", "ZZZ", "///")) + text[place + 3 :]


def _with_control(dice: random.Random, text: str) -> str:
    place = dice.randrange(len(text) + 1)
    return text[:place] + dice.choice(CONTROL) + text[place + dice.randint(0, 1) :]


def _with_unicode(dice: random.Random, text: str) -> str:
    place = dice.randrange(len(text))
    other = LOOKALIKES.get(text[place]) or chr(dice.choice((0xE9, 0x202E, 0x1F600, 0xFFFD, 0x0301, 0x10FFFD)))
    return text[:place] + other + text[place + 1 :]


def _lower(_dice: random.Random, text: str) -> str:
    return text.lower()


def _oversize(dice: random.Random, text: str) -> str:
    return text * dice.choice((2, 3, 4, 20, 200))


def _random_text(dice: random.Random, _text: str) -> str:
    return "".join(dice.choice(base45.ALPHABET) for _ in range(dice.randint(1, 200)))


def _random_bytes(dice: random.Random, _valid: str) -> str:
    return _text(bytes([1]) + dice.randbytes(73) + bytes([dice.randint(0, 1)]))


def _something_else(dice: random.Random, _text: str) -> str:
    return dice.choice(OTHER_TEXTS)


MUTATIONS: dict[str, Mutation] = {
    "bits flipped": _flip_bits,
    "terms changed": _change_terms,
    "signature changed": _change_signature,
    "signature mirrored": _mirror_signature,
    "recovery changed": _change_recovery,
    "version changed": _change_version,
    "length changed": _change_length,
    "prefix changed": _change_prefix,
    "truncated": _truncate,
    "characters changed": _change_characters,
    "characters swapped": _swap,
    "base45 overflowing": _overflow,
    "control characters": _with_control,
    "unicode": _with_unicode,
    "lower case": _lower,
    "oversize": _oversize,
    "random text": _random_text,
    "random bytes": _random_bytes,
    "something else": _something_else,
}
