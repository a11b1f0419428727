# SPDX-License-Identifier: EUPL-1.2
"""Follows every path of one call, from any state, with halmos: the proofs of tests/contracts/native/symbolic."""

from __future__ import annotations

import json
import os
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .tools import NATIVE, WORK, ProofFailed, run

PROVED, REFUTED = 0, 1
OUTCOMES = {2: "not decided in time", 3: "stuck", 4: "always refused", 5: "an error"}
LEVELS = 9
"""How often halmos goes round a loop: more than any loop here needs, the Merkle path's eight levels included."""

ASSERTION_SECONDS = 600

CONTRACT_SECONDS = 3_600
"""Halmos was seen to hang, once, on a machine that had far too much to do."""


@dataclass(frozen=True)
class Answer:
    """What became of one proof."""

    name: str
    outcome: int
    paths: int
    seconds: float
    cut_loops: int


def prove(only: str = "") -> str:
    """Return the figures of all proofs, or of those with `only` in their name.

    Each function `check_...` must be proved on all paths. Each `reach_...` must be refuted, or the proofs would be
    about calls that are never accepted.

    Raises:
        ProofFailed: A proof was refuted or not decided, or a call cannot be reached.
    """
    _compile()
    contracts = sorted(file.name.split(".")[0] for file in (NATIVE / "symbolic").glob("*.t.sol"))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        answers = [
            answer for found in threads.map(lambda name: _ask(name, only), contracts) for answer in found
        ]
    if not answers:
        raise ProofFailed(f"There is no proof with {only!r} in its name.")
    lines = [_describe(answer) for answer in answers]
    if not all(_is_right(answer) for answer in answers):
        raise ProofFailed("\n".join(lines))
    checks = sum(answer.name.startswith("check_") for answer in answers)
    paths = sum(answer.paths for answer in answers)
    return "\n".join(
        [*lines, f"{checks} proofs, {len(answers) - checks} calls reached, {paths:,} paths, none cut short"]
    )


def _compile() -> None:
    built = run("forge", "build", "--ast", "--extra-output", "storageLayout", "metadata", profile="symbolic")
    if built.returncode:
        raise ProofFailed(built.stdout + built.stderr)
    settings = json.loads((WORK / "symbolic" / "VoucherFund.sol" / "VoucherFund.json").read_text("utf-8"))
    hashes = [name for name in settings["metadata"]["sources"] if name.endswith("/Hashes.sol")]
    if hashes != ["tests/contracts/native/symbolic/Hashes.sol"]:
        raise ProofFailed(f"The contract was compiled with {hashes}.")


def _ask(contract: str, only: str) -> list[Answer]:
    output = WORK / f"{contract}.json"
    output.unlink(missing_ok=True)
    solver = shlex.join([sys.executable, str(Path(__file__).with_name("solver.py"))])
    done = run(
        *("halmos", "--root", ".", "--forge-build-out", ".setup/prove/symbolic", "--no-status"),
        *("--match-contract", f"^{contract}$", "--match-test", f"^(check|reach)_.*{only}"),
        *("--loop", str(LEVELS), "--solver-command", solver, "--solver-threads", "1"),
        *("--solver-timeout-assertion", f"{ASSERTION_SECONDS}s", "--json-output", str(output)),
        *(["--early-exit"] if contract == "Reach" else []),
        profile="symbolic",
        most_seconds=CONTRACT_SECONDS,
    )
    if not output.exists():
        if only and "No tests with" in done.stdout + done.stderr:
            return []
        raise ProofFailed(done.stdout + done.stderr)
    results = json.loads(output.read_text("utf-8"))["test_results"]
    return [
        Answer(
            name=result["name"].split("(")[0],
            outcome=result["exitcode"],
            paths=(result["num_paths"] or [0])[0],
            seconds=(result["time"] or [0])[0],
            cut_loops=result["num_bounded_loops"] or 0,
        )
        for results_of_contract in results.values()
        for result in results_of_contract
    ]


def _is_right(answer: Answer) -> bool:
    wanted = PROVED if answer.name.startswith("check_") else REFUTED
    return answer.outcome == wanted and not answer.cut_loops


def _describe(answer: Answer) -> str:
    reached = answer.name.startswith("reach_")
    word = OUTCOMES.get(answer.outcome) or (
        ("not reached" if reached else "proved")
        if answer.outcome == PROVED
        else ("reached" if reached else "REFUTED")
    )
    cut = f", {answer.cut_loops} loops cut short" if answer.cut_loops else ""
    words = answer.name.split("_", 1)[1].replace("_", " ")
    return f"{word:10}{answer.seconds:7.1f} s{answer.paths:6} paths  {words}{cut}"
