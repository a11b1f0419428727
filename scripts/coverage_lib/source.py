# SPDX-License-Identifier: EUPL-1.2
"""Source: the decisions and statements that somebody wrote, read from the compiler's syntax tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .program import Place

Node = Mapping[str, Any]

SIMPLE_STATEMENTS = frozenset(
    {
        "Break",
        "Continue",
        "EmitStatement",
        "ExpressionStatement",
        "Return",
        "RevertStatement",
        "VariableDeclarationStatement",
    }
)


@dataclass(frozen=True)
class Operator:
    """An `&&` or `||`: its jump goes to the right operand unless the left one settles the matter."""

    place: Place
    is_and: bool
    left: Place | None
    """The left operand; None when it is an operator itself, whose own operands count."""


@dataclass(frozen=True)
class Operand:
    """A right operand of an operator that is tested by a jump further on, once it was evaluated."""

    place: Place
    operator: Place
    is_negated: bool
    """Whether what is tested is the contrary of the operand."""


@dataclass(frozen=True)
class Decision:
    """A place where the course depends on a condition: `require`, `if`, `if else`, `?:` or `loop`."""

    kind: str
    place: Place
    """Where its jump is: the whole of it, but a loop's condition."""
    operands: tuple[Operand, ...]
    """The operands that its jump tests as well."""


@dataclass(frozen=True)
class Function:
    """A function, or for a contract's constants the contract."""

    name: str
    place: Place


class Source:
    """One source file with its functions, decisions, operators and simple statements."""

    def __init__(self, name: str, content: bytes, tree: Node) -> None:
        """Read the file's syntax tree."""
        self.name = name
        self._content = content
        self.functions: list[Function] = []
        self.decisions: list[Decision] = []
        self.operators: list[Operator] = []
        self.tested_by_operator: dict[Place, tuple[Operand, ...]] = {}
        self.statements: list[Place] = []
        for node in _all_nodes(tree):
            self._read(node)

    def text(self, place: Place) -> str:
        """Return what is written there, on one line."""
        return " ".join(self._content[place.start : place.end].decode().split())

    def line(self, place: Place) -> int:
        """Return the line on which it begins."""
        return self._content.count(b"\n", 0, place.start) + 1

    def function(self, place: Place) -> str:
        """Return the name of the innermost function, or else contract, that holds a place."""
        holders = [function for function in self.functions if function.place.holds(place)]
        return min(holders, key=lambda function: function.place.length).name if holders else ""

    def _place(self, node: Node) -> Place:
        start, length, _ = node["src"].split(":")
        return Place(self.name, int(start), int(length))

    def _read(self, node: Node) -> None:
        kind = node["nodeType"]
        place = self._place(node)
        if kind in {"FunctionDefinition", "ModifierDefinition", "ContractDefinition"}:
            self.functions.append(Function(node["name"] or node.get("kind", ""), place))
        elif kind in SIMPLE_STATEMENTS:
            self.statements.append(place)
        if kind == "FunctionCall" and node["expression"].get("name") == "require":
            self._decide("require", place, node["arguments"][0])
        elif kind == "IfStatement":
            self._decide("if else" if node.get("falseBody") else "if", place, node["condition"])
        elif kind == "Conditional":
            self._decide("?:", place, node["condition"])
        elif kind in {"ForStatement", "WhileStatement", "DoWhileStatement"} and node.get("condition"):
            self._decide("loop", self._place(node["condition"]), node["condition"])
        elif _is_operator(node):
            left = _bare(node["leftExpression"])
            self.operators.append(
                Operator(
                    place,
                    is_and=node["operator"] == "&&",
                    left=None if _is_operator(_unnegated(left)) else self._place(left),
                )
            )
            self.tested_by_operator[place] = tuple(self._operands(left, is_negated=False))

    def _decide(self, kind: str, place: Place, condition: Node) -> None:
        self.decisions.append(Decision(kind, place, tuple(self._operands(condition, is_negated=False))))

    def _operands(self, node: Node, *, is_negated: bool) -> Iterator[Operand]:
        """Find the right operands that have the last word on this value."""
        node = _bare(node)
        if node["nodeType"] == "UnaryOperation" and node["operator"] == "!":
            yield from self._operands(node["subExpression"], is_negated=not is_negated)
        elif _is_operator(node):
            right = _bare(node["rightExpression"])
            if _is_operator(_unnegated(right)):
                yield from self._operands(right, is_negated=is_negated)
            else:
                yield Operand(self._place(right), self._place(node), is_negated)


def _all_nodes(value: object) -> Iterator[Node]:
    """Walk a syntax tree, outer nodes first."""
    if isinstance(value, Mapping):
        if "nodeType" in value and "src" in value:
            yield value
        for part in value.values():
            yield from _all_nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _all_nodes(part)


def _bare(node: Node) -> Node:
    """Take the brackets off an expression."""
    while node["nodeType"] == "TupleExpression" and len(node["components"]) == 1:
        node = node["components"][0]
    return node


def _unnegated(node: Node) -> Node:
    while node["nodeType"] == "UnaryOperation" and node["operator"] == "!":
        node = _bare(node["subExpression"])
    return node


def _is_operator(node: Node) -> bool:
    return node["nodeType"] == "BinaryOperation" and node["operator"] in {"&&", "||"}
