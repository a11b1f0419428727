# SPDX-License-Identifier: EUPL-1.2
"""Asks an app in this process for an answer that has no end, and hangs up after the first part of it."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message


def hear(app: ASGIApp, path: str, *, token: str) -> tuple[int, bytes]:
    """The status, and the body as far as it came with its first part."""
    return asyncio.run(_hear(app, path, token))


async def _hear(app: ASGIApp, path: str, token: str) -> tuple[int, bytes]:
    heard = asyncio.Event()
    is_asked = False
    status, body = 0, b""

    async def receive() -> Message:
        nonlocal is_asked
        if is_asked:
            await heard.wait()
            return {"type": "http.disconnect"}
        is_asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")
        if message["type"] == "http.response.body":
            heard.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 50_000),
        "server": ("testserver", 80),
    }
    await app(scope, receive, send)
    return status, body
