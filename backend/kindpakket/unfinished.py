# SPDX-License-Identifier: EUPL-1.2
"""What a crash or a silent chain left unfinished: finished at the start, and again and again while the server runs."""

from __future__ import annotations

import structlog

from . import payout_runs, programmes, shop_applications, shops, suspensions, tills, vouchers
from .errors import Failure
from .rounds import Rounds
from .services import Services

log = structlog.get_logger(__name__)

LEAST_WAIT_SECONDS = 5.0
MOST_WAIT_SECONDS = 300.0


def finish(services: Services) -> bool:
    """Finish what can be finished now; return whether nothing is left. Safe to call at any time."""
    finished = True
    for finish_some in (
        programmes.attach_announced,
        shops.resume_imports,
        shop_applications.resume,
        suspensions.resume,
        vouchers.resume_imports,
        vouchers.resume_top_ups,
        vouchers.forget_letters,
        tills.resume_removals,
        payout_runs.resume,
    ):
        try:
            finished = finish_some(services) and finished
        except Failure as failure:
            log.warning("finishing_waits", because=failure.reason())
            finished = False
    return finished


def finisher(services: Services) -> Rounds:
    """Return what finishes while the server runs."""
    return Rounds(
        "finisher",
        lambda: finish(services),
        every_seconds=LEAST_WAIT_SECONDS,
        most_seconds=MOST_WAIT_SECONDS,
    )
