# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: a municipality behind a real socket, on either engine, and who may read its chain."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from kindpakket import audit_keys
from kindpakket.chain.client import Chain
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.node import NodeChain
from kindpakket.chain_queries import ChainQueries
from kindpakket.demo.api_client import ApiClient
from kindpakket.demo.people import expiry
from kindpakket.main import create_app, services_on
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.chain.node import Node
from tests.chain.support import CHAIN_ID, SNAPSHOT_KEY, Clock
from tests.ledger.databases import settings_in
from tests.support import found_town, sign_in

BICYCLES = 3
PATIENCE_SECONDS = 60.0


@dataclass
class Served:
    """A municipality behind a socket, in which three payments were made and a head is published."""

    services: Services
    app: FastAPI
    url: str
    #: The heads as they are published.
    heads: str

    @property
    def queries(self) -> str:
        """Where the chain is asked."""
        return f"{self.url}/api/v1/chain-queries"

    def new_key(self) -> str:
        """A key of somebody outside."""
        return audit_keys.make(self.services.registry, name="Accountant", days=30, now=self.services.now())[0]


@pytest.fixture(scope="module")
def new_served(keystore: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Served]]:
    """Makes a municipality on an engine, or returns the one that was made."""
    made: dict[str, Served] = {}
    with ExitStack() as opened:

        def serve(engine: str) -> Served:
            if engine not in made:
                folder = tmp_path_factory.mktemp(engine)
                shutil.copytree(keystore, folder, dirs_exist_ok=True)
                made[engine] = _serve(opened, folder, _open_chain(opened, engine, folder))
            return made[engine]

        yield serve


@pytest.fixture(params=["embedded", "node"])
def served(request: pytest.FixtureRequest, new_served: Callable[[str], Served]) -> Served:
    """A municipality on each engine."""
    return new_served(request.param)


@pytest.fixture
def embedded(new_served: Callable[[str], Served]) -> Served:
    """One on the chain that it runs itself."""
    return new_served("embedded")


@pytest.fixture
def queries(embedded: Served) -> ChainQueries:
    """Of the municipality on its own chain, with nothing counted."""
    return ChainQueries(embedded.services)


def _open_chain(opened: ExitStack, engine: str, folder: Path) -> Chain:
    if engine == "embedded":
        # By the machine's clock, as the commands that make and end keys are.
        return opened.enter_context(
            closing(
                EmbeddedChain(
                    folder / "chain",
                    chain_id=CHAIN_ID,
                    clock=lambda: int(time.time()),
                    open_snapshot_key=lambda: SNAPSHOT_KEY,
                )
            )
        )
    node = Node()
    opened.callback(node.stop)
    return opened.enter_context(closing(NodeChain(node.url, folder=folder / "node", clock=Clock())))


def _serve(opened: ExitStack, folder: Path, chain: Chain) -> Served:
    services = opened.enter_context(services_on(settings_in(folder), chain, now=chain.now, follow=False))
    app = create_app(services)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, log_level="warning", access_log=False, lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()

    def stop() -> None:
        app.state.end_open_answers()
        server.should_exit = True
        thread.join()

    opened.callback(stop)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not server.started:
        assert time.monotonic() < deadline, "it starts"
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    return Served(services=services, app=app, url=url, heads=_live(opened, services, url))


def _live(opened: ExitStack, services: Services, url: str) -> str:
    """Let three payments be made; return the published heads."""

    def new_client() -> ApiClient:
        client = ApiClient(url)
        opened.callback(client.close)
        return client

    desk: Any = new_client()
    sign_in(services, desk)
    today = day_of(services.now())
    town = found_town(
        new_client,
        desk,
        starts_on=(today - timedelta(days=10)).isoformat(),
        ends_on=(today + timedelta(days=30)).isoformat(),
        households="kenmerk;kinderen\nA-1;1\nA-2;2\n",
    )
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    for cents in (100, 200, 300):
        shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
        till.redeem(shown, amount_cents=cents, category=BICYCLES)
    desk.ask("POST", "/heads")
    return json.dumps(desk.ask("GET", "/heads"))
