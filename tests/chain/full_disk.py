# SPDX-License-Identifier: EUPL-1.2
"""A program for test_full_disk.py: a chain whose files may not grow for a while, after a block and before its hash.

Arguments: the folder. It prints what the journal must lead to: the head's number and hash.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from structlog.testing import capture_logs

from kindpakket.chain.client import Submission
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.errors import ChainUnreachable

from .support import CHAIN_ID, KEYSTORE, SNAPSHOT_KEY, START_AT

PATIENCE_SECONDS = 120


def let_files_grow(grow: bool) -> None:
    """Let the kernel refuse each write, or none."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY if grow else 1, resource.RLIM_INFINITY))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send_and_fill(chain: EmbeddedChain, submission: Submission) -> None:
    """Send, and let the disk be full before the block's hash is on it."""
    while True:
        chain.send(submission)
        let_files_grow(False)
        if chain._executor.has_hashes_to_write:
            return
        # It was written already: the next block will be quicker.
        let_files_grow(True)


def main() -> None:
    chain = EmbeddedChain(
        Path(sys.argv[1]), chain_id=CHAIN_ID, clock=lambda: START_AT, open_snapshot_key=lambda: SNAPSHOT_KEY
    )
    sender = chain.add_signer(KEYSTORE.relayer)
    submission = Submission(sender=sender, to="0x" + "77" * 20, input=b"", gas=30_000)
    with capture_logs() as logs:
        send_and_fill(chain, submission)
        wait_until(lambda: any(line["event"] == "hashes_wait" for line in logs))
    try:
        chain.send(submission)
    except ChainUnreachable:
        let_files_grow(True)
    else:
        raise AssertionError("what is not on disk is not executed")
    wait_until(lambda: not chain._executor.has_hashes_to_write)
    send_and_fill(chain, submission)
    head = chain.head()
    chain.close()
    print(head.number, head.hash.hex())


if __name__ == "__main__":
    main()
