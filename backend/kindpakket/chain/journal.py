# SPDX-License-Identifier: EUPL-1.2
"""The journal: every block's signed transactions and time, on disk before they are executed. It is the chain's memory.

A block is appended in one durable commit; that is the point from which its calls will happen. Its hash, which follows
from the rest, is added with the next commit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kindpakket.errors import ChainMismatch, ChainUnreachable

from .transactions import SignedTransaction

_TABLES = """
CREATE TABLE IF NOT EXISTS origin (
    -- There is one.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS block (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    at INTEGER NOT NULL,
    -- Empty until the block was executed.
    hash BLOB CHECK (length(hash) = 32)
);
CREATE TABLE IF NOT EXISTS signed_transaction (
    block INTEGER NOT NULL REFERENCES block,
    place INTEGER NOT NULL,
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL CHECK (nonce >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    raw BLOB NOT NULL,
    -- The node would not take it; it was never executed.
    rejected INTEGER NOT NULL DEFAULT 0 CHECK (rejected IN (0, 1)),
    PRIMARY KEY (block, place)
) WITHOUT ROWID;
-- A number is given once to what is executed.
CREATE UNIQUE INDEX IF NOT EXISTS executed_nonce ON signed_transaction (sender, nonce) WHERE NOT rejected;
"""


class NonceGap(ValueError):
    """A transaction is not the next of its sender; it would be mined in another block than journaled."""


@dataclass(frozen=True, slots=True)
class JournaledBlock:
    """A block as it was, or will be, executed. `hash` is None until it is known; `at` in epoch seconds."""

    number: int
    at: int
    transactions: tuple[SignedTransaction, ...]
    hash: bytes | None = None


class Fingerprint:
    """A checksum over blocks of a journal from the first on: every byte that a replay depends on or leads to."""

    def __init__(self) -> None:
        """Start before the first block."""
        self._sum = hashlib.sha256()

    def add(self, block: JournaledBlock) -> None:
        """Add the next block."""
        parts = [b"%d %d %d" % (block.number, block.at, len(block.transactions)), block.hash or b""]
        for one in block.transactions:
            parts += [f"{one.sender} {one.nonce} {len(one.raw)}".encode(), one.hash, one.raw]
        self._sum.update(b"".join(parts))

    def hexdigest(self) -> str:
        """Return the checksum so far."""
        return self._sum.hexdigest()


class Journal:
    """The journal's file. For one thread only."""

    def __init__(self, file: Path, *, read_only: bool = False) -> None:
        """Open the file, or start a new one that only its owner can read.

        Args:
            file: The file.
            read_only: Change nothing, and make none; another process may be writing it.
        """
        self._file = file
        self._hashes_to_write: list[tuple[bytes, int]] = []
        if read_only:
            address = f"{file.absolute().as_uri()}?mode=ro"
            self._database = sqlite3.connect(address, uri=True, isolation_level=None)
        else:
            file.touch(mode=0o600)
            self._database = sqlite3.connect(file, isolation_level=None)
        try:
            if not read_only:
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
                self._database.execute("PRAGMA foreign_keys = ON")
                self._database.executescript(_TABLES)
            self.read_again()
        except sqlite3.Error:
            self._database.close()
            raise

    @property
    def next_number(self) -> int:
        """The number of the block that is appended next."""
        return self._next_number

    @property
    def has_hashes_to_write(self) -> bool:
        """Whether a hash waits for the next commit."""
        return bool(self._hashes_to_write)

    def next_nonce(self, sender: str) -> int:
        """Return the number that the sender's next transaction must have."""
        return self._next_nonces.get(sender, 0)

    def origin(self) -> dict[str, Any] | None:
        """Return what the chain was started from; None in a new journal."""
        row = self._database.execute("SELECT content FROM origin").fetchone()
        return None if row is None else json.loads(row[0])

    def write_origin(self, content: dict[str, Any]) -> None:
        """Record what the chain was started from, once."""
        self._database.execute("INSERT INTO origin (id, content) VALUES (1, ?)", (json.dumps(content),))

    def write_origin_again(self) -> None:
        """Write what is there already once more, to see whether that can be done.

        Raises:
            sqlite3.Error: It cannot.
        """
        with self._commit():
            self._database.execute("UPDATE origin SET content = content")

    def append(self, *, at: int, transactions: Sequence[SignedTransaction]) -> JournaledBlock:
        """Write the next block. When this returns, it is on disk.

        Raises:
            NonceGap: A transaction is not the next of its sender; nothing was written.
            sqlite3.Error: It could not be written, or it is not known whether it was; `read_again` tells.
        """
        nonces: dict[str, int] = {}
        for transaction in transactions:
            expected = nonces.get(transaction.sender, self.next_nonce(transaction.sender))
            if transaction.nonce != expected:
                raise NonceGap(
                    f"{transaction.sender} sent number {transaction.nonce}, its next is {expected}"
                )
            nonces[transaction.sender] = expected + 1
        number = self._next_number
        with self._commit():
            self._database.execute("INSERT INTO block (number, at) VALUES (?, ?)", (number, at))
            self._database.executemany(
                "INSERT INTO signed_transaction (block, place, sender, nonce, hash, raw) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, place, one.sender, one.nonce, one.hash, one.raw)
                    for place, one in enumerate(transactions)
                ],
            )
        self._next_number += 1
        self._next_nonces |= nonces
        return JournaledBlock(number=number, at=at, transactions=tuple(transactions))

    def record_hash(self, number: int, block_hash: bytes) -> None:
        """Note an executed block's hash, to be written with the next commit."""
        self._hashes_to_write.append((block_hash, number))

    def write_hashes(self) -> None:
        """Write the hashes that wait."""
        with self._commit():
            pass

    def reject(self, number: int, transaction_hashes: Sequence[bytes]) -> None:
        """Mark transactions of the last block that the node would not take, and free their numbers."""
        with self._commit():
            self._database.executemany(
                "UPDATE signed_transaction SET rejected = 1 WHERE block = ? AND hash = ?",
                [(number, transaction_hash) for transaction_hash in transaction_hashes],
            )
        self.read_again()

    def blocks(self, *, first: int = 1) -> Iterator[JournaledBlock]:
        """Yield the blocks in order, without what was rejected.

        Raises:
            ChainMismatch: A block is missing.
        """
        transactions = self._database.execute(
            "SELECT block, sender, nonce, raw, hash FROM signed_transaction WHERE NOT rejected AND block >= ?"
            " ORDER BY block, place",
            (first,),
        )
        upcoming = next(transactions, None)
        rows = self._database.execute(
            "SELECT number, at, hash FROM block WHERE number >= ? ORDER BY number", (first,)
        )
        for expected, (number, at, block_hash) in enumerate(rows, first):
            if number != expected:
                raise ChainMismatch(
                    f"{self._file}: block {expected} is missing; restore the file from a backup"
                )
            own = []
            while upcoming is not None and upcoming[0] == number:
                own.append(SignedTransaction(*upcoming[1:]))
                upcoming = next(transactions, None)
            yield JournaledBlock(number=number, at=at, transactions=tuple(own), hash=block_hash)

    def close(self) -> None:
        """Write what waits, unless there is no room for it, and close the file."""
        try:
            # What is not written follows from the rest, and is written after the next start.
            with contextlib.suppress(sqlite3.OperationalError):
                if self._hashes_to_write:
                    self.write_hashes()
        finally:
            self._database.close()

    def read_again(self) -> None:
        """Take the next numbers from what is on disk."""
        self._next_number: int = self._database.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM block"
        ).fetchone()[0]
        self._next_nonces: dict[str, int] = dict(
            self._database.execute(
                "SELECT sender, max(nonce) + 1 FROM signed_transaction WHERE NOT rejected GROUP BY sender"
            )
        )

    def _commit(self) -> _Commit:
        return _Commit(self._database, self._hashes_to_write)


