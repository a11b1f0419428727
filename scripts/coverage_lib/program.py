# SPDX-License-Identifier: EUPL-1.2
"""Program: a contract's runtime code as instructions, each with its place in the sources, and its functions."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

JUMP, JUMPI, JUMPDEST = 0x56, 0x57, 0x5B
PUSH0, PUSH1, PUSH32 = 0x5F, 0x60, 0x7F
ENDS = frozenset({0x00, JUMP, 0xF3, 0xFD, 0xFE})
"""After STOP, JUMP, RETURN, REVERT and INVALID, the next instruction is not the next to be executed."""

WRITTEN = ("fun_", "constant_", "modifier_")
"""How the compiler names the functions that it makes of what somebody wrote."""
DOOR = "external_fun_"
"""How it names the functions that check and decode what a caller sent."""


class Place(NamedTuple):
    """A stretch of a source file, in bytes."""

    file: str
    start: int
    length: int

    @property
    def end(self) -> int:
        """Return the first byte after it."""
        return self.start + self.length

    def holds(self, other: Place) -> bool:
        """Say whether the other place lies in this one."""
        return self.file == other.file and self.start <= other.start and other.end <= self.end


class Instruction(NamedTuple):
    """One instruction: where it stands, what it does, where it comes from."""

    pc: int
    opcode: int
    argument: int | None
    place: Place | None
    jump: str
    """`i` for a jump into a function, `o` for one out of it, `-` otherwise."""


class Jump(NamedTuple):
    """A conditional jump, and the calls of the compiler's own functions that lead to it from what somebody wrote."""

    calls: tuple[int, ...]
    pc: int


def _places(source_map: str, files: Mapping[int, str]) -> Iterator[tuple[Place | None, str]]:
    """Spell a source map out. Source: docs.soliditylang.org/en/latest/internals/source_mappings.html."""
    fields = ["0", "0", "-1", "-", "0"]
    for entry in source_map.split(";"):
        for position, field in enumerate(entry.split(":")):
            if field:
                fields[position] = field
        file = files.get(int(fields[2]))
        yield (Place(file, int(fields[0]), int(fields[1])) if file is not None else None), fields[3]


def _instructions(code: bytes, source_map: str, files: Mapping[int, str]) -> Iterator[Instruction]:
    """Read code up to where its source map ends; after that come data, not instructions."""
    pc = 0
    for place, jump in _places(source_map, files):
        opcode = code[pc]
        size = opcode - PUSH0 if PUSH0 <= opcode <= PUSH32 else 0
        argument = int.from_bytes(code[pc + 1 : pc + 1 + size], "big") if PUSH0 <= opcode <= PUSH32 else None
        yield Instruction(pc, opcode, argument, place, jump)
        pc += 1 + size


@dataclass(frozen=True)
class Program:
    """A contract's runtime code."""

    code: bytes
    """As compiled: immutable values are zero."""
    immutables: tuple[tuple[int, int], ...]
    """Where immutable values stand: first byte and length."""
    instructions: tuple[Instruction, ...]
    names: Mapping[int, str]
    """The compiler's functions: their first instruction and their name. The optimizer leaves none in one piece."""

    @classmethod
    def of(cls, output: Mapping[str, Any], files: Mapping[int, str], *, is_optimized: bool) -> Program:
        """Read what the compiler says of a contract's runtime code, its `evm.deployedBytecode`."""
        code = bytes.fromhex(output["object"])
        functions = {} if is_optimized else output["functionDebugData"]
        return cls(
            code=code,
            immutables=tuple(
                (part["start"], part["length"])
                for parts in output["immutableReferences"].values()
                for part in parts
            ),
            instructions=tuple(_instructions(code, output["sourceMap"], files)),
            names={
                about["entryPoint"]: name
                for name, about in functions.items()
                if about["entryPoint"] is not None
            },
        )

    @cached_property
    def positions(self) -> Mapping[int, int]:
        """Return the position of each instruction, by where it stands."""
        return {instruction.pc: position for position, instruction in enumerate(self.instructions)}

    @cached_property
    def _entries(self) -> list[int]:
        return sorted(self.names)

    def function_at(self, pc: int) -> str:
        """Return the compiler's name of the function that holds this instruction; empty before the first."""
        found = bisect_right(self._entries, pc)
        return self.names[self._entries[found - 1]] if found else ""

    def is_own(self, function: str) -> bool:
        """Say whether the compiler made this function up, so that its branches are those of who calls it."""
        return bool(function) and not function.startswith((*WRITTEN, DOOR))

    def _target(self, position: int) -> int:
        """Return where the jump at this position goes to, which the instruction before it says."""
        target = self.instructions[position - 1].argument
        assert target is not None and target in self.names, "a call goes to a function"
        return target

    @cached_property
    def calls(self) -> Mapping[int, bool]:
        """Return where functions are called, and whether the called one is the compiler's own."""
        return {
            instruction.pc: self.is_own(self.names[self._target(position)])
            for position, instruction in enumerate(self.instructions)
            if self.names and instruction.opcode == JUMP and instruction.jump == "i"
        }

    @cached_property
    def returns(self) -> frozenset[int]:
        """Return where functions end."""
        return frozenset(i.pc for i in self.instructions if self.names and i.opcode == JUMP and i.jump == "o")

    @cached_property
    def jumps(self) -> tuple[Jump, ...]:
        """Return every conditional jump, once for each way there through the compiler's own functions."""
        tests: dict[str, list[int]] = defaultdict(list)
        calls: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for position, instruction in enumerate(self.instructions):
            function = self.function_at(instruction.pc)
            if instruction.opcode == JUMPI:
                tests[function].append(instruction.pc)
            elif self.calls.get(instruction.pc):
                calls[function].append((instruction.pc, self.names[self._target(position)]))

        def inside(function: str, way: tuple[int, ...]) -> Iterator[Jump]:
            yield from (Jump(way, pc) for pc in tests[function])
            for pc, called in calls[function]:
                yield from inside(called, (*way, pc))

        written = [name for name in ["", *self.names.values()] if not self.is_own(name)]
        return tuple(jump for name in dict.fromkeys(written) for jump in inside(name, ()))

    def at(self, pc: int) -> Instruction:
        """Return the instruction that stands here."""
        return self.instructions[self.positions[pc]]

    def origin(self, jump: Jump) -> Instruction:
        """Return the instruction by which what somebody wrote comes to this jump: a call, or the jump itself."""
        return self.at(jump.calls[0] if jump.calls else jump.pc)

    def executed(self, entered: set[int]) -> set[int]:
        """Return the instructions that were executed, given where control ever arrived by a jump."""
        done: set[int] = set()
        for entry in (0, *entered):
            for instruction in self.instructions[self.positions[entry] :]:
                if instruction.pc in done:
                    break
                done.add(instruction.pc)
                if instruction.opcode in ENDS or instruction.opcode == JUMPI:
                    break
        return done
