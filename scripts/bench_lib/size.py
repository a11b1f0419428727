# SPDX-License-Identifier: EUPL-1.2
"""Size: whether a fund that is old and large is as quick as an empty one, and what a large one takes.

One installation, from empty to so many vouchers, all on phones, and so many payments. The vouchers come by
`kindpakket import-households`; the payments by the engine, signed beforehand, for phones and tills would take hours. A
till that pays over HTTP is measured before and after, in the same installation. The chain is audited from outside, and
the shops are paid out.
"""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kindpakket.demo.api_client import ApiClient
from kindpakket.demo.people import Phone, Till, domain_of
from kindpakket.units import day_of

from . import pages
from .clients import TownTickets, work
from .figures import Figures, Target, at_least, at_most, latencies
from .growing import Grown, grow
from .payout import PATIENCE_SECONDS, pay_out
from .server import KINDPAKKET, VOUCHER_CENTS, Server, Town, found, serving
from .start import copy_all

VOUCHERS = 20_000
REDEMPTIONS = 100_000

PROBE_VOUCHERS = 20
PROBES = 300
WARM_UP = 30
CHILDREN = 2
A_WEEK_AHEAD = 7 * 24 * 3600


def measure(vouchers: int, redemptions: int) -> Figures:
    """Let an installation grow, and measure it before and after."""
    with tempfile.TemporaryDirectory(prefix="kindpakket-bench-") as folder:
        data_dir = Path(folder) / "data"
        with serving(data_dir) as server:
            town, programme = _found_town(server, vouchers)
            tickets = TownTickets(town)
            empty = _probe(server, town, tickets)
        imported = _import(data_dir, programme, vouchers)
        grown = grow(data_dir, town.tills[0].key, redemptions=redemptions)
        # A town that grows for years has it done beside it.
        copying = copy_all(data_dir)
        with serving(data_dir) as server:
            full = _probe(server, town, tickets)
            megabytes = _megabytes(server)
            paid_out = pay_out(server.base_url, data_dir)
            start_seconds = server.start_seconds
        with serving(data_dir, ahead_seconds=A_WEEK_AHEAD) as server:
            inspection_seconds = _await_inspection(server)
            shown = pages.measure(server.base_url, data_dir, ahead_seconds=A_WEEK_AHEAD)
    return {
        "bench": "size",
        "vouchers": vouchers,
        "redemptions": redemptions,
        "request_to_green_when_empty": empty,
        "request_to_green": full,
        "p50_ratio": round(full["p50_ms"] / empty["p50_ms"], 2),
        "p99_ratio": round(full["p99_ms"] / empty["p99_ms"], 2),
        "gas": grown.gas,
        "start_seconds": round(start_seconds, 1),
        "snapshots": copying,
        "import": imported,
        "rebuild_ledger": grown.rebuild,
        "audit": grown.audit,
        "inspection_seconds": inspection_seconds,
        "payout": paid_out,
        "pages": shown,
        "megabytes": megabytes,
        "targets": _targets(empty, full, grown, start_seconds, imported, shown),
    }


def _targets(
    empty: dict[str, float],
    full: dict[str, float],
    grown: Grown,
    start_seconds: float,
    imported: dict[str, float],
    shown: dict[str, Any],
) -> list[Target]:
    first, last = grown.gas.values()
    return [
        at_most("one till: request to green, p50, ms", full["p50_ms"], 30),
        at_most("one till: request to green, p99, ms", full["p99_ms"], 100),
        at_most("p50 of a large fund, times an empty one's", round(full["p50_ms"] / empty["p50_ms"], 2), 1.5),
        at_most("p99 of a large fund, times an empty one's", round(full["p99_ms"] / empty["p99_ms"], 2), 1.5),
        at_most("gas of a large fund, times an empty one's", round(last / first, 3), 1.5),
        at_most("start, seconds", round(start_seconds, 1), 10),
        at_most("import of 10,000 vouchers, seconds", round(10_000 / imported["vouchers_per_second"], 1), 60),
        at_least("ledger rebuild, events a second", grown.rebuild["events_per_second"], 5_000),
        at_most("the slowest page, ms", max(shown["slowest_ms"].values()), 200),
    ]


def _found_town(server: Server, vouchers: int) -> tuple[Town, int]:
    """Open a programme with room for all, one till, and some vouchers on a phone to measure with."""
    desk = ApiClient(server.base_url)
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": server.sign_in_code})["token"]
    fund = desk.ask("GET", "/fund")
    domain = domain_of(fund)
    year = day_of(fund["now"]).year
    more_cents = (vouchers + CHILDREN) * VOUCHER_CENTS
    shops, letters = found(desk, vouchers=PROBE_VOUCHERS, year=year, more_cents=more_cents)
    holders = []
    for one in letters:
        phone = Phone(ApiClient(server.base_url), domain)
        holders += [(phone, voucher) for voucher in phone.activate(one["code"])]
    till = Till(ApiClient(server.base_url), domain)
    till.pair(desk.ask("POST", f"/shops/{shops[0]}/pairing-codes")["pairingCode"])
    (programme,) = desk.ask("GET", "/programmes")["programmes"]
    return Town(server.base_url, domain, holders, [till]), programme["programme"]


def _probe(server: Server, town: Town, tickets: TownTickets) -> dict[str, float]:
    """Pay one after the other; return how long green took."""
    requests = list(tickets.requests(town.tills[0], WARM_UP + PROBES))
    shift = asyncio.run(work(server.base_url, requests, until=math.inf))
    assert not shift.others, f"every payment is accepted, not {shift.others[:1]}"
    return latencies(shift.seconds[WARM_UP:])


def _import(data_dir: Path, programme: int, vouchers: int) -> dict[str, float]:
    """Import households by the command; return how long it took, its start included."""
    households = -(-vouchers // CHILDREN)
    file = data_dir.with_name("households.csv")
    rows = (f"H-{row};{CHILDREN}" for row in range(households))
    file.write_text("\n".join(["kenmerk;kinderen", *rows]) + "\n", "utf-8")
    command = [*KINDPAKKET, "import-households", str(file), "--programme", str(programme), "--amount", "300"]
    started = time.monotonic()
    subprocess.run([*command, "--data-dir", str(data_dir)], check=True, stdout=sys.stderr)
    seconds = time.monotonic() - started
    return {"seconds": round(seconds, 1), "vouchers_per_second": round(households * CHILDREN / seconds)}


def _await_inspection(server: Server) -> float:
    """Wait for the nightly inspection, which is due; return how long after the start it ended."""
    started = time.monotonic()
    while "books_agree" not in (told := server.log_file.read_text("utf-8")):
        assert "books_do_not_agree" not in told
        assert time.monotonic() < started + PATIENCE_SECONDS, "it ends"
        time.sleep(0.2)
    return round(time.monotonic() - started, 1)


def _megabytes(server: Server) -> dict[str, float]:
    """Return what the server and its chain hold in memory."""
    threads = Path(f"/proc/{server.process_id}/task").glob("*/children")
    children = [int(child) for thread in threads for child in thread.read_text("utf-8").split()]
    return {"server": _resident(server.process_id), "chain": round(sum(map(_resident, children)), 1)}


def _resident(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text("utf-8")
    kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    return round(kilobytes / 1000, 1)
