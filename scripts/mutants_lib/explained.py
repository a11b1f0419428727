# SPDX-License-Identifier: EUPL-1.2
"""The committed list of survivors that no test can kill, each with the reason why (tests/contracts/mutants.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from .campaign import Outcome
from .mutants import Key
from .try_server import ROOT

EXPLAINED_FILE = ROOT / "tests" / "contracts" / "mutants.toml"


def read_explained(path: Path = EXPLAINED_FILE) -> dict[Key, str]:
    """Return the reason of each explained mutant."""
    explained: dict[Key, str] = {}
    for entry in tomllib.loads(path.read_text("utf-8")).get("equivalent", []):
        for becomes in [entry["becomes"]] if isinstance(entry["becomes"], str) else entry["becomes"]:
            key = Key(entry["in"], entry["text"], becomes, entry.get("nth", 1))
            assert entry["why"] and key not in explained, f"explained once, with a reason: {key}"
            explained[key] = entry["why"]
    return explained


def objections(
    outcomes: Iterable[Outcome], explained: Mapping[Key, str], *, whole: bool
) -> dict[str, list[str]]:
    """Return what keeps a run from passing: who survived unexplained, and which explanations are not true any more.

    In a run over all mutants (`whole`), an explained one that is nowhere found is one of these too.
    """
    fates = {outcome.mutant.key: outcome for outcome in outcomes}
    wrong: dict[str, list[str]] = {"survived without an explanation": [], "explained, but not a survivor": []}
    for outcome in fates.values():
        if outcome.fate == "survived" and outcome.mutant.key not in explained:
            wrong["survived without an explanation"].append(str(outcome.mutant))
    for key in explained:
        found = fates.get(key)
        if found is None and whole:
            wrong["explained, but not a survivor"].append(f"{key}: there is no such mutant")
        elif found is not None and found.fate != "survived":
            fate = f"{found.fate} {found.by}{found.like or ''}".rstrip()
            wrong["explained, but not a survivor"].append(f"{found.mutant}: {fate}")
    return {heading: lines for heading, lines in wrong.items() if lines}
