# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: both engines, and a town on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.tester import TesterChain

from .support import CHAIN_ID, START_AT, Clock, Town, build_town


@pytest.fixture
def clock() -> Clock:
    """The embedded chain's clock."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the embedded chain keeps its journal."""
    return tmp_path / "chain"


@pytest.fixture
def open_chain(folder: Path, clock: Clock) -> Iterator[Callable[..., EmbeddedChain]]:
    """Opens the embedded chain of `folder`; what is still open at the end is closed."""
    with ExitStack() as opened:

        def open_one(**settings: Any) -> EmbeddedChain:
            chosen: dict[str, Any] = {"chain_id": CHAIN_ID, "clock": clock} | settings
            chain = EmbeddedChain(folder, **chosen)
            opened.callback(chain.close)
            return chain

        yield open_one


@pytest.fixture(params=["tester", "embedded"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """The same town on either engine: nobody above may tell them apart."""
    if request.param == "tester":
        tester = TesterChain(started_at=START_AT)
        yield build_town(tester, tester.travel_to)
        return
    clock = Clock()
    with closing(EmbeddedChain(tmp_path / "chain", chain_id=CHAIN_ID, clock=clock)) as chain:
        yield build_town(chain, lambda at: setattr(clock, "at", at))
