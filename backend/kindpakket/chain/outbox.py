# SPDX-License-Identifier: EUPL-1.2
"""The outbox: every signed transaction, on disk before it goes to a node that is not ours, until it is final there.

A number is given once, so however often a transaction is sent, it is executed once. What was executed is kept for a
while: a node that went back in time is told again what it forgot.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from kindpakket.errors import ChainMismatch

from .transactions import SignedTransaction

_KEPT_PER_SENDER = 1000

_TABLES = """
CREATE TABLE IF NOT EXISTS origin (
    -- There is one.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    chain_id INTEGER NOT NULL,
    -- Empty for a chain whose first block cannot be asked for.
    first_hash BLOB NOT NULL CHECK (length(first_hash) IN (0, 32))
);
CREATE TABLE IF NOT EXISTS signed_transaction (
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL CHECK (nonce >= 0),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    raw BLOB NOT NULL,
    -- Its number is used in a final block: by it, or by another transaction of the same account.
    settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
    -- A number is given once.
    PRIMARY KEY (sender, nonce)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS given_up (
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    raw BLOB NOT NULL,
    -- An empty one waits in its place, and there is none for that.
    PRIMARY KEY (sender, nonce)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON signed_transaction (sender, nonce) WHERE NOT settled;
"""


class Outbox:
    """The outbox's file. For one thread at a time."""

    def __init__(self, file: Path) -> None:
        """Open the file, or start a new one that only its owner can read.

        Raises:
            ChainMismatch: It is not an outbox.
        """
        file.touch(mode=0o600)
        self._file = file
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._settled: list[SignedTransaction] = []
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ChainMismatch(f"{file} is not an outbox that can be read: {error}") from error

    @property
    def has_settled_to_write(self) -> bool:
        """Whether something that settled is not on disk yet."""
        return bool(self._settled)

    def bind(self, *, chain_id: int, first_hash: bytes) -> None:
        """Belong to this chain, from now on or since before.

        Raises:
            ChainMismatch: It belongs to another.
        """
        row = self._database.execute("SELECT chain_id, first_hash FROM origin").fetchone()
        if row is None:
            self._database.execute("INSERT INTO origin VALUES (1, ?, ?)", (chain_id, first_hash))
        elif row != (chain_id, first_hash):
            raise ChainMismatch(
                f"{self._file} is of chain {row[0]} that begins with 0x{row[1].hex()};"
                f" the node has chain {chain_id} that begins with 0x{first_hash.hex()}"
            )

    def next_nonce(self, sender: str) -> int:
        """Return the first number that this outbox did not give yet."""
        (nonce,) = self._database.execute(
            "SELECT coalesce(max(nonce) + 1, 0) FROM signed_transaction WHERE sender = ?", (sender,)
        ).fetchone()
        return int(nonce)

    def settled_ends(self) -> dict[str, int]:
        """Return, by sender, the number after the last one that settled."""
        rows = self._database.execute(
            "SELECT sender, max(nonce) + 1 FROM signed_transaction WHERE settled GROUP BY sender"
        )
        return dict(rows.fetchall())

    def append(self, transactions: Sequence[SignedTransaction]) -> None:
        """Add transactions. When this returns, they are on disk.

        Raises:
            sqlite3.Error: They could not be written, or it is not known whether they were; `waiting` tells.
        """
        self._commit(added=transactions)

    def replace(self, old: SignedTransaction, new: SignedTransaction) -> None:
        """Put another transaction with the same number in the place of one that no node takes; keep both till then."""
        assert (old.sender, old.nonce) == (new.sender, new.nonce), "a number is given once"
        self._commit(added=[new], given_up=[old])

    def note_settled(self, transactions: Iterable[SignedTransaction]) -> None:
        """Note that these wait no longer, to be written with the next commit: if that is lost, it is found again."""
        self._settled += transactions

    def write_settled(self) -> None:
        """Write what settled."""
        self._commit()

    def waiting(self) -> list[SignedTransaction]:
        """Return what is not known to be final, each sender's in order."""
        return self._read("NOT settled ORDER BY sender, nonce")

    def given_up(self) -> list[SignedTransaction]:
        """Return what was replaced, until its number is used in a final block."""
        return self._read("TRUE", table="given_up")

    def settled_between(self, sender: str, first: int, end: int) -> list[SignedTransaction]:
        """Return a sender's settled transactions from one number up to, without, another, as far as they are kept."""
        return self._read(
            "settled AND sender = ? AND nonce >= ? AND nonce < ? ORDER BY nonce", (sender, first, end)
        )

    def close(self) -> None:
        """Write what settled, and close the file."""
        try:
            if self._settled:
                self.write_settled()
        finally:
            self._database.close()

    def _read(
        self, condition: str, values: tuple[str | int, ...] = (), *, table: str = "signed_transaction"
    ) -> list[SignedTransaction]:
        rows = self._database.execute(
            f"SELECT sender, nonce, raw, hash FROM {table} WHERE {condition}",  # noqa: S608
            values,
        )
        return [SignedTransaction(*row) for row in rows]

    def _commit(
        self, *, added: Sequence[SignedTransaction] = (), given_up: Sequence[SignedTransaction] = ()
    ) -> None:
        settled = [(one.sender, one.nonce) for one in self._settled]
        kept_from = {sender: nonce - _KEPT_PER_SENDER for sender, nonce in sorted(settled)}
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(
                # What took the number may be what was given up: that is to be brought again if the node goes back.
                "UPDATE signed_transaction SET settled = 1, hash = ?, raw = ? WHERE sender = ? AND nonce = ?",
                [(one.hash, one.raw, one.sender, one.nonce) for one in self._settled],
            )
            self._database.executemany("DELETE FROM given_up WHERE sender = ? AND nonce = ?", settled)
            self._database.executemany(
                "DELETE FROM signed_transaction WHERE settled AND sender = ? AND nonce < ?",
                kept_from.items(),
            )
            self._database.executemany(
                "DELETE FROM signed_transaction WHERE hash = ?", [(one.hash,) for one in given_up]
            )
            self._database.executemany(
                "INSERT INTO given_up (sender, nonce, hash, raw) VALUES (?, ?, ?, ?)",
                [(one.sender, one.nonce, one.hash, one.raw) for one in given_up],
            )
            self._database.executemany(
                "INSERT INTO signed_transaction (sender, nonce, hash, raw) VALUES (?, ?, ?, ?)",
                [(one.sender, one.nonce, one.hash, one.raw) for one in added],
            )
            self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        self._settled.clear()
