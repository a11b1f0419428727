# SPDX-License-Identifier: EUPL-1.2
"""The demo's folder: what it may erase, and what it never touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from kindpakket.chain.files import lock_folder
from kindpakket.demo.folder import take
from kindpakket.errors import ChainMismatch, ChainUnreachable


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
