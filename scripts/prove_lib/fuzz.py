# SPDX-License-Identifier: EUPL-1.2
"""Plays the town of tests/contracts/native/fuzz against the bytecode of contracts/artifacts.json, with forge."""

from __future__ import annotations

import re
import secrets
from collections import Counter

from .tools import WORK, ProofFailed, run

CALLS = WORK / "calls.txt"
USUAL_SEED = 1
"""A short run is the same each time: what fails on a build server fails here."""


def prove(*, runs: int | None, depth: int | None, seed: int | None) -> str:
    """Return the figures of a campaign; without a number of runs, of the short one.

    Raises:
        ProofFailed: An invariant does not hold, or the campaign did not get a verb accepted.
    """
    if seed is None:
        seed = USUAL_SEED if runs is None else secrets.randbelow(2**32)
    CALLS.parent.mkdir(parents=True, exist_ok=True)
    CALLS.write_text("", "utf-8")
    asked = {"FOUNDRY_INVARIANT_RUNS": runs, "FOUNDRY_INVARIANT_DEPTH": depth}
    done = run(
        *("forge", "test", "--fuzz-seed", str(seed)),
        profile="default",
        settings={name: str(number) for name, number in asked.items() if number is not None},
    )
    figures = re.search(r"\(runs: (\d+), calls: (\d+), reverts: (\d+)\)", done.stdout)
    if done.returncode or not figures:
        raise ProofFailed(f"{done.stdout}{done.stderr}\nseed {seed}")
    return (
        f"seed {seed}: {figures[1]} runs, {figures[2]} steps, {figures[3]} reverted\n{_describe(*_count())}"
    )


def _count() -> tuple[Counter[str], Counter[str], dict[str, int]]:
    """Sum up what each run wrote down of each verb: accepted, refused, and the dearest call's gas."""
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    dearest_gas: dict[str, int] = {}
    for line in CALLS.read_text("utf-8").splitlines():
        verb, *numbers = line.split()
        accepted_count, refused_count, gas = map(int, numbers)
        accepted[verb] += accepted_count
        refused[verb] += refused_count
        dearest_gas[verb] = max(dearest_gas.get(verb, 0), gas)
    missing = [verb for verb in dearest_gas if not accepted[verb]]
    if missing or not dearest_gas:
        raise ProofFailed(f"The campaign proves little: nothing was accepted of {missing or 'any verb'}.")
    return accepted, refused, dearest_gas


def _describe(accepted: Counter[str], refused: Counter[str], dearest_gas: dict[str, int]) -> str:
    lines = [f"{'verb':16}{'accepted':>10}{'refused':>10}{'dearest, gas':>14}"]
    lines += [
        f"{verb:16}{accepted[verb]:>10,}{refused[verb]:>10,}{gas:>14,}" for verb, gas in dearest_gas.items()
    ]
    lines.append(f"{'together':16}{accepted.total():>10,}{refused.total():>10,}")
    return "\n".join(lines)
