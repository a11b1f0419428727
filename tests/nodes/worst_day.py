# SPDX-License-Identifier: EUPL-1.2
"""A whole server on a node that is not ours, through everything that goes wrong between them; and how it is seen that
each payment that a till saw as green is there once, and that chain, ledger and everybody's notes agree.

    python -m tests.nodes.worst_day [ROUNDS] [SEED]    what scripts/worst_day does
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import pytest

from kindpakket import inspections
from kindpakket.main import open_services
from tests.end_to_end.server import Server
from tests.end_to_end.test_crash import HOUSEHOLDS, pay_through
from tests.ledger.databases import settings_in
from tests.support import Town, found_town

from .consortium import Consortium
from .faults import KINDS, Faults, faulty

NEVER_LOGGED = (
    *("internal_error", "round_failed", "chain_stopped", "ledger_stopped", "final_blocks_replaced"),
    *("node_went_back", "displaced", "given_up"),
)
"""What would be a fault of ours, or of a node that loses blocks."""


@dataclass
class Day:
    """All that takes part."""

    consortium: Consortium
    faults: Faults
    server: Server
    town: Town


@contextmanager
def worst_day(data_dir: Path, *, seed: int, patience_seconds: float = 3.0) -> Iterator[Day]:
    """A town on a server that reaches a node of others only through the faults; none at first."""
    consortium = Consortium()
    try:
        with faulty(consortium.node.port, seed=seed) as (url, faults), pytest.MonkeyPatch.context() as patch:
            patch.setenv("KINDPAKKET_NODE_URL", url)
            patch.setenv("KINDPAKKET_NODE_PATIENCE_SECONDS", str(patience_seconds))
            server = Server(data_dir)
            try:
                server.start()
                desk = server.new_client()
                code = {"signInCode": server.sign_in_code()}
                desk.token = desk.ask("POST", "/staff-sessions", code)["token"]
                town = found_town(
                    server.new_client,
                    desk,
                    starts_on="2020-01-01",
                    ends_on="2099-12-31",
                    households=HOUSEHOLDS,
                )
                yield Day(consortium, faults, server, town)
            finally:
                server.end()
    finally:
        consortium.stop()


def compare_all_books(day: Day) -> None:
    """Bring the node what was still swallowed, end in good order, and hold all books against the chain."""
    day.faults.share = 0.0
    day.faults.let_go()
    assert day.server.stop() == 0
    settings = settings_in(day.server.data_dir, node_url=day.consortium.node.url)
    with open_services(settings, follow=False) as services:
        inspections.ask(services, occasion="command")
        done = inspections.perform_due(services)
        assert done is not None
        found = inspections.report(services, done.inspection)
        assert [finding for finding in found.findings if finding.part != "staff_log"] == []
        assert found.figures and all(figure.agrees for figure in found.figures)
    log = day.server.log()
    for word in NEVER_LOGGED:
        assert word not in log, log[max(0, log.index(word) - 500) :][:3000]


def live_through(day: Day, *, rounds: int, share: float = 0.2) -> None:
    """Let tills pay through the faults; the node loses its pool, what was swallowed comes late, and we are killed."""

    def begin() -> None:
        day.faults.kinds, day.faults.share = KINDS, share

    def kill_server() -> None:
        day.server.kill()
        # A server that does not find its node at its start says so and ends: that is another test's.
        day.faults.share = 0.0
        day.server.start()
        day.faults.share = share

    def end() -> None:
        day.faults.share = 0.0

    disasters = islice(cycle([day.consortium.lose_pool, day.faults.let_go, kill_server]), rounds)
    steps = iter([begin, *disasters, end])
    pay_through(day.town, lambda: next(steps)(), rounds=rounds + 2)


def main(rounds: int = 100, seed: int = 1) -> None:
    """Live through as many rounds as are asked, and print what that was."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, worst_day(Path(folder) / "data", seed=seed) as day:
        live_through(day, rounds=rounds)
        report = day.town.desk.ask("GET", f"/programmes/{day.town.programme}/report")
        compare_all_books(day)
        figures = {
            "seed": seed,
            "rounds": rounds,
            "seconds": round(time.monotonic() - began),
            "payments": report["redemptionCount"],
            "requests": day.faults.done.total(),
            "faults": dict(day.faults.done.most_common()),
        }
    print(json.dumps(figures, indent=1))
    print("Each green payment is there once; contract, ledger and notes agree.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
