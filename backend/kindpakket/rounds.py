# SPDX-License-Identifier: EUPL-1.2
"""What is done again and again while the server runs, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from .errors import Failure

log = structlog.get_logger(__name__)


class Rounds:
    """Does something every so often. What fails, or is not finished, is done again after ever longer waits."""

    def __init__(
        self, name: str, act: Callable[[], object], *, every_seconds: float, most_seconds: float | None = None
    ) -> None:
        """Nothing happens before `start`.

        Args:
            name: Of the thread, and in the log.
            act: One round. False says that it is not finished; anything else, that it is.
            every_seconds: How long to wait before each round.
            most_seconds: How long at the most after rounds that failed; as long as ever unless given.
        """
        self._name = name
        self._act = act
        self._every_seconds = every_seconds
        self._most_seconds = every_seconds if most_seconds is None else most_seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._go_round, name=name, daemon=True)

    def start(self) -> None:
        """Begin, until `stop`."""
        self._thread.start()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called: a long round may end early."""
        return self._closing.is_set()

    def stop(self) -> None:
        """Stop and wait for the round under way; idempotent."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _go_round(self) -> None:
        wait_seconds = self._every_seconds
        while not self._closing.wait(wait_seconds):
            is_longer = not self._is_finished()
            wait_seconds = min(2 * wait_seconds, self._most_seconds) if is_longer else self._every_seconds

    def _is_finished(self) -> bool:
        try:
            return self._act() is not False
        except Failure as failure:
            log.warning("round_waits", name=self._name, because=failure.reason())
        except Exception:
            # A full disk, say: the next round may find room again.
            log.exception("round_failed", name=self._name)
        return False
