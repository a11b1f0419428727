# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: keys that cost little, and an installation with letters that nobody took."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kindpakket import staff_log
from kindpakket.chain import keystore as keystore_file
from kindpakket.chain.tester import TesterChain
from kindpakket.main import create_app
from tests.support import InProcess, found_town, sign_in

from .installed import HOUSEHOLDS, MORE, Installation


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that cost little to open."""
    monkeypatch.setattr(keystore_file, "SCRYPT_COST", 2)


@pytest.fixture
def installation(chain: TesterChain, keystore: Path, tmp_path: Path) -> Installation:
    """A town with letters that nobody took, one more that broke off, and an entry on record."""
    folder = tmp_path / "data"
    shutil.copytree(keystore, folder)
    made = Installation(chain, folder)
    with made.open() as services, TestClient(create_app(services)) as client:
        desk = InProcess(client)
        sign_in(services, desk)
        found_town(
            lambda: InProcess(client),
            desk,
            starts_on="2026-01-01",
            ends_on="2027-01-01",
            households=HOUSEHOLDS,
        )
        desk.ask("POST", "/programmes/1/household-imports?amountCents=100", MORE)
        services.registry.replacements.begin(
            1, letter_id="1" * 32, sealed_secret=services.seal(b"replaced"), reason=1, staff=1, at=1
        )
        services.registry.disclosures.confirm(1, at=services.now())
        first = services.registry.reissues.forgotten_letters(1)[-1]
        services.registry.reissues.begin(
            1, [(first.letter_id, "2" * 32, services.seal(b"reissued"))], staff=1, at=1
        )
        staff_log.anchor(services)
    return made
