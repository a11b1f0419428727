# SPDX-License-Identifier: EUPL-1.2
"""Branches: what each conditional jump of the source build decides, in the words of the sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from .program import DOOR, Jump, Place, Program
from .source import Decision, Operand, Operator, Source
from .tracer import Taken, Trace

# Of each kind of decision, what it is called when its jump is taken and when it is not. The compiler leaves the body
# of a condition out of line and jumps to it: to the refusal, to the body of an `if`, to what follows a loop. With two
# bodies it compares with false, and jumps to the second.
OUTCOMES = {
    "require": ("refuses", "holds"),
    "if": ("true", "false"),
    "if else": ("false", "true"),
    "?:": ("false", "true"),
    "loop": ("ends", "goes on"),
}
# Of the checks that the compiler adds, by how it names its functions, what it is called when they fail.
FAILURES = {
    "checked_sub": "underflows",
    "checked_div": "divides by zero",
    "mod_": "divides by zero",
    "checked_": "overflows",
    "increment_": "overflows",
    "calldata_array_index_access": "is out of bounds",
    "validator_assert_enum": "is no such value",
    "finalize_allocation": "is too large for memory",
    "array_allocation_size": "is too large for memory",
    "validator_revert": "is refused",
    "abi_decode": "is refused",
    "external_fun": "is refused",
}
WRITTEN, CHECK, DOOR_CHECK = "written", "check", "door"


class Branch(NamedTuple):
    """One outcome of one decision or check."""

    kind: str
    """`written` by somebody, a `check` that the compiler adds to it, or one at the `door`, of what a caller sends."""
    file: str
    function: str
    line: int
    text: str
    check: str
    """The compiler's name of a check; empty for what is written."""
    outcome: str


