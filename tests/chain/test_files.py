# SPDX-License-Identifier: EUPL-1.2
"""A file that is written whole: after a failure the one before it is there, and nothing is beside it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kindpakket.chain import files


def test_what_cannot_be_written_leaves_the_file_before_it_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "state"
    files.write_whole(file, "whole")

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="no room"):
        files.write_whole(file, "half")
    assert [one.name for one in tmp_path.iterdir()] == ["state"]
    assert file.read_text() == "whole"
