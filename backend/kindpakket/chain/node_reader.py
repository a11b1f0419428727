# SPDX-License-Identifier: EUPL-1.2
"""What a node's chain holds, asked in our own values. Each question is asked again while the node is out of reach, for
as long as our patience lasts; an error is as good as no answer, because the next node may not have it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from kindpakket.errors import ChainUnreachable, ProofUnavailable

from . import blocks
from .client import CallReverted, Head, Log
from .evidence import SealedBlock, read_sealed
from .node_rpc import NodeBusy, NodeError, NodeLocked, NodeRpc
from .rpc import Call, NodeUnreachable

_PAUSE_SECONDS = 0.1
_PAUSES = 10
_RANGE_BLOCKS = 8**3
_TIMES_KEPT = 10_000

# Returns the time of the block it runs in: TIMESTAMP, MSTORE at 0, RETURN 32 bytes from 0.
_TELL_TIME = "0x4260005260206000f3"
_SOME_TIME = 0x7B00000000

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class ProvedBlock:
    """A block as it is hashed, and a contract's events in it."""

    sealed: SealedBlock
    logs: tuple[Log, ...]


class NodeReader:
    """Questions to a node. Any thread may ask."""

    def __init__(
        self,
        url: str,
        *,
        depth: int,
        patience_seconds: float,
        clock: Callable[[], int],
        closing: threading.Event,
        key: str = "",
    ) -> None:
        """Ask the node at `url`; a block is final when `depth` blocks follow it. Stop asking when `closing` is set."""
        self._rpc = NodeRpc(url, timeout_seconds=patience_seconds, key=key)
        self._depth = depth
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._closing = closing
        self._newest_at = 0
        self._takes_time: bool | None = None
        self._times: dict[int, int] = {}

    def chain_id(self) -> int:
        """Return the chain's number."""
        return int(self._ask(Call("eth_chainId")), 16)

    def first_hash(self) -> bytes:
        """Return the hash of the chain's first block; empty where that cannot be asked for."""
        block = self._ask(Call("eth_getBlockByNumber", ("0x0", False)))
        return bytes.fromhex(block["hash"][2:]) if block else b""

    def newest(self) -> Head:
        """Return the newest block, final or not."""
        head = self._read_head("latest")
        assert head is not None, "there is always a newest block"
        self._newest_at = head.at
        return head

    def head(self) -> Head:
        """Return the newest final block."""
        newest = self.newest()
        if self._depth == 0:
            return newest
        final = self._read_head(hex(max(0, newest.number - self._depth)))
        assert final is not None, "what is below a block is there"
        return final

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block.

        Raises:
            LookupError: There is no such block.
        """
        head = self._read_head(hex(number)) if number >= 0 else None
        if head is None:
            raise LookupError(f"there is no block {number}")
        return head.hash

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order.

        Raises:
            LookupError: One is not there.
        """
        numbers = range(first_block, last_block + 1)
        calls = [Call("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        found = self._insist(lambda: self._rpc.batch(calls))
        for number, block in zip(numbers, found, strict=True):
            if not isinstance(block, dict):
                raise LookupError(f"there is no block {number}")
        return [bytes.fromhex(block["hash"][2:]) for block in found]

    def sealed_block(self, number: int) -> SealedBlock:
        """Return a final block as it is hashed.

        Raises:
            LookupError: There is no such block, or it is not final.
            ProofUnavailable: What the node tells of it does not lead to its hash.
        """
        if not 0 <= number <= self.head().number:
            raise LookupError(f"there is no final block {number}")
        block = self._ask(Call("eth_getBlockByNumber", (hex(number), True)))
        try:
            receipts = self._ask(Call("eth_getBlockReceipts", (hex(number),)), errors_are_answers=True)
        except NodeError:
            # Not every node has that; each has them one by one.
            calls = [Call("eth_getTransactionReceipt", (one["hash"],)) for one in block["transactions"]]
            receipts = self._insist(lambda: self._rpc.batch(calls))
        return read_sealed(block, receipts)

    def proved_logs(self, *, address: str, first_block: int, last_block: int) -> list[ProvedBlock]:
        """Return blocks (both included), each with a contract's events as its hash covers them.

        Raises:
            LookupError: One is not there.
            ProofUnavailable: What the node tells of one does not lead to its hash.
        """
        numbers = range(first_block, last_block + 1)
        calls = [Call("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        calls += [Call("eth_getBlockReceipts", (hex(number),)) for number in numbers]
        answers = self.ask_all(calls)
        if first_block < last_block and any(isinstance(answer, NodeError) for answer in answers):
            # More than this node wants to tell at a time.
            middle = (first_block + last_block) // 2
            return [
                *self.proved_logs(address=address, first_block=first_block, last_block=middle),
                *self.proved_logs(address=address, first_block=middle + 1, last_block=last_block),
            ]
        proved = []
        for number, block, receipts in zip(
            numbers, answers[: len(numbers)], answers[len(numbers) :], strict=True
        ):
            if not isinstance(block, dict):
                raise LookupError(f"there is no block {number}")
            if not isinstance(receipts, list):
                raise ProofUnavailable(f"the node does not tell the receipts of block {number}")
            sealed = read_sealed(block, receipts)
            if sealed.number != number:
                raise ProofUnavailable(f"the node tells of block {sealed.number} for block {number}")
            proved.append(ProvedBlock(sealed, _logs_of(sealed, receipts, block, address=address)))
        return proved

    def call(self, *, to: str, input: bytes, sender: str | None) -> bytes:  # noqa: A002
        """Return what a contract answers.

        Raises:
            CallReverted: It refused.
        """
        asked = {"to": to, "input": f"0x{input.hex()}", "data": f"0x{input.hex()}"}
        if sender:
            asked["from"] = sender
        try:
            answer: str = self._ask(Call("eth_call", (asked, "latest", *self._time_of_call())))
        except NodeError as error:
            raise CallReverted(error.revert or b"") from error
        return bytes.fromhex(answer[2:])

    def call_all(self, *, to: str, inputs: Sequence[bytes]) -> list[bytes]:
        """Return what a contract answers to many questions, as of the newest block at each.

        Raises:
            CallReverted: It refused one.
        """
        calls = [
            Call("eth_call", ({"to": to, "input": f"0x{one.hex()}", "data": f"0x{one.hex()}"}, "latest"))
            for one in inputs
        ]
        answers = []
        for answer in self._insist(lambda: self._rpc.batch(calls)):
            if isinstance(answer, NodeError):
                raise CallReverted(answer.revert or b"") from answer
            answers.append(bytes.fromhex(answer[2:]))
        return answers

    def logs(self, *, address: str, first_block: int, last_block: int) -> list[Log]:
        """Return a contract's events in these blocks (both included) as far as they are final, in order."""
        last_block = min(last_block, self.head().number)
        found: list[dict[str, Any]] = []
        span = _RANGE_BLOCKS
        while first_block <= last_block:
            end = min(first_block + span - 1, last_block)
            asked = {"address": address, "fromBlock": hex(first_block), "toBlock": hex(end)}
            try:
                found += self._ask(Call("eth_getLogs", (asked,)), errors_are_answers=True)
            except NodeError as error:
                if span == 1:
                    raise ChainUnreachable(f"the node would not tell events: {error}") from error
                # More than this node wants to tell at a time.
                span //= 8
                continue
            first_block = end + 1
        # Most nodes say it with the event.
        times = {
            int(one["blockNumber"], 16): int(one["blockTimestamp"], 16)
            for one in found
            if "blockTimestamp" in one
        }
        times |= self._times_of({int(entry["blockNumber"], 16) for entry in found} - times.keys())
        logs = [blocks.read_log(entry, times[int(entry["blockNumber"], 16)]) for entry in found]
        return sorted(logs, key=lambda entry: (entry.block, entry.log_index))

    def transaction_input(self, transaction_hash: bytes) -> bytes | None:
        """Return the input of a transaction that is in a block; None when the node does not know it."""
        return blocks.read_input(
            self._ask(Call("eth_getTransactionByHash", (f"0x{transaction_hash.hex()}",)))
        )

    def ask_all(self, calls: Sequence[Call]) -> list[Any]:
        """Return what the node answers in its own words, in the same order; an error of its own is an answer too."""
        return self._insist(lambda: self._rpc.batch(calls))

    def close(self) -> None:
        """Close the connections."""
        self._rpc.close()

    def _read_head(self, tag: str) -> Head | None:
        block = self._ask(Call("eth_getBlockByNumber", (tag, False)))
        if block is None:
            return None
        number, at = int(block["number"], 16), int(block["timestamp"], 16)
        return Head(number=number, hash=bytes.fromhex(block["hash"][2:]), at=at)

    def _time_of_call(self) -> tuple[Any, ...]:
        """Return what tells the node the time, if it listens: some refuse that, some do not care."""
        if self._takes_time is None:
            told: tuple[Any, ...] = ({"data": _TELL_TIME}, "latest", {}, {"time": hex(_SOME_TIME)})
            try:
                answer = self._ask(Call("eth_call", told), errors_are_answers=True)
                self._takes_time = int(answer, 16) == _SOME_TIME
            except (NodeError, ValueError):
                self._takes_time = False
        if not self._takes_time:
            return ()
        if self._newest_at == 0:
            self.newest()
        return ({}, {"time": hex(max(self._newest_at, self._clock()))})

    def _times_of(self, numbers: set[int]) -> dict[int, int]:
        """Return the times of final blocks."""
        known = self._times if len(self._times) < _TIMES_KEPT else {}
        wanted = sorted(numbers - known.keys())
        calls = [Call("eth_getBlockByNumber", (hex(number), False)) for number in wanted]
        times = dict(known)
        for number, block in zip(wanted, self._insist(lambda: self._rpc.batch(calls)), strict=True):
            if not isinstance(block, dict):
                raise ChainUnreachable(f"the node does not have its block {number}")
            times[number] = int(block["timestamp"], 16)
        self._times = times
        return times

    def _ask(self, call: Call, *, errors_are_answers: bool = False) -> Any:
        """Ask one question.

        Raises:
            ChainUnreachable: No answer.
            NodeError: The call reverted; with `errors_are_answers` any other error too.
        """

        def ask() -> Any:
            try:
                return self._rpc.request(call.method, *call.parameters)
            except NodeError as error:
                if errors_are_answers or error.revert is not None:
                    raise
                raise NodeUnreachable(f"the node would not say: {error}") from error

        return self._insist(ask)

    def _insist(self, ask: Callable[[], _Answer]) -> _Answer:
        deadline = time.monotonic() + self._patience_seconds
        pauses_left = _PAUSES
        while True:
            try:
                return ask()
            except NodeLocked as locked:
                raise ChainUnreachable(str(locked)) from locked
            except NodeBusy as busy:
                # It answers, so this wears out no patience; but whoever is told so again and again gives up.
                pauses_left -= 1
                if pauses_left == 0 or self._closing.wait(busy.pause_seconds):
                    raise ChainUnreachable(str(busy)) from busy
                deadline += busy.pause_seconds
            except NodeUnreachable as error:
                if time.monotonic() + _PAUSE_SECONDS > deadline or self._closing.wait(_PAUSE_SECONDS):
                    raise ChainUnreachable(str(error)) from error


def _logs_of(
    sealed: SealedBlock, receipts: Sequence[dict[str, Any]], block: dict[str, Any], *, address: str
) -> tuple[Log, ...]:
    """Return a contract's events of receipts that were proved; where they stand is counted, not believed."""
    at = int(block["timestamp"], 16)
    ordered = sorted(receipts, key=lambda receipt: int(receipt["transactionIndex"], 16))
    told = [log for receipt in ordered for log in receipt["logs"]]
    return tuple(
        replace(blocks.read_log(log, at), block=sealed.number, log_index=place)
        for place, log in enumerate(told)
        if log["address"].lower() == address
    )
