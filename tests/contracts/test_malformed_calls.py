# SPDX-License-Identifier: EUPL-1.2
"""Calls that no program of ours makes: cut short, with ether, of no verb, with words that do not fit their type.

malformed calls
├── given any verb or question
│   ├── when ether comes with it
│   │   └── it refuses, as the contract holds nothing
│   ├── when its last byte is missing
│   │   └── it refuses
│   ├── when there is nothing but its name
│   │   └── it refuses
│   └── when one of its words is above its type
│       └── it refuses
├── given no verb
│   ├── when there are fewer than the four bytes that name one
│   │   └── it refuses, with ether too
│   └── when the four bytes name none
│       └── it refuses
├── given a list
│   ├── when it is said to lie or to reach outside of the input
│   │   └── it refuses
│   └── when one of its words is above its type
│       └── it refuses
└── given a ticket with all its signatures
    ├── when a word of a redemption is above its type
    │   └── it refuses
    └── when a word of a refund is above its type
        └── it refuses
"""

from __future__ import annotations

from typing import Any

import pytest

from .fund import ISSUER, TREASURER, Fund, input_of, names_of, parameters_of, refused, selector
from .town import ENDS_AT, TILL, Town, sign_refund

WORD = 32
VERBS = sorted(names_of("function"))
VERBS_WITH_WORDS = [verb for verb in VERBS if parameters_of(verb)]
LISTS = {"issue": 1, "sweep": 0}
"""The verbs that take a list, and which of their parameters it is."""


def _above(kind: str) -> int | None:
    """Return a word that is one bit too large for its type; None for a type that fills a word."""
    if kind == "address":
        return 1 << 160
    if kind == "bool":
        return 2
    if kind.startswith("bytes"):
        length = int(kind.removeprefix("bytes"))
        return 1 if length < WORD else None
    bits = int(kind.removeprefix("uint"))
    return 1 << bits if bits < 8 * WORD else None


def _nothing(parameter: dict[str, Any]) -> Any:
    """Return the least value of a parameter's type."""
    kind: str = parameter["type"]
    if kind.endswith("[]"):
        return []
    if kind.endswith("]"):
        kind, _, count = kind.removesuffix("]").rpartition("[")
        return [_nothing({**parameter, "type": kind})] * int(count)
    if kind == "tuple":
        return tuple(_nothing(part) for part in parameter["components"])
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes")))
    return {"address": bytes(20), "bool": False}.get(kind, 0)


def _plain(verb: str) -> bytes:
    """Return a well-formed input of a verb that says nothing."""
    return input_of(verb, [_nothing(parameter) for parameter in parameters_of(verb)])


def _replaced(content: bytes, position: int, word: int) -> bytes:
    """Put another word in the place of one, counted from the first after the verb."""
    start = 4 + position * WORD
    return content[:start] + word.to_bytes(WORD, "big") + content[start + WORD :]


