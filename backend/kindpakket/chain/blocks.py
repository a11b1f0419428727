# SPDX-License-Identifier: EUPL-1.2
"""Journaled blocks, executed by anvil; and what it says of them, as our values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .client import Log, Receipt
from .journal import JournaledBlock
from .rpc import Call, Rpc, RpcError
from .transactions import SignedTransaction

_PART_BLOCKS = 64
_PART_TRANSACTIONS = 1000


class BlockDiffersError(Exception):
    """Anvil made something else of a block than the journal says."""

    def __init__(self, number: int, what: str) -> None:
        """Say what is different in which block."""
        super().__init__(f"block {number} {what}")


@dataclass(frozen=True, slots=True)
class ExecutedBlock:
    """A block that anvil mined.

    Attributes:
        missing: The transactions that are not in it.
        refusal: What the pool said when it did not take the first of those that it refused; None if it refused none.
    """

    number: int
    hash: bytes
    at: int
    missing: tuple[SignedTransaction, ...]
    refusal: str | None


def execute(rpc: Rpc, block: JournaledBlock) -> tuple[ExecutedBlock, list[Receipt]]:
    """Execute one block in one journey; return it with its receipts in the order of the journal.

    Raises:
        NodeUnreachable: No answer; it may be executed or not.
        BlockDiffersError: Anvil did something else than what was asked.
    """
    *steps, (mined, receipts) = rpc.pipeline(
        [
            *_steps(block),
            [
                Call("eth_getBlockByNumber", (hex(block.number), False)),
                Call("eth_getBlockReceipts", (hex(block.number),)),
            ],
        ]
    )
    executed = _read_block(block, mined, steps)
    if isinstance(receipts, RpcError):
        raise BlockDiffersError(block.number, f"has no receipts: {receipts}")
    return executed, _read_receipts(receipts, executed.at)


def replay(rpc: Rpc, blocks: Sequence[JournaledBlock]) -> list[ExecutedBlock]:
    """Execute a few blocks in one journey.

    Raises:
        NodeUnreachable: No answer; any number of them may be executed.
        BlockDiffersError: Anvil did something else than what was asked.
    """
    reads = [Call("eth_getBlockByNumber", (hex(block.number), False)) for block in blocks]
    *answers, mined = rpc.pipeline([*(step for block in blocks for step in _steps(block)), reads])
    coming = iter(answers)
    return [
        _read_block(block, answer, [next(coming) for _ in _steps(block)])
        for block, answer in zip(blocks, mined, strict=True)
    ]


def in_parts(journaled: Iterable[JournaledBlock]) -> Iterator[list[JournaledBlock]]:
    """Cut blocks in parts that are replayed in one journey."""
    part: list[JournaledBlock] = []
    count = 0
    for block in journaled:
        part.append(block)
        count += len(block.transactions)
        if len(part) >= _PART_BLOCKS or count >= _PART_TRANSACTIONS:
            yield part
            part, count = [], 0
    if part:
        yield part


def replay_exactly(rpc: Rpc, journaled: Iterable[JournaledBlock]) -> Iterator[JournaledBlock]:
    """Execute blocks whose hashes are recorded, and compare; yield each that came out as recorded.

    Raises:
        NodeUnreachable: No answer.
        BlockDiffersError: A block came out as another one.
    """
    for part in in_parts(journaled):
        for block, executed in zip(part, replay(rpc, part), strict=True):
            if executed.hash != block.hash:
                recorded = f"0x{block.hash.hex()}" if block.hash else "nothing"
                raise BlockDiffersError(
                    block.number, f"came out as 0x{executed.hash.hex()}, recorded is {recorded}"
                )
            yield block


def receipts_of(rpc: Rpc, number: int, *, at: int) -> list[Receipt]:
    """Return the receipts of an executed block, in order. `at` is its time."""
    return _read_receipts(rpc.request("eth_getBlockReceipts", hex(number)), at)


def read_log(log: dict[str, Any], at: int) -> Log:
    """Return one event of an answer."""
    return Log(
        address=log["address"].lower(),
        topics=tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
        data=bytes.fromhex(log["data"][2:]),
        block=int(log["blockNumber"], 16),
        log_index=int(log["logIndex"], 16),
        at=at,
        transaction_hash=bytes.fromhex(log["transactionHash"][2:]),
    )


def read_input(transaction: dict[str, Any] | None) -> bytes | None:
    """Return the input of a transaction of an answer; None when it is in no block."""
    if transaction is None or transaction.get("blockNumber") is None:
        return None
    return bytes.fromhex(transaction["input"][2:])


def read_receipt(receipt: dict[str, Any], at: int) -> Receipt:
    """Return one receipt of an answer. `at` is its block's time."""
    return Receipt(
        transaction_hash=bytes.fromhex(receipt["transactionHash"][2:]),
        block=int(receipt["blockNumber"], 16),
        at=at,
        succeeded=receipt["status"] == "0x1",
        gas_used=int(receipt["gasUsed"], 16),
        logs=tuple(read_log(log, at) for log in receipt["logs"]),
        contract=receipt.get("contractAddress"),
    )


def _read_receipts(receipts: Sequence[dict[str, Any]], at: int) -> list[Receipt]:
    return [
        read_receipt(receipt, at)
        for receipt in sorted(receipts, key=lambda receipt: int(receipt["transactionIndex"], 16))
    ]


def _steps(block: JournaledBlock) -> Iterator[list[Call]]:
    # The order inside a batch is not promised, but for one sender's transactions the nonces are the order.
    for _, run in groupby(block.transactions, key=lambda transaction: transaction.sender):
        yield [Call("eth_sendRawTransaction", (f"0x{transaction.raw.hex()}",)) for transaction in run]
    yield [Call("evm_setNextBlockTimestamp", (block.at,))]
    yield [Call("evm_mine")]


def _read_block(block: JournaledBlock, answer: Any, steps: Sequence[Sequence[Any]]) -> ExecutedBlock:
    if not isinstance(answer, dict) or int(answer["timestamp"], 16) != block.at:
        raise BlockDiffersError(block.number, f"could not be mined at {block.at}")
    taken = [bytes.fromhex(transaction_hash[2:]) for transaction_hash in answer["transactions"]]
    known = set(taken)
    missing = tuple(transaction for transaction in block.transactions if transaction.hash not in known)
    if taken != [transaction.hash for transaction in block.transactions if transaction.hash in known]:
        raise BlockDiffersError(block.number, "came out in another order")
    # What failed inside of anvil is no refusal: it might have taken the same a moment later.
    refusals = (
        str(told) for step in steps for told in step if isinstance(told, RpcError) and not told.is_internal
    )
    return ExecutedBlock(
        number=block.number,
        hash=bytes.fromhex(answer["hash"][2:]),
        at=block.at,
        missing=missing,
        refusal=next(refusals, None) if missing else None,
    )
