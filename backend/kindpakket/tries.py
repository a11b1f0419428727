# SPDX-License-Identifier: EUPL-1.2
"""Tries: who is trying right now. Who limits failures counts these as failed, so that a burst is no more than a row."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Caller = tuple[str, str]
"""A kind of try, and the network address that it comes from."""


class Tries:
    """The tries that are being made, by kind and network address, in this process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._count: Counter[Caller] = Counter()

    @contextmanager
    def one_more(self, caller: Caller, *, refuse: Callable[[], None]) -> Iterator[None]:
        """Let a try be made, unless `refuse` raises; nobody else's begins while that looks."""
        with self._lock:
            refuse()
            self._count[caller] += 1
        try:
            yield
        finally:
            with self._lock:
                self._count[caller] -= 1
                if self._count[caller] == 0:
                    del self._count[caller]

    @property
    def callers(self) -> int:
        """How many callers are trying: of nobody else is anything kept."""
        return len(self._count)

    def of(self, caller: Caller) -> int:
        """Return how many a caller makes. For who refuses."""
        return self._count[caller]

    def of_kind(self, kind: str) -> int:
        """Return how many all callers make of a kind. For who refuses."""
        return sum(count for (of, _), count in self._count.items() if of == kind)
