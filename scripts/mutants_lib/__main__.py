# SPDX-License-Identifier: EUPL-1.2
"""`scripts/mutants [--only WHAT]... [--sample N] [--seed S] [--jobs N] [--list]`."""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
from collections.abc import Sequence

from .campaign import Campaign
from .compiler import Compiler, read_sources
from .explained import objections, read_explained
from .mutants import OPERATORS, Mutant, make_mutants
from .records import Records, hash_of_tests
from .report import as_json, as_table
from .try_server import ROOT

FOLDER = ROOT / "var" / "mutants"
"""What is kept between runs; it may be deleted."""


def _is_meant(mutant: Mutant, what: str) -> bool:
    """Whether `--only` names the mutant: by operator, function, or lines (120, 120-140, VoucherRecord.sol:20-30)."""
    if what in (mutant.operator, mutant.key.scope, mutant.key.scope.rpartition(".")[2]):
        return True
    lines = re.fullmatch(r"(?:(?P<source>\w+\.sol):)?(?P<first>\d+)(?:-(?P<last>\d+))?", what)
    if not lines:
        return False
    source, first = lines["source"] or "VoucherFund.sol", int(lines["first"])
    return mutant.source == source and first <= mutant.line <= int(lines["last"] or first)


def _chosen(mutants: Sequence[Mutant], asked: argparse.Namespace) -> list[Mutant]:
    chosen = [
        mutant for mutant in mutants if not asked.only or any(_is_meant(mutant, what) for what in asked.only)
    ]
    if asked.sample is not None and asked.sample < len(chosen):
        places = sorted(random.Random(asked.seed).sample(range(len(chosen)), asked.sample))
        chosen = [chosen[place] for place in places]
    return chosen


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/mutants",
        description="Change the contract in small ways, one at a time; a test must fail for each. A run that was cut "
        "off goes on where it was.",
        epilog=f"Operators: {', '.join(OPERATORS)}.",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="WHAT",
        help="an operator, a function, or lines such as 120-140; repeatable",
    )
    parser.add_argument("--sample", type=int, metavar="N", help="this many of them, at random")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which ones at random (default 0)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many at once (default 2)")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    return parser.parse_args()


def main() -> None:
    """Try the mutants asked for; fail if one survives that is not explained, or an explanation is not true."""
    asked = _asked()
    # A run that is told to end ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("cut off"))
    sources = read_sources()
    compiler = Compiler(FOLDER / "compiled")
    trees = compiler.parse(sources)
    compiler.close()
    mutants = make_mutants(sources, trees)
    chosen = _chosen(mutants, asked)
    if asked.list:
        print("\n".join(map(str, chosen)))
        return
    explained = read_explained()
    records = Records(FOLDER / "trials.jsonl", tests=hash_of_tests())
    outcomes = Campaign(sources, folder=FOLDER, records=records, jobs=asked.jobs).run(chosen)
    report_file = FOLDER / "report.json"
    report_file.write_text(json.dumps(as_json(outcomes, explained), indent=1) + "\n", "utf-8")
    print(as_table(outcomes, explained))
    print(f"\nwritten to {report_file.relative_to(ROOT)}")
    wrong = objections(outcomes, explained, whole=len(chosen) == len(mutants))
    for heading, lines in wrong.items():
        print(f"\n{heading}:", *lines, sep="\n  ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
