# SPDX-License-Identifier: EUPL-1.2
"""Health and readiness: told to anyone, at once, without a figure.

Given a server whose process runs: it is alive, whatever else stands still
Given a server
  when its parts were not looked at yet: it is not ready
  when all of them can do their work: it is ready
  when one cannot: it is not ready, and says which, why and what to do
    the chain hangs, before or after it was looked at · the ledger is behind, ahead of the chain, or stopped
    the last block is ahead of the clock · a store takes no write · there is less room than there must be
  when all its threads wait: it answers all the same
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from starlette.testclient import TestClient

from kindpakket import health, main, watch
from kindpakket.chain import fund as fund_calls
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import LedgerStopped
from kindpakket.ledger.tables import event
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.watch import Watch
from tests.ledger.databases import connect
from tests.support import Town

PATIENCE_SECONDS = 60
AN_EVENT = {"log_index": 0, "name": "Anchored", "at": 0, "transaction_hash": b"\2" * 32, "arguments": {}}
PARTS = ["chain", "ledger", "registry", "disk"]


class Seconds:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def watched(services: Services, seconds: Seconds) -> Watch:
    """A watch over the installation, by that clock."""
    return Watch(services, monotonic=seconds)


@pytest.fixture
def ask(services: Services, watched: Watch) -> Callable[[], dict[str, Any]]:
    """Asks whether a server with that watch is ready."""
    app = create_app(services)
    app.router.routes[:] = [one for one in app.router.routes if getattr(one, "path", "") != "/ready"]
    health.install(app, watched)
    client = TestClient(app)

    def ask() -> dict[str, Any]:
        answer = client.get("/ready")
        told: dict[str, Any] = answer.json()
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.status_code, told["status"]) in ((200, "ready"), (503, "not_ready"))
        assert [one["part"] for one in told["parts"]] == PARTS
        return told

    return ask


def causes(told: dict[str, Any]) -> dict[str, str]:
    return {one["part"]: one["because"] for one in told["parts"] if not one["ready"]}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def hanging(chain: TesterChain) -> Iterator[None]:
    """Keep the chain from answering anybody."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with chain._changed:
            held.set()
            release.wait(PATIENCE_SECONDS)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE_SECONDS)
    try:
        yield
    finally:
        release.set()
        holder.join()


def test_a_server_is_alive_as_long_as_it_answers(client: TestClient, chain: TesterChain) -> None:
    with hanging(chain):
        answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert client.head("/health").status_code == 200


def test_a_server_that_was_not_looked_at_is_not_ready(ask: Callable[[], dict[str, Any]]) -> None:
    assert causes(ask()) == dict.fromkeys(PARTS, "not_seen_yet")


def test_a_server_whose_parts_do_their_work_is_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, town: Town
) -> None:
    watched.look()
    assert ask() == {"status": "ready", "parts": [{"part": part, "ready": True} for part in PARTS]}


def test_what_is_told_holds_no_figure(
    ask: Callable[[], dict[str, Any]], watched: Watch, seconds: Seconds, town: Town
) -> None:
    watched.look()
    seconds.now += watch.OLD_SECONDS + 1
    for one in ask()["parts"]:
        assert set(one) == {"part", "ready", "because", "todo", "see"}
        assert not any(character.isdigit() for character in one["todo"])


def test_a_chain_that_hangs_from_the_start_is_not_ready_and_the_others_are(
    services: Services, chain: TesterChain
) -> None:
    seen = Watch(services)
    with hanging(chain), seen.looking():
        until(lambda: sum(one.is_ready for one in seen.standings()) == len(PARTS) - 1)
        assert [(one.part, one.because) for one in seen.standings() if not one.is_ready] == [
            ("chain", "not_seen_yet")
        ]


def test_a_part_that_was_seen_long_ago_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, seconds: Seconds, chain: TesterChain
) -> None:
    watched.look()
    seconds.now += watch.OLD_SECONDS
    assert causes(ask()) == {}
    seconds.now += 1
    assert causes(ask()) == dict.fromkeys(PARTS, "no_answer")


