# SPDX-License-Identifier: EUPL-1.2
"""Changes of what calls are given: two arguments of one type change places, one is nothing, one is another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from .changes import Change, is_unsigned, nothing_of, replaced
from .syntax import Node

_WITHOUT_ARGUMENTS_OF_THEIR_OWN = {"require", "type", "keccak256"}


def _kind_of_call(node: Node) -> str | None:
    """Whether a node is an event, a refusal or any other call with arguments; None if it is none of these."""
    if node.kind != "FunctionCall" or node.raw["kind"] == "typeConversion":
        return None
    called = node.part("expression")
    if called.text in _WITHOUT_ARGUMENTS_OF_THEIR_OWN:
        return None
    if node.parent is not None and node.parent.kind == "EmitStatement":
        return "event"
    return "refusal" if called.declaration().get("nodeType") == "ErrorDefinition" else "call"


def _can_change_places(one: Node, other: Node) -> bool:
    if one.text == other.text:
        return False
    return one.type == other.type or (is_unsigned(one.type) and is_unsigned(other.type))


def swapped(node: Node) -> Iterator[Change]:
    """Two arguments of one type, such as two amounts or two accounts, change places."""
    if _kind_of_call(node):
        content = node.source.content
        for one, other in combinations(node.parts("arguments"), 2):
            if _can_change_places(one, other):
                between = content[one.end : other.start].decode()
                yield Change(one.start, other.end, f"{other.text}{between}{one.text}")


def _given_nothing(node: Node) -> Iterator[Change]:
    for argument in node.parts("arguments"):
        other = nothing_of(argument)
        if other is not None:
            yield replaced(argument, other)


def event_field(node: Node) -> Iterator[Change]:
    """An event says nothing in one of its fields."""
    if _kind_of_call(node) == "event":
        yield from _given_nothing(node)


def refusal_field(node: Node) -> Iterator[Change]:
    """A refusal says nothing in one of its fields."""
    if _kind_of_call(node) == "refusal":
        yield from _given_nothing(node)


def argument(node: Node) -> Iterator[Change]:
    """A call is given nothing for one of its arguments: a signature does not cover it, a key does not count."""
    if _kind_of_call(node) == "call":
        yield from _given_nothing(node)


def unwrapped(node: Node) -> Iterator[Change]:
    """What a call would have been given stands for what it answers, when both are of one type."""
    if _kind_of_call(node) == "call" and len(node.parts("arguments")) == 1:
        given = node.parts("arguments")[0]
        if given.type == node.type:
            yield replaced(node, given.text)
