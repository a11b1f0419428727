# SPDX-License-Identifier: EUPL-1.2
"""What a crash or a silent chain left unfinished: finished at the start, and again and again while the server runs."""

from __future__ import annotations

import threading

import structlog

from . import payout_runs, programmes, shops, tills, vouchers
from .errors import Failure
from .services import Services

log = structlog.get_logger(__name__)

LEAST_WAIT_SECONDS = 5.0
MOST_WAIT_SECONDS = 300.0


def finish(services: Services) -> bool:
    """Finish what can be finished now; return whether nothing is left. Safe to call at any time."""
    finished = True
    for finish_some in (
        programmes.attach_announced,
        shops.resume_imports,
        vouchers.resume_imports,
        tills.resume_removals,
        payout_runs.resume,
    ):
        try:
            finished = finish_some(services) and finished
        except Failure as failure:
            log.warning("import_waits", because=failure.reason())
            finished = False
    return finished


class Finisher:
    """Finishes in a thread of its own. What cannot be finished is tried again after ever longer waits."""

    def __init__(self, services: Services) -> None:
        """Finish what these services left; nothing happens before `start`."""
        self._services = services
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._finish_on, name="finisher", daemon=True)

    def start(self) -> None:
        """Begin, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the thread; idempotent."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _finish_on(self) -> None:
        wait_seconds = LEAST_WAIT_SECONDS
        while not self._closing.wait(wait_seconds):
            try:
                finished = finish(self._services)
            except Exception:
                # A full disk, say: the next round may find room again.
                log.exception("finishing_failed")
                finished = False
            wait_seconds = LEAST_WAIT_SECONDS if finished else min(2 * wait_seconds, MOST_WAIT_SECONDS)
