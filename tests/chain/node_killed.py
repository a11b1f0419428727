# SPDX-License-Identifier: EUPL-1.2
"""A process that sends one call to a node and is killed at a step of its way. For test_node_under_way.py."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from kindpakket.chain.node import NodeChain

from .node import note
from .support import KEYSTORE, Clock

STEPS = (
    "before it is in the outbox",
    "when it is in the outbox",
    "when it was brought",
    "when its receipt came",
    "before it is noted that it settled",
)


def die() -> None:
    """kill -9 of this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_in(owner: Any, name: str, *, after: bool = False, only: str = "") -> None:
    """Let this process be killed before a method of a part, or after it; only when this method of a node is called."""
    does = getattr(owner, name)

    def do_and_die(*arguments: Any, **named: Any) -> Any:
        is_it = not only or any(call.method == only for call in arguments[0])
        if is_it and not after:
            die()
        done = does(*arguments, **named)
        if is_it:
            die()
        return done

    setattr(owner, name, do_and_die)


def main(url: str, folder: Path, step: str) -> None:
    """Send one call."""
    chain = NodeChain(url, folder=folder, clock=Clock())
    chain.add_signer(KEYSTORE.relayer)
    outbox, rpc = chain._outbox, chain._rpc
    match STEPS.index(step):
        case 0:
            die_in(outbox, "append")
        case 1:
            die_in(outbox, "append", after=True)
        case 2:
            die_in(rpc, "batch", after=True, only="eth_sendRawTransaction")
        case 3:
            die_in(rpc, "batch", after=True, only="eth_getTransactionReceipt")
        case _:
            die_in(outbox, "write_settled")
    chain.send(note())
    # It settles when there is nothing else to do.
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