def test_a_ledger_that_stays_behind_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, seconds: Seconds, services: Services
) -> None:
    services.follower.catch_up()
    services.fund.execute(fund_calls.anchor(hash=b"\1" * 32), sender=services.accounts.issuer)
    watched.look()
    seconds.now += watch.MOST_SECONDS_BEHIND
    watched.look()
    assert causes(ask()) == {}
    seconds.now += 1
    watched.look()
    assert causes(ask()) == {"ledger": "behind"}
    services.follower.catch_up()
    watched.look()
    assert causes(ask()) == {}


def test_a_ledger_that_is_booked_beyond_the_chain_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, services: Services
) -> None:
    beyond = services.follower.catch_up() + 1
    services.ledger.book([], first_block=beyond, last_block=beyond, block_hash=b"\7" * 32)
    watched.look()
    assert causes(ask()) == {"ledger": "ahead"}
    services.fund.execute(fund_calls.anchor(hash=b"\1" * 32), sender=services.accounts.issuer)
    watched.look()
    assert causes(ask()) == {}


def test_a_ledger_that_stopped_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, services: Services, town: Town
) -> None:
    services.follower.catch_up()
    with connect(services.settings.ledger_address) as connection:
        # Another event stands at the next one's place.
        connection.execute(insert(event).values(**AN_EVENT, block=services.chain.head().number + 1))
    services.fund.execute(fund_calls.anchor(hash=b"\1" * 32), sender=services.accounts.issuer)
    with pytest.raises(LedgerStopped):
        services.follower.catch_up()
    watched.look()
    assert causes(ask()) == {"ledger": "stopped"}


def test_a_chain_further_ahead_of_the_clock_than_a_code_lasts_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, services: Services
) -> None:
    services.follower.catch_up()
    last_at = services.chain.head().at
    services.now = lambda: last_at - watch.MOST_SECONDS_AHEAD
    watched.look()
    assert causes(ask()) == {}
    services.now = lambda: last_at - watch.MOST_SECONDS_AHEAD - 1
    watched.look()
    assert causes(ask()) == {"chain": "clock_behind"}


@pytest.mark.parametrize("store", ["ledger", "registry"])
def test_a_store_that_takes_no_write_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, services: Services, store: str
) -> None:
    table = {"ledger": "ledger_cursor", "registry": "deployment"}[store]
    services.follower.catch_up()
    with connect(getattr(services.settings, f"{store}_address")) as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO elsewhere"))
    watched.look()
    assert causes(ask()) == {store: "not_writable"}


def test_too_little_room_is_not_ready(
    ask: Callable[[], dict[str, Any]], watched: Watch, services: Services
) -> None:
    services.follower.catch_up()
    services.settings.least_free_bytes = 1 << 60
    watched.look()
    assert causes(ask()) == {"disk": "almost_full"}


def test_it_answers_while_every_thread_waits(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "THREADS", 1)
    services.follower.catch_up()
    services.fund.execute(fund_calls.anchor(hash=b"\1" * 32), sender=services.accounts.issuer)
    with TestClient(create_app(services)) as client:
        client.app.state.watch.look()
        # As when the chain does not tell what is to be booked: who reads the books waits for who books.
        with services.follower._booking:
            waiting = threading.Thread(target=client.get, args=("/api/v1/programmes",))
            waiting.start()
            assert client.get("/health").json() == {"status": "alive"}
            assert client.get("/ready").status_code == 200
            assert waiting.is_alive(), "the one thread waits"
        waiting.join()


def test_a_watch_writes_a_line_when_a_part_changes_only(
    services: Services, watched: Watch, capture: list[Any]
) -> None:
    services.follower.catch_up()
    watched.look()
    services.settings.least_free_bytes = 1 << 60
    watched.look()
    watched.look()
    services.settings.least_free_bytes = 0
    watched.look()
    lines = [(one["event"], one["part"]) for one in capture if one["event"].startswith("part_")]
    assert lines == [("part_not_ready", "disk"), ("part_ready", "disk")]


def test_the_data_folder_is_what_is_measured(watched: Watch, services: Services, tmp_path: Path) -> None:
    services.settings.data_dir = tmp_path / "gone"
    watched.look()
    assert {one.part: one.because for one in watched.standings()}["disk"] == "no_answer"
