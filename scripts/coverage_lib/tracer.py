# SPDX-License-Identifier: EUPL-1.2
"""Tracer: counts the jumps that py-evm takes while it executes one contract's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eth.abc import ComputationAPI
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.spurious_dragon import computation as size_rule

from .program import JUMP, JUMPI, Jump, Program

FRAMES = "frames_of_coverage"
"""The attribute in which a computation of py-evm carries its frames."""
SIZE_LIMIT_BYTES = 2**20


class Taken(NamedTuple):
    """One outcome of a conditional jump."""

    jump: Jump
    is_taken: bool
    operators: tuple[bool | None, ...]
    """Of the `&&` and `||` whose value it tests: whether the right operand was evaluated; None when neither was."""


@dataclass
class Trace:
    """What was seen: how often each outcome, and where control arrived."""

    outcomes: Counter[Taken] = field(default_factory=Counter)
    entered: set[int] = field(default_factory=set)


class _Frames:
    """The functions that are being executed, in one call of the contract."""

    __slots__ = ("calls", "operators", "outer")

    def __init__(self) -> None:
        self.calls: tuple[int, ...] = ()
        self.operators: dict[int, bool] = {}
        self.outer: list[tuple[tuple[int, ...], dict[int, bool]]] = []

    def enter(self, pc: int, *, is_own: bool) -> None:
        """Begin a function. The compiler's own ones belong to the function that calls them."""
        self.outer.append((self.calls, self.operators))
        if is_own:
            self.calls = (*self.calls, pc)
        else:
            self.calls, self.operators = (), {}

    def leave(self) -> None:
        """End a function."""
        self.calls, self.operators = self.outer.pop()


def _is_code(code: bytes, program: Program) -> bool:
    """Say whether this is the program's code, whatever its immutable values are."""
    if len(code) != len(program.code):
        return False
    plain = bytearray(code)
    for start, length in program.immutables:
        plain[start : start + length] = bytes(length)
    return bytes(plain) == program.code


class _Tracer:
    """Stands in for py-evm's two jumps."""

    def __init__(
        self, program: Program, operators: frozenset[int], tested: Mapping[Jump, tuple[int, ...]]
    ) -> None:
        self.seen = Trace()
        self._program = program
        self._operators = operators
        self._tested = tested
        self._is_code: dict[bytes, bool] = {}
        self._jump, self._jumpi = PragueComputation.opcodes[JUMP], PragueComputation.opcodes[JUMPI]

    def _frames(self, computation: ComputationAPI) -> _Frames | None:
        """Return what is being executed; None if it is other code than the program's."""
        attributes = computation.__dict__
        if FRAMES not in attributes:
            message = computation.msg
            if message.code not in self._is_code:
                self._is_code[message.code] = not message.is_create and _is_code(message.code, self._program)
            attributes[FRAMES] = _Frames() if self._is_code[message.code] else None
        found: _Frames | None = attributes[FRAMES]
        return found

    def jump(self, computation: ComputationAPI) -> None:
        """Jump, and see it."""
        pc = computation.code.program_counter - 1
        self._jump(computation=computation)
        frames = self._frames(computation)
        if frames is None:
            return
        self.seen.entered.add(computation.code.program_counter)
        is_own = self._program.calls.get(pc)
        if is_own is not None:
            frames.enter(pc, is_own=is_own)
        elif pc in self._program.returns:
            frames.leave()

    def jumpi(self, computation: ComputationAPI) -> None:
        """Jump or go on, and see which."""
        pc = computation.code.program_counter - 1
        self._jumpi(computation=computation)
        frames = self._frames(computation)
        if frames is None:
            return
        arrived = computation.code.program_counter
        self.seen.entered.add(arrived)
        is_taken = arrived != pc + 1
        reached = Jump(frames.calls, pc)
        values = tuple(frames.operators.pop(operator, None) for operator in self._tested.get(reached, ()))
        self.seen.outcomes[Taken(reached, is_taken, values)] += 1
        if pc in self._operators:
            frames.operators[pc] = is_taken


def trace(program: Program, operators: frozenset[int], tested: Mapping[Jump, tuple[int, ...]]) -> Trace:
    """Trace every execution of the program's code in this process from now on.

    `operators` are the jumps of `&&` and `||`; `tested` says, of a jump, which of them make the value that it tests.
    """
    tracer = _Tracer(program, operators, tested)
    opcodes: dict[int, Any] = {**PragueComputation.opcodes, JUMP: tracer.jump, JUMPI: tracer.jumpi}
    PragueComputation.opcodes = opcodes
    # The source build is larger than a chain allows; nothing else depends on that rule.
    vars(size_rule)["EIP170_CODE_SIZE_LIMIT"] = SIZE_LIMIT_BYTES
    return tracer.seen
