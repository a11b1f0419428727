# SPDX-License-Identifier: EUPL-1.2
"""A single till: how long it waits from its request to green."""

from __future__ import annotations

import asyncio
import math

from .clients import Shift, TownTickets, work
from .figures import Figures, at_most, latencies
from .server import running_town

WARM_UP = 30
PAYMENTS = 300
VOUCHERS = 20


def measure() -> Figures:
    """Pay `PAYMENTS` times, one after the other, at a server that has nothing else to do."""
    with running_town(vouchers=VOUCHERS, tills=1) as town:
        requests = list(TownTickets(town).requests(town.tills[0], WARM_UP + PAYMENTS))
        shift: Shift = asyncio.run(work(town.base_url, requests, until=math.inf))
    assert not shift.others, f"every payment is accepted, not {shift.others[:1]}"
    found = latencies(shift.seconds[WARM_UP:])
    return {
        "bench": "till",
        "request_to_green": found,
        "targets": [
            at_most("one till: request to green, p50, ms", found["p50_ms"], 30),
            at_most("one till: request to green, p99, ms", found["p99_ms"], 100),
        ],
    }
