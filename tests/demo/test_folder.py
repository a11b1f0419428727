# SPDX-License-Identifier: EUPL-1.2
"""The demo's folder: what it may erase, and what it never touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from kindpakket.chain.files import lock_folder
from kindpakket.demo.folder import settings_of, take
from kindpakket.errors import ChainMismatch, ChainUnreachable
from kindpakket.registry.store import Registry
from tests.ledger.databases import postgresql


def test_a_folder_with_anything_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for fresh in (False, True):
        with pytest.raises(ChainMismatch):
            take(tmp_path, fresh=fresh)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_real_installation_is_never_erased(tmp_path: Path) -> None:
    (tmp_path / "deployment.json").write_text("{}")
    with pytest.raises(ChainMismatch):
        take(tmp_path, fresh=True)
    assert (tmp_path / "deployment.json").exists()


def test_a_demo_that_runs_is_not_erased(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    take(folder, fresh=False)
    with lock_folder(folder / "chain"), pytest.raises(ChainUnreachable):
        take(folder, fresh=True)
    assert (folder / "chain").is_dir()


def test_an_earlier_demo_continues_or_starts_over(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    take(folder, fresh=False)
    (folder / "ledger.db").write_text("booked")
    take(folder, fresh=False)
    assert (folder / "ledger.db").exists()
    take(folder, fresh=True)
    assert [file.name for file in folder.iterdir()] == ["kindpakket.demo"]


def test_in_postgresql_a_demo_starts_over_in_schemas_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgresql().administrate("DROP DATABASE IF EXISTS demos")
    postgresql().administrate("CREATE DATABASE demos")
    monkeypatch.setenv("KINDPAKKET_DATABASE_URL", postgresql().url("demos"))
    real, demo, other_demo = (tmp_path / name for name in ("real", "demo", "other"))
    for folder in (demo, other_demo):
        take(folder, fresh=False)
    for folder in (real, demo, other_demo):
        registry = Registry(settings_of(folder).registry_address)
        registry.staff.ensure_member("Anna", roles=["issuer"])
        registry.close()
    take(demo, fresh=True)
    left = []
    for folder in (real, demo, other_demo):
        registry = Registry(settings_of(folder).registry_address)
        left.append(registry.staff.anyone())
        registry.close()
    assert left == [True, False, True]
