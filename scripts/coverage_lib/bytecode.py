# SPDX-License-Identifier: EUPL-1.2
"""Bytecode: what each conditional jump of the committed build leads to. The optimizer leaves no names to say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kindpakket.hashes import keccak

from .branches import Branch
from .program import ENDS, JUMP, JUMPI, Instruction, Jump, Program
from .source import Source
from .tracer import Trace

SLT, CALLVALUE, CALLDATASIZE, MSTORE, REVERT = 0x12, 0x34, 0x36, 0x52, 0xFD
PANIC = 0x4E487B71
PANIC_CODES = (0x01, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32, 0x41, 0x51)
"""Source: docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require."""
BYTES_CHECK = "bytes"


def count(
    program: Program, sources: Mapping[str, Source], abi: list[dict[str, Any]], trace: Trace
) -> Counter[Branch]:
    """Return how often each outcome of each conditional jump was seen, those never seen with 0."""
    errors = _errors(abi)
    seen: Counter[tuple[int, bool]] = Counter()
    for taken, times in trace.outcomes.items():
        seen[taken.jump.pc, taken.is_taken] += times
    return Counter(
        {
            _branch(program, sources, errors, jump, is_taken=is_taken): seen[jump.pc, is_taken]
            for jump in program.jumps
            for is_taken in (True, False)
        }
    )


def _branch(
    program: Program, sources: Mapping[str, Source], errors: Mapping[int, str], jump: Jump, *, is_taken: bool
) -> Branch:
    instruction = program.at(jump.pc)
    check = f"{_asked(program, jump.pc)} at {jump.pc}".lstrip()
    outcome = _fate(program, jump.pc, errors, is_taken=is_taken) or ("jumps" if is_taken else "goes on")
    place = instruction.place
    if place is None:
        return Branch(BYTES_CHECK, "", "", 0, "", check, outcome)
    source = sources[place.file]
    return Branch(
        BYTES_CHECK,
        place.file,
        source.function(place),
        source.line(place),
        source.text(place),
        check,
        outcome,
    )


def _asked(program: Program, pc: int) -> str:
    """Say what of the call is tested, when the instructions just before tell."""
    position = program.positions[pc]
    before = [instruction.opcode for instruction in program.instructions[max(0, position - 5) : position]]
    if CALLVALUE in before:
        return "call value"
    return "length of the input" if CALLDATASIZE in before and SLT in before else ""


def _errors(abi: list[dict[str, Any]]) -> dict[int, str]:
    """Return the names of the refusals by the four bytes that tell them."""
    names = {}
    for entry in abi:
        if entry["type"] == "error":
            signature = f"{entry['name']}({','.join(part['type'] for part in entry['inputs'])})"
            names[int.from_bytes(keccak(signature.encode())[:4], "big")] = entry["name"]
    return names


def _fate(program: Program, pc: int, errors: Mapping[int, str], *, is_taken: bool) -> str:
    """Say how execution ends if it goes this way and nothing more is decided there; empty if it goes on."""
    position = program.positions[pc]
    start = program.instructions[position - 1].argument if is_taken else program.instructions[position + 1].pc
    way = list(_way(program, start))
    if not way or way[-1].opcode != REVERT:
        return ""
    arguments = [instruction.argument for instruction in way if instruction.argument is not None]
    words = {argument >> 224 if argument >= 2**224 else argument for argument in arguments}
    if PANIC in words:
        codes = [argument for argument in arguments if argument in PANIC_CODES]
        return f"panics 0x{codes[-1]:02x}" if codes else "panics"
    for word in words & errors.keys():
        return f"refuses {errors[word]}"
    is_silent = not any(instruction.opcode == MSTORE for instruction in way)
    return "reverts without a reason" if is_silent else "reverts"


def _way(program: Program, start: int | None) -> Iterator[Instruction]:
    """Follow the instructions from here, through jumps whose goal is known, to where it ends or is decided."""
    seen: set[int] = set()
    while start is not None and start in program.positions and start not in seen:
        seen.add(start)
        position = program.positions[start]
        start = None
        while position < len(program.instructions):
            instruction = program.instructions[position]
            yield instruction
            if instruction.opcode == JUMP:
                start = program.instructions[position - 1].argument
            if instruction.opcode in ENDS or instruction.opcode == JUMPI:
                break
            position += 1
