# SPDX-License-Identifier: EUPL-1.2
"""Calls that callers wait for: given their numbers in the order in which they came, and answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from kindpakket.errors import Failure, InternalError

from .anvil import BLOCK_GAS
from .client import Receipt, Submission
from .journal import NonceGap
from .transactions import SignedTransaction, least_gas


@dataclass(frozen=True, slots=True)
class Request:
    """Calls that one caller waits for: to be signed, or signed already."""

    calls: Sequence[Submission] | Sequence[SignedTransaction]
    receipts: Future[list[Receipt]] = field(default_factory=Future)
    asked_at: float = field(default_factory=time.monotonic)


class Undecided:
    """The requests that may still be executed, whoever waits for them. Any thread may ask."""

    def __init__(self) -> None:
        """None yet."""
        self._requests: dict[int, Request] = {}
        self._lock = threading.Lock()

    def add(self, requests: Iterable[Request]) -> None:
        """Note that these may be executed from now on, until they are answered, refused or given up in time."""
        for request in requests:
            with self._lock:
                self._requests[id(request)] = request
            request.receipts.add_done_callback(partial(self._forget, id(request)))

    def now(self) -> list[Request]:
        """Return those of this moment."""
        with self._lock:
            return [request for request in self._requests.values() if not request.receipts.done()]

    def _forget(self, own: int, _receipts: Future[list[Receipt]]) -> None:
        with self._lock:
            del self._requests[own]


def has_call(requests: Iterable[Request], *, sender: str, to: str, input: bytes) -> bool:  # noqa: A002
    """Return whether this very call is in one of these requests; what was signed ahead is nobody's retry."""
    return any(
        isinstance(one, Submission) and (one.sender, one.to, one.input) == (sender, to, input)
        for request in requests
        for one in request.calls
    )


def require_sendable(submissions: Iterable[Submission], senders: Container[str]) -> None:
    """Refuse what no node would take.

    Raises:
        ValueError: A sender is none of ours, or the gas is too little or too much.
    """
    for submission in submissions:
        if submission.sender not in senders:
            raise ValueError(f"{submission.sender} is not one of the chain's signers")
        if not least_gas(submission) <= submission.gas <= BLOCK_GAS:
            raise ValueError(f"{submission.gas} gas is less than any node takes, or more than a block has")


SignedRequest = tuple[Request, list[SignedTransaction]]


def sign_in_order(
    requests: Sequence[Request],
    *,
    next_nonce: Callable[[str], int],
    sign: Callable[[Submission, int], SignedTransaction],
) -> list[SignedRequest]:
    """Give every call its number. A request with a gap in its numbers is refused; the others go on."""
    signed: list[SignedRequest] = []
    nonces: dict[str, int] = {}
    for request in requests:
        ahead = dict(nonces)
        own: list[SignedTransaction] = []
        for call in request.calls:
            nonce = ahead.get(call.sender, next_nonce(call.sender))
            ahead[call.sender] = nonce + 1
            own.append(sign(call, nonce) if isinstance(call, Submission) else call)
            if own[-1].nonce != nonce:
                gap = NonceGap(f"{call.sender} sent number {own[-1].nonce}, its next is {nonce}")
                request.receipts.set_exception(gap)
                break
        else:
            nonces = ahead
            signed.append((request, own))
    return signed


def answer(signed: Sequence[SignedRequest], receipts: Mapping[bytes, Receipt]) -> None:
    """Give every caller its receipts, by the hashes of what it asked for."""
    for request, own in signed:
        if all(transaction.hash in receipts for transaction in own):
            request.receipts.set_result([receipts[transaction.hash] for transaction in own])
        else:
            request.receipts.set_exception(InternalError("the node did not take a transaction"))


def refuse(requests: Sequence[Request], failure: Failure) -> None:
    """Tell every caller that still waits why nothing was done."""
    for request in requests:
        if request.receipts.set_running_or_notify_cancel():
            request.receipts.set_exception(failure)
