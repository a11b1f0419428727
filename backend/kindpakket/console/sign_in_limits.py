# SPDX-License-Identifier: EUPL-1.2
"""How often somebody who is not signed in may try to: a whole town hall can have one address.

What fails is counted, and not who comes in. A question that writes a row or leads to the provider is counted too. Each
way is counted apart, so that nothing that is done with one closes another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from kindpakket.errors import (
    PasskeyInvalid,
    ProviderUnreachable,
    RateTooHigh,
    SignInCodeInvalid,
    WorkAccountInvalid,
)
from kindpakket.metrics import WRONG_GUESSES
from kindpakket.networks import network_of
from kindpakket.tries import Tries

FAILURES_ALLOWED = parse("60/minute")
"""Tries that opened nothing, of one way, from one address."""

_QUESTIONS_ALLOWED = parse("60/minute")

_GUESSES = (PasskeyInvalid, SignInCodeInvalid)

#: A provider that does not answer was asked all the same.
_FAILURES = (*_GUESSES, ProviderUnreachable, WorkAccountInvalid)


class Way(StrEnum):
    """With what somebody signs in."""

    LINK = "link"
    PASSKEY = "passkey"
    WORK_ACCOUNT = "work_account"


class SignInLimit:
    """Counts failures and questions by way and network address, in this process; a try that is being made failed."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._tries = Tries()

    def ask(self, way: Way, address: str) -> None:
        """Let a question be asked, which is counted whatever becomes of it.

        Raises:
            RateTooHigh: That was one too many in this minute.
        """
        if not self._limiter.hit(_QUESTIONS_ALLOWED, "question", way, network_of(address)):
            raise RateTooHigh(retry_after_seconds=60)

    @contextmanager
    def watch(self, way: Way, address: str) -> Iterator[None]:
        """Let somebody try; count it when they fail, and in the metrics when a code or a passkey opens nothing.

        Raises:
            RateTooHigh: This address failed too often in this minute.
        """
        caller = (way, network_of(address))
        with self._tries.one_more(caller, refuse=lambda: self._refuse_too_many(caller)):
            try:
                yield
            except _FAILURES as failure:
                self._limiter.hit(FAILURES_ALLOWED, "failure", *caller)
                if isinstance(failure, _GUESSES):
                    WRONG_GUESSES.labels(failure.reason()).inc()
                raise

    def _refuse_too_many(self, caller: tuple[Way, str]) -> None:
        left = self._limiter.get_window_stats(FAILURES_ALLOWED, "failure", *caller).remaining
        if left <= self._tries.of(caller):
            raise RateTooHigh(retry_after_seconds=60)


def sign_in_limit(request: Request) -> SignInLimit:
    """Return the app's counter of who tries to sign in."""
    limit: SignInLimit = request.app.state.sign_in_limit
    return limit


SignIns = Annotated[SignInLimit, Depends(sign_in_limit)]
