# SPDX-License-Identifier: EUPL-1.2
"""What every answer of the server goes through: limits on requests, security headers, our own short log line."""

from __future__ import annotations

import time

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


class Guard:
    """Refuses large bodies, adds security headers, logs method, path and status: no queries, tokens or bodies."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, secure: bool) -> None:
        """Wrap the app. `secure`: people reach it over https."""
        self._app = app
        self._max_body_bytes = max_body_bytes
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
        started = time.perf_counter()
        received = 0
        status = 500

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                # The framework lets this exception through while it reads a body, and answers 413.
                raise HTTPException(413)
            return message

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *self._headers]
                if _is_page(message):
                    message["headers"] += PAGE_HEADERS
            await send(message)

        await self._app(scope, receive_limited, send_guarded)
        if not scope["path"].startswith("/static/"):
            log.debug(
                "answered",
                method=scope["method"],
                path=scope["path"],
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )


def _is_page(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"]
    )
