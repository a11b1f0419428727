# SPDX-License-Identifier: EUPL-1.2
"""Fixtures: a small installation that does not run, and its backup."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kindpakket import archives
from kindpakket.chain.keystore import open_keystore
from kindpakket.main import open_services
from kindpakket.settings import Settings

MADE_AT = 1_795_000_000


@pytest.fixture(scope="package")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation with an embedded chain, where nothing was done yet."""
    folder = tmp_path_factory.mktemp("installed") / "data"
    folder.mkdir()
    open_keystore(folder / "keystore", passphrase="for tests", scrypt_cost=2)
    (folder / "keystore.passphrase").write_text("for tests")
    with open_services(Settings(data_dir=folder), follow=False) as services:
        services.follower.catch_up()
    return folder


@pytest.fixture
def data(installed: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(installed, tmp_path / "data"))


@pytest.fixture
def back_up(data: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a backup of that copy."""

    def make(name: str = "backup.tar.gz", *, with_passphrase: bool = False) -> Path:
        file = tmp_path / name
        archives.make(Settings(data_dir=data), file, now=MADE_AT, with_passphrase=with_passphrase)
        return file

    return make
