# SPDX-License-Identifier: EUPL-1.2
"""When snapshots are made: once a start would have much to execute again, and never for long at a time.

What a block costs grows with the contract's state, so what counts is not how many blocks came since the last snapshot
but how long they took.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import structlog

from .children import start_child
from .files import HALF

log = structlog.get_logger(__name__)

AFTER_SECONDS = 2.0
"""How much work of anvil since the last snapshot calls for the next."""

_REST = 4.0
"""How many times as long as it took the copyist then rests at least."""
_REST_AFTER_FAULT_SECONDS = 600.0
_LONGEST_SECONDS = 3600.0
"""After so long the copyist hangs, whatever it waits for."""
_MESSAGE_BYTES = 2000


class Copying:
    """Starts the copyist when it is time. For one thread only, which must live as long as the chain."""

    def __init__(self, journal_file: Path, folder: Path, *, key: bytes, after_seconds: float) -> None:
        """Copy this journal into this folder whenever executing what is not copied yet took `after_seconds`.

        `key` is what snapshots are sealed with.
        """
        self._key = key
        self._folder = folder
        self._command = [
            *(sys.executable, "-m", "kindpakket.chain.copyist"),
            *(str(journal_file), str(folder)),
        ]
        self._after_seconds = after_seconds
        self._uncopied_seconds = 0.0
        self._seconds_at_start = 0.0
        self._started_at = 0.0
        self._rests_until = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_expected(self) -> bool:
        """Whether the copyist works, or will be started once it has rested."""
        return self._process is not None or self._uncopied_seconds >= self._after_seconds

    def add_work(self, seconds: float) -> None:
        """Count the time that anvil took for blocks that no snapshot has."""
        self._uncopied_seconds += seconds

    def begin_anew(self) -> None:
        """Forget what was counted: anvil begins at the newest snapshot again. A copyist at work gives way."""
        self.stop()
        self._uncopied_seconds = 0.0

    def look(self) -> None:
        """See whether the copyist is ready, or whether it is time to start it."""
        now = time.monotonic()
        if self._process is not None:
            if now > self._started_at + _LONGEST_SECONDS:
                self._process.kill()
            if self._process.poll() is not None:
                self._take_in(self._process, now)
        elif self._uncopied_seconds >= self._after_seconds and now >= self._rests_until:
            self._seconds_at_start, self._started_at = self._uncopied_seconds, now
            try:
                self._process = start_child(self._command, stdin=self._key, stderr=subprocess.STDOUT)
            except OSError as error:
                # Payments need no snapshot.
                self._rests_until = now + _REST_AFTER_FAULT_SECONDS
                log.error("snapshot_not_made", because=str(error))

    def stop(self) -> None:
        """End the copyist, and take away what it, or one before it, was writing; idempotent."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        with suppress(OSError):
            for half in self._folder.glob(f"*{HALF}"):
                half.unlink()

    def _take_in(self, process: subprocess.Popen[bytes], now: float) -> None:
        """Hear what the copyist says, and let it rest."""
        self._process = None
        output, _ = process.communicate()
        said = output.decode(errors="replace").strip()[-_MESSAGE_BYTES:]
        seconds = now - self._started_at
        if process.returncode == 0:
            self._uncopied_seconds -= self._seconds_at_start
            self._rests_until = now + _REST * seconds
            blocks = re.findall(r"^\d+$", said, re.MULTILINE)
            log.info("snapshot_made", block=int(blocks[-1]) if blocks else None, seconds=round(seconds, 1))
        else:
            self._rests_until = now + max(_REST_AFTER_FAULT_SECONDS, _REST * seconds)
            log.error("snapshot_not_made", code=process.returncode, because=said)
