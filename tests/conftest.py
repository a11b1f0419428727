# SPDX-License-Identifier: EUPL-1.2
"""Fixtures for all tests: a movable clock, an installation on an in-memory chain, a town in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import hypothesis
import pytest
from starlette.testclient import TestClient

from kindpakket.chain.keystore import open_keystore
from kindpakket.chain.tester import TesterChain
from kindpakket.main import create_app, services_on
from kindpakket.services import Services
from kindpakket.units import day_of

from .ledger import databases
from .support import InProcess, Town, found_town, sign_in

hypothesis.settings.register_profile("long")
"""Chosen by `--hypothesis-profile=long`: machines play as long as a night allows instead of as a check allows."""

#: The folders whose tests take longest.
LONGEST = tuple(Path(__file__).parent / name for name in ("walks", "torture"))
HOUSEHOLDS = "kenmerk;kinderen\nA-1;1\nA-2;2\nA-3;1\nA-4;1\nA-5;1\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run choose its database."""
    parser.addoption(
        "--database", choices=databases.ENGINES, default=databases.ENGINES[0], help="what the stores are on"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell the chosen database to what opens one."""
    databases.choose(config.getoption("--database"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that workers side by side end at about the same time."""
    items.sort(key=lambda item: not any(item.path.is_relative_to(folder) for folder in LONGEST))


@pytest.fixture(autouse=True, scope="module")
def _databases_of_the_module_dropped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    databases.forget_databases(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def _databases_of_the_test_dropped(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    folder = getattr(request.node, "funcargs", {}).get("tmp_path")
    if folder is not None:
        databases.forget_databases(folder)


@pytest.fixture
def chain() -> Iterator[TesterChain]:
    """An empty chain in this process, whose clock tests move."""
    chain = TesterChain()
    yield chain
    chain.close()


@pytest.fixture(scope="session")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keystore with its passphrase file, that costs little to open."""
    folder = tmp_path_factory.mktemp("keys")
    open_keystore(folder / "keystore", passphrase="for tests", scrypt_cost=2)
    (folder / "keystore.passphrase").write_text("for tests")
    return folder


@pytest.fixture
def services(chain: TesterChain, keystore: Path, tmp_path: Path) -> Iterator[Services]:
    """A whole installation on that chain."""
    shutil.copytree(keystore, tmp_path, dirs_exist_ok=True)
    with services_on(databases.settings_in(tmp_path), chain, now=chain.now, follow=False) as services:
        yield services


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """The server of that installation."""
    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def new_client(client: TestClient) -> Callable[[], InProcess]:
    """Makes callers, each with a token of its own."""
    return lambda: InProcess(client)


@pytest.fixture
def desk(services: Services, new_client: Callable[[], InProcess]) -> InProcess:
    """A signed-in member of staff."""
    desk = new_client()
    sign_in(services, desk)
    return desk


@pytest.fixture
def town(services: Services, new_client: Callable[[], InProcess], desk: InProcess) -> Town:
    """A running programme with two shops and five letters of six vouchers in all, EUR 300 each."""
    today: date = day_of(services.now())
    return found_town(
        new_client,
        desk,
        starts_on=(today - timedelta(days=10)).isoformat(),
        ends_on=(today + timedelta(days=30)).isoformat(),
        households=HOUSEHOLDS,
    )
