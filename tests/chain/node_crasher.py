# SPDX-License-Identifier: EUPL-1.2
"""A process that sends to a node until it is killed, and says each hash that was acknowledged. For
test_node_outbox.py.
"""

from __future__ import annotations

import os
import sys
import threading
from itertools import count
from pathlib import Path

from kindpakket.chain.node import NodeChain

from .node import note
from .support import KEYSTORE, Clock

THREADS = 8


def main(url: str, folder: Path) -> None:
    """Send for ever; a line is a hash once it is acknowledged."""
    chain = NodeChain(url, folder=folder, clock=Clock())
    chain.add_signer(KEYSTORE.relayer)
    numbers = count()

    def send() -> None:
        while True:
            receipt = chain.send(note(next(numbers)))
            os.write(sys.stdout.fileno(), f"{receipt.transaction_hash.hex()}\n".encode())

    for _ in range(THREADS):
        threading.Thread(target=send).start()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
