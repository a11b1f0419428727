# SPDX-License-Identifier: EUPL-1.2
"""The proof that a journal leads to the blocks that it recorded: all of it executed in a new anvil, each hash compared.

A start with a snapshot leaves that out for what the snapshot has. What the snapshots say is stored is compared, too: no
hash of a block covers it. The journal may be in use meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from kindpakket.errors import ChainMismatch, ChainUnreachable

from .anvil import anvil_like
from .blocks import BlockDiffersError, replay_exactly
from .copyist import held_by
from .journal import Journal, JournaledBlock, unreadable
from .rpc import NodeUnreachable, RpcError
from .snapshots import SnapshotFolder, SnapshotUnfit, check_journal

OnProgress = Callable[[int, int], None]
"""Told the last block done and how many there are."""


@dataclass(frozen=True, slots=True)
class JournalProof:
    """What was proved: up to which block, by how many transactions; and which snapshots are of this journal.

    Attributes:
        head_hash: The hash of the last block.
        snapshots: How many snapshots are whole, of this journal, and have the state that it leads to.
        snapshot_faults: What is wrong with others.
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
    # What is in them is compared, which says more than a seal, and whoever looks need not have the keys.
    snapshots = SnapshotFolder(file.parent / "snapshots", key=None)
    try:
        with closing(Journal(file, read_only=True)) as journal:
            return _prove(file, journal, snapshots, on_progress)
    except BlockDiffersError as error:
        raise ChainMismatch(f"{file}: {error}. Restore the data folder from a backup.") from error
    except sqlite3.DatabaseError as error:
        raise unreadable(file, error) from error
    except (NodeUnreachable, RpcError) as error:
        raise ChainUnreachable(f"anvil does not start, or does not stay: {error}") from error


def _prove(file: Path, journal: Journal, snapshots: SnapshotFolder, on_progress: OnProgress) -> JournalProof:
    origin = journal.origin()
    if origin is None:
        raise ChainUnreachable(f"nothing was ever executed from {file}")
    last = journal.next_number - 1
    transactions, done, head_hash = 0, 0, bytes.fromhex(origin["genesis_hash"][2:])
    fit, faults = 0, []
    with anvil_like(origin) as anvil:

        def execute_up_to(number: int) -> None:
            nonlocal transactions, done, head_hash
            coming = takewhile(lambda block: block.number <= number, _recorded(journal, last, first=done + 1))
            for block in replay_exactly(anvil.rpc, coming):
                assert block.hash is not None, "recorded blocks have one"
                done, head_hash = block.number, block.hash
                transactions += len(block.transactions)
                on_progress(done, last)

        for snapshot in sorted(snapshots.newest_first(origin), key=lambda snapshot: snapshot.block):
            try:
                check_journal(snapshot, journal.blocks())
                snapshots.check_files(snapshot)
                execute_up_to(snapshot.block)
                if _stored(snapshots.state_in(snapshot)) != _stored(held_by(anvil)["accounts"]):
                    raise SnapshotUnfit("it has another state than the journal leads to")
                fit += 1
            except SnapshotUnfit as unfit:
                faults.append(f"the snapshot of block {snapshot.block} is not fit: {unfit}")
        execute_up_to(last)
    return JournalProof(
        blocks=done,
        transactions=transactions,
        head_hash=head_hash,
        snapshots=fit,
        snapshot_faults=tuple(faults),
    )


def _recorded(journal: Journal, last: int, *, first: int) -> Iterator[JournaledBlock]:
    """Return the blocks up to `last`; the newest one may be at work just now, and have no hash yet."""
    return takewhile(
        lambda block: block.number < last or (block.number == last and block.hash is not None),
        journal.blocks(first=first),
    )


def _stored(accounts: dict[str, Any]) -> dict[str, Any]:
    """Return the accounts in which anything is: an anvil also keeps those that it was only asked for."""
    return {
        address: account
        for address, account in accounts.items()
        if account["nonce"] or account["storage"] or account["code"] != "0x" or int(account["balance"], 16)
    }
