# SPDX-License-Identifier: EUPL-1.2
"""A single till: how long it waits from its request to green."""

from __future__ import annotations

import asyncio
import math

from .clients import Shift, TownTickets, work
from .figures import Figures, latencies
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
    return {"bench": "till", "request_to_green": latencies(shift.seconds[WARM_UP:])}
