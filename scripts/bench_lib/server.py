# SPDX-License-Identifier: EUPL-1.2
"""A really started server with a small town in it, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kindpakket.demo.api_client import ApiClient
from kindpakket.demo.people import Phone, Till, domain_of
from kindpakket.demo.seed import PAYOUT_IBAN
from kindpakket.tickets.signing import Domain
from kindpakket.units import day_of
from torture_lib import moved_clock

START_SECONDS = 600.0
LOG_LINES_SHOWN = 60
VOUCHERS_PER_HOUSEHOLD = 5
VOUCHER_CENTS = 300_00
CATEGORY = 1
SHOPS = """naam;categorie;iban
Winkel een;kleding;NL90INGB0009000000
Winkel twee;kleding;NL95INGB0009000007
Winkel drie;kleding;NL03INGB0009000014
Winkel vier;kleding;NL08INGB0009000021
"""


KINDPAKKET = [str(Path(sys.executable).with_name("kindpakket"))]


@dataclass(frozen=True, slots=True)
class Server:
    """A started server.

    Attributes:
        process_id: Of the server; the chain is its child.
        start_seconds: From its start to its first answer.
        sign_in_code: Of the link that a new installation prints; empty for any other.
        log_file: What it says.
    """

    base_url: str
    process_id: int
    start_seconds: float
    sign_in_code: str
    log_file: Path


@dataclass(frozen=True, slots=True)
class Town:
    """A running programme on a running server.

    Attributes:
        base_url: Where the server listens.
        holders: A phone for each voucher that can pay, with that voucher.
        tills: Paired tills, spread over the shops.
    """

    base_url: str
    domain: Domain
    holders: list[tuple[Phone, int]]
    tills: list[Till]


@contextmanager
def running_server() -> Iterator[tuple[str, str]]:
    """Serve an empty installation; yield its address and a sign-in code, and stop it in the end."""
    with (
        tempfile.TemporaryDirectory(prefix="kindpakket-bench-") as folder,
        serving(Path(folder) / "data") as server,
    ):
        assert server.sign_in_code, "a new installation prints a sign-in link"
        yield server.base_url, server.sign_in_code


def kindpakket(data_dir: Path, *, ahead_seconds: int) -> tuple[list[str], dict[str, str]]:
    """Return the command line and its environment, with a clock that is so far ahead of this machine's."""
    if ahead_seconds == 0:
        return KINDPAKKET, dict(os.environ)
    clock = data_dir.with_suffix(".clock")
    moved_clock.set_clock(clock, ahead_seconds)
    return [sys.executable, "-m", moved_clock.__name__], os.environ | {moved_clock.VARIABLE: str(clock)}


@contextmanager
def serving(data_dir: Path, *, ahead_seconds: int = 0) -> Iterator[Server]:
    """Serve what is in a folder, until the end; its log is beside the folder."""
    command, environment = kindpakket(data_dir, ahead_seconds=ahead_seconds)
    log_file = data_dir.with_suffix(".log")
    base_url = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    with log_file.open("wb") as log:
        # A wide terminal, so that the sign-in link stays on one line.
        process = subprocess.Popen(
            [*command, "serve", "--data-dir", str(data_dir), "--port", base_url.rsplit(":", 1)[1]],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment | {"COLUMNS": "400", "KINDPAKKET_PAYOUT_IBAN": PAYOUT_IBAN},
        )
    try:
        _wait_until_it_answers(base_url, process)
        found = re.search(r"aanmelden#code=(\S+)", log_file.read_text("utf-8"))
        yield Server(base_url, process.pid, time.monotonic() - started, found[1] if found else "", log_file)
    except BaseException:
        lines = log_file.read_text("utf-8").splitlines()
        unusual = [line for line in lines if "event=accepted" not in line]
        print("\n".join(unusual[-LOG_LINES_SHOWN:]), file=sys.stderr)
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running_town(*, vouchers: int, tills: int) -> Iterator[Town]:
    """Serve a town whose families have activated their vouchers and whose tills are paired."""
    with running_server() as (base_url, sign_in_code):
        desk = ApiClient(base_url)
        desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": sign_in_code})["token"]
        fund = desk.ask("GET", "/fund")
        domain = domain_of(fund)
        shops, letters = found(desk, vouchers=vouchers, year=day_of(fund["now"]).year)
        # Activating takes longer than a server keeps a silent connection.
        desk.close()

        holders = []
        for letter in letters:
            client = ApiClient(base_url)
            phone = Phone(client, domain)
            holders += [(phone, voucher) for voucher in phone.activate(letter["code"])]
            client.close()
        paired = []
        for number in range(tills):
            client = ApiClient(base_url)
            till = Till(client, domain)
            shop = shops[number % len(shops)]
            till.pair(
                desk.ask("POST", f"/shops/{shop}/pairing-codes")["pairingCode"], name=f"Kassa {number + 1}"
            )
            paired.append(till)
            client.close()
        desk.close()
        yield Town(base_url=base_url, domain=domain, holders=holders, tills=paired)


def found(
    desk: ApiClient, *, vouchers: int, year: int, more_cents: int = 0
) -> tuple[list[int], list[dict[str, Any]]]:
    """Open a programme with money (`more_cents` on no voucher), shops and letters; return the shops and the letters."""
    terms = {
        "name": "Meting",
        "startsOn": date(year, 1, 1).isoformat(),
        "endsOn": date(year + 1, 12, 31).isoformat(),
        "categories": [CATEGORY],
        "maxRedemptionCents": VOUCHER_CENTS,
        "policyText": "Een meting.",
    }
    programme = desk.ask("POST", "/programmes", terms)["programme"]
    households = -(-vouchers // VOUCHERS_PER_HOUSEHOLD)
    amount_cents = households * VOUCHERS_PER_HOUSEHOLD * VOUCHER_CENTS + more_cents
    desk.ask(
        "POST",
        f"/programmes/{programme}/deposits",
        {"amountCents": amount_cents, "paymentReference": "Meting"},
    )
    shops = desk.ask("POST", f"/programmes/{programme}/shop-imports", SHOPS)["shops"]
    rows = [f"M-{row};{VOUCHERS_PER_HOUSEHOLD}" for row in range(households)]
    table = "\n".join(["kenmerk;kinderen", *rows]) + "\n"
    path = f"/programmes/{programme}/household-imports?amountCents={VOUCHER_CENTS}"
    batch = desk.ask("POST", path, table)["batch"]
    letters = desk.ask("POST", f"/letter-batches/{batch}/disclosures")["letters"]
    return shops, letters


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(base_url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    client = ApiClient(base_url)
    while True:
        try:
            client.ask("GET", "/fund")
            client.close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start") from None
            time.sleep(0.05)
