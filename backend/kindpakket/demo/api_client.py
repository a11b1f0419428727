# SPDX-License-Identifier: EUPL-1.2
"""A small client of our own API over one kept-alive connection; for the demo, the benchmarks and the command line."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

IDLE_SECONDS = 3.0
"""A connection that was idle for longer may have been closed by the server; a new one is opened."""


class Refused(Exception):
    """The server answered with a problem."""

    def __init__(self, status: int, content: dict[str, Any]) -> None:
        """Keep the problem's members."""
        super().__init__(f"{status} {content.get('reason')}: {content.get('title')}")
        self.status = status
        self.reason = str(content.get("reason"))
        self.content = content


class ApiClient:
    """Asks one server. Not for several threads at once."""

    def __init__(self, base_url: str, *, token: str = "", timeout_seconds: float = 60.0) -> None:
        """Remember where and as whom to ask."""
        address = urlsplit(base_url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.hostname or "", address.port, timeout=timeout_seconds)
        self.token = token
        self._used_at = 0.0

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask below `/api/v1`; a text body is sent as CSV, anything else as JSON.

        Raises:
            Refused: The server refused.
            OSError: No answer.
        """
        headers = {"Accept": "application/json"}
        content: bytes | None = None
        if isinstance(body, str):
            content, headers["Content-Type"] = body.encode(), "text/csv; charset=utf-8"
        elif body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            status, read = self._exchange(method, path, content, headers)
        except (http.client.HTTPException, OSError) as error:
            self._connection.close()
            raise OSError(f"no answer from the server: {error}") from error
        if status >= 400:
            raise Refused(status, read)
        return read

    def _exchange(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection.close()
        for last_try in (False, True):
            try:
                self._connection.request(method, f"/api/v1{path}", content, headers)
                answer = self._connection.getresponse()
                read = json.loads(answer.read())
                self._used_at = time.monotonic()
                return answer.status, read
            except http.client.RemoteDisconnected:
                # The server closed a kept-alive connection; what may be asked twice is asked again on a new one.
                self._connection.close()
                if last_try or method == "POST":
                    raise
        raise AssertionError("the second try returns or raises")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
