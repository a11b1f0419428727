# SPDX-License-Identifier: EUPL-1.2
"""The demo's clock: the time, or while a year is played, the moment of that year. It never goes back."""

from __future__ import annotations

import threading
import time


class DemoClock:
    """Tells the time. Usable from many threads."""

    def __init__(self) -> None:
        """Tell the real time."""
        self._lock = threading.Lock()
        self._played_at: int | None = None

    def __call__(self) -> int:
        """Return the time, epoch seconds."""
        with self._lock:
            return int(time.time()) if self._played_at is None else self._played_at

    def play(self, at: int) -> None:
        """Be at this moment of the past, or stay at a later one; until the next moment, or `stop`."""
        with self._lock:
            self._played_at = at if self._played_at is None else max(at, self._played_at)

    def stop(self) -> None:
        """Tell the real time again."""
        with self._lock:
            self._played_at = None
