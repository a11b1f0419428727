# SPDX-License-Identifier: EUPL-1.2
"""The rebuild: how many events a second a ledger books that is made anew from the chain.

On SQLite, and on PostgreSQL where `KINDPAKKET_DATABASE_URL` names a database, in a schema that is dropped afterwards.
The chain is the audit's: an embedded one with many small blocks.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from kindpakket.databases import forget_schema
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger
from kindpakket.settings import Settings

from .audit import pay_many
from .figures import Figures
from .fund import Bench, embedded_fund

SCHEMA = "kindpakket_bench"


def measure(redemptions: int) -> Figures:
    """Make a chain of that many payments and rebuild a ledger from it on each kind of database that there is."""
    with embedded_fund() as bench, tempfile.TemporaryDirectory(prefix="kindpakket-bench-") as folder:
        pay_many(bench, redemptions)
        figures: dict[str, object] = {
            "bench": "rebuild",
            "redemptions": redemptions,
            "blocks": bench.chain.head().number + 1,
            "sqlite": _rebuild(bench, f"sqlite:///{Path(folder) / 'ledger.db'}", redemptions),
        }
        if Settings().database_url.get_secret_value():
            address = Settings(database_schema=SCHEMA).ledger_address
            try:
                figures["postgresql"] = _rebuild(bench, address, redemptions)
            finally:
                forget_schema(address)
    return figures


def _rebuild(bench: Bench, address: str, redemptions: int) -> Figures:
    print("rebuilding", file=sys.stderr)
    ledger = Ledger(address, chain_id=bench.chain.chain_id, contract=bench.fund.address)
    try:
        follower = Follower(bench.fund, ledger)
        started, worked = time.monotonic(), time.process_time()
        follower.rebuild()
        seconds, processor_seconds = time.monotonic() - started, time.process_time() - worked
        events = len(bench.fund.events(0, bench.chain.head().number))
        assert len(ledger.reports.payments([*range(1, redemptions + 1)])) == redemptions
    finally:
        ledger.close()
    return {
        "events": events,
        "seconds": round(seconds, 1),
        "own_processor_seconds": round(processor_seconds, 1),
        "events_a_second": round(events / seconds),
        "events_a_processor_second": round(events / processor_seconds),
    }