class _Commit:
    """A transaction of the database that also takes the waiting hashes along."""

    def __init__(self, database: sqlite3.Connection, hashes_to_write: list[tuple[bytes, int]]) -> None:
        self._database = database
        self._hashes_to_write = hashes_to_write

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.executemany(
                    "UPDATE block SET hash = ? WHERE number = ?", self._hashes_to_write
                )
                self._database.execute("COMMIT")
                self._hashes_to_write.clear()
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")


def last_block_at(file: Path) -> int | None:
    """Return the time of a journal's last block; None when there is no journal, no block, or no reading it.

    Also while another process has it open.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as database:
            (at,) = database.execute("SELECT max(at) FROM block").fetchone()
    except sqlite3.Error:
        return None
    return None if at is None else int(at)


def unreadable(file: Path, error: sqlite3.DatabaseError) -> ChainMismatch | ChainUnreachable:
    """Say what it means that SQLite does not open a journal: it cannot now, or what is there is no journal."""
    if isinstance(error, sqlite3.OperationalError):
        return ChainUnreachable(
            f"{file} cannot be opened: {error}. That is no fault of the file: look at the disk, its room,"
            " and the rights of the folder; then try again."
        )
    return ChainMismatch(
        f"{file} is not a journal that can be read: {error}."
        " Copy the data folder away as it is, then restore it from a backup."
    )
