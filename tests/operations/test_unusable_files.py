# SPDX-License-Identifier: EUPL-1.2
"""A file or folder that the service may not use is named, with what to do, and no trace is shown.

Given an installation in which something else lies where a file must be, or the data folder's place is taken
  when a command starts, it ends in order, and names the file
Given a fault that names no file: it is a bug, and stays one
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kindpakket import unusable_files
from kindpakket.cli import app
from tests.ledger.databases import environment_of


@pytest.fixture
def data_dir(keystore: Path, tmp_path: Path) -> Path:
    """A data folder with keys, that was never started."""
    folder = tmp_path / "data"
    shutil.copytree(keystore, folder)
    return folder


@pytest.mark.parametrize("command", [["deploy"], ["inspect"], ["rotate-key", "sealing"]])
@pytest.mark.parametrize("place", ["chain/lock", "keystore/sealing.json"])
def test_a_file_that_cannot_be_used_is_named(
    own_logs: None, data_dir: Path, command: list[str], place: str
) -> None:
    file = data_dir / place
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    ended = CliRunner().invoke(app, [*command, "--data-dir", str(data_dir)], env=environment_of(data_dir))
    assert isinstance(ended.exception, SystemExit), ended.exception
    assert ended.exit_code != 0
    assert f"{file} cannot be used: Is a directory." in ended.output
    assert "Traceback" not in ended.output


def test_who_may_not_use_a_file_is_told_whose_it_must_be() -> None:
    told = unusable_files.tell(PermissionError(errno.EACCES, "Permission denied", "/data/chain/lock"))
    assert told.startswith("/data/chain/lock cannot be used: Permission denied.")
    assert "chown -R" in told


def test_a_fault_of_no_file_stays_a_fault() -> None:
    with pytest.raises(OSError, match="no route"):
        unusable_files.tell(OSError(errno.EHOSTUNREACH, "no route"))
