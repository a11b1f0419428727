# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: one world for all tests of a file, because making it takes longer than asking it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.main import services_on
from tests.ledger.databases import settings_in
from tests.payout_runs.bank import OUR_IBAN

from .world import World, build_world


@pytest.fixture(scope="module")
def world(keystore: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation in use, with one caller of each kind."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copytree(keystore, folder, dirs_exist_ok=True)
    chain = TesterChain()
    settings = settings_in(folder, payout_iban=OUR_IBAN)
    with services_on(settings, chain, now=chain.now, follow=False) as services:
        yield build_world(services, chain)
    chain.close()
