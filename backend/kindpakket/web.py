# SPDX-License-Identifier: EUPL-1.2
"""What every answer of the server goes through: limits on requests, security headers, a number, a line in the log."""

from __future__ import annotations

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


#: What only a page goes by: on fifty files of an app they would be 7 kB for nothing.
PAGE_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


#: Nobody waited for the answer: what a proxy calls such a request, too.
GONE = 499

#: What load balancers ask all day long; it is counted, and not written down.
SILENT_ROUTES = frozenset({"/health", "/ready"})


class Guard:
    """Refuses large bodies, adds security headers and a number, counts, and logs a line without any word of a stranger.

    A line has the template of the address, never the address: no number of a payment, no query, no token, no body.
    """

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, secure: bool, log_addresses: bool = False
    ) -> None:
        """Wrap the app.

        Args:
            app: What answers.
            max_body_bytes: Larger requests are refused.
            secure: People reach it over https.
            log_addresses: The network address goes into the log, too.
        """
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._log_addresses = log_addresses
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
        number = number_request(scope)
        # All lines that are written for this request then have its number; each request is a task of its own.
        structlog.contextvars.bind_contextvars(request=number)
        own_headers = [*self._headers, (b"x-request-id", number.encode())]
        received = 0
        status = 0
        answered: float | None = None

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                # The framework lets this exception through while it reads a body, and answers 413.
                raise HTTPException(413)
            return message

        async def send_guarded(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = time.perf_counter()
                message["headers"] = [*message["headers"], *own_headers]
                if _is_page(message):
                    message["headers"] += PAGE_HEADERS
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


def _is_page(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"]
    )
