# SPDX-License-Identifier: EUPL-1.2
"""Fixtures for work accounts: an installation that has a provider, a real one or one that does wrong."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.main import services_on
from kindpakket.services import Services
from tests.ledger.databases import settings_in

from .provider import Provider, provider_that_does_wrong, running_provider
from .there import use


@pytest.fixture
def services(chain: TesterChain, keystore: Path, tmp_path: Path) -> Iterator[Services]:
    """An installation whose time is the world's, as the provider's is."""
    shutil.copytree(keystore, tmp_path, dirs_exist_ok=True)
    settings = settings_in(tmp_path)
    with services_on(settings, chain, now=lambda: int(time.time()), follow=False) as services:
        yield services


@pytest.fixture(scope="module")
def real_provider() -> Iterator[str]:
    """A real provider, for all tests of the module."""
    with running_provider() as url:
        yield url


@pytest.fixture
def provider(real_provider: str, services: Services, monkeypatch: pytest.MonkeyPatch) -> str:
    """The real provider, and an installation that has it."""
    use(services, monkeypatch, real_provider)
    return real_provider


@pytest.fixture
def wrong(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider that does what a test wants, and an installation that has it."""
    with provider_that_does_wrong() as wrong:
        use(services, monkeypatch, wrong.url)
        yield wrong
