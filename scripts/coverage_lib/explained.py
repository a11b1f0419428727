# SPDX-License-Identifier: EUPL-1.2
"""Explained: the branches that no test takes, and why none does. Kept in explained.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from .branches import Branch

EXPLAINED_FILE = Path(__file__).with_name("explained.toml")
_WORDS = {"build", "function", "text", "check", "outcome", "why"}


@dataclass(frozen=True)
class Explanation:
    """Which branches it is about, by words that outlive a change of lines, and why they are not taken."""

    build: str
    function: str
    text: str
    check: str
    outcome: str
    why: str

    def applies(self, build: str, branch: Branch) -> bool:
        """Say whether it is about this branch. `*` stands for anything."""
        return build == self.build and all(
            fnmatchcase(_plain(found), _plain(wanted))
            for found, wanted in (
                (branch.function, self.function),
                (branch.text, self.text),
                (branch.check, self.check),
                (branch.outcome, self.outcome),
            )
        )

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.build}: {self.function}: {self.text}: {self.outcome}"


def _plain(words: str) -> str:
    """Take the brackets away that have a meaning of their own in a pattern."""
    return words.replace("[", "(").replace("]", ")").replace("?", "¿")


def load_explanations(path: Path = EXPLAINED_FILE) -> list[Explanation]:
    """Return the explanations of a file.

    Raises:
        ValueError: One has a word too many or none of those it needs.
    """
    entries: list[Mapping[str, str]] = tomllib.loads(path.read_text("utf-8"))["explained"]
    for entry in entries:
        if not {"build", "outcome", "why"} <= entry.keys() <= _WORDS or not entry["why"]:
            raise ValueError(f"{path.name}: {dict(entry)}")
    return [
        Explanation(
            build=entry["build"],
            function=entry.get("function", "*"),
            text=entry.get("text", "*"),
            check=entry.get("check", "*"),
            outcome=entry["outcome"],
            why=entry["why"],
        )
        for entry in entries
    ]


def explain(
    missing: Mapping[str, Iterable[Branch]], explanations: Iterable[Explanation]
) -> tuple[dict[tuple[str, Branch], str], list[Explanation]]:
    """Return the missing branches, by build, that have an explanation, with it; and the explanations of nothing."""
    found: dict[tuple[str, Branch], str] = {}
    idle = []
    for explanation in explanations:
        about = [
            (build, branch)
            for build, branches in missing.items()
            for branch in branches
            if explanation.applies(build, branch)
        ]
        for one in about:
            found.setdefault(one, explanation.why)
        if not about:
            idle.append(explanation)
    return found, idle
