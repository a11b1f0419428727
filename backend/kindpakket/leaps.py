# SPDX-License-Identifier: EUPL-1.2
"""Leaps of the clock: for a while after the clock leapt ahead, nothing is done that nobody asked for.

A block that is executed in a wrong hour moves the chain's time for good, and a check number of a wrong day stays. A
clock that is set wrong for half a minute should do neither. Whoever pays or works meanwhile is not held up: what they
ask for is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

MOST_SECONDS_AHEAD = 300
"""How far the clock may get ahead of the time that went by; a time server's corrections are far less."""
HELD_SECONDS = 600
"""How long nothing is done after a leap; a clock that still says the same then is taken for right."""


def seconds_since_boot() -> float:
    """Return the time that went by, which nobody sets; where the kernel tells it, a sleep of the machine included."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class LeapGuard:
    """Compares a clock that can be set with one that cannot, each time that it is asked. Usable from many threads."""

    def __init__(
        self, clock: Callable[[], float], *, passing: Callable[[], float] = seconds_since_boot
    ) -> None:
        """Take the clock for right as it is now.

        Args:
            clock: The time, epoch seconds, as people set it.
            passing: Seconds of a clock that nobody sets.
        """
        self._clock = clock
        self._passing = passing
        self._lock = threading.Lock()
        self._offset = clock() - passing()
        self._held_until: float | None = None

    def holds(self) -> bool:
        """Return whether the clock leapt ahead a moment ago."""
        with self._lock:
            passed = self._passing()
            offset = self._clock() - passed
            ahead, self._offset = offset - self._offset, offset
            if ahead > MOST_SECONDS_AHEAD:
                self._held_until = passed + HELD_SECONDS
                log.error("clock_leapt_ahead", seconds=round(ahead), held_seconds=HELD_SECONDS)
            if self._held_until is not None and passed >= self._held_until:
                self._held_until = None
            return self._held_until is not None
