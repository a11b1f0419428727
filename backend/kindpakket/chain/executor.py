# SPDX-License-Identifier: EUPL-1.2
"""The journal and anvil together: what is journaled is executed, exactly once, however often anvil dies.

For one thread only, which must live as long as anvil should. Anvil's memory follows from the journal: each start takes
the newest snapshot that is of this very journal, executes the rest, and compares every block's hash; without a snapshot
it executes all of it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from kindpakket.errors import ChainMismatch, ChainUnreachable
from kindpakket.metrics import CHAIN_SECONDS

from . import blocks
from .anvil import Anvil, Genesis, describe_other, origin_of, require_anvil
from .client import Log, Receipt
from .copying import AFTER_SECONDS, Copying
from .history import History
from .journal import Journal, JournaledBlock, unreadable
from .rpc import NodeUnreachable, RpcError
from .snapshots import Snapshot, SnapshotFolder, SnapshotUnfit, check_journal, pass_over
from .transactions import SignedTransaction

log = structlog.get_logger(__name__)

_STARTS = 3
_JOURNAL_SECONDS = CHAIN_SECONDS.labels("journal")
_EXECUTE_SECONDS = CHAIN_SECONDS.labels("execute")


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
        snapshot_key: bytes,
        copy_after_seconds: float = AFTER_SECONDS,
    ) -> None:
        """Open the journal, or begin a new one at `started_at`, and bring anvil to its end.

        Args:
            journal_file: The journal.
            chain_id: The chain's number; a journal belongs to one.
            started_at: The time of a new chain's first block, epoch seconds.
            patience_seconds: How long a question may take at most.
            history: Filled with every block.
            on_block: Called after each block.
            snapshot_key: Seals snapshots, 32 bytes.
            copy_after_seconds: How much work of anvil since the last snapshot calls for the next.

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
        self._unexplained = 0
        self.can_write = True
        folder = journal_file.parent / "snapshots"
        self._snapshots = SnapshotFolder(folder, key=snapshot_key)
        self._copying = Copying(journal_file, folder, key=snapshot_key, after_seconds=copy_after_seconds)
        try:
            self._journal = Journal(journal_file)
            self._origin = self._journal.origin()
        except sqlite3.DatabaseError as error:
            raise unreadable(journal_file, error) from error
        except OSError as error:
            raise ChainUnreachable(f"{journal_file} cannot be opened: {error.strerror}") from error
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
            self.can_write = False
            return False
        self.can_write = True
        return True

    def try_to_write(self) -> None:
        """See whether the journal can be written again: nobody may call as long as it is said that it cannot."""
        try:
            self._journal.write_origin_again()
        except sqlite3.Error:
            return
        self.can_write = True

    @property
    def is_copying(self) -> bool:
        """Whether a snapshot is being made, or is to be made soon."""
        return self._copying.is_expected

    def look_after_copying(self) -> None:
        """See whether a snapshot is ready, or whether it is time for one."""
        self._copying.look()

    def next_nonce(self, sender: str) -> int:
        """Return the number that the sender's next transaction must have. Any thread may ask."""
        return self._journal.next_nonce(sender)

    def is_well(self) -> bool:
        """Whether anvil answers and has every block."""
        if self.anvil is None or not self.anvil.is_running:
            return False
        try:
            return int(self.anvil.reads.request("eth_blockNumber"), 16) == self._history.head().number
        except (NodeUnreachable, RpcError):
            return False

    def start(self) -> None:
        """Start anvil afresh, from the newest snapshot that fits, and execute the rest of the journal.

        Raises:
            ChainMismatch: That does not lead to the blocks recorded.
            ChainUnreachable: Anvil is missing, does not start, or does not stay; or the journal cannot be read.
        """
        binary = require_anvil()
        last: Exception | None = None
        difference: blocks.BlockDiffersError | None = None
        self._copying.begin_anew()
        for _ in range(_STARTS):
            try:
                self._journal.read_again()
                self.stop()
                done = 0 if difference else self._load_snapshot(binary)
                self._replay(self.anvil or self._start_anvil(binary), first=done + 1)
            except blocks.BlockDiffersError as error:
                if difference:
                    raise self._mismatch(error) from error
                # It may be the snapshot or anvil that failed. All of the journal, executed anew, decides.
                log.warning("block_differs", because=str(error))
                difference = error
            except (NodeUnreachable, RpcError, sqlite3.Error) as error:
                last = error
            else:
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
            with _JOURNAL_SECONDS.time():
                block = self._journal.append(at=at, transactions=transactions)
                self.can_write = True
        except sqlite3.Error as error:
            self.can_write = False
            # What is on disk decides. If that cannot be seen, or the block is there, anvil must start from it.
            if not self._is_unwritten(number):
                self.stop()
            raise ChainUnreachable(f"the journal could not be written: {error}") from error
        try:
            executed, receipts = self._execute_in(self.anvil, block)
        except (NodeUnreachable, blocks.BlockDiffersError) as error:
            log.warning("anvil_lost", block=block.number, because=str(error))
            self.start()
            return self._read_receipts(block)
        except sqlite3.Error as error:
            # What the pool did not take cannot be struck now; the next start strikes it.
            self.stop()
            raise ChainUnreachable(f"the journal could not be written: {error}") from error
        self._remember(executed, logs=[entry for receipt in receipts for entry in receipt.logs])
        return receipts

    def stop(self) -> None:
        """Stop anvil; idempotent."""
        anvil, self.anvil = self.anvil, None
        if anvil is not None:
            anvil.stop()

    def close(self) -> None:
        """Stop anvil and close the journal; idempotent."""
        self._copying.stop()
        self.stop()
        self._journal.close()

    def _read_genesis(self, chain_id: int, started_at: int) -> Genesis:
        if self._origin is None:
            return Genesis(chain_id=chain_id, at=started_at, has_state_roots=False)
        genesis = Genesis(**self._origin["genesis"])
        if genesis.chain_id != chain_id:
            raise ChainMismatch(
                f"{self._file} is of chain {genesis.chain_id}, not {chain_id};"
                " set KINDPAKKET_CHAIN_ID back, or take another data folder"
            )
        return genesis

    def _start_anvil(self, binary: Path) -> Anvil:
        """Start anvil with an empty chain that begins as the journal's; the one that ran is stopped."""
        self.stop()
        anvil = self.anvil = Anvil(self._genesis, binary=binary, patience_seconds=self._patience_seconds)
        origin = origin_of(anvil, self._genesis)
        if self._origin is None:
            self._journal.write_origin(origin)
            self._origin = origin
        elif self._origin != origin:
            raise ChainMismatch(f"{self._file}: {describe_other(self._origin, origin)}")
        if len(self._history) == 0:
            self._history.append(bytes.fromhex(origin["genesis_hash"][2:]), at=self._genesis.at, logs=None)
        return anvil

    def _load_snapshot(self, binary: Path) -> int:
        """Start anvil with the newest snapshot that fits; return its last block, or 0 when there is none."""
        if self._origin is None:
            return 0
        for snapshot in self._snapshots.newest_first(self._origin):
            try:
                journaled, _ = check_journal(snapshot, self._journal.blocks())
                self._snapshots.load(snapshot, self._start_anvil(binary), segments=snapshot.segments)
                self._compare_with_history(snapshot)
            except SnapshotUnfit as unfit:
                pass_over(snapshot.block, unfit)
                self.stop()
                continue
            for block in journaled[len(self._history) - 1 :]:
                assert block.hash is not None, "a snapshot's blocks were executed"
                self._history.append(block.hash, at=block.at, logs=None)
            self._on_block()
            log.info("snapshot_loaded", block=snapshot.block)
            return snapshot.block
        return 0

    def _compare_with_history(self, snapshot: Snapshot) -> None:
        """Refuse a snapshot that is not what this process saw being executed."""
        if snapshot.block < len(self._history) and self._history.block_hash(snapshot.block) != snapshot.hash:
            raise SnapshotUnfit("it has another block than the one that was executed")

    def _replay(self, anvil: Anvil, *, first: int) -> None:
        """Execute the journal from a block on."""
        for part in blocks.in_parts(self._journal.blocks(first=first)):
            began = time.monotonic()
            outcome = blocks.replay(anvil.rpc, part)
            self._copying.add_work(time.monotonic() - began)
            for block, executed in zip(part, outcome, strict=True):
                is_known = block.number < len(self._history)
                expected = self._history.block_hash(block.number) if is_known else block.hash
                if expected is None and executed.missing:
                    self._reject(anvil, executed)
                if expected is not None and executed.hash != expected:
                    raise blocks.BlockDiffersError(
                        block.number,
                        f"came out as 0x{executed.hash.hex()}, recorded is 0x{expected.hex()}",
                    )
                if not is_known:
                    self._remember(executed, logs=None, is_recorded=block.hash is not None)

    def _execute_in(self, anvil: Anvil, block: JournaledBlock) -> tuple[blocks.ExecutedBlock, list[Receipt]]:
        began = time.monotonic()
        executed, receipts = blocks.execute(anvil.rpc, block)
        took = time.monotonic() - began
        _EXECUTE_SECONDS.observe(took)
        self._copying.add_work(took)
        if executed.missing:
            self._reject(anvil, executed)
        return executed, receipts

    def _mismatch(self, what: object) -> ChainMismatch:
        return ChainMismatch(
            f"{self._file}: {what}. The file was changed or damaged; nothing was done."
            " Copy the data folder away as it is, then restore it from a backup."
        )

    def _reject(self, anvil: Anvil, executed: blocks.ExecutedBlock) -> None:
        """Strike what the pool did not take. What came after it may hang in the pool, so anvil must start afresh."""
        anvil.require_running()
        if executed.refusal is None and executed.number != self._unexplained:
            # Anvil also leaves out what it could not look up; what a till was told must not be struck for that.
            self._unexplained = executed.number
            raise NodeUnreachable("transactions are missing that the pool did not refuse")
        self._journal.reject(executed.number, [transaction.hash for transaction in executed.missing])
        log.error("rejected", block=executed.number, count=len(executed.missing), because=executed.refusal)
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
