# SPDX-License-Identifier: EUPL-1.2
"""`scripts/prove fuzz|symbolic|slither|all`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

from . import fuzz, slither, symbolic
from .tools import ProofFailed


def main() -> int:
    """Prove what is asked, say so with its figures, and return the exit code."""
    asked = _parse()
    proofs: dict[str, Callable[[], str]] = {
        "fuzz": partial(fuzz.prove, runs=asked.runs, depth=asked.depth, seed=asked.seed),
        "slither": slither.prove,
        "symbolic": partial(symbolic.prove, asked.only),
    }
    chosen = list(proofs) if asked.proof == "all" else [asked.proof]
    return max([_run(name, proofs[name]) for name in chosen])


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/prove", description="Prove the contract.")
    parser.add_argument(
        "proof",
        choices=["fuzz", "symbolic", "slither", "all"],
        help="fuzz: play all parts against the deployed bytecode; symbolic: follow all paths of a call from any state; "
        "slither: read the sources",
    )
    parser.add_argument("--runs", type=int, help="fuzz: how many towns; with it, other ones each time")
    parser.add_argument("--depth", type=int, help="fuzz: how many steps in each")
    parser.add_argument("--seed", type=int, help="fuzz: play the same towns again")
    parser.add_argument("--only", default="", help="symbolic: the proofs with this in their name")
    return parser.parse_args()


def _run(name: str, prove: Callable[[], str]) -> int:
    started = time.monotonic()
    try:
        said, word, code = prove(), "ok", 0
    except ProofFailed as failed:
        said, word, code = str(failed), "FAILED", 1
    print(f"{said}\n{name}: {word}, {time.monotonic() - started:.0f} s\n", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
