# SPDX-License-Identifier: EUPL-1.2
"""Reads the contract with slither, and compares what it finds with what is explained in findings.toml."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from .tools import NATIVE, ROOT, WORK, ProofFailed, run

Finding = tuple[str, str]
"""Which detector, and what it points at: `VoucherFund.sweep`."""


def prove() -> str:
    """Return how many findings there are, all of them explained.

    Raises:
        ProofFailed: A finding has no explanation, or an explanation has no finding any more.
    """
    output = WORK / "slither.json"
    folder = _lay_out()
    output.unlink(missing_ok=True)
    done = run(
        *("slither", ".", "--filter-paths", "node_modules", "--json", str(output)),
        profile="slither",
        folder=folder,
    )
    # What it did not read it finds nothing in, and calls a success.
    read = re.search(r"analyzed \((\d+) contracts", done.stderr)
    if not output.exists() or not read or int(read[1]) == 0:
        raise ProofFailed(done.stdout + done.stderr)
    report = json.loads(output.read_text("utf-8"))
    if not report["success"]:
        raise ProofFailed(f"slither: {report['error']}")
    results = report["results"].get("detectors", [])
    found, explained = Counter(map(_finding, results)), _explained()
    problems = [f"not explained: {name} in {place}" for name, place in found - explained]
    problems += [f"explained, and not found any more: {name} in {place}" for name, place in explained - found]
    if problems:
        raise ProofFailed("\n".join([*(result["description"] for result in results), *sorted(problems)]))
    return f"{len(results)} findings, all explained in tests/contracts/native/findings.toml"


def _lay_out() -> Path:
    """Lay the contract out as slither wants it, with forge's configuration at the top; return that folder."""
    folder = WORK / "slither"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "contracts").mkdir(parents=True)
    shutil.copy(NATIVE / "foundry.toml", folder)
    for file in (ROOT / "contracts").glob("*.sol"):
        shutil.copy(file, folder / "contracts")
    for name in ("solc", "node_modules"):
        (folder / "contracts" / name).symlink_to(ROOT / "contracts" / name)
    return folder


def _finding(result: dict[str, Any]) -> Finding:
    element = result["elements"][0]
    parent = element["type_specific_fields"]["parent"]["name"]
    return result["check"], f"{parent}.{element['name']}"


def _explained() -> Counter[Finding]:
    """Read the explanations; a place stands as often as it is found."""
    explained: Counter[Finding] = Counter()
    for entry in tomllib.loads((NATIVE / "findings.toml").read_text("utf-8"))["finding"]:
        if not entry["why"].strip():
            raise ProofFailed(f"{entry['detector']} has no sentence.")
        explained.update((entry["detector"], place) for place in entry["places"])
    return explained
