# SPDX-License-Identifier: EUPL-1.2
"""A disk that can be full: a small one of its own where this process may mount one, else a limit on files' size."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

DISK_MEGABYTES = 1536
"""Room enough for snapshots to be made, which leave 512 MB to the journal."""
PIECE_BYTES = 4096

Method = Literal["tmpfs", "limit"]


class Disk(Protocol):
    """Where the server's data is."""

    @property
    def told(self) -> str:
        """What kind of disk it is, in words."""

    def fill(self, pid: int) -> None:
        """Let there be no room any more for the server, which is this process."""

    def make_room(self, pid: int | None) -> None:
        """Let there be room again; for the server if it runs."""


class SmallDisk:
    """A disk in memory, with a file that fills it."""

    def __init__(self, folder: Path, *, megabytes: int) -> None:
        """The disk is mounted at this folder."""
        self.told = f"a disk of its own of {megabytes} MB (tmpfs), filled to the last byte"
        self._ballast = folder / "ballast"

    def fill(self, pid: int) -> None:
        """Write a file until no byte fits any more."""
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            place = os.statvfs(self._ballast)
            free = place.f_bavail * place.f_bsize
            with contextlib.suppress(OSError):
                os.posix_fallocate(descriptor, 0, max(1, free - 16 * PIECE_BYTES))
            os.lseek(descriptor, 0, os.SEEK_END)
            with contextlib.suppress(OSError):
                while os.write(descriptor, bytes(PIECE_BYTES)):
                    pass
        finally:
            os.close(descriptor)

    def make_room(self, pid: int | None) -> None:
        """Take the file away."""
        self._ballast.unlink(missing_ok=True)


class LimitedFiles:
    """No disk of its own: the kernel lets the server's files grow no more."""

    told = "no write of the server's lets a file grow (RLIMIT_FSIZE): this process may mount no disk"

    def fill(self, pid: int) -> None:
        """Refuse each write of the server that would let a file grow."""
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (PIECE_BYTES, resource.RLIM_INFINITY))

    def make_room(self, pid: int | None) -> None:
        """Let its files grow again."""
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def disk_at(folder: Path, *, method: Method | None, megabytes: int) -> Iterator[Disk]:
    """Make a disk at an empty folder, by this method or by the best that this machine allows.

    What is on a disk of its own is copied beside it in the end, so that it can be looked at.
    """
    folder.mkdir()
    if method == "limit" or not _mount(folder, megabytes):
        assert method != "tmpfs", "this process may mount no disk"
        yield LimitedFiles()
        return
    try:
        yield SmallDisk(folder, megabytes=megabytes)
    finally:
        (folder / "ballast").unlink(missing_ok=True)
        subprocess.run(["cp", "-a", f"{folder}/.", f"{folder}-kept"], check=False)  # noqa: S607
        subprocess.run(["umount", "--lazy", f"{folder}"], check=False)  # noqa: S607


def _mount(folder: Path, megabytes: int) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}M,mode=700", "tmpfs", f"{folder}"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
