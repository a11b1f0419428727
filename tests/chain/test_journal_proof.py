# SPDX-License-Identifier: EUPL-1.2
"""The proof of a journal: what it finds, beside a running chain too, and how the command ends."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kindpakket.chain import journal_proof
from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.errors import ChainMismatch, ChainUnreachable

from .support import NOWHERE, note
from .test_snapshots import copy, damage, forge

EMPTY = {"nonce": 0, "balance": "0x0", "code": "0x", "storage": {}}
Open = Callable[..., EmbeddedChain]


def prove(folder: Path) -> journal_proof.JournalProof:
    return journal_proof.prove(folder / "journal.db", on_progress=lambda _done, _all: None)


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as database, database:
        database.execute(statement)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Let another process have the journal to itself."""
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as database:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        yield


def verify(data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kindpakket", "verify-journal", "--data-dir", str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def journaled(open_chain: Open, folder: Path) -> Path:
    """The folder of a chain of three blocks."""
    chain = open_chain()
    for number in range(3):
        chain.send(note(chain, number))
    chain.close()
    return folder


def test_a_folder_without_a_journal_cannot_be_proved(folder: Path) -> None:
    with pytest.raises(ChainUnreachable, match="there is no journal"):
        prove(folder)
    assert not folder.exists()


def test_what_is_no_journal_cannot_be_proved(folder: Path) -> None:
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(ChainMismatch, match="is not a journal"):
        prove(folder)


def test_a_journal_that_cannot_be_opened_now_is_no_difference(journaled: Path) -> None:
    with held(journaled), pytest.raises(ChainUnreachable, match="no fault of the file"):
        prove(journaled)
    assert prove(journaled).blocks == 3


def test_the_journal_of_another_anvil_is_not_proved(journaled: Path) -> None:
    change(journaled, "UPDATE origin SET content = replace(content, 'anvil/v', 'anvil/v0')")
    with pytest.raises(ChainMismatch, match="Install that anvil"):
        prove(journaled)


@pytest.mark.parametrize(
    "tampering",
    [
        f"UPDATE block SET hash = x'{'77' * 32}' WHERE number = 2",
        "UPDATE block SET hash = NULL WHERE number = 2",
        "UPDATE signed_transaction SET rejected = 1 WHERE block = 3",
        "DELETE FROM signed_transaction WHERE block = 2",
        "DELETE FROM block WHERE number = 2",
    ],
)
def test_any_difference_is_found(journaled: Path, tampering: str) -> None:
    change(journaled, tampering)
    with pytest.raises(ChainMismatch, match=r"block \d .*[Rr]estore"):
        prove(journaled)


def test_a_running_chain_is_proved_up_to_its_newest_recorded_block(open_chain: Open, folder: Path) -> None:
    chain = open_chain()
    chain.send_all([note(chain, number) for number in range(5)])
    chain.send(note(chain, 5))
    proof = prove(folder)
    assert proof.blocks in (1, 2)
    assert proof.transactions == {1: 5, 2: 6}[proof.blocks]
    assert proof.head_hash == chain.block_hash(proof.blocks)
    assert chain.send(note(chain, 6)).succeeded


def test_snapshots_are_looked_at_and_not_relied_on(journaled: Path) -> None:
    assert copy(journaled) == 3
    assert (prove(journaled).snapshots, prove(journaled).snapshot_faults) == (1, ())
    damage(journaled, "state-")
    proof = prove(journaled)
    assert (proof.blocks, proof.snapshots) == (3, 0)
    assert proof.snapshot_faults == (
        "the snapshot of block 3 is not fit: state-000000003.gz was changed or damaged",
    )


def test_a_snapshot_whose_state_is_not_what_the_journal_leads_to_is_found(journaled: Path) -> None:
    """Whoever has the keystore can seal what never was."""

    def enrich(content: dict[str, Any]) -> None:
        content["accounts"][NOWHERE] = content["accounts"].get(NOWHERE, EMPTY) | {"balance": "0x1"}

    assert copy(journaled) == 3
    forge(journaled, enrich)
    proof = prove(journaled)
    assert (proof.blocks, proof.snapshots) == (3, 0)
    assert proof.snapshot_faults == (
        "the snapshot of block 3 is not fit: it has another state than the journal leads to",
    )


def test_the_command_ends_with_0_when_all_agrees_1_when_not_and_2_when_it_was_not_done(
    journaled: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(journaled, data_dir / "chain")
    proved = verify(data_dir)
    assert proved.returncode == 0, proved.stderr
    assert proved.stdout.startswith("All agrees: 3 blocks with 3 transactions, up to 0x")
    change(data_dir / "chain", "DELETE FROM signed_transaction WHERE block = 2")
    differs = verify(data_dir)
    assert (differs.returncode, differs.stdout) == (1, "")
    assert "block 2 came out as" in differs.stderr
    assert verify(tmp_path / "nowhere").returncode == 2
