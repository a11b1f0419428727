# SPDX-License-Identifier: EUPL-1.2
"""`scripts/coverage [--all] [--json]`."""

from __future__ import annotations

import argparse
import json
import sys
import time

from .explained import explain, load_explanations
from .measure import TestsFailed, measure
from .report import Report


def main() -> int:
    """Measure and print; 0 if every branch is taken by a test or explained."""
    parser = argparse.ArgumentParser(
        prog="scripts/coverage", description="Say which branches of the contract its tests never take."
    )
    parser.add_argument("--all", action="store_true", help="print the explained ones too")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    asked = parser.parse_args()
    started = time.monotonic()
    try:
        measured = measure()
    except TestsFailed as failed:
        print(failed, file=sys.stderr)
        return 2
    missing = {
        build: [branch for branch, times in counts.items() if not times]
        for build, counts in measured.branches.items()
    }
    explained, idle = explain(missing, load_explanations())
    report = Report(measured, explained, idle)
    took_seconds = round(time.monotonic() - started, 1)
    if asked.json:
        print(json.dumps({**report.figures(), "took_seconds": took_seconds}))
    else:
        print(*report.lines(with_explained=asked.all), sep="\n")
        print(f"coverage: {'ok' if report.is_good else 'failed'}, {took_seconds} s")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
