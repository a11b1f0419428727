# SPDX-License-Identifier: EUPL-1.2
"""Small files that are there whole or not at all, through a loss of power too; and folders for one process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from kindpakket.errors import ChainUnreachable

HALF = ".new"
"""How the name of a file ends that is being written."""


def write_whole(file: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a file beside its place, put it on disk, and move it there. What cannot be written leaves nothing."""
    beside = file.with_name(f"{file.name}{HALF}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    replace_file(beside, file)


def replace_file(file: Path, place: Path) -> None:
    """Move a file to its place in the same folder, over what is there, and put that on disk."""
    file.replace(place)
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Put on disk which files a folder has."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_folder(folder: Path) -> IO[str]:
    """Take the folder for this process, until the file is closed or the process ends.

    Raises:
        ChainUnreachable: Another has it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock_file = (folder / "lock").open("w")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock_file.close()
        raise ChainUnreachable(f"another process has the journal in {folder} open") from error
    return lock_file
