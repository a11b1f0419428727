# SPDX-License-Identifier: EUPL-1.2
"""The journal and anvil together: what is journaled is executed, exactly once, however often anvil dies.

For one thread only, which must live as long as anvil should. Anvil's memory follows from the journal: each start
executes all of it and compares every block's hash.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from kindpakket.errors import ChainMismatch, ChainUnreachable

from . import blocks
from .anvil import Anvil, Genesis, require_anvil
from .client import Log, Receipt
from .history import History
from .journal import Journal, JournaledBlock
from .rpc import NodeUnreachable, RpcError
from .transactions import SignedTransaction

log = structlog.get_logger(__name__)

_STARTS = 3
_PART_BLOCKS = 64
_PART_TRANSACTIONS = 1000


class Executor:
    """A chain of journaled blocks."""

    def __init__(
        self,
        journal_file: Path,
        *,
        chain_id: int,
        started_at: int,
        patience_seconds: float,
        history: History,
        on_block: Callable[[], None],
    ) -> None:
        """Open the journal, or begin a new one at `started_at`, and execute all of it.

        Args:
            journal_file: The journal.
            chain_id: The chain's number; a journal belongs to one.
            started_at: The time of a new chain's first block, epoch seconds.
            patience_seconds: How long a question may take at most.
            history: Filled with every block.
            on_block: Called after each block.

        Raises:
            ChainMismatch: The journal is another chain's or does not lead to the blocks it recorded.
            ChainUnreachable: Anvil is missing or does not start.
        """
        began = time.monotonic()
        self.anvil: Anvil | None = None
        self._file = journal_file
        self._patience_seconds = patience_seconds
        self._history = history
        self._on_block = on_block
        try:
            self._journal = Journal(journal_file)
            self._origin = self._journal.origin()
        except sqlite3.DatabaseError as error:
            raise ChainMismatch(f"{journal_file} is not a journal that can be read: {error}") from error
        try:
            self._genesis = self._read_genesis(chain_id, started_at)
            self.start()
        except BaseException:
            self.close()
            raise
        seconds = round(time.monotonic() - began, 2)
        log.info("chain_opened", blocks=history.head().number, seconds=seconds)

    @property
    def has_hashes_to_write(self) -> bool:
        """Whether an executed block's hash is not on disk yet."""
        return self._journal.has_hashes_to_write

    def write_hashes(self) -> bool:
        """Write the hashes that are not on disk yet; return whether they are now. If not, they go on waiting."""
        try:
            self._journal.write_hashes()
        except sqlite3.Error as error:
            # Nothing is lost, for each follows from what is on disk: a disk that is full must not end the chain.
            log.warning("hashes_wait", because=str(error))
            return False
        return True

    def next_nonce(self, sender: str) -> int:
        """Return the number that the sender's next transaction must have. Any thread may ask."""
        return self._journal.next_nonce(sender)

    def is_well(self) -> bool:
        """Whether anvil answers and has every block."""
        if self.anvil is None:
            return False
        try:
            return int(self.anvil.reads.request("eth_blockNumber"), 16) == self._history.head().number
        except (NodeUnreachable, RpcError):
            return False

    def start(self) -> None:
        """Start anvil afresh and execute the whole journal.

        Raises:
            ChainMismatch: That does not lead to the blocks recorded.
            ChainUnreachable: Anvil is missing, does not start, or does not stay; or the journal cannot be read.
        """
        binary = require_anvil()
        last: Exception | None = None
        for _ in range(_STARTS):
            self.stop()
            try:
                self._journal.read_again()
                self.anvil = Anvil(self._genesis, binary=binary, patience_seconds=self._patience_seconds)
                self._check_origin(self.anvil)
                self._replay(self.anvil)
            except (NodeUnreachable, sqlite3.Error) as error:
                last = error
                continue
            return
        self.stop()
        raise ChainUnreachable(
            f"anvil does not start, or does not stay, or the journal is out of reach: {last}"
        )

    def execute(self, transactions: Sequence[SignedTransaction], *, at: int) -> list[Receipt]:
        """Journal the transactions as the next block, and execute it, through anvil's death if need be.

        The receipts are in order; one that the node's pool did not take has none.

        Raises:
            NonceGap: A transaction is not the next of its sender; nothing was done.
            ChainUnreachable: The journal cannot be written, or anvil cannot be started. What is in the journal will be
                executed at the next start.
            ChainMismatch: The journal does not lead to the blocks it recorded.
        """
        assert self.anvil is not None, "a block is executed while anvil runs"
        number = self._journal.next_number
        try:
            block = self._journal.append(at=at, transactions=transactions)
        except sqlite3.Error as error:
            # What is on disk decides. If that cannot be seen, or the block is there, anvil must start from it.
            if not self._is_unwritten(number):
                self.stop()
            raise ChainUnreachable(f"the journal could not be written: {error}") from error
        try:
            executed, receipts = blocks.execute(self.anvil.rpc, block)
            if executed.missing:
                self._reject(executed)
        except NodeUnreachable:
            log.warning("anvil_lost", block=block.number)
            self.start()
            return self._read_receipts(block)
        except sqlite3.Error as error:
            # What the pool did not take cannot be struck now; the next start strikes it.
            self.stop()
            raise ChainUnreachable(f"the journal could not be written: {error}") from error
        except blocks.BlockDiffersError as error:
            raise self._mismatch(error) from error
        self._remember(executed, logs=[entry for receipt in receipts for entry in receipt.logs])
        return receipts

    def stop(self) -> None:
        """Stop anvil; idempotent."""
        anvil, self.anvil = self.anvil, None
        if anvil is not None:
            anvil.stop()

    def close(self) -> None:
        """Stop anvil and close the journal; idempotent."""
        self.stop()
        self._journal.close()

    def _read_genesis(self, chain_id: int, started_at: int) -> Genesis:
        if self._origin is None:
            return Genesis(chain_id=chain_id, at=started_at)
        genesis = Genesis(**self._origin["genesis"])
        if genesis.chain_id != chain_id:
            raise ChainMismatch(f"{self._file} is of chain {genesis.chain_id}, not {chain_id}")
        return genesis

    def _check_origin(self, anvil: Anvil) -> None:
        first: dict[str, Any] = anvil.rpc.request("eth_getBlockByNumber", "0x0", False)
        origin = {"genesis": self._genesis.as_dict(), "anvil": anvil.version, "genesis_hash": first["hash"]}
        if self._origin is None:
            self._journal.write_origin(origin)
            self._origin = origin
        elif self._origin != origin:
            raise ChainMismatch(
                f"{self._file} was made by {self._origin['anvil']} from genesis {self._origin['genesis_hash']}; here is"
                f" {anvil.version} with genesis {first['hash']}. Install that anvil (contracts/package.json pins it),"
                " or take another data folder."
            )
        if len(self._history) == 0:
            self._history.append(bytes.fromhex(first["hash"][2:]), at=int(first["timestamp"], 16), logs=None)

    def _replay(self, anvil: Anvil) -> None:
        for part in _in_parts(self._journal.blocks()):
            try:
                outcome = blocks.replay(anvil.rpc, part)
            except blocks.BlockDiffersError as error:
                raise self._mismatch(error) from error
            for block, executed in zip(part, outcome, strict=True):
                is_known = block.number < len(self._history)
                expected = self._history.block_hash(block.number) if is_known else block.hash
                if expected is None and executed.missing:
                    self._reject(executed)
                if expected is not None and executed.hash != expected:
                    raise self._mismatch(
                        f"block {block.number} came out as 0x{executed.hash.hex()},"
                        f" recorded is 0x{expected.hex()}"
                    )
                if not is_known:
                    self._remember(executed, logs=None, is_recorded=block.hash is not None)

    def _mismatch(self, what: object) -> ChainMismatch:
        return ChainMismatch(
            f"{self._file}: {what}. The file was changed or damaged; nothing was done."
            " Restore the data folder from a backup."
        )

    def _reject(self, executed: blocks.ExecutedBlock) -> None:
        """Strike what the pool did not take. What came after it may hang in the pool, so anvil must start afresh."""
        self._journal.reject(executed.number, [transaction.hash for transaction in executed.missing])
        log.error("rejected", block=executed.number, count=len(executed.missing))
        raise NodeUnreachable("the pool did not take all transactions")

    def _remember(
        self, executed: blocks.ExecutedBlock, *, logs: Sequence[Log] | None, is_recorded: bool = False
    ) -> None:
        if not is_recorded:
            self._journal.record_hash(executed.number, executed.hash)
        self._history.append(executed.hash, at=executed.at, logs=logs)
        self._on_block()

    def _is_unwritten(self, number: int) -> bool:
        try:
            self._journal.read_again()
        except sqlite3.Error:
            return False
        return self._journal.next_number == number

    def _read_receipts(self, block: JournaledBlock) -> list[Receipt]:
        """Return the receipts of a block that the replay executed."""
        assert self.anvil is not None, "it was just started"
        try:
            return blocks.receipts_of(self.anvil.rpc, block.number, at=block.at)
        except (NodeUnreachable, RpcError) as error:
            self.stop()
            raise ChainUnreachable(f"anvil was lost again: {error}") from error


def _in_parts(journaled: Iterable[JournaledBlock]) -> Iterator[list[JournaledBlock]]:
    """Cut the journal in parts that are executed in one journey."""
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
