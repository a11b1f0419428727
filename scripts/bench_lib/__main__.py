# SPDX-License-Identifier: EUPL-1.2
"""`scripts/bench gas|growth|till|load|audit|rebuild|scan|visit [--redemptions COUNT] [--json]`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
import time

import structlog

from . import audit, gas, growth, load, rebuild, till
from .figures import Figures, describe


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
    "scan": _measure_scan,
    "visit": _measure_visit,
}
ON_A_CHAIN = {"audit": audit.measure, "rebuild": rebuild.measure}
"""Those that are told how many payments there are to be."""


def main() -> None:
    """Measure, and print figures for people or as one JSON object."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Kindpakket on this machine.")
    parser.add_argument(
        "bench",
        choices=[*BENCHES, *ON_A_CHAIN],
        help="gas: of each call; growth: in an old fund; till: a till's wait; load: payments a second; "
        "audit: how long an audit takes, and its memory; rebuild: events a second into a new ledger; "
        "scan: frames read on a slow phone; "
        "visit: the wait for an app on a slow phone",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output and nothing else there"
    )
    parser.add_argument(
        "--redemptions",
        type=int,
        default=audit.REDEMPTIONS,
        metavar="COUNT",
        help="audit, rebuild: how many payments the chain has",
    )
    asked = parser.parse_args()
    # Standard output is for the figures.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    started = time.monotonic()
    figures: Figures = {
        **(
            ON_A_CHAIN[asked.bench](asked.redemptions)
            if asked.bench in ON_A_CHAIN
            else BENCHES[asked.bench]()
        ),
        "took_seconds": round(time.monotonic() - started, 1),
        "machine": {
            "cores": os.cpu_count() or 0,
            "kind": platform.machine(),
            "python": platform.python_version(),
        },
    }
    print(json.dumps(figures) if asked.json else describe(figures))


if __name__ == "__main__":
    main()
