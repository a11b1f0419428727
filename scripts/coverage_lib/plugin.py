# SPDX-License-Identifier: EUPL-1.2
"""Plugin of pytest: runs the tests on one build of the contract, and writes down the jumps that they took.

`pytest -p coverage_lib.plugin --contract-build NAME --compiled FILE --seen FILE`
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from kindpakket.chain import artifacts

from .branches import Branches
from .builds import load_build
from .tracer import Trace, trace

SEEN = pytest.StashKey[Trace]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("coverage of the contract")
    group.addoption("--contract-build", required=True, help="source or committed")
    group.addoption("--compiled", required=True, type=Path, help="a file of what the compiler said")
    group.addoption("--seen", required=True, type=Path, help="the file to write")


def pytest_configure(config: pytest.Config) -> None:
    """Put the build in the place of the committed one, and begin to trace."""
    compiled: Path = config.getoption("--compiled")
    build = load_build(config.getoption("--contract-build"), compiled)
    content = {**artifacts.load_artifacts(), "abi": build.abi, "bytecode": build.bytecode}
    artifacts.load_artifacts.cache_clear()
    artifacts.ARTIFACTS_FILE = compiled.with_suffix(".artifacts.json")
    artifacts.ARTIFACTS_FILE.write_text(json.dumps(content), "utf-8")
    branches = Branches(build.program, build.sources, build.contract_file)
    config.stash[SEEN] = trace(build.program, branches.operators, branches.tested)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what was seen."""
    path: Path = session.config.getoption("--seen")
    path.write_bytes(pickle.dumps(session.config.stash[SEEN]))
