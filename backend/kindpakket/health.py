# SPDX-License-Identifier: EUPL-1.2
"""`/health` and `/ready`: for who starts, restarts and balances servers. Anyone may ask; no figure is told.

`/health`: the process answers. `/ready`: its parts can do their work. Both answer at once from memory, in the event
loop, so that an answer waits neither for a part that hangs nor for a thread.

An alarm of the books is not here: payments go on, for the contract decides them. That is in the metrics, in the log
and on the municipality's pages.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import JSONResponse

from .watch import Because, Part, Watch

NO_STORE = {"Cache-Control": "no-store"}

_TO_DO: dict[Because, str] = {
    "not_seen_yet": "Wait a few seconds: the server has just started.",
    "no_answer": "Look in the log for the part's own warning; restart the server if it does not come back.",
    "stopped": "It does not come back by itself. Look in the log for why, and do what docs/operations.md says of it.",
    "behind": "Wait: the ledger is catching up. If it does not, look in the log for ledger_waits.",
    "ahead": "The chain lacks blocks that were booked. A node: wait until it has them again, and ask who runs it."
    " Otherwise stop the server, and do what docs/running.md says of an older journal.",
    "clock_behind": "The last block is so far ahead of the clock that codes of phones are refused. Set the clock right;"
    " if it is, see 'The clock was ahead' there.",
    "not_writable": "Look at the disk, the rights of the data folder and the database.",
    "almost_full": "Make room where the data folder is, before payments are refused.",
    "asks_fee": "Ask the consortium: its chain is to be free of fees. Calls wait until then.",
    "calls_wait": "Nothing sent comes into a block. Ask who runs the node whether its validators make blocks.",
}
_SEE = "docs/operations.md, chapter Alarms"


def install(app: FastAPI, watch: Watch) -> None:
    """Add both addresses."""

    async def tell_health() -> JSONResponse:
        return JSONResponse({"status": "alive"}, headers=NO_STORE)

    async def tell_readiness() -> JSONResponse:
        standings = watch.standings()
        is_ready = all(one.is_ready for one in standings)
        return JSONResponse(
            {
                "status": "ready" if is_ready else "not_ready",
                "parts": [_show(one.part, one.because) for one in standings],
            },
            status_code=200 if is_ready else 503,
            headers=NO_STORE,
        )

    for path, tell in (("/health", tell_health), ("/ready", tell_readiness)):
        app.add_api_route(path, tell, methods=["GET", "HEAD"], include_in_schema=False)


def _show(part: Part, because: Because | None) -> dict[str, str | bool]:
    if because is None:
        return {"part": part, "ready": True}
    return {"part": part, "ready": False, "because": because, "todo": _TO_DO[because], "see": _SEE}
