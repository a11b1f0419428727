# SPDX-License-Identifier: EUPL-1.2
"""The journal: what is refused before it is written, what is there after it was, what a damaged file says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kindpakket.chain.client import Submission
from kindpakket.chain.journal import Journal, NonceGap
from kindpakket.chain.transactions import SignedTransaction, Signer
from kindpakket.errors import ChainMismatch

ONE = Signer(b"\1" * 32)
OTHER = Signer(b"\2" * 32)
HASH = b"\7" * 32


def signed(nonce: int, signer: Signer = ONE) -> SignedTransaction:
    submission = Submission(sender=signer.address, to="0x" + "11" * 20, input=b"", gas=21_000)
    return signer.sign(submission, nonce=nonce, chain_id=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    with closing(Journal(file)) as journal:
        yield journal


@pytest.mark.parametrize("nonces", [[1], [0, 2], [0, 0], [0, 1, 3]])
def test_append_refuses_a_gap_and_a_repetition_and_writes_nothing(
    journal: Journal, nonces: list[int]
) -> None:
    with pytest.raises(NonceGap):
        journal.append(at=1, transactions=[signed(nonce) for nonce in nonces])
    assert list(journal.blocks()) == []
    assert (journal.next_number, journal.next_nonce(ONE.address)) == (1, 0)


def test_append_counts_each_sender_by_itself(journal: Journal) -> None:
    journal.append(at=1, transactions=[signed(0), signed(0, OTHER), signed(1), signed(1, OTHER)])
    journal.append(at=1, transactions=[signed(2)])
    assert (journal.next_nonce(ONE.address), journal.next_nonce(OTHER.address)) == (3, 2)


def test_another_process_reads_a_block_as_soon_as_append_returns(journal: Journal, file: Path) -> None:
    journal.append(at=5, transactions=[signed(0), signed(1)])
    with closing(Journal(file)) as other:
        (block,) = other.blocks()
    assert (block.number, block.at, block.hash) == (1, 5, None)
    assert block.transactions == (signed(0), signed(1))


def test_a_hash_is_written_with_the_next_block_at_the_latest(journal: Journal, file: Path) -> None:
    journal.append(at=5, transactions=[signed(0)])
    journal.record_hash(1, HASH)
    journal.append(at=6, transactions=[signed(1)])
    with closing(Journal(file)) as other:
        assert [block.hash for block in other.blocks()] == [HASH, None]


def test_closing_writes_the_hash_that_waits_and_may_be_repeated(journal: Journal, file: Path) -> None:
    journal.append(at=5, transactions=[signed(0)])
    journal.record_hash(1, HASH)
    journal.close()
    journal.close()
    with closing(Journal(file)) as other:
        assert [block.hash for block in other.blocks()] == [HASH]


def test_what_was_rejected_is_left_out_and_its_number_given_again(journal: Journal) -> None:
    journal.append(at=5, transactions=[signed(0), signed(1)])
    journal.reject(1, [signed(1).hash])
    assert journal.next_nonce(ONE.address) == 1
    journal.append(at=6, transactions=[signed(1)])
    assert [block.transactions for block in journal.blocks()] == [(signed(0),), (signed(1),)]


def test_a_missing_block_is_a_mismatch(journal: Journal) -> None:
    for number in range(3):
        journal.append(at=5, transactions=[signed(number)])
    journal._database.executescript(
        "DELETE FROM signed_transaction WHERE block = 2; DELETE FROM block WHERE number = 2"
    )
    with pytest.raises(ChainMismatch, match="block 2 is missing"):
        list(journal.blocks())


def test_an_origin_is_written_once(journal: Journal) -> None:
    assert journal.origin() is None
    journal.write_origin({"anvil": "1"})
    with pytest.raises(sqlite3.IntegrityError):
        journal.write_origin({"anvil": "2"})
    assert journal.origin() == {"anvil": "1"}


def test_only_its_owner_can_read_it(journal: Journal, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
