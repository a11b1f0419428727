# SPDX-License-Identifier: EUPL-1.2
"""The mutants of the contract: every change that an operator makes, with a key that outlives moved lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import calls, expressions, statements
from .changes import Operator
from .syntax import Node, Source, declarations, in_one_line

MUTATED = ("VoucherFund.sol", "VoucherRecord.sol")

OPERATORS: dict[str, Operator] = {
    "require dropped": statements.require_dropped,
    "require negated": statements.require_negated,
    "comparison": expressions.comparison,
    "condition": expressions.condition,
    "branch": expressions.branch,
    "logic": expressions.logic,
    "negation": expressions.negation,
    "clock": expressions.clock,
    "modifier dropped": statements.modifier_dropped,
    "role": expressions.role,
    "assignment dropped": statements.assignment_dropped,
    "assigned": expressions.assigned,
    "value dropped": statements.value_dropped,
    "field": expressions.field,
    "arithmetic": expressions.arithmetic,
    "bits": expressions.bits,
    "constant": expressions.constant,
    "text": expressions.text,
    "call dropped": statements.call_dropped,
    "jump dropped": statements.jump_dropped,
    "returned": statements.returned,
    "emit dropped": statements.emit_dropped,
    "event field": calls.event_field,
    "refusal field": calls.refusal_field,
    "argument": calls.argument,
    "swapped": calls.swapped,
    "unwrapped": calls.unwrapped,
}


class Key(NamedTuple):
    """What names a mutant in the list of explained ones, wherever its line has moved."""

    scope: str
    text: str
    becomes: str
    nth: int
    """Which of several places in this scope where the same becomes the same, from 1."""


@dataclass(frozen=True)
class Mutant:
    """One small change of one source."""

    operator: str
    source: str
    line: int
    start: int
    end: int
    replacement: str
    key: Key

    def apply(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Return the sources with this change."""
        content = sources[self.source].encode()
        changed = content[: self.start] + self.replacement.encode() + content[self.end :]
        return {**sources, self.source: changed.decode()}

    def __str__(self) -> str:
        """The place and the change, in one line."""
        becomes = self.key.becomes or "(nothing)"
        return f"{self.source}:{self.line} {self.key.scope} [{self.operator}] {self.key.text} -> {becomes}"


def make_mutants(sources: Mapping[str, str], trees: Mapping[str, Mapping[str, Any]]) -> list[Mutant]:
    """Return all mutants in the order of the sources; what two operators would do alike is one mutant."""
    declared = declarations(trees)
    made: list[Mutant] = []
    for name in MUTATED:
        source = Source(name, sources[name].encode(), declared)
        made += mutants_of(Node(source, trees[name]))
    return made


def mutants_of(tree: Node) -> list[Mutant]:
    """Return all mutants of one source, in its order."""
    content = tree.source.content
    found: dict[tuple[int, int, str], tuple[str, str]] = {}
    for node in tree.walk():
        for operator, make in OPERATORS.items():
            for change in make(node):
                found.setdefault((change.start, change.end, change.becomes), (operator, node.scope))
    counted: Counter[tuple[str, str, str]] = Counter()
    mutants = []
    for (start, end, replacement), (operator, scope) in sorted(found.items()):
        words = (scope, in_one_line(content[start:end].decode()), in_one_line(replacement))
        counted[words] += 1
        line = content.count(b"\n", 0, start) + 1
        key = Key(*words, nth=counted[words])
        mutants.append(Mutant(operator, tree.source.name, line, start, end, replacement, key))
    return mutants
