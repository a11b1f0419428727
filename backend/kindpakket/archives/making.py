# SPDX-License-Identifier: EUPL-1.2
"""Making an archive, beside a server that runs or of one that does not."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import sqlite3
import tarfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from kindpakket.chain.deploy import read_deployment
from kindpakket.chain.files import sync_folder
from kindpakket.errors import ChainMismatch
from kindpakket.settings import Settings

from .format import (
    ADMIN_KEY,
    CHUNK_BYTES,
    DERIVED,
    FORMAT,
    JOURNAL,
    MANIFEST,
    NAME,
    NEXT_PASSPHRASE,
    PASSPHRASE,
    REGISTRY,
    ArchivedFile,
    ArchiveRefused,
    Manifest,
    check_database,
    folder_beside,
)

_ROUNDS = 3
_COMPRESSION = 4
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)


def make(
    settings: Settings,
    file: Path,
    *,
    now: int,
    with_passphrase: bool = False,
    with_admin: bool = False,
    without_registry: bool = False,
) -> Manifest:
    """Write an archive of the installation in the data folder, whether it runs or not.

    Args:
        settings: Where the installation is.
        file: The archive; there must be none of that name.
        now: Epoch seconds.
        with_passphrase: Also take the passphrase that is kept beside the keystore.
        with_admin: Also take the admin's key, if it is there.
        without_registry: The registry is in PostgreSQL, and was saved there before.

    Raises:
        ArchiveRefused: There is no whole installation there, or a file of that name.
    """
    if file.exists():
        raise ArchiveRefused(f"There is a file {file} already; name another.")
    if not (settings.data_dir / "deployment.json").is_file():
        raise ArchiveRefused(f"There is no installation in {settings.data_dir} that was ever started.")
    registry = _registry_file(settings, without_registry=without_registry)
    with folder_beside(file) as staging:
        copies = staging / "data"
        names = _copy(
            settings.data_dir, registry, copies, with_passphrase=with_passphrase, with_admin=with_admin
        )
        files = tuple(_describe(copies, name) for name in names)
        manifest = _describe_all(copies, files, now)
        with (staging / "archive").open("xb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            _pack(stream, copies, manifest)
        _publish(staging / "archive", file)
    return manifest


def _registry_file(settings: Settings, *, without_registry: bool) -> Path | None:
    """Return where the registry is; None when it is in PostgreSQL and was saved there."""
    address = urlsplit(settings.registry_address)
    if address.scheme.startswith("sqlite"):
        if without_registry:
            raise ArchiveRefused("The registry is a file here, and belongs into the archive.")
        return Path(address.path.removeprefix("/"))
    if not without_registry:
        raise ArchiveRefused(
            "The registry is in PostgreSQL. Save it there first, with pg_dump; then ask for the rest with"
            " --without-registry. In this order the registry never runs ahead of the chain."
        )
    return None


def _copy(
    data_dir: Path, registry: Path | None, staging: Path, *, with_passphrase: bool, with_admin: bool
) -> list[str]:
    """Copy all that is not derived; return the names."""
    for _ in range(_ROUNDS):
        plain, databases = _look_around(data_dir, with_passphrase=with_passphrase, with_admin=with_admin)
        contents = {name: (data_dir / name).read_bytes() for name in plain}
        sources = {name: data_dir / name for name in databases if name != REGISTRY}
        if registry is not None:
            sources = {REGISTRY: registry} | sources
        # The journal last, or the outbox of another's node.
        _copy_databases(
            dict(sorted(sources.items(), key=lambda item: (item[0] != REGISTRY, item[0] == JOURNAL))), staging
        )
        again, _ = _look_around(data_dir, with_passphrase=with_passphrase, with_admin=with_admin)
        if again == plain and all(
            (data_dir / name).read_bytes() == content for name, content in contents.items()
        ):
            for name, content in contents.items():
                _write(staging / name, content)
            return [*plain, *sources]
    raise ArchiveRefused("Keys or other files were changed again and again meanwhile; make the backup later.")


def _look_around(data_dir: Path, *, with_passphrase: bool, with_admin: bool) -> tuple[list[str], list[str]]:
    """Return the names of what belongs into an archive: plain files, and databases."""
    found = []
    for path in sorted(data_dir.rglob("*")):
        name = path.relative_to(data_dir).as_posix()
        if path.is_symlink():
            raise ArchiveRefused(f"{path} points elsewhere; what it points at belongs into the folder.")
        if not path.is_file() or DERIVED.fullmatch(name) or (name == PASSPHRASE and not with_passphrase):
            continue
        if name == NEXT_PASSPHRASE:
            raise ArchiveRefused(
                "A change of the passphrase broke off. Finish it first: `kindpakket rotate-passphrase`."
            )
        if ADMIN_KEY.fullmatch(name) and not with_admin:
            continue
        if not NAME.fullmatch(name):
            raise ArchiveRefused(f"{path} is no file of ours; put it elsewhere.")
        found.append(name)
    return (
        [name for name in found if not name.endswith(".db")],
        [name for name in found if name.endswith(".db")],
    )


def _copy_databases(sources: dict[str, Path], staging: Path) -> None:
    """See all databases in this order, each as of one moment, then copy what was seen. Their writers do not wait."""
    with contextlib.ExitStack() as opened:
        try:
            seen = {}
            for name, source in sources.items():
                connection = sqlite3.connect(
                    f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
                )
                opened.callback(connection.close)
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                seen[name] = connection
            for name, connection in seen.items():
                copy = staging / name
                copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                copy.unlink(missing_ok=True)
                with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as target:
                    connection.backup(target)
                    target.execute("PRAGMA journal_mode = DELETE")
                check_database(copy)
        except sqlite3.Error as error:
            raise ArchiveRefused(f"A database cannot be copied: {error}.") from error


def _describe(folder: Path, name: str) -> ArchivedFile:
    checksum = hashlib.sha256()
    with (folder / name).open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            checksum.update(chunk)
        return ArchivedFile(name=name, bytes=stream.tell(), sha256=checksum.hexdigest())


def _describe_all(folder: Path, files: tuple[ArchivedFile, ...], now: int) -> Manifest:
    try:
        deployment = read_deployment(folder / "deployment.json")
    except ChainMismatch as error:
        raise ArchiveRefused(f"{error}.") from error
    names = {one.name for one in files}
    block = 0
    if JOURNAL in names:
        with contextlib.closing(sqlite3.connect(folder / JOURNAL)) as journal:
            (block,) = journal.execute("SELECT coalesce(max(number), 0) FROM block").fetchone()
    return Manifest(
        made_by=f"kindpakket {version('kindpakket')}",
        made_at=now,
        chain_id=deployment.chain_id,
        contract=deployment.address,
        block=block,
        has_registry=REGISTRY in names,
        has_passphrase=PASSPHRASE in names,
        files=files,
    )


def _pack(stream: IO[bytes], folder: Path, manifest: Manifest) -> None:
    with tarfile.open(
        fileobj=stream, mode="w:gz", compresslevel=_COMPRESSION, format=tarfile.PAX_FORMAT
    ) as archive:
        content = json.dumps({"format": FORMAT} | asdict(manifest), indent=1).encode()
        archive.addfile(_entry(MANIFEST, len(content), manifest.made_at), io.BytesIO(content))
        for one in manifest.files:
            with (folder / one.name).open("rb") as source:
                archive.addfile(_entry(one.name, one.bytes, manifest.made_at), source)


def _entry(name: str, size: int, at: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, at, 0o600
    return entry


def _publish(made: Path, file: Path) -> None:
    """Put the archive on disk, and give it its name if nobody else took that meanwhile."""
    with made.open("rb") as stream:
        os.fsync(stream.fileno())
    try:
        _give_name(made, file)
    except FileExistsError:
        raise ArchiveRefused(f"There is a file {file} already; name another.") from None
    except OSError as error:
        raise ArchiveRefused(f"{file} cannot be made: {error.strerror}.") from error
    sync_folder(file.absolute().parent)


def _give_name(made: Path, file: Path) -> None:
    try:
        file.hardlink_to(made)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # A disk of such a kind: the name is taken first, by an empty file, and then by this one.
        file.open("xb").close()
        made.replace(file)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(0o600)
