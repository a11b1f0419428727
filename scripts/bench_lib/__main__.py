# SPDX-License-Identifier: EUPL-1.2
"""`scripts/bench NAME [--redemptions COUNT] [--vouchers COUNT] [--json]`; `--help` tells the names."""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
import time
from typing import Any

import structlog

from . import audit, gas, growth, load, overhead, rebuild, size, start, till
from .figures import Figures, Target, describe, table_of


def _measure_scan() -> Figures:
    # Its packages are for developers; the other benchmarks do without them.
    from . import scan

    return scan.measure()


def _measure_visit() -> Figures:
    from . import visit

    return visit.measure()


BENCHES = {
    "gas": gas.measure,
    "growth": growth.measure,
    "till": till.measure,
    "load": load.measure,
    "overhead": overhead.measure,
    "scan": _measure_scan,
    "visit": _measure_visit,
}
OF_MANY_PAYMENTS = {"audit": audit.measure, "rebuild": rebuild.measure, "start": start.measure}
"""Those that are told how many payments there are to be."""


def _measure(asked: argparse.Namespace) -> Figures:
    if asked.bench == "size":
        return size.measure(asked.vouchers, asked.redemptions)
    if asked.bench in OF_MANY_PAYMENTS:
        return OF_MANY_PAYMENTS[asked.bench](asked.redemptions)
    return BENCHES[asked.bench]()


def main() -> None:
    """Measure, and print figures for people or as one JSON object."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Kindpakket on this machine.")
    parser.add_argument(
        "bench",
        choices=[*BENCHES, *OF_MANY_PAYMENTS, "size"],
        help="gas: of each call; growth: in an old fund; till: a till's wait; load: payments a second; "
        "size: a large fund beside an empty one, its import and its pages; "
        "audit: how long an audit takes, and its memory; start: the same of a start; "
        "rebuild: events a second into a new ledger; "
        "overhead: what counting and logging cost; scan: frames read on a slow phone; "
        "visit: the wait for an app on a slow phone",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output and nothing else there"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 if a target is missed")
    parser.add_argument(
        "--redemptions",
        type=int,
        default=audit.REDEMPTIONS,
        metavar="COUNT",
        help="audit, rebuild, start, size: how many payments the chain has",
    )
    parser.add_argument(
        "--vouchers",
        type=int,
        default=size.VOUCHERS,
        metavar="COUNT",
        help="size: how many vouchers are issued, all activated",
    )
    asked = parser.parse_args()
    # Standard output is for the figures.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    started = time.monotonic()
    measured: dict[str, Any] = dict(_measure(asked))
    targets: list[Target] = measured.pop("targets", [])
    figures: Figures = {
        **measured,
        "took_seconds": round(time.monotonic() - started, 1),
        "machine": {
            "cores": os.cpu_count() or 0,
            "kind": platform.machine(),
            "python": platform.python_version(),
        },
    }
    if asked.json:
        print(json.dumps({**figures, "targets": [one.as_figures() for one in targets]}))
    else:
        print(describe(figures))
        if targets:
            print(f"\n{table_of(targets)}")
    if asked.strict and not all(one.is_met for one in targets):
        sys.exit(1)


if __name__ == "__main__":
    main()
