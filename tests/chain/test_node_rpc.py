# SPDX-License-Identifier: EUPL-1.2
"""What nodes answer, each in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from kindpakket.chain.node_rpc import BATCH_LIMIT, NodeError, NodeRpc
from kindpakket.chain.rpc import Call, NodeUnreachable

from .node import Node
from .support import CHAIN_ID
from .test_rpc import answering


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.stop()


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


@pytest.mark.parametrize(
    "body",
    [
        b"{]",
        b"7",
        b"[]",
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
