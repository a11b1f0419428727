# SPDX-License-Identifier: EUPL-1.2
"""`scripts/torture [--rounds N] [--minutes M] [--seed S] [--database KIND] [--disk HOW] [--faults WHAT]...`."""

from __future__ import annotations

import argparse
import math
import secrets
import sys
from typing import cast

from .faults import FAULTS, Fault
from .report import lines_of
from .rounds import Torture, torture


def _asked() -> Torture:
    parser = argparse.ArgumentParser(
        prog="scripts/torture",
        description="Let clients redeem, refund, issue, activate, top up, block and pay out without pause while the "
        "server, its chain, its databases, its disk and its clock are struck; compare everything after each round.",
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how many (default 5)")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, metavar="M", help="begin no round after so long"
    )
    parser.add_argument(
        "--seed", type=int, default=None, metavar="S", help="the dice (default: any, printed)"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--disk", choices=("tmpfs", "limit"), default=None, help="how the disk fills up")
    parser.add_argument(
        "--faults",
        action="append",
        default=[],
        metavar="WHAT",
        help=f"what strikes in the next round, such as server or disk+chain; repeatable ({', '.join(FAULTS)})",
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder also when all is well")
    asked = parser.parse_args()
    faults = [cast(list[Fault], one.split("+")) for one in asked.faults]
    for one in faults:
        if not set(one) <= set(FAULTS):
            parser.error(f"there is no such disaster: {'+'.join(one)}")
    return Torture(
        seed=secrets.randbelow(10**6) if asked.seed is None else asked.seed,
        rounds=asked.rounds,
        minutes=asked.minutes,
        database=asked.database,
        disk=asked.disk,
        faults=faults,
        keep=asked.keep,
    )


def main() -> None:
    """Torture, print the figures, and end with 1 if anything differs."""
    asked = _asked()
    print(f"seed: {asked.seed}, {asked.rounds} rounds, {asked.database}", flush=True)
    outcome = torture(asked)
    print("\n".join(lines_of(outcome)))
    sys.exit(1 if outcome.differences else 0)


if __name__ == "__main__":
    main()
