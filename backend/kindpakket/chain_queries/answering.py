# SPDX-License-Identifier: EUPL-1.2
"""Answering auditors' questions to the chain: how much at once, how often, and what is written down of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from kindpakket.chain.rpc import Call, RpcError
from kindpakket.errors import RateTooHigh
from kindpakket.services import Services
from kindpakket.staff_log import Action, Author, acting
from kindpakket.units import day_of

from . import messages
from .messages import Fault, Question
from .methods import COSTS, SMALL

log = structlog.get_logger(__name__)

CALLS_A_MINUTE = 60_000
"""Of one reader: an audit of 100,000 payments is told in two minutes, and tills do not notice."""

AT_ONCE = 2
"""So many requests are answered at a time, of all readers together."""

WAITING = 4
"""So many more wait for that; who comes then is sent away, so that readers never take the threads that tills need."""

ANSWER_BYTES = 16 * 1024 * 1024
"""The longest answer to a request; what does not fit is told so, call by call."""

QUEUE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: a member of staff, or the holder of the audit key of this number. `name` tells them apart in logs."""

    name: str
    author: Author
    audit_key: int | None = None


class ChainQueries:
    """All questions of all readers."""

    def __init__(self, services: Services, *, calls_a_minute: int = CALLS_A_MINUTE) -> None:
        """Ask the chain of these services."""
        self._services = services
        self._limit = RateLimitItemPerMinute(calls_a_minute)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._queue = threading.BoundedSemaphore(AT_ONCE + WAITING)
        self._days: dict[str, date] = {}
        self._days_lock = threading.Lock()

    def answer(self, body: bytes, *, reader: Reader) -> bytes:
        """Return the answer to a request, in JSON-RPC. What is not answered is told in there, too.

        Raises:
            RateTooHigh: This reader asked too much in this minute, or others ask now.
            ChainUnreachable: The chain does not answer; safe to ask again.
            DatabaseUnreachable: The log of staff does not take down who asks; safe to ask again.
        """
        request = messages.read_request(body, contract=self._services.fund.address.lower())
        self._count(reader, sum(map(_cost_of, request.parts)))
        with self._place():
            self._note(reader)
            answers = self._answer_all(request.parts)
        refused = sum(isinstance(part, Fault) for part in request.parts)
        told = log.info if refused else log.debug
        told("chain_asked", reader=reader.name, calls=len(request.parts), refused=refused)
        return b"[%b]" % b",".join(answers) if request.is_batch else answers[0]

    def _answer_all(self, parts: Sequence[Question | Fault]) -> list[bytes]:
        results = self._ask([part.call for part in parts if isinstance(part, Question)])
        answers: list[bytes] = []
        size = 0
        for part in parts:
            if isinstance(part, Fault):
                answer = messages.write_error(part.id, part.code, part.message)
            elif size > ANSWER_BYTES:
                answer = _too_long(part)
            else:
                result = next(results)
                if isinstance(result, RpcError):
                    answer = messages.write_node_error(part.id, result)
                else:
                    answer = messages.write_result(part.id, result)
                size += len(answer)
                if size > ANSWER_BYTES:
                    answer = _too_long(part)
            answers.append(answer)
        return answers

    def _ask(self, calls: Sequence[Call]) -> Iterator[Any]:
        """Go through the node's answers, in order; it is asked no more than somebody wants to know."""
        group: list[Call] = []
        for call in calls:
            if call.method in SMALL:
                group.append(call)
                continue
            if group:
                yield from self._services.chain.ask_node(group)
                group = []
            yield from self._services.chain.ask_node([call])
        if group:
            yield from self._services.chain.ask_node(group)

    def _count(self, reader: Reader, calls: int) -> None:
        if not self._limiter.hit(self._limit, reader.name, cost=calls):
            until = self._limiter.get_window_stats(self._limit, reader.name).reset_time
            raise RateTooHigh(retry_after_seconds=max(1, round(until - time.time()) + 1))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            raise RateTooHigh(retry_after_seconds=1)
        try:
            if not self._places.acquire(timeout=QUEUE_SECONDS):
                raise RateTooHigh(retry_after_seconds=1)
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._queue.release()

    def _note(self, reader: Reader) -> None:
        """Write in the log of staff that somebody reads the chain: at their first question of a day.

        Raises:
            DatabaseUnreachable: It is not written down; they are not answered before it is.
        """
        today = day_of(self._services.now())
        with self._days_lock:
            if self._days.get(reader.name) == today:
                return
            with acting(self._services, reader.author, Action.CHAIN_READ) as deed:
                if reader.audit_key is not None:
                    deed.note(audit_key=reader.audit_key)
            self._days[reader.name] = today


def _cost_of(part: Question | Fault) -> int:
    return COSTS.get(part.call.method, 1) if isinstance(part, Question) else 1


def _too_long(question: Question) -> bytes:
    return messages.write_error(
        question.id, messages.TOO_MUCH, f"The answer has at most {ANSWER_BYTES} bytes: ask for less at once"
    )
