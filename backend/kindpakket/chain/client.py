# SPDX-License-Identifier: EUPL-1.2
"""The chain as the rest of the backend sees it: call, send, read. Three engines stand behind it, and nobody above knows
which: embedded (anvil with our journal), rpc (any node), tester (eth-tester, for unit tests).

All methods block, and may be called from many threads at once. Addresses are lower-case `0x` texts, hashes are bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .evidence import SealedBlock
from .rpc import Call


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block."""

    number: int
    hash: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Log:
    """One raw event of a contract."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    log_index: int
    at: int
    transaction_hash: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction. `succeeded` is false when the contract refused it in its block."""

    transaction_hash: bytes
    block: int
    at: int
    succeeded: bool
    gas_used: int
    logs: tuple[Log, ...]
    contract: str | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A call to put on the chain: by which of our accounts, to which contract (None: deploy), with which input."""

    sender: str
    to: str | None
    input: bytes
    gas: int


Trouble = Literal["", "not_writable", "asks_fee", "calls_wait"]
"""Why nothing can be paid on a chain that answers: its journal, a fee, or what it was given is not executed."""


class CallReverted(Exception):
    """A call was refused by the contract. `revert` is its raw reason."""

    def __init__(self, revert: bytes) -> None:
        """Keep the raw reason: a custom error's selector and arguments."""
        super().__init__(f"reverted: 0x{revert.hex()}")
        self.revert = revert


class Chain(Protocol):
    """What every engine can do."""

    @property
    def chain_id(self) -> int:
        """The chain's number, part of what is signed."""

    def add_signer(self, private_key: bytes) -> str:
        """Let this account send; return its address. Its nonces are the engine's to give."""

    def call(self, *, to: str, input: bytes, sender: str | None = None) -> bytes:  # noqa: A002
        """Ask a contract without changing anything, as of the newest block (at its successor's time, which is now).

        Raises:
            CallReverted: The contract refused.
            ChainUnreachable: No answer; safe to ask again.
        """

    def run(self, programs: Sequence[bytes]) -> list[bytes]:
        """Run programs that are nowhere on the chain, as the newest block stands; return what each returns.

        Raises:
            CallReverted: One reverted.
            ChainUnreachable: No answer; safe to ask again.
        """

    def send(self, submission: Submission) -> Receipt:
        """Put a call on the chain and wait until it is final. Durable before it is executed.

        Raises:
            ChainUnreachable: Not known what became of it; look for its effect before sending it again.
        """

    def send_all(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Put calls on the chain in this order, in as few blocks as the engine can, and wait for all."""

    def head(self) -> Head:
        """Return the newest final block."""

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block."""

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these final blocks (both included), in order.

        Raises:
            ChainUnreachable: No answer, or not all are on the node that answers; safe to ask again.
        """

    def sealed_block(self, number: int) -> SealedBlock:
        """Return a final block as it is hashed.

        Raises:
            LookupError: There is no such block.
            ProofUnavailable: What the node tells of it does not lead to its hash.
            ChainUnreachable: No answer, or it is not final on the node that answers; safe to ask again.
        """

    def logs(self, *, address: str, first_block: int, last_block: int) -> list[Log]:
        """Return a contract's events in these blocks (both included), in order.

        Raises:
            ChainUnreachable: No answer, or the last of them is not final on the node; safe to ask again.
        """

    def transaction_input(self, transaction_hash: bytes) -> bytes | None:
        """Return the input of a transaction that is in a block; None when the engine does not know it.

        Raises:
            ChainUnreachable: No answer; safe to ask again.
        """

    def ask_node(self, calls: Sequence[Call]) -> list[Any]:
        """Return what the engine's node answers, in its own words, for who may read the whole chain.

        The answers are in the same order; that to a call which the node does not answer is an `RpcError`.

        Raises:
            ChainUnreachable: No answer; safe to ask again.
        """

    def wait_for_head(self, above: int, *, timeout_seconds: float) -> Head:
        """Wait until there is a final block above this number, or the time is over; return the newest either way."""

    def now(self) -> int:
        """Return the time at which a call sent now would be executed, epoch seconds."""

    def trouble(self) -> Trouble:
        """Return why nothing can be paid now though the chain answers, as far as it shows; empty when it can.

        Raises:
            ChainUnreachable: No answer; safe to ask again.
        """

    def close(self) -> None:
        """Stop the engine; idempotent. What was acknowledged is kept."""
