# SPDX-License-Identifier: EUPL-1.2
"""Requests that never come to the point: large heads, slow heads, slow and endless bodies; on a real socket.

Given a server as it is served
  a head of ordinary size is answered, in one piece, in many, and one after the other on one connection
  one with too many fields, too large a field, an endless field or an endless address is refused and closed
  one whose body is followed by a field without end is refused and closed, and fields behind it count as others do
  a connection that says nothing, or never ends its head, is closed
  one that was answered is closed when nothing but an empty line comes, or no end of the body that nobody read
  a body that is larger than is allowed is refused, whether it says its length or comes in parts
  a body that does not end in time is refused
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import ASGIApp

from kindpakket import bounded_http
from kindpakket.bounded_http import MOST_FIELDS, MOST_HEAD_BYTES
from kindpakket.cli import server_config
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.web import Guard

from .end_to_end.server import free_port

PATIENCE_SECONDS = 60
POST = b"POST /api/v1/staff-sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
IN_PARTS = POST + b"Transfer-Encoding: chunked\r\n\r\n"
JSON = b'{"signInCode": "wrong"}'
WHOLE = POST + b"Content-Length: 23\r\n\r\n" + JSON


@contextlib.contextmanager
def serving(app: ASGIApp, services: Services) -> Iterator[int]:
    """Serve an app as the command does; the port."""
    port = free_port()
    server = uvicorn.Server(server_config(app, services.settings, host="127.0.0.1", port=port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join()


@pytest.fixture
def port(services: Services) -> Iterator[int]:
    """The whole server."""
    with serving(create_app(services), services) as port:
        yield port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes, or the end of an answer of ours."""
    read = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            read += part
            if read.rstrip().endswith(b"}"):
                break
    return read


def send(port: int, *parts: bytes) -> bytes:
    """The answer to what is sent part by part; the server may stop listening before it is all there."""
    with connect(port) as connection:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
        return answer(connection)


def is_refused(read: bytes) -> bool:
    """Whether a head was refused: told so, or closed while we still sent."""
    return read == b"" or read.startswith(b"HTTP/1.1 400 ")


def test_an_ordinary_request_is_answered_whole_in_pieces_and_one_after_the_other(port: int) -> None:
    assert send(port, WHOLE).startswith(b"HTTP/1.1 401 ")
    assert send(port, *(bytes([one]) for one in WHOLE)).startswith(b"HTTP/1.1 401 ")
    with connect(port) as connection:
        for _ in range(3):
            connection.sendall(WHOLE)
            assert answer(connection).startswith(b"HTTP/1.1 401 ")
        connection.sendall(WHOLE * 2)
        read = answer(connection)
        while read.count(b"HTTP/1.1 401 ") < 2:
            read += answer(connection)


def test_a_body_that_is_larger_than_a_head_may_be_is_no_head(port: int) -> None:
    body = b'{"signInCode": "' + b"x" * (4 * MOST_HEAD_BYTES) + b'"}'
    read = send(port, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert b"request_invalid" in read
    assert b"Too large a head" not in read


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(MOST_FIELDS + 1)),
        b"X-Long: " + b"y" * MOST_HEAD_BYTES + b"\r\n",
        b"".join(b"X-%d: %s\r\n" % (number, b"y" * 1024) for number in range(40)),
    ],
    ids=["many fields", "a long field", "many long fields"],
)
def test_a_head_that_is_too_large_is_refused(port: int, head: bytes) -> None:
    assert is_refused(send(port, b"GET / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n"))


@pytest.mark.parametrize(
    "begin",
    [
        b"GET / HTTP/1.1\r\nX-Long: ",
        b"GET /",
        b"GET / HTTP/1.1\r\nX",
        IN_PARTS + b"0\r\nX-Long: ",
        IN_PARTS + b"0\r\nX",
        IN_PARTS + b"1;",
    ],
    ids=[
        "a field",
        "an address",
        "a name",
        "a field behind a body",
        "a name behind a body",
        "words at a part",
    ],
)
def test_a_head_that_never_ends_is_refused_before_it_fills_the_memory(port: int, begin: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(begin)
        with pytest.raises(ConnectionError):
            connection.sendall(b"y" * 256_000_000)


@pytest.mark.parametrize("begin", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half a head"])
def test_who_does_not_come_to_the_point_is_not_waited_for(
    services: Services, monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_SECONDS", 0.2)
    with serving(create_app(services), services) as port:
        assert send(port, begin) == b""
        assert send(port, WHOLE).startswith(b"HTTP/1.1 401 "), "others are not closed"


def test_fields_behind_a_body_are_taken_up_to_as_many_as_a_head_may_have(port: int) -> None:
    parts = IN_PARTS + b"17\r\n" + JSON + b"\r\n0\r\n"
    assert send(port, parts + b"X-One: y\r\n\r\n").startswith(b"HTTP/1.1 401 ")
    many = b"".join(b"X-%d: y\r\n" % number for number in range(MOST_FIELDS))
    assert is_refused(send(port, parts + many + b"\r\n"))


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        (WHOLE, b"\r\n"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n", b"y"),
    ],
    ids=["an empty line", "a body that nobody reads"],
)
def test_who_was_answered_and_says_nothing_of_use_is_not_waited_for(
    services: Services, monkeypatch: pytest.MonkeyPatch, asked: bytes, then: bytes
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_SECONDS", 0.2)
    with serving(create_app(services), services) as port, connect(port) as connection:
        connection.sendall(asked)
        assert answer(connection).startswith(b"HTTP/1.1 ")
        connection.sendall(then)
        assert connection.recv(1) == b""


@pytest.mark.parametrize("path", [b"/api/v1/staff-sessions", b"/gemeente/aanmelden", b"/winkel-aanmelden"])
@pytest.mark.parametrize("in_parts", [False, True], ids=["with its length", "in parts"])
def test_a_large_body_is_refused_by_pages_and_api(port: int, path: bytes, in_parts: bool) -> None:
    kind = b"application/json" if b"api" in path else b"application/x-www-form-urlencoded"
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\n" % (path, kind)
    chunk = b"code=" + b"y" * 65531
    if in_parts:
        parts = [head + b"Transfer-Encoding: chunked\r\n\r\n", *([b"10000\r\n" + chunk + b"\r\n"] * 17)]
    else:
        parts = [head + b"Content-Length: 1114112\r\n\r\n", *([chunk] * 17)]
    read = send(port, *parts)
    assert read.startswith(b"HTTP/1.1 413 ")
    assert (b"body_too_large" in read) or b"</html>" in read


@pytest.mark.parametrize("path", [b"/api/v1/staff-sessions", b"/gemeente/aanmelden"])
def test_a_body_that_does_not_end_is_refused(services: Services, path: bytes) -> None:
    app = Guard(create_app(services), max_body_bytes=1000, secure=False, body_seconds=0.2)
    kind = b"application/json" if b"api" in path else b"application/x-www-form-urlencoded"
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\n" % (path, kind)
    with serving(app, services) as port:
        assert send(port, head + b"Content-Length: 100\r\n\r\n", b"code=").startswith(b"HTTP/1.1 400 ")
