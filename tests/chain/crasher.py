# SPDX-License-Identifier: EUPL-1.2
"""A process that anchors hashes until it is killed, and says each that was acknowledged. For test_crashes.py."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from kindpakket.chain import fund as calls
from kindpakket.chain.embedded import EmbeddedChain

from .support import CHAIN_ID, SNAPSHOT_KEY, Clock, build_town

THREADS = 8


def main(folder: Path) -> None:
    """Anchor for ever; a line is `name` once it is acknowledged."""
    chain = EmbeddedChain(folder, chain_id=CHAIN_ID, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY)
    town = build_town(chain, lambda _at: None)
    print(chain.process_ids[-1], town.deployment.address, town.deployment.block, flush=True)

    def anchor() -> None:
        while True:
            name = os.urandom(32)
            town.fund.execute(calls.anchor(hash=name), sender=town.deployment.accounts.issuer)
            os.write(sys.stdout.fileno(), f"{name.hex()}\n".encode())

    for _ in range(THREADS):
        threading.Thread(target=anchor).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
