# SPDX-License-Identifier: EUPL-1.2
"""What counting and logging cost each request, in the processor's time: the server's outermost layer around nothing.

The payments of the other benches have it in them; here it stands alone, the least of five rounds.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kindpakket import logs
from kindpakket.web import Guard

from .figures import Figures

REQUESTS = 20_000
ROUNDS = 5


async def _answer(scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"x")]})
    await send({"type": "http.response.body", "body": b""})


def measure() -> Figures:
    """Answer many requests with nothing, without and with that layer, its line written and not."""
    guarded = Guard(_answer, max_body_bytes=1 << 20, secure=True)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device
        figures: dict[str, object] = {"bench": "overhead", "requests": REQUESTS}
        bare = _microseconds(_answer)
        for name, verbose in (("without_lines", False), ("with_lines", True)):
            logs.write_logs(nowhere, log_format="json", verbose=verbose)
            figures[f"{name}_microseconds"] = round(_microseconds(guarded) - bare, 1)
    return figures


def _microseconds(app: ASGIApp) -> float:
    return min(asyncio.run(_round(app)) for _ in range(ROUNDS)) / REQUESTS * 1e6


async def _round(app: ASGIApp) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        await app(_scope(), _receive, _send)
    return time.process_time() - began


def _scope() -> dict[str, Any]:
    return {"type": "http", "method": "PUT", "path": "/api/v1/redemptions/0x", "headers": []}


async def _receive() -> Message:
    return {"type": "http.request", "body": b""}


async def _send(_message: Message) -> None:
    return None
