# SPDX-License-Identifier: EUPL-1.2
"""What the courier asks of a node about accounts and transactions: each question once, for the courier comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import blocks
from .client import Head, Receipt
from .node_answers import read_base_fee, read_hash, read_head, read_number
from .node_rpc import NodeError, NodeRpc, making_sense
from .rpc import Call, NodeUnreachable
from .transactions import SignedTransaction


class NodeQuestions:
    """Questions to a node. Each raises NodeUnreachable when there is no answer, or one that makes no sense."""

    def __init__(self, rpc: NodeRpc, *, depth: int) -> None:
        """Ask this node; a block is final when `depth` blocks follow it."""
        self._rpc = rpc
        self._depth = depth

    def final_tag(self) -> str:
        """Return the newest final block, as a node is asked for it."""
        if self._depth == 0:
            return "latest"
        (answer,) = self._rpc.batch([Call("eth_blockNumber")])
        with making_sense():
            newest = read_number(_answer(answer))
        return hex(max(0, newest - self._depth))

    def base_fee(self) -> int:
        """Return what the newest block asked for gas, in wei."""
        (answer,) = self._rpc.batch([Call("eth_getBlockByNumber", ("latest", False))])
        with making_sense():
            return read_base_fee(_answer(answer))

    def counts(self, senders: Sequence[str], tag: str, *, before: float | None = None) -> list[int]:
        """Return how many transactions each account has made, as of a block, in the same order."""
        calls = [Call("eth_getTransactionCount", (sender, tag)) for sender in senders]
        with making_sense():
            return [read_number(_answer(answer)) for answer in self._rpc.batch(calls, before=before)]

    def known(self, transactions: Sequence[SignedTransaction]) -> list[bool]:
        """Return whether the node has each of these, in a block or waiting, in the same order."""
        calls = [Call("eth_getTransactionByHash", (_text(one.hash),)) for one in transactions]
        return [_answer(answer) is not None for answer in self._rpc.batch(calls)]

    def receipts(
        self, transactions: Sequence[SignedTransaction], *, final: str
    ) -> list[tuple[SignedTransaction, Receipt]]:
        """Return those of these that are in a block that is final, each with what became of it."""
        found = self._rpc.batch(
            [Call("eth_getTransactionReceipt", (_text(one.hash),)) for one in transactions]
        )
        with making_sense():
            placed = [
                (one, answer, read_number(answer["blockNumber"]), read_hash(answer["blockHash"]))
                for one, answer in zip(transactions, found, strict=True)
                if _is_receipt(answer)
            ]
        if self._depth > 0:
            placed = [one for one in placed if one[2] <= int(final, 16)]
        heads = self._heads({number for _, _, number, _ in placed})
        # One of a block that was undone meanwhile is of no use.
        placed = [one for one in placed if heads[one[2]].hash == one[3]]
        with making_sense():
            return [(one, blocks.read_receipt(answer, heads[number].at)) for one, answer, number, _ in placed]

    def _heads(self, numbers: set[int]) -> dict[int, Head]:
        wanted = sorted(numbers)
        found = self._rpc.batch([Call("eth_getBlockByNumber", (hex(number), False)) for number in wanted])
        heads = {}
        for number, answer in zip(wanted, found, strict=True):
            with making_sense():
                head = read_head(_answer(answer))
            if head is None:
                raise NodeUnreachable("the node does not have its own block")
            heads[number] = head
        return heads


def bringing(transaction: SignedTransaction) -> Call:
    """Return the call that brings a transaction to a node."""
    return Call("eth_sendRawTransaction", (_text(transaction.raw),))


def _text(content: bytes) -> str:
    return f"0x{content.hex()}"


def _is_receipt(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get("blockNumber") is not None


def _answer(answer: Any) -> Any:
    """Return an answer to a question that any node can answer; an error is as good as none."""
    if isinstance(answer, NodeError):
        raise NodeUnreachable(f"the node would not say: {answer}")
    return answer
