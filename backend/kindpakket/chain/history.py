# SPDX-License-Identifier: EUPL-1.2
"""What the engine remembers of its blocks: every hash and time, and the events of the newest ones."""

from __future__ import annotations

import threading
from array import array
from collections import deque
from collections.abc import Sequence

from .client import Head, Log

_HASH_BYTES = 32


class History:
    """The blocks so far, from the first (number 0) on. Written by one thread, read by many."""

    def __init__(self, *, blocks_with_logs: int = 512) -> None:
        """Start empty; keep the events of the newest `blocks_with_logs` blocks."""
        self._lock = threading.Lock()
        self._hashes = bytearray()
        self._times = array("q")
        self._logs: deque[Sequence[Log]] = deque(maxlen=blocks_with_logs)

    def __len__(self) -> int:
        """How many blocks there are, the first one included."""
        return len(self._times)

    def append(self, block_hash: bytes, *, at: int, logs: Sequence[Log] | None) -> None:
        """Add the next block. `logs` is None when its events are not at hand; they can be asked of the node."""
        with self._lock:
            self._hashes += block_hash
            self._times.append(at)
            if logs is None:
                self._logs.clear()
            else:
                self._logs.append(logs)

    def head(self) -> Head:
        """Return the newest block."""
        with self._lock:
            number = len(self._times) - 1
            return Head(number=number, hash=bytes(self._hashes[-_HASH_BYTES:]), at=self._times[number])

    def block_hash(self, number: int) -> bytes:
        """Return a block's hash.

        Raises:
            LookupError: There is no such block.
        """
        with self._lock:
            if not 0 <= number < len(self._times):
                raise LookupError(f"there is no block {number}")
            return bytes(self._hashes[number * _HASH_BYTES : (number + 1) * _HASH_BYTES])

    def block_at(self, number: int) -> int:
        """Return a block's time, epoch seconds."""
        return self._times[number]

    def recent_logs(self, address: str, first_block: int, last_block: int) -> list[Log] | None:
        """Return a contract's events in these blocks, in order; None when they are too long ago to be remembered."""
        with self._lock:
            oldest = len(self._times) - len(self._logs)
            if first_block < oldest:
                return None
            wanted = [self._logs[number - oldest] for number in range(first_block, last_block + 1)]
        return [log for logs in wanted for log in logs if log.address == address]
