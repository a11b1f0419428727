# SPDX-License-Identifier: EUPL-1.2
"""Requests to a node that is not ours: calls that a caller waits for, and which calls are under way and not decided."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from kindpakket.errors import ChainUnreachable

from .client import Receipt, Submission
from .courier import Delivery
from .transactions import SignedTransaction, read_call

Called = tuple[str, str | None, bytes]
"""By which account, to which contract, with which input."""


@dataclass(slots=True, eq=False)
class Request:
    """Calls of one sender that one caller waits for. `transactions` once they are signed."""

    calls: Sequence[Submission]
    transactions: list[SignedTransaction] = field(default_factory=list)
    receipts: dict[bytes, Receipt] = field(default_factory=dict)
    done: Future[list[Receipt]] = field(default_factory=Future)

    @property
    def sender(self) -> str:
        """The account that sends all of them."""
        return self.calls[0].sender

    def take(self, delivery: Delivery) -> None:
        """Take a delivery into account; tell the caller when it is the last one."""
        if self.done.done():
            return
        if delivery.receipt is None:
            self.done.set_exception(ChainUnreachable(f"a call was not executed: {delivery.said}"))
            return
        self.receipts[delivery.transaction.hash] = delivery.receipt
        if len(self.receipts) == len(self.transactions):
            self.done.set_result([self.receipts[one.hash] for one in self.transactions])


class UnderWay:
    """The calls that may still be executed, whoever waits for them. Any thread may ask."""

    def __init__(self) -> None:
        """None yet."""
        self._counts: Counter[Called] = Counter()
        self._lock = threading.Lock()

    def has(self, *, sender: str, to: str, input: bytes) -> bool:  # noqa: A002
        """Return whether this very call is under way."""
        return self._counts[sender, to, input] > 0

    def add(self, calls: Iterable[Submission]) -> None:
        """Note that these may be executed from now on."""
        with self._lock:
            self._counts.update((one.sender, one.to, one.input) for one in calls)

    def resume(self, transactions: Iterable[SignedTransaction]) -> None:
        """Note that these were sent before we started."""
        with self._lock:
            self._counts.update((one.sender, *read_call(one)) for one in transactions)

    def remove(self, calls: Iterable[Submission]) -> None:
        """Note that these never happen."""
        with self._lock:
            for one in calls:
                self._forget((one.sender, one.to, one.input))

    def end(self, transaction: SignedTransaction) -> None:
        """Note that this one is decided."""
        with self._lock:
            self._forget((transaction.sender, *read_call(transaction)))

    def _forget(self, called: Called) -> None:
        self._counts[called] -= 1
        # What was put in another's place was never noted.
        if self._counts[called] <= 0:
            del self._counts[called]
