# SPDX-License-Identifier: EUPL-1.2
"""What an archive is: its list, its limits, and what belongs into one."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
PASSPHRASE = "keystore.passphrase"  # noqa: S105 - the name of a file
NEXT_PASSPHRASE = f"{PASSPHRASE}.next"
ADMIN_KEY = re.compile(r"keystore/admin[^/]*\.json")
"""The admin's key, and the one that is to follow it: no server needs them, so no archive takes them unasked."""

REGISTRY = "registry.db"
JOURNAL = "chain/journal.db"

DERIVED = re.compile(r"ledger\.db.*|chain/snapshots/.*|.*\.db-(wal|shm|journal)|(.*/)?lock|.*\.log|.*\.new")
"""What follows from the rest, or is of no use elsewhere."""

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""A path inside of the data folder; nothing in it begins with a dot."""

CHUNK_BYTES = 1024 * 1024


class ArchiveRefused(Exception):
    """An archive cannot be made or used, and nothing was changed; its text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file in an archive; its name is a path in the data folder."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself.

    Attributes:
        made_by: The program and its version.
        made_at: When it was begun, epoch seconds.
        chain_id: The chain's number.
        contract: The contract's address.
        block: The last block in the journal; 0 when another's node has the chain.
        has_registry: Whether the registry is in it.
        has_passphrase: Whether what opens the keystore is in it.
    """

    made_by: str
    made_at: int
    chain_id: int
    contract: str
    block: int
    has_registry: bool
    has_passphrase: bool
    files: tuple[ArchivedFile, ...]


@contextlib.contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Make a folder for what is not ready, on the same disk, that only its owner can read; remove it in the end."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise ArchiveRefused(f"There is no folder {parent}.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise ArchiveRefused(f"It did not work: {error}.") from error


def check_database(file: Path) -> None:
    """Look whether a copied database is whole.

    Raises:
        ArchiveRefused: It is not.
    """
    try:
        with contextlib.closing(sqlite3.connect(file)) as database:
            (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise ArchiveRefused(f"{file.name} is damaged: {found}.")
