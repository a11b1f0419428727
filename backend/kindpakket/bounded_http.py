# SPDX-License-Identifier: EUPL-1.2
"""What is no body of a request, bounded: in bytes, in fields, and in the time that it may take.

The parser that the server uses takes any head, and any fields behind a body that comes in parts, and keeps each field
in memory until it ends. The server closes a connection that says nothing after an answer, but not one that then says
something that begins no request.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MOST_HEAD_BYTES = 32 * 1024
MOST_FIELDS = 100
HEAD_SECONDS = 30.0


class HeadTooLargeError(Exception):
    """A head is larger than is taken. The parser answers 400 for it and closes."""


class BoundedHttp(HttpToolsProtocol):
    """Closes connections whose requests do not come to the point."""

    _field_bytes = 0
    _unread_bytes = 0
    _came_on = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what came and brought no request any further is counted, and not waited for without end."""
        self._came_on = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        self._unread_bytes = 0 if self._came_on else self._unread_bytes + len(data)
        if self._unread_bytes > MOST_HEAD_BYTES:
            self.send_400_response("Too large a head.")
        elif self._timer is None and not self._is_answering():
            self._wait()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._came_on = True
        self._field_bytes = 0
        self._wait()

    def on_url(self, url: bytes) -> None:
        """Count a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a field, of the head or behind a body."""
        self._came_on = True
        self._count(len(name) + len(value))
        if len(self.headers) >= MOST_FIELDS:
            raise HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Go on with the request."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; the app says how large that may be."""
        self._came_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Know that the request is whole."""
        self._came_on = True
        super().on_message_complete()

    def _is_answering(self) -> bool:
        """Whether it is we who are waited for."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _count(self, byte_count: int) -> None:
        self._field_bytes += byte_count
        if self._field_bytes > MOST_HEAD_BYTES:
            raise HeadTooLargeError

    def _wait(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
