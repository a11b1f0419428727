# SPDX-License-Identifier: EUPL-1.2
"""Snapshots: what anvil made of the journal's blocks up to one of them, on disk, so that a start need not redo it.

A snapshot is a list (`snapshot-N.json`) that names files and their checksums: old blocks with their transactions and
receipts (`blocks-FIRST-LAST.gz`, each written once and shared by later snapshots) and the contract's state after block
N (`state-N.gz`). Each file is what `anvil_loadState` takes. The list is written last, and moved to its place when all
is on disk. It says which journal it was made of: by chain, beginning, anvil, and a checksum of every block up to N. It
is sealed with a key of the keystore, so that nobody can make one up who cannot open that. A snapshot that is damaged,
forged, foreign, or of another journal is passed over; what it would have saved is executed instead.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import structlog

from .anvil import Anvil
from .files import write_whole
from .journal import Fingerprint, JournaledBlock
from .rpc import NodeUnreachable, RpcError

log = structlog.get_logger(__name__)

FORMAT = 1
KEY_BYTES = 32
KEPT = 2
"""The newest one, and the one before it."""

_LIST_NAME = re.compile(r"snapshot-(\d{9})\.json")
_FILE_NAME = re.compile(r"(state-\d{9}|blocks-\d{9}-\d{9})\.gz")
_COMPRESSION = 4


class SnapshotUnfit(Exception):
    """A snapshot cannot be used; its text says why."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a snapshot."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Segment:
    """Blocks in a row (both ends included), with all transactions and receipts. `weight`: blocks and transactions."""

    first: int
    last: int
    weight: int
    file: StoredFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a list says.

    Attributes:
        origin: What the chain was started from, as the journal has it.
        block: The last block in it.
        hash: That block's hash.
        journal_sha256: The fingerprint of the journal's blocks up to that one.
        segments: All blocks from the first on.
        state: The accounts after the last block.
    """

    origin: dict[str, Any]
    block: int
    hash: bytes
    journal_sha256: str
    segments: tuple[Segment, ...]
    state: StoredFile

    @property
    def files(self) -> set[str]:
        """The names of all its files."""
        return {self.state.name, *(segment.file.name for segment in self.segments)}


class SnapshotFolder:
    """The snapshots of one journal."""

    def __init__(self, folder: Path, *, key: bytes | None) -> None:
        """Look in this folder; it need not exist.

        Args:
            folder: Where they are.
            key: 32 bytes that seal, known to who may make snapshots. None: no seal is looked at, and nothing written.
        """
        assert key is None or len(key) == KEY_BYTES, "a seal with less can be guessed"
        self.folder = folder
        self._key = key

    def newest_first(self, origin: dict[str, Any]) -> Iterator[Snapshot]:
        """Yield the snapshots of the chain with this origin whose lists can be read."""
        for number in sorted(self._numbers(), reverse=True):
            try:
                snapshot = self._read(number)
                if snapshot.origin != origin:
                    raise SnapshotUnfit("it is of another chain or another anvil")
            except SnapshotUnfit as unfit:
                pass_over(number, unfit)
            else:
                yield snapshot

    def check_files(self, snapshot: Snapshot) -> None:
        """Look whether all files are as they were written.

        Raises:
            SnapshotUnfit: One is not.
        """
        for file in (*(segment.file for segment in snapshot.segments), snapshot.state):
            self._content(file)

    def load(self, snapshot: Snapshot, anvil: Anvil, *, segments: Sequence[Segment]) -> None:
        """Put segments and the state into a new anvil, and look whether it has that block then.

        Raises:
            SnapshotUnfit: A file is damaged or missing, or anvil makes something else of it, or nothing.
        """
        try:
            for segment in segments:
                anvil.rpc.request("anvil_loadState", f"0x{self._content(segment.file).hex()}")
            anvil.rpc.request("anvil_loadState", f"0x{self._content(snapshot.state).hex()}")
            head = anvil.rpc.request("eth_getBlockByNumber", "latest", False)
            number = int(head["number"], 16)
        except (NodeUnreachable, RpcError) as error:
            raise SnapshotUnfit(f"anvil does not take it: {error}") from error
        except (TypeError, ValueError, LookupError) as error:
            raise SnapshotUnfit(f"anvil tells nothing of it: {error!r}") from error
        if (number, head["hash"]) != (snapshot.block, f"0x{snapshot.hash.hex()}"):
            raise SnapshotUnfit(f"it leads to block {number} with hash {head['hash']}")

    def state_in(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return the accounts that a snapshot has, by address, as anvil writes them.

        Raises:
            SnapshotUnfit: The file is not as it was written.
        """
        accounts: dict[str, Any] = json.loads(gzip.decompress(self._content(snapshot.state)))["accounts"]
        return accounts

    def write_file(self, name: str, content: dict[str, Any]) -> StoredFile:
        """Write a file of a snapshot; when this returns, it is on disk."""
        assert _FILE_NAME.fullmatch(name), "a name that `clear` knows"
        packed = gzip.compress(
            json.dumps(content, separators=(",", ":")).encode(), compresslevel=_COMPRESSION, mtime=0
        )
        write_whole(self.folder / name, packed, mode=0o600)
        return StoredFile(name=name, sha256=hashlib.sha256(packed).hexdigest())

    def write(self, snapshot: Snapshot) -> None:
        """Write the list of a snapshot whose files are there, and forget what is older than the one before it."""
        content = asdict(snapshot) | {"format": FORMAT, "hash": snapshot.hash.hex()}
        assert self._key is not None, "only who has the key writes"
        content["seal"] = _seal(self._key, content)
        write_whole(self.folder / _list_name(snapshot.block), json.dumps(content, indent=1), mode=0o600)
        self.clear(snapshot.block)

    def clear(self, newest: int) -> None:
        """Remove what neither the newest snapshot nor the one before it names: others, and what broke off."""
        kept: set[str] = set()
        count = 0
        for number in sorted((one for one in self._numbers() if one <= newest), reverse=True):
            try:
                kept |= self._read(number).files | {_list_name(number)}
                count += 1
            except SnapshotUnfit:
                continue
            if count == KEPT:
                break
        for file in self.folder.iterdir():
            is_ours = _LIST_NAME.match(file.name) or _FILE_NAME.match(file.name)
            if is_ours and file.name not in kept:
                file.unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        try:
            found = [_LIST_NAME.fullmatch(file.name) for file in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            log.warning("snapshots_unreadable", because=str(error))
            return []
        return [int(match[1]) for match in found if match]

    def _path(self, number: int) -> Path:
        return self.folder / _list_name(number)

    def _read(self, number: int) -> Snapshot:
        try:
            content = json.loads(self._path(number).read_text("utf-8"))
            seal = content.pop("seal")
            if self._key is not None and not hmac.compare_digest(seal, _seal(self._key, content)):
                raise SnapshotUnfit("its list was changed or damaged, or sealed with another key")
            if content.pop("format") != FORMAT:
                raise SnapshotUnfit("it has another format than this version of Kindpakket writes")
            segments = tuple(
                Segment(**segment | {"file": StoredFile(**segment["file"])})
                for segment in content.pop("segments")
            )
            snapshot = Snapshot(
                **content
                | {
                    "hash": bytes.fromhex(content["hash"]),
                    "segments": segments,
                    "state": StoredFile(**content["state"]),
                }
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SnapshotUnfit(f"its list cannot be read: {error!r}") from error
        starts = [1, *(segment.last + 1 for segment in snapshot.segments)]
        if [
            *(segment.first for segment in snapshot.segments),
            number + 1,
        ] != starts or snapshot.block != number:
            raise SnapshotUnfit("its list does not name all blocks")
        if not all(map(_FILE_NAME.fullmatch, snapshot.files)):
            raise SnapshotUnfit("its list names what cannot be part of it")
        return snapshot

    def _content(self, file: StoredFile) -> bytes:
        try:
            content = (self.folder / file.name).read_bytes()
        except OSError as error:
            raise SnapshotUnfit(f"{file.name} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise SnapshotUnfit(f"{file.name} was changed or damaged")
        return content


def check_journal(
    snapshot: Snapshot, journaled: Iterable[JournaledBlock]
) -> tuple[list[JournaledBlock], Fingerprint]:
    """Return the journal's blocks up to the snapshot's, without their transactions, and their fingerprint.

    Raises:
        SnapshotUnfit: They are not the ones that it was made of.
    """
    fingerprint = Fingerprint()
    found = []
    for block in takewhile(lambda block: block.number <= snapshot.block, journaled):
        fingerprint.add(block)
        found.append(JournaledBlock(number=block.number, at=block.at, transactions=(), hash=block.hash))
    if len(found) < snapshot.block:
        raise SnapshotUnfit(f"the journal ends at block {len(found)}")
    if fingerprint.hexdigest() != snapshot.journal_sha256 or found[-1].hash != snapshot.hash:
        raise SnapshotUnfit("it was made of another journal than this one is now")
    return found, fingerprint


def pass_over(number: int, unfit: SnapshotUnfit) -> None:
    """Say that a snapshot is not used, and why."""
    log.warning("snapshot_passed_over", block=number, because=str(unfit))


def _list_name(number: int) -> str:
    return f"snapshot-{number:09}.json"


def _seal(key: bytes, content: dict[str, Any]) -> str:
    return hmac.digest(key, json.dumps(content, sort_keys=True).encode(), "sha256").hex()
