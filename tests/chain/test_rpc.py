# SPDX-License-Identifier: EUPL-1.2
"""JSON-RPC: what does not answer like a node is unreachable; order and errors are kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from kindpakket.chain.anvil import Anvil, Genesis, require_anvil
from kindpakket.chain.rpc import Call, NodeUnreachable, Rpc, RpcError

from .support import CHAIN_ID, START_AT


@contextmanager
def answering(answer: bytes) -> Iterator[Rpc]:
    """A server that reads something, says this, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        # A test that fails before it asks must not wait for ever.
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with closing(Rpc(server.getsockname()[1], timeout_seconds=5)) as rpc:
            yield rpc
        thread.join()


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    anvil = Anvil(Genesis(chain_id=CHAIN_ID, at=START_AT), binary=require_anvil())
    yield anvil
    anvil.stop()


@pytest.mark.usefixtures("limited_recursion")
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n7",
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + 100_000 * b"[", id="deep"),
        b'HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n[{"id":9,"result":1}] ',
    ],
)
def test_what_does_not_answer_like_a_node_is_unreachable(answer: bytes) -> None:
    with answering(answer) as rpc, pytest.raises(NodeUnreachable):
        rpc.request("eth_blockNumber")


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NodeUnreachable):
        Rpc(port, timeout_seconds=5).request("eth_blockNumber")


def test_an_error_of_the_node_is_raised_and_the_connection_goes_on(anvil: Anvil) -> None:
    with pytest.raises(RpcError, match="Method not found"):
        anvil.rpc.request("no_such_method")
    assert anvil.rpc.request("eth_chainId") == hex(CHAIN_ID)


def test_a_pipeline_is_done_in_order_and_answered_by_place(anvil: Anvil) -> None:
    before = int(anvil.rpc.request("eth_blockNumber"), 16)
    answers = anvil.rpc.pipeline(
        [
            [Call("evm_mine")],
            [Call("eth_blockNumber"), Call("no_such_method")],
            [Call("evm_mine")],
            [Call("eth_blockNumber")],
        ]
    )
    assert (answers[1][0], answers[3][0]) == (hex(before + 1), hex(before + 2))
    assert isinstance(answers[1][1], RpcError)


def test_a_connection_that_was_ended_while_kept_is_replaced(anvil: Anvil) -> None:
    rpc = anvil.rpc
    rpc.request("eth_chainId")
    (kept,) = rpc._idle
    kept._socket.shutdown(socket.SHUT_RD)
    assert rpc.request("eth_chainId") == hex(CHAIN_ID)
    assert rpc._idle != [kept]


def test_anvil_has_no_account_of_its_own(anvil: Anvil) -> None:
    assert anvil.rpc.request("eth_accounts") == []


def test_a_browser_page_is_not_answered_with_leave_to_read(anvil: Anvil) -> None:
    with socket.create_connection((anvil.rpc._host, anvil.rpc._port), timeout=5) as browser:
        browser.sendall(
            b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.org\r\nConnection: close\r\n"
            b"Access-Control-Request-Method: POST\r\n\r\n"
        )
        assert b"access-control-allow-origin" not in browser.makefile("rb").read().lower()
