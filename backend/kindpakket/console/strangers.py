# SPDX-License-Identifier: EUPL-1.2
"""People who are not signed in: their forms, read by ourselves so that what is too long is told and not lost.

And how often they may begin to sign in: each time writes a row, or asks the municipality's provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.exceptions import HTTPException

from kindpakket.errors import PasskeyInvalid, RateTooHigh, SignInCodeInvalid
from kindpakket.metrics import WRONG_GUESSES
from kindpakket.networks import network_of
from kindpakket.shop_applications import ApplicationLimit

MOST_BODY_BYTES = 32 * 1024
MOST_FIELDS = 100

#: A whole town hall can have one address.
_SIGN_INS_ALLOWED = parse("60/minute")

#: The name of a field that people do not see and programs fill in.
BAIT = "website"

Form = dict[str, list[str]]


async def read_form(request: Request) -> Form:
    """Return what a form without files holds, each field with all its values.

    Raises:
        HTTPException: It is larger than such a form can be (413), or none (400).
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise HTTPException(413)
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error


def text_of(form: Form, name: str) -> str:
    """Return the first value of a field; empty when it is not there."""
    return form.get(name, [""])[0]


def application_limit(request: Request) -> ApplicationLimit:
    """Return the app's counter of what strangers send to its pages."""
    limit: ApplicationLimit = request.app.state.application_limit
    return limit


def address_of(request: Request) -> str:
    """Return the network address that a request came from."""
    return request.client.host if request.client else "unknown"


class SignInLimit:
    """Counts how often one network address begins or goes on to sign in, in this process."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, address: str) -> None:
        """Count one more time.

        Raises:
            RateTooHigh: That was one too many in this minute.
        """
        if not self._limiter.hit(_SIGN_INS_ALLOWED, network_of(address)):
            raise RateTooHigh(retry_after_seconds=60)


def count_sign_in(request: Request) -> None:
    """Let somebody begin or go on to sign in, unless their network address did so too often.

    Raises:
        RateTooHigh: Too often in this minute.
    """
    limit: SignInLimit = request.app.state.sign_in_limit
    limit.count(address_of(request))


@contextmanager
def wrong_guess_counted() -> Iterator[None]:
    """Let a code or a passkey be tried; the metrics count it when it opens nothing."""
    try:
        yield
    except (PasskeyInvalid, SignInCodeInvalid) as wrong:
        WRONG_GUESSES.labels(wrong.reason()).inc()
        raise


StrangersForm = Annotated[Form, Depends(read_form)]
Limit = Annotated[ApplicationLimit, Depends(application_limit)]
