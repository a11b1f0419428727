# SPDX-License-Identifier: EUPL-1.2
"""The clients' own notes: what each sent, and what it was told. On disk before it goes on. Amounts in euro cents.

A key names one deed however often it is asked for. What a client was told ends the deed: `done` or `refused`.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

Kind = Literal[
    "open programme",
    "deposit",
    "allow shop",
    "add till",
    "issue",
    "activate",
    "redeem",
    "refund",
    "top up",
    "block",
    "unblock",
    "settle",
]
Outcome = Literal["done", "refused"]

Fact = tuple[int | str, ...]
"""What one event of the chain must say, in the order that check.py gives it for its kind."""


@dataclass
class Deed:
    """One thing that a client wants done.

    Attributes:
        kind: What kind of thing.
        facts: What must be on the chain when it is done: one for each event, or for each voucher of an issue.
        outcome: What the client was told; None until it was told anything.
    """

    kind: Kind
    facts: list[Fact] = field(default_factory=list)
    outcome: Outcome | None = None
    asked_again: int = 0


@dataclass
class Notes:
    """All clients' notes; each client has a file. Usable from many threads."""

    folder: Path
    deeds: dict[str, Deed] = field(default_factory=dict)
    last_done: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def notebook(self, name: str) -> Notebook:
        """Return the notes of a client."""
        return Notebook(self, self.folder / f"{name}.jsonl")

    def open_deeds(self) -> list[str]:
        """Return the keys of what nobody was told the outcome of."""
        with self._lock:
            return [key for key, deed in self.deeds.items() if deed.outcome is None]

    def expected(self) -> Counter[tuple[Kind, Fact]]:
        """Return what must be on the chain, and how often."""
        with self._lock:
            return Counter(
                (deed.kind, fact)
                for deed in self.deeds.values()
                if deed.outcome == "done"
                for fact in deed.facts
            )

    def counts(self) -> dict[Kind, Counter[str]]:
        """Return for each kind how many were sent, done, refused and asked again."""
        counts: dict[Kind, Counter[str]] = {}
        with self._lock:
            for deed in self.deeds.values():
                of_kind = counts.setdefault(deed.kind, Counter())
                of_kind["sent"] += 1
                of_kind["retried"] += deed.asked_again
                if deed.outcome is not None:
                    of_kind[deed.outcome] += 1
        return counts

    def take(self, line: dict[str, object], time_of: float) -> None:
        """Take up a line that is on disk."""
        with self._lock:
            _take(self.deeds, line)
            if line["step"] == "done":
                self.last_done = time_of


def read_notes(folder: Path) -> dict[str, Deed]:
    """Read the notes of all clients again from their files."""
    deeds: dict[str, Deed] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for line in _lines(file):
            _take(deeds, line)
    return deeds


class Notebook:
    """A client's notes, in a file that only grows."""

    def __init__(self, notes: Notes, file: Path) -> None:
        """Open the file, or begin it."""
        self._notes = notes
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def sends(self, key: str, kind: Kind, facts: Sequence[Fact]) -> None:
        """Note what is about to be asked for."""
        self._write({"step": "sends", "key": key, "kind": kind, "facts": facts})

    def asks_again(self, key: str) -> None:
        """Note that there was no answer, and that the same is asked once more."""
        self._write({"step": "again", "key": key})

    def was_told(self, key: str, outcome: Outcome, *, why: str = "", facts: Sequence[Fact] = ()) -> None:
        """Note what the client was told; with facts that only the answer has."""
        self._write({"step": outcome, "key": key, "why": why, "facts": facts})

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _write(self, line: dict[str, object]) -> None:
        content = json.dumps(line).encode() + b"\n"
        assert os.write(self._descriptor, content) == len(content), "the notes have a disk of their own"
        os.fsync(self._descriptor)
        self._notes.take(line, time.monotonic())


def _lines(file: Path) -> Iterator[dict[str, object]]:
    with file.open("r", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _take(deeds: dict[str, Deed], line: dict[str, object]) -> None:
    key, step = str(line["key"]), line["step"]
    written = line.get("facts", ())
    assert isinstance(written, Sequence), "facts are a list"
    facts = [tuple(fact) for fact in written]
    if step == "sends":
        kind = cast(Kind, line["kind"])
        assert key not in deeds, f"{key} is sent as one deed"
        deeds[key] = Deed(kind, facts)
    elif step == "again":
        deeds[key].asked_again += 1
    else:
        deed = deeds[key]
        assert deed.outcome is None, f"{key} has one outcome"
        deed.outcome = "done" if step == "done" else "refused"
        deed.facts += facts
