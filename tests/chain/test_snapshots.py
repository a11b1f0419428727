# SPDX-License-Identifier: EUPL-1.2
"""Snapshots: what is passed over and why, when one is made, and what the copyist refuses."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog

from kindpakket.chain import copying, copyist
from kindpakket.chain.blocks import BlockDiffersError
from kindpakket.chain.copyist import Copyist
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.journal import Journal
from kindpakket.chain.snapshots import SnapshotFolder
from kindpakket.chain.transactions import Signer
from kindpakket.errors import ChainMismatch, ChainUnreachable

from .support import KEYSTORE, NOWHERE, SNAPSHOT_KEY, Clock, note

Open = Callable[..., EmbeddedChain]
NEVER = float("inf")


def copy(folder: Path, *, segment_weight: int = 1000) -> int:
    """Make snapshots of the journal in this folder, up to its newest block."""
    snapshots = folder / "snapshots"
    snapshots.mkdir(exist_ok=True)
    with closing(Journal(folder / "journal.db", read_only=True)) as journal:
        return Copyist(
            journal, SnapshotFolder(snapshots, key=SNAPSHOT_KEY), segment_weight=segment_weight
        ).copy()


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as database, database:
        database.execute(statement)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "snapshots").iterdir())


@pytest.fixture
def copied(open_chain: Open, folder: Path) -> Path:
    """The folder of a chain of six blocks with snapshots after the third and the fifth."""
    chain = open_chain(copy_after_seconds=NEVER)
    for number in range(3):
        chain.send(note(chain, number))
    chain.close()
    assert copy(folder) == 3
    chain = open_chain(copy_after_seconds=NEVER)
    for number in range(2):
        chain.send(note(chain, number))
    chain.close()
    assert copy(folder) == 5
    chain = open_chain(copy_after_seconds=NEVER)
    chain.send(note(chain))
    chain.close()
    return folder


def loaded_by_opening(open_chain: Open, folder: Path) -> tuple[list[int], list[str]]:
    """Open the chain; return which snapshot it began at, and why others were passed over. It must have all blocks."""
    with closing(Journal(folder / "journal.db")) as journal:
        hashes = [block.hash for block in journal.blocks()]
    with structlog.testing.capture_logs() as said:
        chain = open_chain(copy_after_seconds=NEVER)
    assert [chain.block_hash(number) for number in range(1, chain.head().number + 1)] == hashes
    assert chain.send(note(chain, 99)).succeeded
    chain.close()
    return (
        [line["block"] for line in said if line["event"] == "snapshot_loaded"],
        [line["because"] for line in said if line["event"] == "snapshot_passed_over"],
    )


# ---------------------------------------------------------------- what is passed over


def damage(folder: Path, prefix: str) -> None:
    """Turn one bit of the newest file whose name begins so."""
    file = folder / "snapshots" / next(name for name in names(folder)[::-1] if name.startswith(prefix))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def forge(folder: Path, alter: Callable[[dict[str, Any]], None], *, key: bytes = SNAPSHOT_KEY) -> None:
    """Alter the newest state as somebody would who also writes the checksums anew, and has that key to seal them."""
    snapshots = SnapshotFolder(folder / "snapshots", key=key)
    with closing(Journal(folder / "journal.db", read_only=True)) as journal:
        origin = journal.origin()
    assert origin is not None
    newest = next(SnapshotFolder(snapshots.folder, key=None).newest_first(origin))
    content = json.loads(gzip.decompress((snapshots.folder / newest.state.name).read_bytes()))
    alter(content)
    state = snapshots.write_file(newest.state.name, content)
    snapshots.write(replace(newest, state=state))


@pytest.mark.parametrize(
    ("prefix", "because"),
    [("snapshot-", "its list"), ("state-", "was changed or damaged"), ("blocks-", "was changed or damaged")],
)
def test_a_damaged_snapshot_is_passed_over_for_the_one_before_it(
    copied: Path, open_chain: Open, prefix: str, because: str
) -> None:
    damage(copied, prefix)
    loaded, passed_over = loaded_by_opening(open_chain, copied)
    assert loaded == [3]
    assert len(passed_over) == 1
    assert because in passed_over[0]


@pytest.mark.parametrize("prefix", ["state-000000005", "blocks-000000001-000000005"])
def test_a_snapshot_with_a_file_missing_is_passed_over_for_the_one_before_it(
    copied: Path, open_chain: Open, prefix: str
) -> None:
    (copied / "snapshots" / f"{prefix}.gz").unlink()
    assert loaded_by_opening(open_chain, copied) == (
        [3],
        [f"{prefix}.gz cannot be read: No such file or directory"],
    )


def test_without_a_fit_snapshot_all_is_executed(copied: Path, open_chain: Open) -> None:
    for name in names(copied):
        if name.startswith("snapshot-"):
            (copied / "snapshots" / name).write_text("{")
    loaded, passed_over = loaded_by_opening(open_chain, copied)
    assert (loaded, len(passed_over)) == ([], 2)


def test_half_written_files_are_no_snapshot_and_the_next_one_clears_them_away(
    copied: Path, open_chain: Open
) -> None:
    for name in ("state-000000009.gz", "blocks-000000001-000000009.gz", "snapshot-000000009.json.new"):
        (copied / "snapshots" / name).write_bytes(b"half")
    assert loaded_by_opening(open_chain, copied) == ([5], [])
    assert not list((copied / "snapshots").glob("*.new")), "the next start takes it away"
    assert copy(copied) == 7
    assert names(copied) == [
        "blocks-000000001-000000005.gz",
        "blocks-000000001-000000007.gz",
        "snapshot-000000005.json",
        "snapshot-000000007.json",
        "state-000000005.gz",
        "state-000000007.gz",
    ]


def test_a_snapshot_newer_than_the_journal_is_passed_over(copied: Path, open_chain: Open) -> None:
    change(copied, "DELETE FROM signed_transaction WHERE block > 4")
    change(copied, "DELETE FROM block WHERE number > 4")
    assert loaded_by_opening(open_chain, copied) == ([3], ["the journal ends at block 4"])


def test_a_snapshot_of_another_chain_is_passed_over(copied: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with closing(
        EmbeddedChain(other, chain_id=72911, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY)
    ) as chain:
        chain.send(note(chain))
    shutil.copytree(copied / "snapshots", other / "snapshots")
    with structlog.testing.capture_logs() as said:
        EmbeddedChain(other, chain_id=72911, clock=Clock(), open_snapshot_key=lambda: SNAPSHOT_KEY).close()
    assert [line["because"] for line in said if line["event"] == "snapshot_passed_over"] == [
        "it is of another chain or another anvil"
    ] * 2


def test_a_snapshot_of_a_journal_that_went_on_otherwise_is_passed_over(
    copied: Path, open_chain: Open, clock: Clock
) -> None:
    change(copied, "DELETE FROM signed_transaction WHERE block > 3")
    change(copied, "DELETE FROM block WHERE number > 3")
    shutil.move(copied / "snapshots", copied / "aside")
    chain = open_chain(copy_after_seconds=NEVER)
    clock.at += 1
    for number in range(3):
        chain.send(note(chain, 100 + number))
    chain.close()
    shutil.move(copied / "aside", copied / "snapshots")
    assert loaded_by_opening(open_chain, copied) == (
        [3],
        ["it was made of another journal than this one is now"],
    )


def test_a_forged_state_is_told_by_its_seal(
    copied: Path, open_chain: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enrich(content: dict[str, Any]) -> None:
        content["accounts"][NOWHERE] = {"nonce": 0, "balance": "0x1", "code": "0x", "storage": {}}

    monkeypatch.setattr(SnapshotFolder, "clear", lambda _folder, _newest: None)
    forge(copied, enrich, key=b"anybody's".ljust(32))
    assert loaded_by_opening(open_chain, copied) == (
        [3],
        ["its list was changed or damaged, or sealed with another key"],
    )


def test_a_sealed_state_that_leads_to_other_blocks_is_left_for_the_journal(
    copied: Path, open_chain: Open
) -> None:
    """Nobody should be able to make one; if it is there all the same, payments go on and nothing is struck."""
    sender = Signer(KEYSTORE.relayer).address

    def forget(content: dict[str, Any]) -> None:
        content["accounts"][sender]["nonce"] -= 1

    forge(copied, forget)
    with structlog.testing.capture_logs() as said:
        chain = open_chain(copy_after_seconds=NEVER)
    assert [line["event"] for line in said if line["log_level"] == "warning"] == ["block_differs"]
    assert chain.head().number == 6
    assert chain.send(note(chain, 6)).block == 7


def test_snapshots_made_while_the_clock_was_ahead_outlive_no_later_one(
    copied: Path, open_chain: Open
) -> None:
    ahead = time.time() + 86_400
    for file in (copied / "snapshots").iterdir():
        os.utime(file, (ahead, ahead))
    chain = open_chain(copy_after_seconds=NEVER)
    chain.send(note(chain, 6))
    chain.send(note(chain, 7))
    chain.close()
    assert copy(copied) >= 7
    newest = max(int(name[9:18]) for name in names(copied) if name.startswith("snapshot-"))
    assert newest >= 7


def test_a_list_that_leaves_out_blocks_is_passed_over(
    copied: Path, open_chain: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = SnapshotFolder(copied / "snapshots", key=SNAPSHOT_KEY)
    with closing(Journal(copied / "journal.db", read_only=True)) as journal:
        origin = journal.origin()
    assert origin is not None
    newest = next(snapshots.newest_first(origin))
    (segment,) = newest.segments
    monkeypatch.setattr(snapshots, "clear", lambda _newest: None)
    lists = [(), (replace(segment, first=2),), (replace(segment, last=4),), (segment, segment)]
    for segments in lists:
        snapshots.write(replace(newest, segments=segments))
        loaded, passed_over = loaded_by_opening(open_chain, copied)
        assert (loaded, passed_over) == ([3], ["its list does not name all blocks"])


def test_a_chain_whose_snapshots_cannot_be_looked_at_starts_all_the_same(
    copied: Path, open_chain: Open
) -> None:
    shutil.rmtree(copied / "snapshots")
    (copied / "snapshots").write_text("a file")
    assert loaded_by_opening(open_chain, copied) == ([], [])


def test_a_copyist_that_cannot_be_started_stops_no_payment(
    open_chain: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> NoReturn:
        raise OSError("no memory")

    monkeypatch.setattr(copying, "start_child", refuse)
    chain = open_chain(copy_after_seconds=0.0)
    with structlog.testing.capture_logs() as said:
        assert chain.send(note(chain)).succeeded
        assert chain.send(note(chain, 1)).succeeded
    assert [line["because"] for line in said if line["event"] == "snapshot_not_made"] == ["no memory"]


def test_a_forged_block_is_told_by_its_hash(copied: Path, open_chain: Open) -> None:
    def put_back(content: dict[str, Any]) -> None:
        content["blocks"][0]["header"]["timestamp"] = "0x1"

    forge(copied, put_back)
    loaded, passed_over = loaded_by_opening(open_chain, copied)
    assert loaded == [3]
    assert passed_over[0].startswith("it leads to block 5 with hash 0x")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE block SET at = at + 1 WHERE number = 2",
        f"UPDATE block SET hash = x'{'77' * 32}' WHERE number = 2",
        "UPDATE signed_transaction SET rejected = 1 WHERE block = 3",
        "UPDATE signed_transaction SET raw = x'02c0' WHERE block = 2",
        "DELETE FROM signed_transaction WHERE block = 2",
        "DELETE FROM block WHERE number = 2",
    ],
)
def test_a_journal_changed_before_the_snapshot_is_refused_all_the_same(
    copied: Path, open_chain: Open, tampering: str
) -> None:
    change(copied, tampering)
    with pytest.raises(ChainMismatch, match=r"journal\.db: block \d"):
        open_chain()


# ---------------------------------------------------------------- while it runs


def test_anvil_killed_while_it_runs_begins_at_the_snapshot(copied: Path, open_chain: Open) -> None:
    chain = open_chain(copy_after_seconds=NEVER)
    head, process = chain.head(), chain.process_ids[-1]
    with structlog.testing.capture_logs() as said:
        os.kill(process, signal.SIGKILL)
        assert chain.call(to=NOWHERE, input=b"") == b""
    assert [line["block"] for line in said if line["event"] == "snapshot_loaded"] == [5]
    assert chain.send(note(chain, 5)).block == head.number + 1


# ---------------------------------------------------------------- the copyist


def test_the_copyist_copies_no_block_whose_hash_is_not_recorded(copied: Path) -> None:
    change(copied, "UPDATE block SET hash = NULL WHERE number = 6")
    assert copy(copied) == 5


def test_the_copyist_says_when_the_journal_does_not_lead_to_its_blocks(copied: Path) -> None:
    change(copied, f"UPDATE block SET hash = x'{'77' * 32}' WHERE number = 6")
    with pytest.raises(BlockDiffersError, match="block 6 came out as"):
        copy(copied)
    assert [name for name in names(copied) if name.startswith("snapshot-")] == [
        "snapshot-000000003.json",
        "snapshot-000000005.json",
    ]


def test_the_copyist_builds_on_no_damaged_snapshot(copied: Path, open_chain: Open) -> None:
    damage(copied, "blocks-")
    assert copy(copied) == 6
    assert loaded_by_opening(open_chain, copied) == ([6], [])


def test_the_copyist_leaves_the_last_of_the_disk_to_the_journal(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copyist, "FREE_BYTES", 1 << 80)
    with pytest.raises(ChainUnreachable, match="of the disk are free"):
        copy(copied)


def test_the_copyist_is_alone_and_says_so(copied: Path) -> None:
    command = [sys.executable, "-m", "kindpakket.chain.copyist"]
    command += [str(copied / "journal.db"), str(copied / "snapshots")]
    run = partial(subprocess.run, input=SNAPSHOT_KEY, capture_output=True, check=False)
    with (copied / "snapshots" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = run(command)
    assert (refused.returncode, b"BlockingIOError" in refused.stdout) == (1, True)
    done = run(command)
    assert (done.returncode, done.stdout.split()[-1:]) == (0, [b"6"])


def test_a_running_chain_has_itself_copied_and_its_next_start_begins_there(
    open_chain: Open, folder: Path
) -> None:
    chain = open_chain(copy_after_seconds=0.0)
    with structlog.testing.capture_logs() as said:
        chain.send(note(chain))
        number = 0
        while not any(line["event"] == "snapshot_made" for line in said):
            assert not any(line["event"] == "snapshot_not_made" for line in said), said
            number += 1
            chain.send(note(chain, number))
            time.sleep(0.05)
    chain.close()
    (made,) = [line["block"] for line in said if line["event"] == "snapshot_made"]
    loaded, passed_over = loaded_by_opening(open_chain, folder)
    assert (loaded, passed_over) == ([made], [])


def test_closing_does_not_wait_for_the_copyist(open_chain: Open) -> None:
    chain = open_chain(copy_after_seconds=0.0)
    chain.send(note(chain))
    while (copying := chain._executor._copying._process) is None:
        time.sleep(0.01)
    chain.close()
    assert copying.poll() == -signal.SIGKILL