def _flat(parameters: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return names and types of the words that fixed parameters take, in their order."""
    words = []
    for parameter in parameters:
        kind: str = parameter["type"]
        name: str = parameter["name"]
        if kind == "tuple":
            words += [(f"{name}.{inner}", of) for inner, of in _flat(parameter["components"])]
        elif kind.endswith("[8]"):
            words += [(f"{name}[{place}]", kind.removesuffix("[8]")) for place in range(8)]
        else:
            words.append((name, kind))
    return words


def _too_large(verb: str) -> list[Any]:
    """Return, as pytest takes them, the words of a verb that can be too large: position and word."""
    found = []
    for position, (name, kind) in enumerate(_flat(parameters_of(verb))):
        word = None if kind.endswith("[]") else _above(kind)
        if word is not None:
            found.append(pytest.param(verb, position, word, id=f"{verb}-{name}"))
    return found


# ------------------------------------------------------------------ given any verb or question


@pytest.mark.parametrize("verb", VERBS)
def test_a_call_with_ether_is_refused(fund: Fund, verb: str) -> None:
    with refused("", b""):
        fund.ask(fund.address, _plain(verb), wei=1)


@pytest.mark.parametrize("verb", VERBS_WITH_WORDS)
def test_a_call_without_its_last_byte_is_refused(fund: Fund, verb: str) -> None:
    with refused("", b""):
        fund.ask(fund.address, _plain(verb)[:-1])


@pytest.mark.parametrize("verb", VERBS_WITH_WORDS)
def test_a_call_of_nothing_but_its_name_is_refused(fund: Fund, verb: str) -> None:
    with refused("", b""):
        fund.ask(fund.address, _plain(verb)[:4])


@pytest.mark.parametrize(
    ("verb", "position", "word"),
    [case for verb in VERBS if verb not in {"redeem", "refund"} for case in _too_large(verb)],
)
def test_a_word_above_its_type_is_refused(fund: Fund, verb: str, position: int, word: int) -> None:
    with refused("", b""):
        fund.ask(fund.address, _replaced(_plain(verb), position, word))


# ------------------------------------------------------------------ given no verb


@pytest.mark.parametrize("content", [b"", bytes(3)])
@pytest.mark.parametrize("wei", [0, 1])
def test_a_call_too_short_to_name_a_verb_is_refused(fund: Fund, content: bytes, wei: int) -> None:
    with refused("", b""):
        fund.ask(fund.address, content, wei=wei)


def test_a_call_of_no_verb_is_refused(fund: Fund) -> None:
    """The names next to each verb's, on both sides: the contract looks a verb up among its neighbours."""
    verbs = {int.from_bytes(selector("function", verb)[:4], "big") for verb in VERBS}
    strange = {verb + step for verb in verbs for step in (-1, 1)} | {0, 2**32 - 1}
    for name in sorted(strange - verbs):
        with refused("", b""):
            fund.ask(fund.address, name.to_bytes(4, "big") + bytes(10 * WORD))


# ------------------------------------------------------------------ given a list


@pytest.mark.parametrize("verb", LISTS)
@pytest.mark.parametrize(
    ("begins_at", "length"),
    [
        pytest.param(2**64, 0, id="beyond-all-input"),
        pytest.param(2**63, 0, id="after-the-input"),
        pytest.param(None, 2**64, id="longer-than-all-input"),
        pytest.param(None, 1, id="one-longer-than-the-input"),
    ],
)
def test_a_list_outside_of_the_input_is_refused(
    fund: Fund, verb: str, begins_at: int | None, length: int
) -> None:
    content = _plain(verb)
    if begins_at is not None:
        content = _replaced(content, LISTS[verb], begins_at)
    content = content[:-WORD] + length.to_bytes(WORD, "big")
    with refused("", b""):
        fund.ask(fund.address, content, by=ISSUER if verb == "issue" else TREASURER)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("issue", (1 << 160, 1)),
        ("issue", (1, 1 << 24)),
        ("sweep", (1 << 32,)),
    ],
)
def test_a_word_of_a_list_above_its_type_is_refused(fund: Fund, verb: str, words: tuple[int, ...]) -> None:
    fund.move_to(ENDS_AT if verb == "sweep" else fund.now_at)
    content = _replaced(_plain(verb), 0, 1) if verb == "issue" else _plain(verb)
    item = b"".join(word.to_bytes(WORD, "big") for word in words)
    content = content[:-WORD] + (1).to_bytes(WORD, "big") + item
    with refused("", b""):
        fund.ask(fund.address, content, by=ISSUER if verb == "issue" else TREASURER)


# ------------------------------------------------------------------ given a ticket with all its signatures


@pytest.mark.parametrize(("verb", "position", "word"), _too_large("redeem"))
def test_a_word_of_a_redemption_above_its_type_is_refused(
    town: Town, verb: str, position: int, word: int
) -> None:
    request = town.request()
    content = input_of(verb, [request.ticket, request.place, request.charge])
    town.fund.ask(town.fund.address, content)
    was = int.from_bytes(content[4 + position * WORD :][:WORD], "big")
    with refused("", b""):
        town.fund.ask(town.fund.address, _replaced(content, position, was + word))


@pytest.mark.parametrize(("verb", "position", "word"), _too_large("refund"))
def test_a_word_of_a_refund_above_its_type_is_refused(
    town: Town, verb: str, position: int, word: int
) -> None:
    redemption = town.redeem(amount_cents=37_45)
    order = sign_refund(
        town.domain, till=TILL, ticket_id=redemption.ticket_id, amount_cents=1, remaining_cents=37_45
    )
    content = input_of(verb, [redemption.ticket, redemption.place, order])
    town.fund.ask(town.fund.address, content)
    was = int.from_bytes(content[4 + position * WORD :][:WORD], "big")
    with refused("", b""):
        town.fund.ask(town.fund.address, _replaced(content, position, was + word))
