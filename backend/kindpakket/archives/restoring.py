# SPDX-License-Identifier: EUPL-1.2
"""Restoring an archive, which somebody else may have made, into a new folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO

from kindpakket.chain.files import sync_folder

from .format import (
    CHUNK_BYTES,
    DERIVED,
    FORMAT,
    MANIFEST,
    NAME,
    ArchivedFile,
    ArchiveRefused,
    Manifest,
    check_database,
    folder_beside,
)

MOST_FILES = 1_000
MOST_MANIFEST_BYTES = 1024 * 1024
FREE_BYTES = 256 * 1024 * 1024
"""How much of a disk is left free."""


def restore(file: Path, data_dir: Path) -> Manifest:
    """Put the installation of an archive into a new folder; it is there whole or not at all.

    Raises:
        ArchiveRefused: The folder is not new, or the archive is damaged, or of another version, or holds what an
            archive cannot hold.
    """
    if data_dir.is_symlink() or (data_dir.exists() and not _is_empty_folder(data_dir)):
        raise ArchiveRefused(f"{data_dir} is not empty; name a folder that is new.")
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with folder_beside(data_dir) as staging:
        folder = staging / "data"
        folder.mkdir(mode=0o700)
        try:
            with tarfile.open(file, "r|gz") as archive:
                manifest = _unpack(archive, folder)
        except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
            raise ArchiveRefused(f"{file} cannot be read to its end: {error}") from error
        for name in (one.name for one in manifest.files if one.name.endswith(".db")):
            check_database(folder / name)
        for made in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            sync_folder(made)
        folder.replace(data_dir)
        sync_folder(data_dir.parent)
    return manifest


def _unpack(archive: tarfile.TarFile, folder: Path) -> Manifest:
    manifest = _read_manifest(archive)
    if shutil.disk_usage(folder).free < FREE_BYTES + sum(one.bytes for one in manifest.files):
        raise ArchiveRefused("The disk has too little room for what is in the archive.")
    expected = {one.name: one for one in manifest.files}
    while (entry := archive.next()) is not None:
        one = expected.pop(entry.name, None)
        if one is None or not entry.isreg() or entry.size != one.bytes:
            raise ArchiveRefused(f"The archive holds {entry.name!r}, which is not what its list says.")
        source = archive.extractfile(entry)
        assert source is not None, "a regular file can be read"
        _write_checked(folder / one.name, source, one)
    if expected:
        raise ArchiveRefused(f"The archive lacks {min(expected)}.")
    return manifest


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    entry = archive.next()
    if entry is None or entry.name != MANIFEST or not entry.isreg() or entry.size > MOST_MANIFEST_BYTES:
        raise ArchiveRefused("The file is not a backup of Kindpakket.")
    stream = archive.extractfile(entry)
    assert stream is not None, "a regular file can be read"
    try:
        content = json.loads(stream.read())
        if content.pop("format") != FORMAT:
            raise ArchiveRefused("Another version of Kindpakket made the backup; restore it with that one.")
        manifest = Manifest(**content | {"files": tuple(ArchivedFile(**one) for one in content.pop("files"))})
        names = [one.name for one in manifest.files]
        sound = all(type(one.bytes) is int and one.bytes >= 0 for one in manifest.files)
        sound = sound and all(NAME.fullmatch(name) and not DERIVED.fullmatch(name) for name in names)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ArchiveRefused(f"The list of the backup cannot be read: {error!r}.") from error
    if not sound or len(names) > MOST_FILES or len(set(names)) != len(names):
        raise ArchiveRefused("The list of the backup names what cannot be in one.")
    return manifest


def _write_checked(file: Path, source: IO[bytes], expected: ArchivedFile) -> None:
    checksum = hashlib.sha256()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("xb") as target:
        os.fchmod(target.fileno(), 0o600)
        while chunk := source.read(CHUNK_BYTES):
            checksum.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if checksum.hexdigest() != expected.sha256:
        raise ArchiveRefused(f"{expected.name} was changed or damaged in the archive.")


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
