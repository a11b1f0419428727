# SPDX-License-Identifier: EUPL-1.2
"""Compile every mutant, try every bytecode that is new, and say what became of each mutant."""

from __future__ import annotations

import random
import re
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from .compiler import Compiled, Compiler
from .mutants import Mutant
from .records import Records
from .trials import Trial, Trials

Fate = Literal["killed", "survived", "timeout", "equivalent", "duplicate", "not compiled"]

PATIENCE = 5
"""A bytecode may take this many times what all tests take on the committed contract."""

TOLD_EVERY = 50


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant. A duplicate's bytecode is that of another mutant, which was tried for both."""

    mutant: Mutant
    fate: Fate
    by: str = ""
    words: str = ""
    like: Mutant | None = None


class Order:
    """In which order the tests are run: those that are most likely to kill first. It learns from each kill."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        """Know the tests by how long each takes."""
        self._seconds = seconds
        self._kills: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def of(self, mutant: Mutant, *, likely: str | None) -> list[str]:
        """Return all tests: the likely one; those that killed in this function; those named after it; the quick."""
        name = mutant.key.scope.rpartition(".")[2]
        words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}
        kills = self._kills[name]

        def likeliness(test: str) -> tuple[bool, int, bool, float]:
            return (
                test != likely,
                -kills[test],
                not words <= set(re.split(r"\W|_", test)),
                self._seconds[test],
            )

        return sorted(self._seconds, key=likeliness)

    def learn(self, mutant: Mutant, killer: str) -> None:
        """Remember which test killed."""
        self._kills[mutant.key.scope.rpartition(".")[2]][killer] += 1


class Campaign:
    """One run over mutants of one set of sources."""

    def __init__(self, sources: Mapping[str, str], *, folder: Path, records: Records, jobs: int) -> None:
        """Keep compilers and a log in `folder`; do `jobs` things at once."""
        self._sources = sources
        self._folder = folder
        self._records = records
        self._jobs = jobs
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        self._counts: Counter[str] = Counter()

    def run(self, mutants: Sequence[Mutant]) -> list[Outcome]:
        """Return what became of each mutant, in their order."""
        with self._trials() as trials, self._compilers() as compilers, ThreadPoolExecutor(self._jobs) as pool:
            order = Order(trials.seconds)
            original = self._borrow(compilers, self._sources)

            def settle(mutant: Mutant) -> Compiled:
                compiled = self._borrow(compilers, mutant.apply(self._sources))
                if compiled.bytecode and compiled.hash != original.hash and self._begin(compiled.hash):
                    self._try(mutant, compiled, trials, order)
                return compiled

            # In no order, so that a run which is cut off has seen something of everything.
            shuffled = random.Random(0).sample(range(len(mutants)), len(mutants))
            settled = {place: pool.submit(settle, mutants[place]) for place in shuffled}
            try:
                compiled = [settled[place].result() for place in range(len(mutants))]
            except BaseException:
                # What is being tried need not be waited for.
                pool.shutdown(wait=False, cancel_futures=True)
                trials.close()
                raise
        return list(self._outcomes(mutants, compiled, original))

    @contextmanager
    def _trials(self) -> Iterator[Trials]:
        _tell("running the tests on the committed contract first")
        trials = Trials(self._folder / "tests.log")
        try:
            yield trials
        finally:
            trials.close()

    @contextmanager
    def _compilers(self) -> Iterator[SimpleQueue[Compiler]]:
        running = [Compiler(self._folder / "compiled") for _ in range(self._jobs)]
        compilers: SimpleQueue[Compiler] = SimpleQueue()
        for compiler in running:
            compilers.put(compiler)
        try:
            yield compilers
        finally:
            for compiler in running:
                compiler.close()

    def _borrow(self, compilers: SimpleQueue[Compiler], sources: Mapping[str, str]) -> Compiled:
        compiler = compilers.get()
        try:
            return compiler.compile(sources)
        finally:
            compilers.put(compiler)

    def _begin(self, bytecode: str) -> bool:
        """Whether this bytecode is to be tried: not done in an earlier run, and not begun in this one."""
        with self._lock:
            if bytecode in self._begun or self._records.find(bytecode) is not None:
                return False
            self._begun.add(bytecode)
            return True

    def _try(self, mutant: Mutant, compiled: Compiled, trials: Trials, order: Order) -> None:
        with self._lock:
            tests = order.of(mutant, likely=self._records.likely_killer(mutant.key))
        cpu_seconds = PATIENCE * sum(trials.seconds.values())
        trial = trials.run(compiled.bytecode, tests, cpu_seconds=cpu_seconds)
        with self._lock:
            self._records.add(mutant.key, compiled.hash, trial)
            if trial.by:
                order.learn(mutant, trial.by)
            self._counts[trial.verdict] += 1
            if trial.verdict != "killed":
                _tell(f"{trial.verdict}: {mutant}")
            if self._counts.total() % TOLD_EVERY == 0:
                _tell(", ".join(f"{count} {verdict}" for verdict, count in self._counts.items()))

    def _outcomes(
        self, mutants: Iterable[Mutant], compiled: Iterable[Compiled], original: Compiled
    ) -> Iterator[Outcome]:
        first: dict[str, Mutant] = {}
        for mutant, result in zip(mutants, compiled, strict=True):
            if not result.bytecode:
                yield Outcome(mutant, "not compiled", words=result.fault)
            elif result.hash == original.hash:
                yield Outcome(mutant, "equivalent")
            elif result.hash in first:
                yield Outcome(mutant, "duplicate", like=first[result.hash])
            else:
                first[result.hash] = mutant
                trial: Trial | None = self._records.find(result.hash)
                assert trial is not None, "each bytecode was tried"
                yield Outcome(mutant, trial.verdict, by=trial.by, words=trial.words)


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
