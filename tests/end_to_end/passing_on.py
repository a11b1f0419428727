# SPDX-License-Identifier: EUPL-1.2
"""A server before the server: passes all on, but files may be other ones or not come, and answers late or never."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LEFT_OUT = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


@dataclass
class Passing:
    """What the server before the server does.

    Attributes:
        url: Where it listens.
        changed: What becomes of the content of a file, by path.
        missing: Paths that are answered with 503.
        wait_seconds: How long each question to the API is on its way.
        drops: Whether the answer to this question (a method and a path) is lost after the server gave it.
        asked: The paths that were asked for since somebody emptied this.
    """

    url: str = ""
    changed: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    wait_seconds: float = 0.0
    drops: Callable[[str, str], bool] = lambda _method, _path: False
    asked: list[str] = field(default_factory=list)


class _Front(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, passing: Passing, to: str) -> None:
        """Listen at a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.passing = passing
        self.to = urlsplit(to).netloc

    def handle_error(self, *_: object) -> None:
        """A browser that hangs up in the middle of an answer is no fault."""


class _Handler(BaseHTTPRequestHandler):
    server: _Front

    def pass_on(self) -> None:
        passing = self.server.passing
        path = self.path.partition("?")[0]
        passing.asked.append(path)
        if path in passing.missing:
            self.send_error(503)
            return
        if path.startswith("/api/"):
            time.sleep(passing.wait_seconds)
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else None
        with closing(http.client.HTTPConnection(self.server.to, timeout=120)) as connection:
            connection.request(self.command, self.path, body, self.headers_sent())
            with connection.getresponse() as got:
                if passing.drops(self.command, path):
                    got.read()
                    self.close_connection = True
                    return
                self.bring(got, passing.changed.get(path))

    def headers_sent(self) -> dict[str, str]:
        # The answer must be readable and whole: what is changed is not compressed, nothing is answered from memory.
        left_out = LEFT_OUT | {"accept-encoding", "if-none-match", "if-modified-since"}
        return {name: value for name, value in self.headers.items() if name.lower() not in left_out}

    def bring(self, got: http.client.HTTPResponse, change: Callable[[bytes], bytes] | None) -> None:
        self.send_response(got.status)
        for name, value in got.getheaders():
            if name.lower() not in LEFT_OUT | {"etag", "last-modified"}:
                self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        if change:
            self.wfile.write(change(got.read()))
            return
        while some := got.read1(65_536):
            self.wfile.write(some)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


for method in ("GET", "POST", "PUT", "DELETE"):
    setattr(_Handler, f"do_{method}", _Handler.pass_on)


@contextmanager
def passing_on(to: str) -> Iterator[Passing]:
    """Listen at a free port, and pass on to the server at `to`."""
    passing = Passing()
    with _Front(passing, to) as front:
        passing.url = f"http://localhost:{front.server_port}"
        threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield passing
        finally:
            front.shutdown()
