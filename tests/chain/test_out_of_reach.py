# SPDX-License-Identifier: EUPL-1.2
"""Anvil is out of reach of others, and what they would change in it does not last.

given a running anvil
├── each of its processes listens at an address that nobody can guess, another at each start, and nowhere else
├── it would take a WebSocket from any page, which is why
└── it has no account of its own
given somebody who reached it all the same, and changed its state
├── when the chain is opened again: what was decided by that change does not come out the same, and the start is refused
└── what decided nothing is gone then
"""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from kindpakket.chain.anvil import Anvil, Genesis, require_anvil
from kindpakket.chain.client import Submission
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.rpc import Rpc
from kindpakket.errors import ChainMismatch

from .node import NOWHERE
from .support import CHAIN_ID, KEYSTORE, START_AT, build_town

TAKES_ALL = "0x00"
"""A program that stops at once, content with whatever it is given."""


def place_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    return parts.hostname, parts.port


def reach(chain: EmbeddedChain) -> Rpc:
    """What somebody has who found out where a chain's anvil listens."""
    host, port = place_of(chain.node_url)
    return Rpc(port, host=host, timeout_seconds=20)


def test_it_listens_at_an_address_that_nobody_can_guess_and_nowhere_else() -> None:
    hosts = set()
    for _ in range(3):
        anvil = Anvil(Genesis(chain_id=CHAIN_ID, at=START_AT, has_state_roots=False), binary=require_anvil())
        try:
            assert len(anvil._processes) == 2, "as a new installation has"
            for process in anvil._processes:
                hosts.add(process.host)
                listens_only_at(process.host, process.port)
        finally:
            anvil.stop()
    # Elsewhere than on Linux only 127.0.0.1 is this machine.
    assert len(hosts) == (6 if sys.platform == "linux" else 1), "another for each process, at each start"


def listens_only_at(host: str, port: int) -> None:
    assert ipaddress.ip_address(host).is_loopback
    socket.create_connection((host, port), timeout=5).close()
    own = socket.gethostbyname(socket.gethostname())
    for elsewhere in {"127.0.0.1", "127.0.0.2", own} - {host}:
        with pytest.raises(OSError):
            socket.create_connection((elsewhere, port), timeout=5).close()


def test_it_would_take_a_websocket_from_any_page() -> None:
    anvil = Anvil(Genesis(chain_id=CHAIN_ID, at=START_AT), binary=require_anvil())
    try:
        with socket.create_connection(place_of(anvil.url), timeout=5) as page:
            key = base64.b64encode(os.urandom(16))
            page.sendall(
                b"GET / HTTP/1.1\r\nHost: page.example\r\nOrigin: https://page.example\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % key
            )
            answer = page.recv(4096)
    finally:
        anvil.stop()
    assert answer.startswith(b"HTTP/1.1 101"), "once it refuses, the address may be an ordinary one again"


def test_what_was_decided_by_a_change_in_it_is_found_at_the_next_start(
    open_chain: Callable[..., EmbeddedChain],
) -> None:
    chain = open_chain()
    town = build_town(chain, lambda _at: None)
    contract = town.deployment.address
    with closing(reach(chain)) as intruder:
        intruder.request("anvil_setCode", contract, TAKES_ALL)
        intruder.request("anvil_setBalance", NOWHERE, "0x1")
    sender = chain.add_signer(KEYSTORE.relayer)
    # As if a payment passed for which there is no budget.
    assert chain.send(Submission(sender=sender, to=contract, input=b"pay", gas=100_000)).succeeded
    chain.close()
    with pytest.raises(ChainMismatch, match="came out as"):
        open_chain()


def test_what_was_changed_and_decided_nothing_is_gone_after_the_next_start(
    open_chain: Callable[..., EmbeddedChain],
) -> None:
    chain = open_chain()
    town = build_town(chain, lambda _at: None)
    with closing(reach(chain)) as intruder:
        intruder.request("anvil_setBalance", NOWHERE, "0x1")
    town.fund.execute(town.redeem(number=0), sender=chain.add_signer(KEYSTORE.relayer))
    chain.close()
    with closing(reach(open_chain())) as reader:
        assert reader.request("eth_getBalance", NOWHERE, "latest") == "0x0"
