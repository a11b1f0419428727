# SPDX-License-Identifier: EUPL-1.2
"""A full disk neither ends the chain nor loses anything.

Given a block that is on disk and executed, and whose hash is not on disk yet
  when the disk is full just then
  then the chain waits, refuses what it cannot keep, and goes on by itself when there is room
  and it can be closed while the disk is full; its journal leads to the same head
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kindpakket.chain.embedded import EmbeddedChain

ROOT = Path(__file__).resolve().parents[2]


def test_a_disk_that_is_full_when_a_hash_is_written_does_not_end_the_chain(
    open_chain: Callable[..., EmbeddedChain], folder: Path
) -> None:
    command = [sys.executable, "-m", "tests.chain.full_disk", f"{folder}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    number, block_hash = ended.stdout.splitlines()[-1].split()
    with closing(open_chain()) as chain:
        assert (chain.head().number, chain.head().hash.hex()) == (int(number), block_hash)
