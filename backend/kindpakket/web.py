# SPDX-License-Identifier: EUPL-1.2
"""What every answer of the server goes through: limits on requests, security headers, our own short log line."""

from __future__ import annotations

import asyncio
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


#: Whoever sends a file on a slow line needs a while; whoever sends a byte a minute wants something else.
BODY_SECONDS = 120.0

MOST_OF_PATH = 200


class Guard:
    """Refuses large and slow bodies, adds security headers, logs method, path and status.

    No queries, tokens or bodies are logged.
    """

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, secure: bool, body_seconds: float = BODY_SECONDS
    ) -> None:
        """Wrap the app. `secure`: people reach it over https. `body_seconds`: how long a body may take in all."""
        self._app = app
        self._max_body_bytes = max_body_bytes
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
        started = time.perf_counter()
        must_end_at = asyncio.get_running_loop().time() + self._body_seconds
        received = 0
        is_whole = False
        status = 500

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
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._complete(list(message["headers"]))
            await send(message)

        await self._app(scope, receive_limited, send_guarded)
        if not scope["path"].startswith("/static/"):
            log.debug(
                "answered",
                method=scope["method"],
                path=scope["path"][:MOST_OF_PATH],
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
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
        return complete
