# SPDX-License-Identifier: EUPL-1.2
"""How much strangers may send: so many forms and wrong codes from a network address, so many applications in all.

When many are sent, one a day is still taken in of each address: who fills an hour from some addresses keeps no shop out
that has another. What is remembered for that is bounded by what is taken in.

Of a reference code's 80 bits, 30 guesses a minute find nothing in the life of the sun.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from kindpakket.errors import ApplicationUnknown, RateTooHigh
from kindpakket.networks import network_of

_SENT_FROM_ONE_ADDRESS = parse("30/hour")
_KEPT_IN_ALL = parse("300/hour")
_KEPT_OF_ONE_AMONG_MANY = parse("1/day")
#: With 3 kB for the longest, an application: 72 MB a day.
_KEPT_AT_THE_MOST = parse("1000/hour")
_WRONG_CODES = parse("30/minute")


class ApplicationLimit:
    """Counts what comes in, in this process."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, address: str) -> None:
        """Count one more form from a network address, whatever stands in it.

        Raises:
            RateTooHigh: That was one too many from there.
        """
        if not self._limiter.hit(_SENT_FROM_ONE_ADDRESS, network_of(address)):
            raise RateTooHigh(retry_after_seconds=3600)

    @contextmanager
    def apply(self, address: str) -> Iterator[None]:
        """Let an application be made; of all addresses together, only those that are kept count.

        Raises:
            RateTooHigh: That was one too many from there; or many were kept in this hour, and one from there today; or
                no more are kept from anybody.
        """
        self.count(address)
        network = network_of(address)
        if not self._limiter.test(_KEPT_AT_THE_MOST):
            raise RateTooHigh(retry_after_seconds=3600)
        if not self._limiter.test(_KEPT_IN_ALL) and not self._limiter.test(_KEPT_OF_ONE_AMONG_MANY, network):
            raise RateTooHigh(retry_after_seconds=3600)
        yield
        self._limiter.hit(_KEPT_AT_THE_MOST)
        self._limiter.hit(_KEPT_IN_ALL)
        self._limiter.hit(_KEPT_OF_ONE_AMONG_MANY, network)

    @contextmanager
    def guess(self, address: str) -> Iterator[None]:
        """Let a code be tried; count it when there is no such code.

        Raises:
            RateTooHigh: This address tried too many wrong ones in this minute.
        """
        network = network_of(address)
        if not self._limiter.test(_WRONG_CODES, network):
            raise RateTooHigh(retry_after_seconds=60)
        try:
            yield
        except ApplicationUnknown:
            self._limiter.hit(_WRONG_CODES, network)
            raise
