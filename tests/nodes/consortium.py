# SPDX-License-Identifier: EUPL-1.2
"""A node of others: it mines a block now and then, whatever we do; and loses, on demand, what a node may lose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.chain.node import Node


class Consortium:
    """Mines until it is stopped. Its time stands still until it is moved."""

    def __init__(self, **settings: Any) -> None:
        self.node = Node(mines=False, **settings)
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._mine, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.node.url

    def lose_pool(self) -> None:
        """Kill the node, and start it again with all its blocks and none of what waited."""
        with self._turn:
            self.node.restart(self.node.state())

    @contextmanager
    def standing_still(self) -> Iterator[Node]:
        """Mine nothing meanwhile but what is asked for."""
        with self._turn:
            yield self.node

    def stop(self) -> None:
        self._closing.set()
        self._thread.join()
        self.node.stop()

    def _mine(self) -> None:
        while not self._closing.wait(0.05):
            with self._turn:
                self.node.mine()
