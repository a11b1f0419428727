# SPDX-License-Identifier: EUPL-1.2
"""What was tried before, kept in a file of lines, so that a run which was cut off goes on where it was.

A trial counts for one bytecode and one state of the tests. Of another state of either, it only tells which test is
likely to kill.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from .mutants import Key
from .trials import Trial
from .try_server import LEFT_OUT, ROOT


def hash_of_tests() -> str:
    """Return SHA-256 of all that the contract's tests are made of, in hex."""
    tests = ROOT / "tests"
    files = [*sorted((tests / "contracts").rglob("*.py")), *sorted((tests / "vectors").iterdir())]
    files += [tests / "conftest.py", *sorted((ROOT / "backend" / "kindpakket" / "tickets").glob("*.py"))]
    digest = hashlib.sha256()
    for path in files:
        if path.is_file() and path.name not in LEFT_OUT:
            digest.update(f"{path.relative_to(ROOT)}\n{path.read_text('utf-8')}\n".encode())
    return digest.hexdigest()


class Records:
    """The file of trials."""

    def __init__(self, path: Path, *, tests: str) -> None:
        """Read it; `tests` is the hash of the tests as they are now."""
        self._path = path
        self._tests = tests
        self._current: dict[str, Trial] = {}
        self._killers: dict[Key, str] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            row = json.loads(line)
            trial = Trial(row["verdict"], row["by"], row["words"])
            if row["tests"] == tests:
                self._current[row["bytecode"]] = trial
            if trial.by:
                self._killers[Key(*row["mutant"])] = trial.by

    def find(self, bytecode: str) -> Trial | None:
        """Return what became of the bytecode with this hash, with the tests as they are."""
        return self._current.get(bytecode)

    def likely_killer(self, mutant: Key) -> str | None:
        """Return the test that last killed this mutant, in whatever state the contract and the tests were."""
        return self._killers.get(mutant)

    def add(self, mutant: Key, bytecode: str, trial: Trial) -> None:
        """Keep a trial at once."""
        self._current[bytecode] = trial
        row = {"mutant": mutant, "bytecode": bytecode, "tests": self._tests, **vars(trial)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
