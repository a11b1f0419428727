# SPDX-License-Identifier: EUPL-1.2
"""Measure: compiles both builds and runs the tests on both, side by side."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import bytecode
from .branches import Branch, Branches
from .builds import OPTIMIZERS, Build, compile_fund, load_build
from .program import Place
from .tracer import Trace

ROOT = Path(__file__).parents[2]
TESTS = "tests/contracts"
NOT_COUNTED = ("test_artifacts.py", "test_invariants.py")
"""The first compiles and compares, the second plays at random."""


class TestsFailed(Exception):
    """The tests did not pass on one of the builds; their output."""


@dataclass(frozen=True)
class Measured:
    """What the tests took of both builds."""

    branches: Mapping[str, Counter[Branch]]
    """By build, how often each branch was taken."""
    statements: Mapping[Place, bool]
    """Of the source build, whether each was executed."""
    sources: Build
    blind: Sequence[str]
    """Decisions in our own files for which the source build has no jump: the tool would not see them."""


def measure() -> Measured:
    """Measure both builds. Takes about a minute.

    Raises:
        TestsFailed: The tests fail on one of the builds.
    """
    with (
        tempfile.TemporaryDirectory(prefix="coverage-") as folder,
        ThreadPoolExecutor(len(OPTIMIZERS)) as pool,
    ):
        both = list(pool.map(lambda name: _measure(name, Path(folder)), OPTIMIZERS))
    (source, source_trace), (committed, committed_trace) = both
    branches = Branches(source.program, source.sources, source.contract_file)
    own = [name for name in source.sources if not name.startswith("@")]
    return Measured(
        branches={
            source.name: branches.count(source_trace),
            committed.name: bytecode.count(
                committed.program, committed.sources, committed.abi, committed_trace
            ),
        },
        statements=branches.statements(source_trace),
        sources=source,
        blind=[
            f"{file}:{source.sources[file].line(decision.place)} {source.sources[file].text(decision.place)}"
            for file in own
            for decision in branches.unmeasured(file)
        ],
    )


def _measure(name: str, folder: Path) -> tuple[Build, Trace]:
    """Compile one build and run the tests on it."""
    compiled, seen = folder / f"{name}.json", folder / f"{name}.seen"
    compiled.write_text(json.dumps(compile_fund(name)), "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", TESTS, "-q", "-p", "coverage_lib.plugin"),
            *("-p", "no:cacheprovider", "--contract-build", name),
            *("--compiled", str(compiled), "--seen", str(seen)),
            *(f"--ignore={TESTS}/{module}" for module in NOT_COUNTED),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TestsFailed(f"on the {name} build:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    trace: Trace = pickle.loads(seen.read_bytes())  # noqa: S301 -- written by the process above
    return load_build(name, compiled), trace
