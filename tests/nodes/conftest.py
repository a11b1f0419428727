# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of a module: a node of others, and an installation on it with a town."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from kindpakket.main import create_app, open_services
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.chain.support import Clock
from tests.ledger.databases import settings_in
from tests.support import InProcess, Town, found_town, sign_in

from .consortium import Consortium

HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"N-{row};1\n" for row in range(8))


@pytest.fixture(scope="module")
def clock() -> Clock:
    """Our clock; it stands still until it is moved."""
    return Clock()


@pytest.fixture(scope="module")
def consortium() -> Iterator[Consortium]:
    """A node of others."""
    consortium = Consortium()
    yield consortium
    consortium.stop()


@pytest.fixture(scope="module")
def data_dir(keystore: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation's folder."""
    folder = tmp_path_factory.mktemp("installation") / "data"
    shutil.copytree(keystore, folder)
    return folder


@pytest.fixture(scope="module")
def install(data_dir: Path, clock: Clock) -> Iterator[Callable[..., Services]]:
    """Opens the installation on a node, its follower only when asked; what is still open at the end is closed."""
    with ExitStack() as opened:

        def open_one(url: str, *, follow: bool = False, **settings: Any) -> Services:
            chosen = settings_in(data_dir, node_url=url, **{"node_patience_seconds": 3.0} | settings)
            return opened.enter_context(open_services(chosen, clock=clock, follow=follow))

        yield open_one


@pytest.fixture(scope="module")
def settle() -> Iterator[Callable[[Services], Town]]:
    """Founds a town through an installation's API: eight letters of one voucher, EUR 300 each."""
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


@pytest.fixture(scope="module", autouse=True)
def plain_log() -> Iterator[None]:
    """Failures are logged as a server logs them: structlog's own way draws each of them, which takes seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )
    yield
    structlog.reset_defaults()
