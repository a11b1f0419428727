# SPDX-License-Identifier: EUPL-1.2
"""The head of a request, bounded: in bytes, in fields, and in the time that it may take.

The parser that the server uses takes any head, and keeps all of it in memory until it ends.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 32 * 1024
MOST_FIELDS = 100
HEAD_SECONDS = 30.0


class HeadTooLargeError(Exception):
    """A head is larger than is taken. The parser answers 400 for it and closes."""


class BoundedHttp(HttpToolsProtocol):
    """Closes connections whose requests do not come to the point."""

    _field_bytes = 0
    _unread_bytes = 0
    _is_in_head = False
    _has_begun = False
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
        """Read on; of a head that has not ended, what came is counted."""
        self._has_begun = False
        super().data_received(data)
        if not self._is_in_head or self._has_begun or self.transport.is_closing():
            return
        self._unread_bytes += len(data)
        if self._unread_bytes > MOST_HEAD_BYTES:
            self.send_400_response("Too large a head.")

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._is_in_head = self._has_begun = True
        self._field_bytes = self._unread_bytes = 0
        self._wait()

    def on_url(self, url: bytes) -> None:
        """Count a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a field."""
        self._count(len(name) + len(value))
        if len(self.headers) >= MOST_FIELDS:
            raise HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Go on with the request."""
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

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
