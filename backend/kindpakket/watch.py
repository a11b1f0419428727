# SPDX-License-Identifier: EUPL-1.2
"""The watch: looks at each part of the running server every few seconds, for load balancers and for the metrics.

Each part is looked at in a thread of its own, and who asks is told what was seen last: an answer never waits for a
chain or a database that hangs. A look that does not end is itself something seen.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from . import metrics
from .errors import ChainUnreachable
from .services import Services

log = structlog.get_logger(__name__)

Part = Literal["chain", "ledger", "registry", "disk"]
Because = Literal[
    "not_seen_yet",
    "no_answer",
    "stopped",
    "behind",
    "ahead",
    "clock_behind",
    "not_writable",
    "asks_fee",
    "calls_wait",
    "almost_full",
]

MOST_BLOCKS_BEHIND = 1000
MOST_SECONDS_BEHIND = 30.0
MOST_SECONDS_AHEAD = 300
"""How long a code lasts: when the last block is further ahead of the clock, each code of a phone has ended already."""
OLD_SECONDS = 25.0
"""What was seen so long ago counts no more: the look after it hangs."""
STOP_SECONDS = 2.0
HEADS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a part can do its work; and if not, why. The list of reasons is closed."""

    part: Part
    because: Because | None

    @property
    def is_ready(self) -> bool:
        """Whether it can do its work."""
        return self.because is None


class _Look:
    """Looks at one part again and again, and keeps what was seen last."""

    def __init__(
        self,
        part: str,
        look: Callable[[], Because | None],
        *,
        every_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self.part = part
        self._look = look
        self._every_seconds = every_seconds
        self._monotonic = monotonic
        self._seen: tuple[float, Because | None] | None = None
        self._was: Because | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name=f"watch-{part}", daemon=True)

    def because(self) -> Because | None:
        """Return why the part is not ready, by what was seen last; None when it is."""
        if self._seen is None:
            return "not_seen_yet"
        seen_at, because = self._seen
        return "no_answer" if self._monotonic() - seen_at > OLD_SECONDS else because

    def readiness(self) -> float:
        """Return 1 when the part is ready, else 0."""
        return float(self.because() is None)

    def look(self) -> None:
        """Look now."""
        try:
            because = self._look()
        except Exception as error:  # noqa: BLE001
            # Whatever it is: a watch that ends would tell for ever what it saw last.
            because = "no_answer" if isinstance(error, ChainUnreachable | OSError) else "stopped"
            log.warning("look_failed", part=self.part, because=because, error=type(error).__name__)
        self._seen = (self._monotonic(), because)
        if because != self._was:
            if because is None:
                log.info("part_ready", part=self.part)
            else:
                log.error("part_not_ready", part=self.part, because=because)
        self._was = because

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._closing.set()

    def stop(self) -> None:
        """Stop; a look that hangs is not waited for."""
        self._closing.set()
        self._thread.join(STOP_SECONDS)

    def _go_on(self) -> None:
        while True:
            self.look()
            if self._closing.wait(self._every_seconds):
                return


