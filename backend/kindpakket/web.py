# SPDX-License-Identifier: EUPL-1.2
"""What every answer of the server goes through: limits on requests, security headers, a number, a line in the log."""

from __future__ import annotations

import asyncio
import time

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import OPEN_REQUESTS, REQUEST_SECONDS, REQUESTS
from .requests import method_of, number_request, template_of

log = structlog.get_logger(__name__)

#: Styles, requests and workers are what `default-src` says. On every answer, for a worker goes by its own.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


NO_FRAMES = (b"x-frame-options", b"DENY")

#: What only a page goes by: on fifty files of an app they would be 7 kB for nothing.
PAGE_HEADERS = (
    NO_FRAMES,
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


#: Nobody waited for the answer: what a proxy calls such a request, too.
GONE = 499

#: What load balancers ask all day long; it is counted, and not written down.
SILENT_ROUTES = frozenset({"/health", "/ready"})

#: Whoever sends a file on a slow line needs a while; whoever sends a byte a minute wants something else.
BODY_SECONDS = 120.0


class Guard:
    """Refuses large and slow bodies, adds security headers and a number, counts, and logs a line of our own words.

    A line has the template of the address, never the address: no number of a payment, no query, no token, no body.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        secure: bool,
        log_addresses: bool = False,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        """Wrap the app.

        Args:
            app: What answers.
            max_body_bytes: Larger requests are refused.
            secure: People reach it over https.
            log_addresses: The network address goes into the log, too.
            body_seconds: How long a body may take in all.
        """
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._log_addresses = log_addresses
        self._body_seconds = body_seconds
        self._headers = [
            (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]
        if secure:
            self._headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        must_end_at = asyncio.get_running_loop().time() + self._body_seconds
        number = number_request(scope)
        # All lines that are written for this request then have its number; each request is a task of its own.
        structlog.contextvars.bind_contextvars(request=number)
        own_header = (b"x-request-id", number.encode())
        received = 0
        is_whole = False
        status = 0
        answered: float | None = None

        async def receive_limited() -> Message:
            nonlocal received, is_whole
            if is_whole:
                # What comes now is the end of the visit, which is not waited for in vain.
                return await receive()
            try:
                async with asyncio.timeout_at(must_end_at):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            is_whole = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                # The framework lets this exception through while it reads a body, and answers 413 (above, 400).
                raise HTTPException(413)
            return message

        async def send_guarded(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = time.perf_counter()
                message["headers"] = [*self._complete(list(message["headers"])), own_header]
            await send(message)

        OPEN_REQUESTS.inc()
        try:
            await self._app(scope, receive_limited, send_guarded)
        except Exception:
            status = status or 500
            raise
        finally:
            OPEN_REQUESTS.dec()
            self._note(scope, status or GONE, began=began, answered=answered)

    def _note(self, scope: Scope, status: int, *, began: float, answered: float | None) -> None:
        """Count a request that is over, and write its line."""
        method, route = method_of(scope), template_of(scope)
        REQUESTS.labels(method, route, f"{status}").inc()
        if answered is not None:
            REQUEST_SECONDS.labels(method, route).observe(answered - began)
        if route in SILENT_ROUTES:
            return
        caller = {"address": scope["client"][0]} if self._log_addresses and scope.get("client") else {}
        log.debug(
            "answered",
            method=method,
            route=route,
            status=status,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
            **caller,
        )

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return an answer's headers with ours."""
        told = {name.lower(): value for name, value in headers}
        complete = [*headers, *self._headers]
        if b"cache-control" not in told:
            # What says nothing of caches, such as the answer to a bug, is for none.
            complete.append((b"cache-control", b"no-store"))
        if told.get(b"content-type", b"").startswith(b"text/html"):
            complete += PAGE_HEADERS
        elif b"api-version" in told:
            # The Dutch rules ask for it on every answer of an API.
            complete.append(NO_FRAMES)
        return complete
