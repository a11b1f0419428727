# SPDX-License-Identifier: EUPL-1.2
"""Many tills at once: redemptions a second, beside what the engine alone bears with calls signed beforehand.

Server, chain and tills share one machine, so the server's rate includes what the tills cost.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from dataclasses import dataclass

from . import engine
from .clients import Shift, TownTickets, work
from .figures import Figures, at_least, at_most, latencies
from .server import Town, running_town


@dataclass(frozen=True, slots=True)
class Stage:
    """So many tills pay at once for so long; so many payments are made ready, more than they will make."""

    tills: int
    seconds: float
    payments: int


STAGES = (Stage(1, 15.0, 4_000), Stage(10, 15.0, 10_000), Stage(50, 60.0, 40_000))
VOUCHERS = 225
WARM_UP = 300
"""More than there are vouchers, so that each was used lately: a town has its regulars."""


def measure() -> Figures:
    """Let 1, 10 and 50 tills pay, the 50 for a minute, then measure the engine by itself."""
    with running_town(vouchers=VOUCHERS, tills=max(stage.tills for stage in STAGES)) as town:
        tickets = TownTickets(town)
        warm_up = list(tickets.requests(town.tills[0], WARM_UP))
        asyncio.run(work(town.base_url, warm_up, until=math.inf))
        served = {stage.tills: _run_stage(town, tickets, stage) for stage in STAGES}
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
        "targets": [
            at_least("50 tills: redemptions a second", served[50]["redemptions_per_second"], 200),
            at_least("50 tills: for so many seconds", served[50]["seconds"], 60),
            at_most("50 tills: request to green, p99, ms", served[50]["p99_ms"], 500),
        ],
    }


def _run_stage(town: Town, tickets: TownTickets, stage: Stage) -> dict[str, float]:
    print(f"{stage.tills} tills: signing {stage.payments} tickets and charges", file=sys.stderr)
    share = stage.payments // stage.tills
    requests = [list(tickets.requests(till, share)) for till in town.tills[: stage.tills]]
    print(f"{stage.tills} tills: paying for {stage.seconds:.0f} s", file=sys.stderr)

    async def pay() -> tuple[list[Shift], float]:
        started = time.monotonic()
        shifts = await asyncio.gather(
            *(work(town.base_url, own, until=started + stage.seconds) for own in requests)
        )
        return shifts, time.monotonic() - started

    shifts, seconds = asyncio.run(pay())
    others = [other for shift in shifts for other in shift.others]
    assert not others, f"every payment is accepted, not {others[:1]}"
    times = [one for shift in shifts for one in shift.seconds]
    return {
        "tills": stage.tills,
        "redemptions_per_second": round(len(times) / seconds, 1),
        "seconds": round(seconds, 1),
        **latencies(times),
    }
