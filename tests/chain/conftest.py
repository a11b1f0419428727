# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: the engines, and a town on each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.node import NodeChain
from kindpakket.chain.tester import TesterChain
from kindpakket.main import RECURSION_LIMIT

from .node import Node
from .support import CHAIN_ID, KEYSTORE, SNAPSHOT_KEY, START_AT, Clock, Town, build_town


@pytest.fixture
def limited_recursion() -> Iterator[None]:
    """As every command does: libraries of the chain raise the limit, and JSON too deep would end the process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION_LIMIT)
    yield
    sys.setrecursionlimit(before)


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
            chosen: dict[str, Any] = {
                "chain_id": CHAIN_ID,
                "clock": clock,
                "open_snapshot_key": lambda: SNAPSHOT_KEY,
            } | settings
            chain = EmbeddedChain(folder, **chosen)
            opened.callback(chain.close)
            return chain

        yield open_one


@pytest.fixture(params=["tester", "embedded", "node"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """The same town on each engine: nobody above may tell them apart."""
    if request.param == "tester":
        tester = TesterChain(started_at=START_AT)
        yield build_town(tester, tester.travel_to)
        return
    clock = Clock()
    if request.param == "node":
        node = Node()

        def travel_to(at: int) -> None:
            node.travel_to(at)
            clock.at = at

        try:
            with closing(NodeChain(node.url, folder=tmp_path / "node", clock=clock)) as chain:
                yield build_town(chain, travel_to)
        finally:
            node.stop()
        return
    with closing(
        EmbeddedChain(
            tmp_path / "chain", chain_id=CHAIN_ID, clock=clock, open_snapshot_key=lambda: SNAPSHOT_KEY
        )
    ) as embedded:
        yield build_town(embedded, lambda at: setattr(clock, "at", at))


@pytest.fixture
def new_node() -> Iterator[Callable[..., Node]]:
    """Starts nodes; they are stopped at the end."""
    with ExitStack() as started:

        def start(**settings: Any) -> Node:
            node = Node(**settings)
            started.callback(node.stop)
            return node

        yield start


@pytest.fixture
def node(new_node: Callable[..., Node]) -> Node:
    """A node that mines each transaction at once."""
    return new_node()


@pytest.fixture
def slow_node(new_node: Callable[..., Node]) -> Node:
    """A node that mines when it is told."""
    return new_node(mines=False)


@pytest.fixture
def open_node(
    folder: Path, clock: Clock, new_node: Callable[..., Node]
) -> Iterator[Callable[..., NodeChain]]:
    """Opens the chain of a node, with the outbox in `folder`; what is still open at the end is closed."""
    with ExitStack() as opened:

        def open_one(url: str, **settings: Any) -> NodeChain:
            chosen: dict[str, Any] = {"patience_seconds": 10.0, "look_again_seconds": 0.05} | settings
            chain = NodeChain(url, folder=folder, clock=clock, **chosen)
            chain.add_signer(KEYSTORE.relayer)
            opened.callback(chain.close)
            return chain

        yield open_one


@pytest.fixture
def later() -> Iterator[ThreadPoolExecutor]:
    """Does things while the test goes on."""
    with ThreadPoolExecutor(8) as threads:
        yield threads
