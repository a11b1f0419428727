# SPDX-License-Identifier: EUPL-1.2
"""Metrics: what is counted and measured for who keeps the server running, in Prometheus's form.

Nothing of a person, a family or a shop is a label: only results, reasons, route templates and parts of the server. They
are told on a port of this machine alone, never on the one that people reach. One process, many threads.

Source: https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from .errors import InternalError, KindpakketError

ONLY_THIS_MACHINE = "127.0.0.1"

# Since when each is counted would be as many lines again, and who asks knows when the process began.
disable_created_metrics()

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_WAITING_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_CHAIN_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30)

PAYMENTS = Counter(
    "kindpakket_payments",
    "Requests of tills to charge a ticket, by what became of them: accepted, already_redeemed, or the reason",
    ["result"],
    registry=REGISTRY,
)
REFUNDS = Counter(
    "kindpakket_refunds",
    "Requests of tills to give back, by what became of them: accepted, already_refunded, or the reason",
    ["result"],
    registry=REGISTRY,
)
WRONG_GUESSES = Counter(
    "kindpakket_wrong_guesses",
    "What opens nothing: codes of letters, pairing, sign-in links and backups, passkeys, by reason",
    ["reason"],
    registry=REGISTRY,
)
REQUESTS = Counter(
    "kindpakket_requests",
    "Answered requests. Too many from one address: status 429",
    ["method", "route", "status"],
    registry=REGISTRY,
)
OPEN_REQUESTS = Gauge(
    "kindpakket_open_requests",
    "Requests that are not answered to the end: phones that wait for news, and what is under way",
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "kindpakket_request_seconds",
    "From a request to the first byte of its answer",
    ["method", "route"],
    buckets=_WAITING_SECONDS,
    registry=REGISTRY,
)
CHAIN_SECONDS = Histogram(
    "kindpakket_chain_seconds",
    "Of a call on the embedded chain: waiting for a block, the journal's flush, the block's execution",
    ["stage"],
    buckets=_CHAIN_SECONDS,
    registry=REGISTRY,
)
READY = Gauge(
    "kindpakket_part_ready",
    "Whether a part of the server can do its work: 1 or 0",
    ["part"],
    registry=REGISTRY,
)
HEAD_BLOCK = Gauge("kindpakket_head_block", "The newest block of the chain", registry=REGISTRY)
LAG_BLOCKS = Gauge(
    "kindpakket_follower_lag_blocks", "Blocks that the ledger does not have yet", registry=REGISTRY
)
LAG_SECONDS = Gauge(
    "kindpakket_follower_lag_seconds", "For how long the oldest of those has been there", registry=REGISTRY
)
CHAIN_MEMORY_BYTES = Gauge(
    "kindpakket_chain_memory_bytes", "Memory of the embedded chain's process", registry=REGISTRY
)
CHAIN_FILES_BYTES = Gauge(
    "kindpakket_chain_files_bytes", "Size of the journal, or of the outbox for a node", registry=REGISTRY
)
SNAPSHOT_AT = Gauge(
    "kindpakket_snapshot_timestamp_seconds",
    "When the newest snapshot of the embedded chain was written; 0 when there is none",
    registry=REGISTRY,
)
DISK_FREE_BYTES = Gauge(
    "kindpakket_disk_free_bytes", "Space left where the data folder is", registry=REGISTRY
)
INSPECTION_ENDED_AT = Gauge(
    "kindpakket_inspection_ended_timestamp_seconds",
    "When the last inspection of the books ended; 0 when there was none",
    registry=REGISTRY,
)
DIFFERENCE_CENTS = Gauge(
    "kindpakket_ledger_chain_difference_cents",
    "By how much ledger and chain differed in the last inspection, all amounts taken together",
    registry=REGISTRY,
)
OPEN_ALARMS = Gauge(
    "kindpakket_open_alarms", "Inspections with findings of which no auditor took note", registry=REGISTRY
)
WAITING_PAYOUTS = Gauge(
    "kindpakket_payout_runs_waiting",
    "Payout runs that wait: for an approver, or for the chain",
    ["waits_for"],
    registry=REGISTRY,
)

_Asked = ParamSpec("_Asked")


class Outcome(Protocol):
    """What a use case answers."""

    @property
    def result(self) -> str:
        """What became of it."""


_Given = TypeVar("_Given", bound=Outcome)


def count_results(counter: Counter) -> Callable[[Callable[_Asked, _Given]], Callable[_Asked, _Given]]:
    """Count what a use case answers by its `result`, and what it refuses or fails of by the reason."""

    def count(use_case: Callable[_Asked, _Given]) -> Callable[_Asked, _Given]:
        @wraps(use_case)
        def counted(*arguments: _Asked.args, **named: _Asked.kwargs) -> _Given:
            try:
                outcome = use_case(*arguments, **named)
            except Exception as error:
                reason = error.reason() if isinstance(error, KindpakketError) else InternalError.reason()
                counter.labels(reason).inc()
                raise
            counter.labels(outcome.result).inc()
            return outcome

        return counted

    return count


@contextmanager
def served(port: int) -> Iterator[None]:
    """Tell the metrics on a port of this machine only; on none when it is 0.

    Raises:
        OSError: The port is taken.
    """
    if not port:
        yield
        return
    server, thread = start_http_server(port, addr=ONLY_THIS_MACHINE, registry=REGISTRY)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