class Branches:
    """All branches of a build, and what each outcome of a jump says of them."""

    def __init__(self, program: Program, sources: Mapping[str, Source], contract_file: str) -> None:
        """Find what each jump decides."""
        self._program = program
        self._sources = sources
        self._contract_file = contract_file
        self._decisions: dict[Place, Decision] = {}
        self._operators: dict[Place, Operator] = {}
        for source in sources.values():
            self._decisions |= {decision.place: decision for decision in source.decisions}
            self._operators |= {operator.place: operator for operator in source.operators}
        self._operator_pcs: dict[Place, list[int]] = defaultdict(list)
        for jump in program.jumps:
            place = program.at(jump.pc).place
            if not jump.calls and place in self._operators:
                self._operator_pcs[place].append(jump.pc)
        self._lines: dict[tuple[str, ...], int] = {}

    # ------------------------------------------------------------ what a tracer needs

    @property
    def operators(self) -> frozenset[int]:
        """Return the jumps of `&&` and `||`."""
        return frozenset(pc for pcs in self._operator_pcs.values() for pc in pcs)

    @cached_property
    def tested(self) -> Mapping[Jump, tuple[int, ...]]:
        """Return of each jump the operators whose right operand it may test, by their jumps."""
        tested = {jump: tuple(pc for pc, _ in self._operands(jump)) for jump in self._program.jumps}
        return {jump: pcs for jump, pcs in tested.items() if pcs}

    def _operands(self, jump: Jump) -> list[tuple[int, Operand]]:
        """Return the right operands that a jump may test, each with the jump of its operator."""
        operands: tuple[Operand, ...] = ()
        place = self._program.origin(jump).place
        if place is not None and (decision := self._decision(jump)):
            operands = decision.operands
        elif place is not None and not jump.calls and place in self._operators:
            operands = self._sources[place.file].tested_by_operator[place]
        function = self._program.function_at(self._program.origin(jump).pc)
        return [
            (pc, operand)
            for operand in operands
            for pc in self._operator_pcs[operand.operator]
            if self._program.function_at(pc) == function
        ]

    def _decision(self, jump: Jump) -> Decision | None:
        """Return what was written there, if this jump decides it."""
        decision = self._decisions.get(self._program.origin(jump).place or Place("", 0, 0))
        if decision is None:
            return None
        is_helped = self._program.function_at(jump.pc).startswith("require_helper")
        return (
            decision if (decision.kind == "require") == is_helped and len(jump.calls) == is_helped else None
        )

    # ------------------------------------------------------------ naming

    def _branch(self, kind: str, place: Place, check: str, outcome: str) -> Branch:
        """Name a branch. The same check of the same words in one function is one check."""
        source = self._sources[place.file]
        function, text, line = source.function(place), source.text(place), source.line(place)
        if kind == CHECK:
            line = self._lines.setdefault((place.file, function, text, check), line)
        return Branch(kind, place.file, function, line, text, check, outcome)

    def _door(self, jump: Jump, outcome: str) -> Branch:
        origin = self._program.function_at(self._program.origin(jump).pc)
        way = [self._program.function_at(pc) for pc in (*jump.calls[1:], jump.pc)]
        same = self._doors[origin, tuple(way)]
        ordinal = f" #{same.index(jump) + 1}" if len(same) > 1 else ""
        text = " > ".join(way) + ordinal if jump.calls else "call value"
        function = origin.removeprefix(DOOR) or "(which verb)"
        if not origin:
            text = f"{self._program.at(jump.pc).pc}"
        return Branch(DOOR_CHECK, self._contract_file, function, 0, text, way[-1], outcome)

    @cached_property
    def _doors(self) -> Mapping[tuple[str, tuple[str, ...]], list[Jump]]:
        doors: dict[tuple[str, tuple[str, ...]], list[Jump]] = defaultdict(list)
        for jump in self._program.jumps:
            way = tuple(self._program.function_at(pc) for pc in (*jump.calls[1:], jump.pc))
            doors[self._program.function_at(self._program.origin(jump).pc), way].append(jump)
        return doors

    def of(self, taken: Taken) -> Iterator[Branch]:
        """Say what one outcome of a jump decided."""
        jump, is_taken, values = taken
        place = self._program.origin(jump).place
        origin = self._program.function_at(self._program.origin(jump).pc)
        check = self._program.function_at(jump.pc)
        decision = self._decision(jump)
        if not origin or origin.startswith(DOOR) or place is None:
            yield self._door(jump, _check_outcome(check, is_taken=is_taken))
            return
        for (_, operand), is_right in zip(self._operands(jump), values, strict=True):
            if is_right:
                value = self._tested_value(jump, is_taken=is_taken) != operand.is_negated
                yield self._branch(WRITTEN, operand.place, "", _truth(value))
        if decision:
            yield self._branch(WRITTEN, place, "", OUTCOMES[decision.kind][not is_taken])
        elif not jump.calls and place in self._operators:
            left = self._operators[place].left
            if left is not None:
                yield self._branch(WRITTEN, left, "", _truth(self._tested_value(jump, is_taken=is_taken)))
        elif not jump.calls:
            yield self._branch(WRITTEN, place, "", "jumps" if is_taken else "goes on")
        else:
            yield self._branch(CHECK, place, check, _check_outcome(check, is_taken=is_taken))

    def _tested_value(self, jump: Jump, *, is_taken: bool) -> bool:
        """Return the value of the condition that a jump tests."""
        decision = self._decision(jump)
        if decision:
            return is_taken if decision.kind == "if" else not is_taken
        place = self._program.at(jump.pc).place
        assert place is not None, "an operator is somewhere"
        # Taken is what leads to the right operand: a true left one of `&&`, a false left one of `||`.
        return is_taken == self._operators[place].is_and

    # ------------------------------------------------------------ counting

    def count(self, trace: Trace) -> Counter[Branch]:
        """Return how often each branch was taken; all branches are there, those never taken with 0."""
        counts: Counter[Branch] = Counter()
        for jump in self._program.jumps:
            values = len(self.tested.get(jump, ()))
            for is_taken in (True, False):
                counts.update(dict.fromkeys(self.of(Taken(jump, is_taken, (True,) * values)), 0))
        for taken, times in trace.outcomes.items():
            for branch in self.of(taken):
                assert branch in counts, "what happened was possible"
                counts[branch] += times
        return counts

    def unmeasured(self, file: str) -> list[Decision]:
        """Return the decisions of a file for which there is no jump."""
        places = {self._program.origin(jump).place for jump in self._program.jumps if self._decision(jump)}
        return [decision for decision in self._sources[file].decisions if decision.place not in places]

    def statements(self, trace: Trace) -> dict[Place, bool]:
        """Return the statements that have code in this build, and whether they were executed."""
        executed = self._program.executed(trace.entered)
        parts: dict[Place, bool] = {}
        for instruction in self._program.instructions:
            place = instruction.place
            if place is not None and not self._program.is_own(self._program.function_at(instruction.pc)):
                parts[place] = parts.get(place, False) or instruction.pc in executed
        found: dict[Place, bool] = {}
        for source in self._sources.values():
            for statement in source.statements:
                done = [was_done for place, was_done in parts.items() if statement.holds(place)]
                if done:
                    found[statement] = any(done)
        return found


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _check_outcome(check: str, *, is_taken: bool) -> str:
    """Name the outcome of a check that the compiler adds."""
    if check.startswith("abi_encode"):
        return "goes on" if is_taken else "ends"
    if not check:
        return "jumps" if is_taken else "goes on"
    if not is_taken:
        return "passes"
    return next((failure for prefix, failure in FAILURES.items() if check.startswith(prefix)), "fails")
