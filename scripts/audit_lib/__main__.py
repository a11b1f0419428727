# SPDX-License-Identifier: EUPL-1.2
"""Asks about each lock, says what came of it, and ends with the exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .reports import Report, exit_code, explained_names, read_npm_audit, read_pip_audit, unexplained

ROOT = Path(__file__).resolve().parents[2]
NODE_FOLDERS = ("contracts", "tests", "tests/contracts/native", "scripts/vendored", "scripts/lighthouse_lib")


def main() -> int:
    """Ask about every lock."""
    explained = explained_names()
    reports = []
    for lock in sorted(ROOT.glob("requirements*.txt")):
        report = read_pip_audit(
            _run(
                os.environ["PIP_AUDIT"],
                "--requirement",
                str(lock),
                "--disable-pip",
                "--require-hashes",
                "--progress-spinner",
                "off",
                "--format",
                "json",
            )
        )
        reports.append(_tell(lock.name, report, explained))
    for folder in NODE_FOLDERS:
        report = read_npm_audit(_run("npm", "--prefix", folder, "audit", "--package-lock-only", "--json"))
        reports.append(_tell(f"{folder}/package-lock.json", report, explained))
    return exit_code(reports, explained)


def _run(*command: str) -> str:
    """Return what a command prints; it also ends with an error when it found something."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def _tell(name: str, report: Report, explained: frozenset[str]) -> Report:
    faults = unexplained(report, explained)
    print(
        f"{name}: asked about {report.asked_count}, {len(report.advisories)} known faults, "
        f"{len(faults)} not explained, {len(report.not_asked)} could not be asked about"
    )
    for one in faults:
        print(f"  FAULT {one.package} {one.version}: {' '.join(one.names)}")
    for reason in sorted({one.partition(": ")[2] if one.count(": ") else one for one in report.not_asked})[
        :3
    ]:
        print(f"  not asked: {reason}")
    return report


if __name__ == "__main__":
    sys.exit(main())
