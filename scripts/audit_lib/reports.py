# SPDX-License-Identifier: EUPL-1.2
"""What pip-audit and npm audit report, read to one form. What was not asked about is told, never taken for clean."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

EXPLAINED = Path(__file__).with_name("explained.toml")


@dataclass(frozen=True)
class Advisory:
    """A known fault of a package, and what it is also called."""

    package: str
    version: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What was asked about, what is known of it, and what could not be asked about."""

    asked_count: int = 0
    advisories: tuple[Advisory, ...] = ()
    not_asked: tuple[str, ...] = field(default=())


def read_pip_audit(written: str) -> Report:
    """Read the JSON of `pip-audit --format json`."""
    try:
        packages = json.loads(written)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Report(not_asked=("everything: the database did not answer",))
    return Report(
        asked_count=sum("vulns" in one for one in packages),
        advisories=tuple(
            Advisory(one["name"], one["version"], (found["id"], *found.get("aliases", ())))
            for one in packages
            for found in one.get("vulns", ())
        ),
        not_asked=tuple(f"{one['name']}: {one['skip_reason']}" for one in packages if "skip_reason" in one),
    )


def read_npm_audit(written: str) -> Report:
    """Read the JSON of `npm audit --json`. A package that only has a faulty one below it is told by that one."""
    try:
        read = json.loads(written)
        found, counts = read["vulnerabilities"], read["metadata"]["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Report(not_asked=("everything: the database did not answer",))
    return Report(
        asked_count=counts["total"],
        advisories=tuple(
            Advisory(name, one["range"], (via["url"].rpartition("/")[2], f"{via['source']}"))
            for name, one in sorted(found.items())
            for via in one["via"]
            if isinstance(via, dict)
        ),
    )


def explained_names() -> frozenset[str]:
    """Return the names of known faults that do not touch us."""
    listed = tomllib.loads(EXPLAINED.read_text("utf-8")).get("explained", [])
    assert all(one["because"] and one["package"] for one in listed)
    return frozenset(one["id"] for one in listed)


def unexplained(report: Report, explained: frozenset[str]) -> list[Advisory]:
    """Return the known faults that nobody said why they do not touch us."""
    return [one for one in report.advisories if explained.isdisjoint(one.names)]


def exit_code(reports: list[Report], explained: frozenset[str]) -> int:
    """Return 1 for a fault that is not explained, 2 when not everything was asked about, 0 when all is well."""
    if any(unexplained(report, explained) for report in reports):
        return 1
    return 2 if any(report.not_asked or not report.asked_count for report in reports) else 0
