# SPDX-License-Identifier: EUPL-1.2
"""News for phones over a real connection: server-sent events as a browser gets them.

given a phone that listens
├── when something of another phone's vouchers is booked
│   └── it hears nothing
├── when something of its own vouchers is booked
│   └── it hears that at once, and only that there is news
├── when nothing happens
│   └── it hears a comment, so that it knows that the line lives
├── when its vouchers go to another phone
│   └── its line ends
├── when it listens a fourth time
│   └── its first line ends
└── when the server stops
    └── its line ends
given many phones that listen
└── when someone asks something else
    └── they take no thread from it
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn

from kindpakket.api import news
from kindpakket.demo.api_client import ApiClient
from kindpakket.demo.people import Phone, Till
from kindpakket.main import THREADS, create_app
from kindpakket.services import Services
from tests.support import Town

from .test_proofs import pay

PATIENCE_SECONDS = 10.0


@dataclass
class Served:
    """The installation behind a real socket."""

    port: int
    server: uvicorn.Server
    lines: list[Line] = field(default_factory=list)

    def listen(self, phone: Phone) -> Line:
        return self.open(phone.client.token)

    def open(self, token: str) -> Line:
        """A line that is closed when the test ends."""
        line = Line(self.port, token)
        self.lines.append(line)
        return line

    def client(self) -> ApiClient:
        return ApiClient(f"http://127.0.0.1:{self.port}")


class Line:
    """An open answer, read as bytes."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._socket.sendall(
            b"GET /api/v1/budgets/me/events HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Bearer %b\r\n\r\n" % token.encode()
        )
        self._unread = b""
        self.head = self.read_until(b"\r\n\r\n").decode()

    def read_until(self, end: bytes) -> bytes:
        """The next bytes up to an end."""
        while end not in self._unread:
            received = self._socket.recv(4096)
            if not received:
                raise EOFError(self._unread)
            self._unread += received
        found, _, self._unread = self._unread.partition(end)
        return found

    def event(self) -> str:
        """The next event or comment; EOFError when the line ended in good order."""
        size = int(self.read_until(b"\r\n"), 16)
        if size == 0:
            raise EOFError
        chunk = self.read_until(b"\r\n")
        assert len(chunk) == size
        assert chunk.endswith(b"\n\n")
        return chunk.decode().strip()

    def wait_for_its_end(self) -> None:
        """Hear what comes, until the line ends in good order."""
        with contextlib.suppress(EOFError):
            for _ in range(100):
                self.event()
            raise AssertionError("the line goes on")

    def hears_nothing(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(PATIENCE_SECONDS)
        return False

    def is_open(self, seconds: float) -> bool:
        """Whether it does not end for so long; what it tells stays to be read."""
        self._socket.settimeout(seconds)
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(PATIENCE_SECONDS)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def served(services: Services, town: Town) -> Iterator[Served]:
    """The installation of the other tests, also behind a socket, with its follower in a thread."""
    app = create_app(services)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, log_level="warning", access_log=False, lifespan="on")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    services.follower.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    served = Served(listening.getsockname()[1], server)
    yield served
    for line in served.lines:
        line.close()
    app.state.end_open_answers()
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


def test_a_phone_hears_nothing_of_another_phones_payments(
    served: Served, services: Services, town: Town, phone: Phone, till: Till
) -> None:
    other = town.new_phone()
    # That it was handed vouchers is old news then.
    services.follower.catch_up()
    line = served.listen(other)
    assert line.event() == ": news"
    pay(town, phone, till)
    assert line.hears_nothing(0.5)


def test_a_phone_hears_at_once_that_there_is_news_and_nothing_else(
    served: Served, services: Services, town: Town, phone: Phone, till: Till
) -> None:
    line = served.listen(phone)
    assert " 200 " in line.head.splitlines()[0]
    head = line.head.lower()
    assert "content-type: text/event-stream" in head
    assert "cache-control: no-store" in head
    assert "x-accel-buffering: no" in head
    assert line.event() == ": news"
    pay(town, phone, till)
    paid_at = time.monotonic()
    assert line.event() == f'event: change\ndata: {{"block": {services.chain.head().number}}}'
    assert time.monotonic() - paid_at < news.PING_SECONDS / 2
    pay(town, phone, till)
    assert line.event().startswith("event: change")


def test_a_silent_line_says_that_it_lives(
    served: Served, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "PING_SECONDS", 0.05)
    line = served.listen(phone)
    assert [line.event() for _ in range(3)] == [": news", ": still here", ": still here"]


def test_the_line_of_a_phone_that_is_no_longer_known_ends(
    served: Served, services: Services, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "PING_SECONDS", 0.05)
    line = served.listen(phone)
    assert line.event() == ": news"
    services.registry.phones.register(b"\7" * 32, list(phone.next_numbers), at=services.now())
    line.wait_for_its_end()
    assert " 401 " in served.listen(phone).head.splitlines()[0]


def test_the_register_may_follow_the_chain_and_the_line_still_ends_soon(
    served: Served, services: Services, town: Town, phone: Phone, till: Till
) -> None:
    line = served.listen(phone)
    assert line.event() == ": news"
    pay(town, phone, till)
    assert line.event().startswith("event: change")
    services.registry.phones.register(b"\7" * 32, list(phone.next_numbers), at=services.now())
    moved_at = time.monotonic()
    line.wait_for_its_end()
    assert time.monotonic() - moved_at < news.PING_SECONDS / 2


def test_a_fourth_line_of_a_phone_ends_its_first(served: Served, phone: Phone) -> None:
    lines = [served.listen(phone) for _ in range(news.ANSWERS_OF_A_PHONE)]
    for line in lines:
        assert line.event() == ": news"
    fourth = served.listen(phone)
    assert fourth.event() == ": news"
    lines[0].wait_for_its_end()
    assert lines[1].is_open(0.2)


def test_a_server_that_stops_ends_the_lines(served: Served, phone: Phone) -> None:
    line = served.listen(phone)
    assert line.event() == ": news"
    served.server.config.loaded_app.app.state.end_open_answers()
    line.wait_for_its_end()


def test_phones_that_listen_take_no_thread(
    served: Served, services: Services, town: Town, phone: Phone, till: Till
) -> None:
    """More lines than the server has threads, and it still answers, and all of them hear."""
    extra = [bytes([number // 256, number % 256]) * 16 for number in range(THREADS + 20)]
    # So many phones that each hold a voucher of their own: numbers that no letter has.
    for number, token in enumerate(extra):
        services.registry.phones.register(
            hashlib.sha256(token).digest(), [100_000 + number], at=services.now()
        )
    lines = [served.open(token.hex()) for token in extra]
    for line in lines:
        assert line.event() == ": news"
    own = served.listen(phone)
    assert own.event() == ": news"
    asked_at = time.monotonic()
    client = served.client()
    assert client.ask("GET", "/fund")["name"] == "Kindpakket"
    assert time.monotonic() - asked_at < news.PING_SECONDS / 2
    pay(town, phone, till)
    assert own.event().startswith("event: change")
    client.close()
