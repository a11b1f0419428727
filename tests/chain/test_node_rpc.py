# SPDX-License-Identifier: EUPL-1.2
"""What nodes answer, each in its own way."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from kindpakket.chain.node_reader import NodeReader
from kindpakket.chain.node_rpc import BATCH_LIMIT, NodeBusy, NodeError, NodeRpc
from kindpakket.chain.rpc import Call, NodeUnreachable, Rpc
from kindpakket.errors import ChainUnreachable

from .node import Node
from .support import CHAIN_ID
from .test_rpc import answering


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.stop()


def reader_of(plain: Rpc, *, key: str = "") -> NodeReader:
    """Reads from what answers there."""
    return NodeReader(
        f"http://127.0.0.1:{plain._port}",
        depth=0,
        patience_seconds=5,
        clock=lambda: 0,
        closing=threading.Event(),
        key=key,
    )


@pytest.mark.parametrize(
    ("error", "revert"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x12345678"}, b"\x12\x34\x56\x78"),
        ({"code": 3, "message": "execution reverted"}, b""),
        ({"code": -32000, "message": "Execution reverted", "data": "0x"}, b""),
        ({"code": -32015, "message": "Reverted", "data": "Reverted 0x12345678"}, b"\x12\x34\x56\x78"),
        ({"code": -32603, "message": "reverted", "data": {"data": "0x12345678"}}, b"\x12\x34\x56\x78"),
        ({"code": -32000, "message": "header not found"}, None),
        ({"code": -32601, "message": "Method not found"}, None),
    ],
)
def test_a_revert_is_seen_however_a_node_says_it(error: dict[str, Any], revert: bytes | None) -> None:
    assert NodeError(error).revert == revert


@pytest.mark.usefixtures("limited_recursion")
@pytest.mark.parametrize(
    "body",
    [
        b"{]",
        b"7",
        b"[]",
        pytest.param(100_000 * b"[", id="deep"),
        b'[{"id":0}]',
        b'{"id":0}',
        b'{"id":0,"error":{"code":-32600,"message":"no batches"}}',
    ],
)
def test_what_does_not_answer_a_batch_is_unreachable(body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    with (
        answering(answer) as plain,
        closing(NodeRpc(f"http://127.0.0.1:{plain._port}", timeout_seconds=5)) as rpc,
        pytest.raises(NodeUnreachable),
    ):
        rpc.batch([Call("eth_blockNumber")])


def test_a_node_that_lets_others_in_only_is_told_apart_at_once() -> None:
    for status in (b"401 Unauthorized", b"403 Forbidden"):
        answer = b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status
        with answering(answer) as plain, pytest.raises(ChainUnreachable, match="the key is missing"):
            reader_of(plain, key="a-wrong-one").chain_id()


@pytest.mark.parametrize(("told", "seconds"), [(b"7", 7.0), (b"3600", 60.0), (b"", 1.0), (b"soon", 1.0)])
def test_a_node_that_wants_rest_is_given_what_it_wants_within_reason(told: bytes, seconds: float) -> None:
    answer = (
        b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: %b\r\ncontent-length: 0\r\n\r\n"
        % told
    )
    with (
        answering(answer) as plain,
        closing(NodeRpc(f"http://127.0.0.1:{plain._port}", timeout_seconds=5)) as rpc,
        pytest.raises(NodeBusy) as busy,
    ):
        rpc.request("eth_chainId")
    assert busy.value.pause_seconds == seconds


def test_a_reader_waits_as_long_as_the_node_wants_and_asks_again(node: Node) -> None:
    answer = b"HTTP/1.1 429 Slow\r\nconnection: close\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n"
    with answering(answer) as plain:
        reader = reader_of(plain)
        # The first answer is a wish for rest; then a real node is there.
        nodes = iter((reader._rpc, NodeRpc(node.url, timeout_seconds=5)))
        found: str = reader._insist(lambda before: next(nodes).request("eth_chainId", before=before))
    assert int(found, 16) == CHAIN_ID


def test_the_key_goes_in_a_header_and_not_in_the_address() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65536))

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/v1/chain-queries"
        with closing(NodeRpc(url, timeout_seconds=5, key="geheim")) as rpc, pytest.raises(NodeUnreachable):
            rpc.request("eth_chainId")
        thread.join()
    head = heard[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert b"geheim" not in head[0]
    assert b"Authorization: Bearer geheim" in head
    assert b"Content-Type: application/json" in head


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"])
def test_no_trace_of_a_node_that_does_not_answer_holds_the_key_in_its_address(answer: bytes) -> None:
    with answering(answer) as plain:
        address = f"http://127.0.0.1:{plain._port}/v3/SECRET-IN-PATH?key=SECRET-IN-QUERY"
        with closing(NodeRpc(address, timeout_seconds=5)) as rpc:
            assert "SECRET" not in trace_of(rpc)
    with closing(NodeRpc(address, timeout_seconds=5)) as rpc:
        assert "SECRET" not in trace_of(rpc), "nobody listens there any more"


def trace_of(rpc: NodeRpc) -> str:
    """What a log would have of a call that is not answered."""
    with pytest.raises(NodeUnreachable) as raised:
        rpc.request("eth_blockNumber")
    return "".join(traceback.format_exception(raised.value))


def test_a_batch_longer_than_nodes_allow_is_answered_by_place(node: Node) -> None:
    calls = [Call("eth_blockNumber"), Call("no_such_method"), Call("eth_chainId")] * BATCH_LIMIT
    with closing(NodeRpc(node.url, timeout_seconds=5)) as rpc:
        answers = rpc.batch(calls)
        assert rpc.batch([]) == []
        with pytest.raises(NodeError, match="Method not found"):
            rpc.request("no_such_method")
    assert answers[::3] == ["0x0"] * BATCH_LIMIT
    assert all(isinstance(answer, NodeError) for answer in answers[1::3])
    assert answers[2::3] == [hex(CHAIN_ID)] * BATCH_LIMIT