class Watch:
    """Watches the parts of an installation while `looking`; before that, `look` looks once."""

    def __init__(self, services: Services, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Nothing is looked at yet. `monotonic`: seconds of a clock that never goes back."""
        self._services = services
        self._monotonic = monotonic
        self._heads: deque[tuple[float, int]] = deque()

        def looks_at(part: str, look: Callable[[], Because | None], every_seconds: float) -> _Look:
            return _Look(part, look, every_seconds=every_seconds, monotonic=monotonic)

        self._parts: dict[Part, _Look] = {
            "chain": looks_at("chain", self._look_at_chain, 5.0),
            "ledger": looks_at("ledger", self._look_at_ledger, 5.0),
            "registry": looks_at("registry", self._look_at_registry, 10.0),
            "disk": looks_at("disk", self._look_at_disk, 10.0),
        }
        self._books = looks_at("books", self._look_at_books, 30.0)
        for part, look in self._parts.items():
            metrics.READY.labels(part).set_function(look.readiness)

    def standings(self) -> list[Standing]:
        """Return how each part stands, by what was seen last. Never waits."""
        return [Standing(part, look.because()) for part, look in self._parts.items()]

    def look(self) -> None:
        """Look at everything now."""
        for look in self._all():
            look.look()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look again and again, until the end of the block."""
        for look in self._all():
            look.start()
        try:
            yield
        finally:
            for look in self._all():
                look.ask_to_stop()
            for look in self._all():
                look.stop()

    def _all(self) -> Sequence[_Look]:
        return (*self._parts.values(), self._books)

    def _look_at_chain(self) -> Because | None:
        """Ask the contract something: an engine that only remembers its head would not show that it hangs."""
        services = self._services
        self._note_memory()
        metrics.CHAIN_FILES_BYTES.set(
            sum(
                _size_of(file)
                for folder in ("chain", "node")
                for file in (services.settings.data_dir / folder).glob("*.db*")
            )
        )
        snapshots = (services.settings.data_dir / "chain").glob("**/snapshot-*.json")
        metrics.SNAPSHOT_AT.set(max((_changed_at(file) for file in snapshots), default=0.0))
        services.fund.voucher_count()
        head = services.chain.head()
        metrics.HEAD_BLOCK.set(head.number)
        if head.at - services.now() > MOST_SECONDS_AHEAD:
            return "clock_behind"
        return services.chain.trouble() or None

    def _look_at_ledger(self) -> Because | None:
        services = self._services
        if not services.ledger.is_writable():
            return "not_writable"
        booked = services.ledger.next_block() - 1
        # The engine keeps its head in memory, or fails soon: then nobody knows what is missing.
        head = services.chain.head().number
        behind_seconds = self._note_head(head, booked)
        behind = max(0, head - booked)
        metrics.LAG_BLOCKS.set(behind)
        metrics.LAG_SECONDS.set(behind_seconds)
        if services.follower.failed is not None:
            return "stopped"
        if booked > head:
            # The chain lost what was booked: a node that is behind, or an older journal.
            return "ahead"
        return "behind" if behind > MOST_BLOCKS_BEHIND or behind_seconds > MOST_SECONDS_BEHIND else None

    def _note_head(self, head: int, booked: int) -> float:
        """Remember when a head was first seen; return for how long the oldest one that is not booked has been there."""
        heads = self._heads
        now = self._monotonic()
        if (not heads or heads[-1][1] < head) and len(heads) < HEADS_KEPT:
            heads.append((now, head))
        while heads and heads[0][1] <= booked:
            heads.popleft()
        return now - heads[0][0] if heads else 0.0

    def _look_at_registry(self) -> Because | None:
        return None if self._services.registry.is_writable() else "not_writable"

    def _look_at_disk(self) -> Because | None:
        settings = self._services.settings
        free = shutil.disk_usage(settings.data_dir).free
        metrics.DISK_FREE_BYTES.set(free)
        return "almost_full" if free < settings.least_free_bytes else None

    def _look_at_books(self) -> Because | None:
        """Note what the last inspection found, and what waits for people. It keeps nobody from paying."""
        registry = self._services.registry
        last = registry.inspections.last_done()
        metrics.INSPECTION_ENDED_AT.set(last.ended_at or 0 if last else 0)
        if last is not None:
            metrics.DIFFERENCE_CENTS.set(
                sum(
                    abs(one.ledger_cents - one.chain_cents)
                    for one in registry.inspections.figures(last.inspection)
                )
            )
        metrics.OPEN_ALARMS.set(registry.inspections.open_alarm_count())
        metrics.WAITING_PAYOUTS.labels("approver").set(registry.payout_runs.prepared_count())
        metrics.WAITING_PAYOUTS.labels("chain").set(len(registry.payout_runs.unfinished()))
        return None

    def _note_memory(self) -> None:
        process_ids = getattr(self._services.chain, "process_ids", ())
        if process_ids:
            metrics.CHAIN_MEMORY_BYTES.set(sum(map(_memory_of, process_ids)))


def _size_of(file: Path) -> int:
    # A log beside a database comes and goes.
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _changed_at(file: Path) -> float:
    # An older snapshot is taken away when there is a newer one.
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _memory_of(process_id: int) -> int:
    """Return the resident memory of a process in bytes; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)
