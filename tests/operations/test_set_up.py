# SPDX-License-Identifier: EUPL-1.2
"""The set-up of scripts/lib/setup: it says that it is current only when what it is for is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kindpakket.main import ROOT

SetUp = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def set_up(tmp_path: Path) -> SetUp:
    """Set up the packages of a clone of its own, with an npm that brings anvil if it is told to."""
    for file in ("scripts/lib/setup", "contracts/package-lock.json"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    npm = tmp_path / "programs" / "npm"
    npm.parent.mkdir()
    npm.write_text(
        """#!/bin/sh
        set -eu
        echo "$@" >>"$CLONE/asked"
        bin="$CLONE/contracts/node_modules/@foundry-rs/anvil-of-here/bin"
        rm -rf "$CLONE/contracts/node_modules"
        mkdir -p "$CLONE/contracts/node_modules"
        if [ "$BRINGS" = anvil ]; then mkdir -p "$bin"; touch "$bin/anvil"; fi
        """
    )
    npm.chmod(0o755)

    def run(*, brings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f". {tmp_path}/scripts/lib/setup; ensure_node runtime"],
            env={"PATH": f"{npm.parent}:{os.environ['PATH']}", "CLONE": str(tmp_path), "BRINGS": brings},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text("utf-8").splitlines())


def test_a_set_up_without_anvil_fails_and_is_done_again(set_up: SetUp, tmp_path: Path) -> None:
    for times in (1, 2):
        failed = set_up(brings="nothing")
        assert failed.returncode == 1
        assert "the pinned anvil has no build for this machine" in failed.stderr
        assert asked(tmp_path) == times
    assert set_up(brings="anvil").returncode == 0
    assert asked(tmp_path) == 3


def test_a_set_up_is_done_once_until_anvil_is_gone(set_up: SetUp, tmp_path: Path) -> None:
    for _ in range(2):
        assert set_up(brings="anvil").returncode == 0
        assert asked(tmp_path) == 1
    shutil.rmtree(tmp_path / "contracts" / "node_modules" / "@foundry-rs")
    assert set_up(brings="anvil").returncode == 0
    assert asked(tmp_path) == 2
