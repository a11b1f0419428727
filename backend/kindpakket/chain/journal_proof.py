# SPDX-License-Identifier: EUPL-1.2
"""The proof that a journal leads to the blocks that it recorded: all of it executed in a new anvil, each hash compared.

A start with a snapshot leaves that out for what the snapshot has. The journal may be in use meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from kindpakket.errors import ChainMismatch, ChainUnreachable

from .anvil import anvil_like
from .blocks import BlockDiffersError, replay_exactly
from .journal import Journal, JournaledBlock
from .rpc import NodeUnreachable, RpcError
from .snapshots import SnapshotFolder, SnapshotUnfit, check_journal

OnProgress = Callable[[int, int], None]
"""Told the last block done and how many there are."""


@dataclass(frozen=True, slots=True)
class JournalProof:
    """What was proved: up to which block, by how many transactions; and which snapshots are of this journal.

    Attributes:
        head_hash: The hash of the last block.
        snapshots: How many snapshots are whole and of this journal.
        snapshot_faults: What is wrong with others; a start passes them over.
    """

    blocks: int
    transactions: int
    head_hash: bytes
    snapshots: int
    snapshot_faults: tuple[str, ...]


def prove(file: Path, *, on_progress: OnProgress) -> JournalProof:
    """Execute the journal from its first block to the newest whose hash is recorded.

    Raises:
        ChainMismatch: It does not lead to its blocks, or it is no journal, or another anvil made it.
        ChainUnreachable: Anvil is missing, or does not stay.
    """
    if not file.is_file():
        raise ChainUnreachable(f"there is no journal {file}; another's node may have the chain")
    try:
        with closing(Journal(file, read_only=True)) as journal:
            return _prove(file, journal, on_progress)
    except BlockDiffersError as error:
        raise ChainMismatch(f"{file}: {error}. Restore the data folder from a backup.") from error
    except sqlite3.Error as error:
        raise ChainMismatch(f"{file} is not a journal that can be read: {error}") from error
    except (NodeUnreachable, RpcError) as error:
        raise ChainUnreachable(f"anvil does not start, or does not stay: {error}") from error


def _prove(file: Path, journal: Journal, on_progress: OnProgress) -> JournalProof:
    origin = journal.origin()
    if origin is None:
        raise ChainUnreachable(f"nothing was ever executed from {file}")
    last = journal.next_number - 1
    transactions, done, head_hash = 0, 0, bytes.fromhex(origin["genesis_hash"][2:])
    with anvil_like(origin) as anvil:
        for block in replay_exactly(anvil.rpc, _recorded(journal, last)):
            assert block.hash is not None, "recorded blocks have one"
            done, head_hash = block.number, block.hash
            transactions += len(block.transactions)
            on_progress(done, last)
    fit, faults = 0, []
    folder = SnapshotFolder(file.parent / "snapshots")
    for snapshot in folder.newest_first(origin):
        try:
            check_journal(snapshot, journal.blocks())
            folder.check_files(snapshot)
            fit += 1
        except SnapshotUnfit as unfit:
            faults.append(f"the snapshot of block {snapshot.block} will be passed over: {unfit}")
    return JournalProof(
        blocks=done,
        transactions=transactions,
        head_hash=head_hash,
        snapshots=fit,
        snapshot_faults=tuple(faults),
    )


def _recorded(journal: Journal, last: int) -> Iterator[JournaledBlock]:
    """Return the blocks up to `last`; the newest one may be at work just now, and have no hash yet."""
    return takewhile(
        lambda block: block.number < last or (block.number == last and block.hash is not None),
        journal.blocks(),
    )
