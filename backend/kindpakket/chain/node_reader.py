# SPDX-License-Identifier: EUPL-1.2
"""What a node's chain holds, asked in our own values. Each question is asked again while the node is out of reach, for
as long as our patience lasts; an error is as good as no answer, because the next node may not have it, and so is an
answer that makes no sense.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from kindpakket.errors import ChainMismatch, ChainUnreachable, ProofUnavailable

from . import blocks
from .client import CallReverted, Head, Log
from .evidence import SealedBlock, read_sealed
from .node_answers import read_base_fee, read_bytes, read_head, read_number
from .node_rpc import BATCH_LIMIT, NodeBusy, NodeError, NodeHopeless, NodeRpc, making_sense
from .rpc import Call, NodeUnreachable

_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0
_PAUSES = 10
_RANGE_BLOCKS = 8**3
_TIMES_KEPT = 10_000

# Returns the time of the block it runs in: TIMESTAMP, MSTORE at 0, RETURN 32 bytes from 0.
_TELL_TIME = "0x4260005260206000f3"
_SOME_TIME = 0x7B00000000

_Answer = TypeVar("_Answer")


def _as_it_is(answer: Any) -> Any:
    return answer


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
        self._times: dict[str, int] = {}

    def chain_id(self) -> int:
        """Return the chain's number."""
        return self._ask(Call("eth_chainId"), read_number)

    def first_hash(self) -> bytes:
        """Return the hash of the chain's first block; empty where that cannot be asked for."""
        first = self._read_head("0x0")
        return b"" if first is None else first.hash

    def base_fee(self) -> int:
        """Return what the newest block asked of each transaction for its gas, in wei; 0 where gas is free."""
        return self._ask(Call("eth_getBlockByNumber", ("latest", False)), read_base_fee)

    def refuse_fee(self) -> None:
        """Refuse a chain that is not free.

        Raises:
            ChainMismatch: Its gas costs something.
        """
        if (fee := self.base_fee()) > 0:
            raise ChainMismatch(
                f"the chain asks a fee for its gas ({fee} wei now), and our accounts pay none;"
                " it needs a base fee of 0"
            )

    def newest(self) -> Head:
        """Return the newest block, final or not."""
        head = self._ask(Call("eth_getBlockByNumber", ("latest", False)), _read_present)
        self._newest_at = head.at
        return head

    def head(self) -> Head:
        """Return the newest final block."""
        newest = self.newest()
        if self._depth == 0:
            return newest
        asked = Call("eth_getBlockByNumber", (hex(max(0, newest.number - self._depth)), False))
        return self._ask(asked, _read_present)

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
        heads = self._ask_all(
            [Call("eth_getBlockByNumber", (hex(number), False)) for number in numbers], read_head
        )
        for number, head in zip(numbers, heads, strict=True):
            if head is None:
                raise LookupError(f"there is no block {number}")
        return [head.hash for head in heads if head is not None]

    def sealed_block(self, number: int) -> SealedBlock:
        """Return a final block as it is hashed.

        Raises:
            ProofUnavailable: What the node tells of it does not lead to its hash.
            ChainUnreachable: No answer; or it is not final here, for a node may go back.
        """
        self._require_final(number)
        block = self._ask(Call("eth_getBlockByNumber", (hex(number), True)), dict)
        try:
            asked = Call("eth_getBlockReceipts", (hex(number),))
            receipts: Any = self._ask(asked, errors_are_answers=True)
        except NodeError:
            # Not every node has that; each has them one by one.
            receipts = self._ask_all(
                [Call("eth_getTransactionReceipt", (one["hash"],)) for one in block["transactions"]]
            )
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
        asked = {"to": to, **_carrying(input)}
        if sender:
            asked["from"] = sender
        try:
            return self._ask(Call("eth_call", (asked, "latest", *self._time_of_call())), read_bytes)
        except NodeError as error:
            raise CallReverted(error.revert or b"") from error

    def call_all(self, *, to: str, inputs: Sequence[bytes]) -> list[bytes]:
        """Return what a contract answers to many questions, as of the newest block at each.

        Raises:
            CallReverted: It refused one.
        """
        return self._call_all([{"to": to, **_carrying(one)} for one in inputs])

    def run(self, programs: Sequence[bytes]) -> list[bytes]:
        """Return what programs return that are nowhere on the chain, as of the newest block at each.

        Raises:
            CallReverted: One reverted.
        """
        return self._call_all([_carrying(program) for program in programs])

    def logs(self, *, address: str, first_block: int, last_block: int) -> list[Log]:
        """Return a contract's events in these blocks (both included), in order.

        Raises:
            ChainUnreachable: No answer; or the last is not final here, for a node may go back. Nobody would see what is
                missing then.
        """
        self._require_final(last_block)
        found: list[dict[str, Any]] = []
        span = _RANGE_BLOCKS
        while first_block <= last_block:
            end = min(first_block + span - 1, last_block)
            asked = {"address": address, "fromBlock": hex(first_block), "toBlock": hex(end)}
            try:
                found += self._ask(Call("eth_getLogs", (asked,)), list, errors_are_answers=True)
            except NodeError as error:
                if span == 1:
                    raise ChainUnreachable(f"the node would not tell events: {error}") from error
                # More than this node wants to tell at a time.
                span //= 8
                continue
            first_block = end + 1
        try:
            with making_sense():
                # Most nodes say it with the event.
                times = {one["blockHash"]: _time_said(one) for one in found}
                times |= self._times_of({name for name, at in times.items() if at is None})
                logs = [blocks.read_log(entry, times[entry["blockHash"]] or 0) for entry in found]
        except NodeUnreachable as error:
            raise ChainUnreachable(str(error)) from error
        return sorted(logs, key=lambda entry: (entry.block, entry.log_index))

    def transaction_input(self, transaction_hash: bytes) -> bytes | None:
        """Return the input of a transaction that is in a block; None when the node does not know it."""
        asked = Call("eth_getTransactionByHash", (f"0x{transaction_hash.hex()}",))
        return self._ask(asked, blocks.read_input)

    def ask_all(self, calls: Sequence[Call]) -> list[Any]:
        """Return what the node answers in its own words, in the same order; an error of its own is an answer too."""
        return self._ask_all(calls, errors_are_answers=True)

    def close(self) -> None:
        """Close the connections."""
        self._rpc.close()

    def _require_final(self, number: int) -> None:
        newest = self.head().number
        if number > newest:
            raise ChainUnreachable(f"the node's newest final block is {newest}, and not {number}")

    def _read_head(self, tag: str) -> Head | None:
        return self._ask(Call("eth_getBlockByNumber", (tag, False)), read_head)

    def _time_of_call(self) -> tuple[Any, ...]:
        """Return what tells the node the time, if it listens: some refuse that, some do not care."""
        if self._takes_time is None:
            told: tuple[Any, ...] = ({"data": _TELL_TIME}, "latest", {}, {"time": hex(_SOME_TIME)})
            try:
                answer = self._ask(Call("eth_call", told), str, errors_are_answers=True)
                self._takes_time = int(answer, 16) == _SOME_TIME
            except (NodeError, ValueError):
                self._takes_time = False
        if not self._takes_time:
            return ()
        if self._newest_at == 0:
            self.newest()
        return ({}, {"time": hex(max(self._newest_at, self._clock()))})

    def _times_of(self, hashes: set[str]) -> dict[str, int]:
        """Return the times of blocks by their hash: what has a number today may have another tomorrow."""
        known = self._times if len(self._times) < _TIMES_KEPT else {}
        wanted = sorted(hashes - known.keys())
        heads = self._ask_all([Call("eth_getBlockByHash", (one, False)) for one in wanted], read_head)
        times = dict(known)
        for one, head in zip(wanted, heads, strict=True):
            if head is None:
                raise ChainUnreachable(f"the node does not have its block {one}")
            times[one] = head.at
        self._times = times
        return times

    def _ask(
        self, call: Call, read: Callable[[Any], _Answer] = _as_it_is, *, errors_are_answers: bool = False
    ) -> _Answer:
        """Ask one question; return the answer as it is read.

        Raises:
            ChainUnreachable: No answer.
            NodeError: The call reverted; with `errors_are_answers` any other error too.
        """

        def ask(before: float) -> _Answer:
            try:
                answer = self._rpc.request(call.method, *call.parameters, before=before)
            except NodeError as error:
                if errors_are_answers or error.revert is not None:
                    raise
                raise NodeUnreachable(f"the node would not say: {error}") from error
            with making_sense():
                return read(answer)

        return self._insist(ask)

    def _call_all(self, asked: Sequence[dict[str, str]]) -> list[bytes]:
        try:
            return self._ask_all([Call("eth_call", (one, "latest")) for one in asked], read_bytes)
        except NodeError as error:
            raise CallReverted(error.revert or b"") from error

    def _ask_all(
        self,
        calls: Sequence[Call],
        read: Callable[[Any], _Answer] = _as_it_is,
        *,
        errors_are_answers: bool = False,
    ) -> list[_Answer]:
        """Ask many questions, with patience for each journey; the answers in the same order, as `_ask` gives them."""

        def ask(part: Sequence[Call], before: float) -> list[_Answer]:
            answers = self._rpc.batch(part, before=before)
            for answer in answers:
                if isinstance(answer, NodeError) and not errors_are_answers:
                    if answer.revert is not None:
                        raise answer
                    raise NodeUnreachable(f"the node would not say: {answer}")
            with making_sense():
                return [read(answer) for answer in answers]

        found: list[_Answer] = []
        for start in range(0, len(calls), BATCH_LIMIT):
            found += self._insist(partial(ask, calls[start : start + BATCH_LIMIT]))
        return found

    def _insist(self, ask: Callable[[float], _Answer]) -> _Answer:
        deadline = time.monotonic() + self._patience_seconds
        pause = _PAUSE_SECONDS
        pauses_left = _PAUSES
        while True:
            try:
                return ask(deadline)
            except NodeHopeless as hopeless:
                raise ChainUnreachable(str(hopeless)) from hopeless
            except NodeBusy as busy:
                # It answers, so this wears out no patience; but whoever is told so again and again gives up.
                pauses_left -= 1
                if pauses_left == 0 or self._closing.wait(busy.pause_seconds):
                    raise ChainUnreachable(str(busy)) from busy
                deadline += busy.pause_seconds
            except NodeUnreachable as error:
                if time.monotonic() + pause > deadline or self._closing.wait(pause):
                    raise ChainUnreachable(str(error)) from error
            # One that says that it is asked too much is not helped by being asked more.
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _read_present(answer: Any) -> Head:
    """Read a block that is certainly there: a node that goes another way may be without it for a moment."""
    head = read_head(answer)
    if head is None:
        raise LookupError("no block")
    return head


def _time_said(log: dict[str, Any]) -> int | None:
    return read_number(log["blockTimestamp"]) if "blockTimestamp" in log else None


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


def _carrying(content: bytes) -> dict[str, str]:
    """Return what a call brings, under the name of today and the one that older nodes read."""
    return {"input": f"0x{content.hex()}", "data": f"0x{content.hex()}"}
