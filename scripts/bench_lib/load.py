# SPDX-License-Identifier: EUPL-1.2
"""Many tills at once: redemptions a second, beside what the engine alone bears with calls signed beforehand.

Server, chain and tills share one machine, so the server's rate includes what the tills cost.
"""

from __future__ import annotations

import asyncio
import sys
import time

from . import engine
from .clients import Shift, TownTickets, work
from .figures import Figures, latencies
from .server import Town, running_town

STAGES = {1: 4_000, 10: 10_000, 50: 10_000}
"""How many tills at once, and how many payments are made ready for them: more than they will make."""

SECONDS = 15.0
VOUCHERS = 100
WARM_UP = 30


def measure() -> Figures:
    """Let 1, 10 and 50 tills pay for `SECONDS` each, then measure the engine by itself."""
    with running_town(vouchers=VOUCHERS, tills=max(STAGES)) as town:
        tickets = TownTickets(town)
        warm_up = list(tickets.requests(town.tills[0], WARM_UP))
        asyncio.run(work(town.base_url, warm_up, until=time.monotonic() + SECONDS))
        served = {tills: _run_stage(town, tickets, tills) for tills in STAGES}
    print("the engine by itself", file=sys.stderr)
    alone = engine.measure()
    stages = [
        figures
        | {
            "engine_per_second": alone[tills],
            "ratio": round(figures["redemptions_per_second"] / alone[tills], 3),
        }
        for tills, figures in served.items()
    ]
    return {
        "bench": "load",
        "stages": stages,
        "engine_per_second_by_calls_at_once": {str(calls): rate for calls, rate in alone.items()},
        "best_per_second": max(figures["redemptions_per_second"] for figures in served.values()),
        "engine_best_per_second": max(alone.values()),
        "ratio": round(
            max(figures["redemptions_per_second"] for figures in served.values()) / max(alone.values()), 3
        ),
    }


def _run_stage(town: Town, tickets: TownTickets, tills: int) -> dict[str, float]:
    print(f"{tills} tills: signing {STAGES[tills]} tickets and charges", file=sys.stderr)
    share = STAGES[tills] // tills
    requests = [list(tickets.requests(till, share)) for till in town.tills[:tills]]
    print(f"{tills} tills: paying", file=sys.stderr)

    async def pay() -> tuple[list[Shift], float]:
        started = time.monotonic()
        shifts = await asyncio.gather(
            *(work(town.base_url, own, until=started + SECONDS) for own in requests)
        )
        return shifts, time.monotonic() - started

    shifts, seconds = asyncio.run(pay())
    others = [other for shift in shifts for other in shift.others]
    assert not others, f"every payment is accepted, not {others[:1]}"
    times = [one for shift in shifts for one in shift.seconds]
    return {
        "tills": tills,
        "redemptions_per_second": round(len(times) / seconds, 1),
        "seconds": round(seconds, 1),
        **latencies(times),
    }
