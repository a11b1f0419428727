# SPDX-License-Identifier: EUPL-1.2
"""The copyist: a process of low priority that makes a snapshot beside a running chain, which never waits for it.

It reads the journal, lets an anvil of its own begin at the last snapshot and execute what came since, compares every
block's hash, and writes down what that anvil holds. So the running anvil is not asked anything, and the journal has
been proved once more, up to each snapshot. Some thousand transactions at a time: anvil's memory stays small.

    python -m kindpakket.chain.copyist JOURNAL SNAPSHOTS < KEY
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from kindpakket.errors import ChainMismatch, ChainUnreachable

from .anvil import Anvil, anvil_like
from .blocks import BlockDiffersError, replay_exactly
from .journal import Fingerprint, Journal, JournaledBlock
from .rpc import NodeUnreachable, RpcError
from .snapshots import Segment, Snapshot, SnapshotFolder, SnapshotUnfit, check_journal, pass_over

SEGMENT_WEIGHT = 5_000
"""How many blocks and transactions a segment has at most; one with less than half is written anew with the next."""

FREE_BYTES = 512 * 1024 * 1024
"""How much of the disk is left to the journal."""

_NICENESS = 19
_FAULTS = (
    *(BlockDiffersError, ChainMismatch, ChainUnreachable, SnapshotUnfit),
    *(NodeUnreachable, RpcError, OSError, sqlite3.Error),
)


class Copyist:
    """Makes the snapshots of one journal, one after the other, up to the last block whose hash is recorded."""

    def __init__(
        self, journal: Journal, snapshots: SnapshotFolder, *, segment_weight: int = SEGMENT_WEIGHT
    ) -> None:
        """Read this journal and write into this folder.

        Raises:
            ChainMismatch: Nothing was ever executed from that journal.
        """
        origin = journal.origin()
        if origin is None:
            raise ChainMismatch("the journal has no beginning yet")
        self._origin = origin
        self._journal = journal
        self._snapshots = snapshots
        self._segment_weight = segment_weight

    def copy(self) -> int:
        """Make snapshots up to the block that is the newest now; return the number of the block that the last one has.

        Raises:
            BlockDiffersError: The journal does not lead to a block that it recorded.
            ChainMismatch: This anvil is not the one that made the journal.
            ChainUnreachable: Anvil is missing, or the disk is nearly full.
        """
        last, fingerprint = self._newest_fit()
        # What is appended meanwhile waits for another time: else there would be no end on a busy day.
        goal = self._journal.next_number
        while snapshot := self._copy_some(last, fingerprint, goal):
            last = snapshot
        return 0 if last is None else last.block

    def _newest_fit(self) -> tuple[Snapshot | None, Fingerprint]:
        """Return the newest snapshot that can be gone on from, and the fingerprint of the journal up to there."""
        for snapshot in self._snapshots.newest_first(self._origin):
            try:
                _, fingerprint = check_journal(snapshot, self._journal.blocks())
                self._snapshots.check_files(snapshot)
            except SnapshotUnfit as unfit:
                pass_over(snapshot.block, unfit)
            else:
                return snapshot, fingerprint
        return None, Fingerprint()

    def _copy_some(self, last: Snapshot | None, fingerprint: Fingerprint, goal: int) -> Snapshot | None:
        """Execute some of what came after a snapshot and make the next; None when there is nothing more."""
        done = 0 if last is None else last.block
        closed, open_ones = self._divide(last)
        weight = sum(segment.weight for segment in open_ones)
        upcoming = list(self._upcoming(done + 1, goal, self._segment_weight - weight))
        if not upcoming:
            return None
        if shutil.disk_usage(self._snapshots.folder).free < FREE_BYTES:
            raise ChainUnreachable(f"less than {FREE_BYTES // 2**20} MB of the disk are free")
        with anvil_like(self._origin) as anvil:
            if last is not None:
                self._snapshots.load(last, anvil, segments=open_ones)
            for block in replay_exactly(anvil.rpc, upcoming):
                fingerprint.add(block)
            held = held_by(anvil)
        first = closed[-1].last + 1 if closed else 1
        snapshot = self._write(held, first, upcoming[-1], closed, fingerprint)
        self._snapshots.write(snapshot)
        return snapshot

    def _divide(self, last: Snapshot | None) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """Return the segments that stay as they are, and the last one if it has room."""
        if last is None:
            return (), ()
        if last.segments[-1].weight < self._segment_weight // 2:
            return last.segments[:-1], last.segments[-1:]
        return last.segments, ()

    def _upcoming(self, first: int, goal: int, weight: int) -> Iterator[JournaledBlock]:
        """Yield the next blocks before `goal` that are recorded, as many as a segment takes, but at least one."""
        for place, block in enumerate(self._journal.blocks(first=first)):
            weight -= 1 + len(block.transactions)
            if block.number >= goal or block.hash is None or (weight < 0 and place > 0):
                return
            yield block

    def _write(
        self,
        held: dict[str, Any],
        first: int,
        head: JournaledBlock,
        closed: tuple[Segment, ...],
        fingerprint: Fingerprint,
    ) -> Snapshot:
        """Write the files of a snapshot out of what anvil holds."""
        assert head.hash is not None, "only recorded blocks are copied"
        environment = {"block": held["block"], "best_block_number": head.number, "historical_states": None}
        blocks = sorted((block for block in held["blocks"] if _number_of(block) >= first), key=_number_of)
        transactions = [one for one in held["transactions"] if one["block_number"] >= first]
        for one in transactions:
            # What happened inside of a call: nobody asks for it, and it is most of the file.
            one["info"]["traces"] = []
        held_numbers = [_number_of(block) for block in blocks]
        if held_numbers != list(range(first, head.number + 1)):
            raise ChainUnreachable("anvil does not hold every block that it executed")
        segment = Segment(
            first=first,
            last=head.number,
            weight=len(blocks) + len(transactions),
            file=self._snapshots.write_file(
                f"blocks-{first:09}-{head.number:09}.gz",
                environment | {"accounts": {}, "blocks": blocks, "transactions": transactions},
            ),
        )
        state = self._snapshots.write_file(
            f"state-{head.number:09}.gz",
            environment | {"accounts": held["accounts"], "blocks": blocks[-1:], "transactions": []},
        )
        return Snapshot(
            origin=self._origin,
            block=head.number,
            hash=head.hash,
            journal_sha256=fingerprint.hexdigest(),
            segments=(*closed, segment),
            state=state,
        )


def held_by(anvil: Anvil) -> dict[str, Any]:
    """Return all that anvil holds."""
    packed: str = anvil.rpc.request("anvil_dumpState")
    held: dict[str, Any] = json.loads(gzip.decompress(bytes.fromhex(packed[2:])))
    return held


def _number_of(block: dict[str, Any]) -> int:
    return int(block["header"]["number"], 16)


def main(journal_file: Path, folder: Path, *, key: bytes) -> None:
    """Make snapshots of a journal; say the last block in them, or end with 1 and say why not."""
    with suppress(OSError):
        # A service may be forbidden to change what its processes are to each other.
        os.nice(_NICENESS)
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock_file:
        try:
            # Another one at work is only possible for a moment, after its server was killed.
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with closing(Journal(journal_file, read_only=True)) as journal:
                sys.stdout.write(f"{Copyist(journal, SnapshotFolder(folder, key=key)).copy()}\n")
        except _FAULTS as fault:
            sys.stdout.write(f"{type(fault).__name__}: {fault}\n")
            sys.exit(1)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]), key=sys.stdin.buffer.read())
