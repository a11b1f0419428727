# SPDX-License-Identifier: EUPL-1.2
"""A change of a source: what stands where, and what takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .syntax import Node


@dataclass(frozen=True)
class Change:
    """From `start` up to `end` (bytes of the source) stands `becomes` instead."""

    start: int
    end: int
    becomes: str


Operator = Callable[[Node], Iterator[Change]]
"""Makes the changes of one kind that are possible at a node itself, not below it."""


def replaced(node: Node, becomes: str) -> Change:
    """Put an expression in a node's place."""
    return Change(node.start, node.end, becomes)


def dropped(statement: Node) -> Change:
    """Put an empty block in a statement's place; in the head of a loop, nothing."""
    content = statement.source.content
    rest = content[statement.end :]
    spaces = len(rest) - len(rest.lstrip())
    in_head = statement.parent is not None and statement.parent.kind == "ForStatement"
    if in_head or not rest.lstrip().startswith(b";"):
        return Change(statement.start, statement.end, "" if in_head else "{}")
    return Change(statement.start, statement.end + spaces + 1, "{}")


def operand(node: Node) -> str:
    """Return an operand's text so that any operator can stand beside it."""
    compound = {"BinaryOperation", "Conditional", "Assignment"}
    return f"({node.text})" if node.kind in compound else node.text


def is_unsigned(kind: str) -> bool:
    """Whether a type counts from zero; a literal's does if it is not negative."""
    return kind.startswith(("uint", "int_const ")) and "-" not in kind


def nothing_of(node: Node) -> str | None:
    """Return the expression for nothing (or the opposite, of a truth) in a value's place; None if there is none."""
    kind = node.type
    if kind == "bool":
        return f"!({node.text})"
    if kind.startswith("int_const"):
        return "1" if node.text == "0" else "0"
    if kind.startswith(("uint", "int", "bytes", "address")) and kind.replace("int", "").isalnum():
        nothing = f"{kind.removesuffix(' payable')}(0)"
        return None if node.text == nothing else nothing
    return None
