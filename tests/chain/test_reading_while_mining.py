# SPDX-License-Identifier: EUPL-1.2
"""Reading while blocks are mined: the node may choose a block that is overtaken before it is read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kindpakket.chain import fund as calls
from kindpakket.chain.embedded import EmbeddedChain

from .support import build_town

BLOCKS = 300
READERS = 8


def test_a_preview_is_answered_however_fast_blocks_follow_each_other(
    open_chain: Callable[..., EmbeddedChain],
) -> None:
    town = build_town(open_chain(), lambda _at: None)
    admin = town.deployment.accounts.admin
    call = calls.anchor(hash=b"\1" * 32)
    done = threading.Event()

    def read() -> int:
        previews = 0
        while not done.is_set():
            town.fund.preview(call, sender=admin)
            previews += 1
        return previews

    with ThreadPoolExecutor(READERS) as readers:
        reading = [readers.submit(read) for _ in range(READERS)]
        try:
            for _ in range(BLOCKS):
                town.fund.execute(call, sender=admin)
        finally:
            done.set()
    assert all(reader.result() > 0 for reader in reading)
