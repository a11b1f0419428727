# SPDX-License-Identifier: EUPL-1.2
"""The compiler's syntax tree of a source, as nodes that know their text, their type and what is around them.

Places in a source are offsets in its UTF-8 bytes, as the compiler gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_NOT_MUTATED = {
    "ArrayTypeName",
    "ImportDirective",
    "InheritanceSpecifier",
    "Mapping",
    "PragmaDirective",
    "StructuredDocumentation",
    "UserDefinedValueTypeDefinition",
    "UsingForDirective",
}
"""What is form and no rule."""


@dataclass(frozen=True, eq=False)
class Source:
    """A source file and its declarations by the compiler's numbers."""

    name: str
    content: bytes
    declarations: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Node:
    """A node of the tree."""

    source: Source
    raw: Mapping[str, Any]
    parent: Node | None = None

    @property
    def kind(self) -> str:
        """The compiler's name of the kind of node, such as BinaryOperation."""
        kind: str = self.raw["nodeType"]
        return kind

    @cached_property
    def start(self) -> int:
        """Where it begins."""
        return int(self.raw["src"].split(":")[0])

    @cached_property
    def end(self) -> int:
        """The first place after it."""
        return self.start + int(self.raw["src"].split(":")[1])

    @property
    def text(self) -> str:
        """Its text as it stands in the source."""
        return self.source.content[self.start : self.end].decode()

    @property
    def type(self) -> str:
        """The type of an expression as Solidity writes it; empty for what has none."""
        kind: str = (self.raw.get("typeDescriptions") or {}).get("typeString") or ""
        return kind

    @property
    def operator(self) -> str:
        """The operator of an operation or assignment."""
        return str(self.raw.get("operator", ""))

    @property
    def name(self) -> str:
        """The name of what is declared or named; empty if nothing is."""
        return str(self.raw.get("name", ""))

    def part(self, name: str) -> Node:
        """Return the part of this name."""
        return Node(self.source, self.raw[name], self)

    def parts(self, name: str) -> list[Node]:
        """Return the parts of this name, without the empty places of a tuple."""
        return [Node(self.source, raw, self) for raw in self.raw.get(name) or [] if raw is not None]

    def declaration(self) -> Mapping[str, Any]:
        """Return the declaration that an identifier refers to; empty for what the language itself declares."""
        return self.source.declarations.get(self.raw.get("referencedDeclaration", -1), {})

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the compiler."""
        if self.kind in _NOT_MUTATED:
            return
        yield self
        for value in self.raw.values():
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, dict) and "nodeType" in child:
                    yield from Node(self.source, child, self).walk()

    def above(self) -> Iterator[Node]:
        """What contains this node, from the inside out."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def scope(self) -> str:
        """The function, the modifier or the constant that it stands in, such as `VoucherFund.redeem`."""
        named = [
            node.name or node.raw.get("kind", "")
            for node in (self, *self.above())
            if node.kind in {"FunctionDefinition", "ModifierDefinition", "ContractDefinition"}
            or (node.kind == "VariableDeclaration" and node.raw.get("stateVariable"))
        ]
        if len(named) < 2:
            named.append(self.source.name.removesuffix(".sol"))
        return ".".join(reversed(named))


def declarations(trees: Mapping[str, Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Return all that the trees declare by the compiler's numbers."""
    found: dict[int, Mapping[str, Any]] = {}

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            if "nodeType" in value and "id" in value:
                found[value["id"]] = value
            for child in value.values():
                visit(child)
        elif isinstance(value, list):
            for child in value:
                visit(child)

    visit(list(trees.values()))
    return found


def in_one_line(text: str) -> str:
    """Return a text without its line breaks and what stands around them."""
    return re.sub(r"\s+", " ", text).strip()
