# SPDX-License-Identifier: EUPL-1.2
"""`scripts/bench gas|growth|till|load|audit|start|scan|visit [--redemptions COUNT] [--json]`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
import time

import structlog

from . import audit, gas, growth, load, start, till
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

OF_MANY_PAYMENTS = {"audit": audit.measure, "start": start.measure}


def _measure(bench: str, redemptions: int) -> Figures:
    return OF_MANY_PAYMENTS[bench](redemptions) if bench in OF_MANY_PAYMENTS else BENCHES[bench]()


def main() -> None:
    """Measure, and print figures for people or as one JSON object."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Kindpakket on this machine.")
    parser.add_argument(
        "bench",
        choices=[*BENCHES, *OF_MANY_PAYMENTS],
        help="gas: of each call; growth: in an old fund; till: a till's wait; load: payments a second; "
        "audit: how long an audit takes, and its memory; start: the same of a start; "
        "scan: frames read on a slow phone; visit: the wait for an app on a slow phone",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output and nothing else there"
    )
    parser.add_argument(
        "--redemptions",
        type=int,
        default=audit.REDEMPTIONS,
        metavar="COUNT",
        help="audit and start: how many payments the chain has",
    )
    asked = parser.parse_args()
    # Standard output is for the figures.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    started = time.monotonic()
    figures: Figures = {
        **_measure(asked.bench, asked.redemptions),
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
