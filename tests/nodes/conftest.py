# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: a node that is not ours, the proxy before it, and an installation that reaches it through that."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket.main import create_app, open_services
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.units import day_of
from tests.chain.node import Node
from tests.chain.support import Clock
from tests.support import InProcess, Town, found_town, sign_in

HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"N-{row};1\n" for row in range(6))


@pytest.fixture
def clock() -> Clock:
    """Our clock; it stands still until it is moved."""
    return Clock()


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
    """A node that mines each transaction at once, until it is told not to."""
    return new_node()


@pytest.fixture
def data_dir(keystore: Path, tmp_path: Path) -> Path:
    """An installation's folder."""
    folder = tmp_path / "data"
    shutil.copytree(keystore, folder)
    return folder


@pytest.fixture
def install(data_dir: Path, clock: Clock) -> Iterator[Callable[..., Services]]:
    """Opens the installation on a node, its follower only when asked; what is still open at the end is closed."""
    with ExitStack() as opened:

        def open_one(url: str, *, follow: bool = False, **settings: Any) -> Services:
            chosen = Settings(data_dir=data_dir, node_url=url, **{"node_patience_seconds": 3.0} | settings)
            return opened.enter_context(open_services(chosen, clock=clock, follow=follow))

        yield open_one


@pytest.fixture
def settle() -> Iterator[Callable[[Services], Town]]:
    """Founds a town through an installation's API: six letters of one voucher, EUR 300 each."""
    with ExitStack() as opened:

        def found(services: Services) -> Town:
            app = create_app(services)
            client = opened.enter_context(TestClient(app, raise_server_exceptions=False))
            desk = InProcess(client)
            sign_in(services, desk)
            today = day_of(services.now())
            return found_town(
                lambda: InProcess(client),
                desk,
                starts_on=(today - timedelta(days=10)).isoformat(),
                ends_on=(today + timedelta(days=30)).isoformat(),
                households=HOUSEHOLDS,
            )

        yield found
