# SPDX-License-Identifier: EUPL-1.2
"""kill -9 in the middle of payments: every payment that a till saw as green is there once."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from tests.support import Town

from .server import Server, serving, town_on

TILLS = 4
BICYCLES = 3
HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"C-{row};1\n" for row in range(TILLS))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "data") as server:
        yield server


@pytest.fixture
def town(server: Server) -> Town:
    return town_on(server, HOUSEHOLDS)


class PayingTill(threading.Thread):
    """Pays one cent after another from one phone, and asks again until it is answered, as a till does."""

    def __init__(self, town: Town) -> None:
        super().__init__(daemon=True)
        self.phone: Phone = town.new_phone()
        self.till: Till = town.new_till(town.shops[0])
        self.voucher = next(iter(self.phone.next_numbers))
        self.expires_at = expiry(town.now(), seconds=3600)
        self.green: list[str] = []
        self.faults: list[str] = []
        self.stopping = False

    def run(self) -> None:
        while not self.stopping:
            shown = self.phone.show_code(self.voucher, max_cents=100, expires_at=self.expires_at)
            self._pay(shown)

    def _pay(self, shown: str) -> None:
        while True:
            try:
                answer = self.till.redeem(shown, amount_cents=1, category=BICYCLES)
                self.green.append(answer["redemption"]["redemptionId"])
                return
            except OSError:
                if self.stopping:
                    return
                time.sleep(0.02)
            except Refused as refused:
                if refused.content["retry"]:
                    continue
                self.faults.append(refused.reason)
                return


def pay_through(town: Town, disaster: Callable[[], None], *, rounds: int) -> None:
    """Let tills pay without pause while a disaster strikes some times; then compare everybody's notes."""
    tills = [PayingTill(town) for _ in range(TILLS)]
    for till in tills:
        till.start()
    for _ in range(rounds):
        seen = sum(len(till.green) for till in tills)
        wait_for(lambda: sum(len(till.green) for till in tills) >= seen + 10)  # noqa: B023
        disaster()
    seen = sum(len(till.green) for till in tills)
    wait_for(lambda: sum(len(till.green) for till in tills) >= seen + 10)
    for till in tills:
        till.stopping = True
    for till in tills:
        till.join(timeout=30)

    for till in tills:
        assert till.faults == []
        assert len(set(till.green)) == len(till.green)
        payments = till.phone.client.ask("GET", "/budgets/me/payments")["payments"]
        booked = [payment["redemptionId"] for payment in payments]
        assert len(set(booked)) == len(booked), "no payment is booked twice"
        assert set(till.green) <= set(booked), "every green payment is there"
        assert len(booked) <= len(till.green) + 1, "only the last, unanswered one may be there besides"
        assert town.balance_cents(till.phone, till.voucher) == 30_000 - len(booked)
    report = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    assert report["redeemedCents"] == report["redemptionCount"] == report["owedCents"]
    assert report["leftCents"] == report["issuedCents"] - report["redeemedCents"]


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the tills no longer get on"
        time.sleep(0.01)


def test_kill_9_of_the_server_loses_no_green_payment_and_books_none_twice(server: Server, town: Town) -> None:
    def strike() -> None:
        server.kill()
        server.start()

    pay_through(town, strike, rounds=3)


def test_kill_9_of_the_chain_process_loses_no_green_payment_and_books_none_twice(
    server: Server, town: Town
) -> None:
    pay_through(town, server.kill_chain, rounds=3)


def test_json_a_hundred_thousand_levels_deep_does_not_end_the_server(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for opening in (b"[", b'{"a":'):
        connection.request(
            "POST", "/api/v1/letter-lookups", opening * 100_000, {"Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["reason"]) == (400, "request_invalid")
    connection.close()
    assert server.new_client().ask("GET", "/fund")["name"] == "Kindpakket"


def test_ctrl_c_ends_in_good_order_and_the_next_start_continues(server: Server, town: Town) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=100, expires_at=expiry(town.now(), seconds=3600))
    till.redeem(shown, amount_cents=100, category=BICYCLES)
    assert server.stop() == 0
    server.start()
    assert town.balance_cents(phone, voucher) == 29_900
    assert till.redeem(shown, amount_cents=100, category=BICYCLES)["result"] == "already_redeemed"
