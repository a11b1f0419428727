# SPDX-License-Identifier: EUPL-1.2
"""Newest: keeps what takes long to make, for as long as what it was made from is the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Value = TypeVar("Value")


class Newest:
    """One value for each name. Any thread may ask; who asks while it is made waits for it."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}

    def of(self, name: Hashable, made_from: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a name; make it when what it is made from is not what it was made from before."""
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept[0] != made_from:
                kept = self._kept[name] = (made_from, make())
            value: Value = kept[1]
            return value
