# SPDX-License-Identifier: EUPL-1.2
"""Compile every mutant, try every bytecode that is new, and say what became of each mutant."""

from __future__ import annotations

import random
import re
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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
"""A bytecode may take this many times what all tests take on the unchanged contract."""

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

    def __init__(self) -> None:
        """Know of no kill yet."""
        self._kills: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def of(self, mutant: Mutant, seconds: Mapping[str, float], *, likely: str | None) -> list[str]:
        """Return all tests: the likely one; those that killed in this function; those named after it; the quick."""
        name = mutant.key.scope.rpartition(".")[2]
        words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}
        kills = self._kills[name]

        def likeliness(test: str) -> tuple[bool, int, bool, float]:
            return (
                test != likely,
                -kills[test],
                not words <= set(re.split(r"\W|_", test)),
                seconds[test],
            )

        return sorted(seconds, key=likeliness)

    def learn(self, mutant: Mutant, killer: str) -> None:
        """Remember which test killed."""
        self._kills[mutant.key.scope.rpartition(".")[2]][killer] += 1


class Campaign:
    """One run over mutants of one set of sources."""

    def __init__(self, sources: Mapping[str, str], *, folder: Path, records: Records, jobs: int) -> None:
        """Keep compilers and a log in `folder`; compile and try `jobs` mutants at once."""
        self._sources = sources
        self._folder = folder
        self._records = records
        self._jobs = jobs
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._order = Order()

    def run(self, mutants: Sequence[Mutant]) -> list[Outcome]:
        """Return what became of each mutant, in their order."""
        with ExitStack() as stack:
            compilers = stack.enter_context(self._compilers())
            original = self._borrow(compilers, self._sources)
            trials = stack.enter_context(Trials(original.bytecode, log=self._folder / "tests.log"))
            compiling = stack.enter_context(ThreadPoolExecutor(self._jobs))
            trying = stack.enter_context(ThreadPoolExecutor(self._jobs))

            def settle(mutant: Mutant) -> tuple[Compiled, Future[None] | None]:
                compiled = self._borrow(compilers, mutant.apply(self._sources))
                if not compiled.bytecode or compiled.hash == original.hash or not self._begin(compiled.hash):
                    return compiled, None
                return compiled, trying.submit(self._try, mutant, compiled, trials)

            # In no order, so that a run which is cut off has seen something of everything.
            shuffled = random.Random(0).sample(range(len(mutants)), len(mutants))
            settled = {place: compiling.submit(settle, mutants[place]) for place in shuffled}
            try:
                results = [settled[place].result() for place in range(len(mutants))]
                for _, tried in results:
                    if tried:
                        tried.result()
            except BaseException:
                # What is under way need not be waited for.
                compiling.shutdown(wait=False, cancel_futures=True)
                trying.shutdown(wait=False, cancel_futures=True)
                trials.close()
                raise
        return list(self._outcomes(mutants, [compiled for compiled, _ in results], original))

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

    def _try(self, mutant: Mutant, compiled: Compiled, trials: Trials) -> None:
        seconds = trials.seconds()
        with self._lock:
            tests = self._order.of(mutant, seconds, likely=self._records.likely_killer(mutant.key))
        cpu_seconds = PATIENCE * sum(seconds.values())
        trial = trials.run(compiled.bytecode, tests, cpu_seconds=cpu_seconds)
        with self._lock:
            self._records.add(mutant.key, compiled.hash, trial)
            if trial.by:
                self._order.learn(mutant, trial.by)
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
