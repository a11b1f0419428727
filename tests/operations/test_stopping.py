# SPDX-License-Identifier: EUPL-1.2
"""A really started server as a service runs it: told by signals when to end, with a log for programs.

Given a server with a log as JSON and a port for metrics
  when it started: it becomes ready, its metrics are on their port and not on its own, and its log holds no link
  when it is told to end while an answer stays open, an upload is under way and a payment waits for the chain
    the answer that stays open ends, the payment is answered, the upload may end for a while; it ends with code 0
  when it starts again, the payment is there
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kindpakket.cli import GRACE_SECONDS, server_config
from kindpakket.demo.people import Phone, expiry
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.end_to_end.server import Server, free_port
from tests.support import Town, found_town

PATIENCE_SECONDS = 60


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("KINDPAKKET_LOG_FORMAT", "json")
    monkeypatch.setenv("KINDPAKKET_METRICS_PORT", str(free_port()))
    monkeypatch.setenv("KINDPAKKET_LEAST_FREE_BYTES", "0")
    server = Server(tmp_path / "data")
    server.start()
    yield server
    server.end()


def town_on(server: Server) -> Town:
    desk = server.new_client()
    code = server.new_sign_in_link().partition("#code=")[2]
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": code})["token"]
    today = day_of(int(time.time()))
    return found_town(
        server.new_client,
        desk,
        starts_on=(today - timedelta(days=1)).isoformat(),
        ends_on=(today + timedelta(days=30)).isoformat(),
        households="kenmerk;kinderen\nA-1;1\n",
    )


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def chain_processes(server: Server) -> set[int]:
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    return {int(pid) for file in children for pid in file.read_text().split()}


def metrics() -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['KINDPAKKET_METRICS_PORT']}/metrics") as told:
        read: bytes = told.read()
    return read.decode()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def listening(server: Server, phone: Phone) -> Iterator[http.client.HTTPResponse]:
    """The answer that stays open, once it began."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    headers = {"Authorization": f"Bearer {phone.client.token}"}
    connection.request("GET", "/api/v1/budgets/me/events", headers=headers)
    with contextlib.closing(connection), connection.getresponse() as answer:
        assert answer.readline() == b": news\n"
        yield answer


@contextlib.contextmanager
def uploading(server: Server) -> Iterator[None]:
    """A request of which the end does not come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as upload:
        upload.sendall(b"POST /api/v1/activations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        yield


def test_a_server_for_programs_is_ready_measured_and_says_no_link(server: Server) -> None:
    until(lambda: status_of(f"{server.url}/ready") == 200)
    assert status_of(f"{server.url}/health") == 200
    assert status_of(f"{server.url}/metrics") == 404
    assert 'kindpakket_part_ready{part="chain"} 1.0' in metrics()
    assert 'kindpakket_chain_seconds_count{stage="journal"}' in metrics()
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert {"chain_opened", "nobody_signed_in_yet", "serving", "answered"} <= {
        line["event"] for line in lines
    }
    assert "code=" not in server.log()


def test_a_server_that_is_told_to_end_finishes_what_is_under_way(server: Server) -> None:
    town = town_on(server)
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    (voucher,) = phone.next_numbers
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    path, body = till.charge(shown, amount_cents=3745, category=3)
    answers: list[str] = []
    paying = threading.Thread(
        target=lambda: answers.append(till.client.ask("PUT", path, body)["result"]), daemon=True
    )
    chain = chain_processes(server)
    assert chain
    assert server.process is not None
    with listening(server, phone) as news, uploading(server):
        for process in chain:
            os.kill(process, signal.SIGSTOP)
        paying.start()
        until(lambda: "kindpakket_open_requests 3.0" in metrics())
        server.process.terminate()
        assert news.read() == b"\n", "it ends, and nothing else is said"
        for process in chain:
            os.kill(process, signal.SIGCONT)
        paying.join(PATIENCE_SECONDS)
        assert answers == ["accepted"]
        assert server.process.poll() is None, "it waits a while for the upload"
    assert server.process.wait(PATIENCE_SECONDS) == 0
    server.start()
    assert till.client.ask("GET", path)["result"] == "already_redeemed"


def test_the_end_does_not_wait_for_ever(services: Services) -> None:
    config = server_config(create_app(services), services.settings, host="127.0.0.1", port=0)
    assert config.timeout_graceful_shutdown == GRACE_SECONDS
