# SPDX-License-Identifier: EUPL-1.2
"""The follower: reads the contract's events in order and books them. A failing event stops it, loudly.

On a chain of others it looks each time whether what it booked last is still there. If the chain replaced it, though it
was final, that is undone in the ledger, loudly, and what the chain has instead is booked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

import structlog

from kindpakket.chain.client import Head
from kindpakket.errors import ChainMismatch, ChainUnreachable, DatabaseUnreachable, LedgerStopped
from kindpakket.events import Event, Place

from . import forks
from .store import CursorMoved, Ledger, PlacedEvents

log = structlog.get_logger(__name__)

BLOCKS_AT_ONCE = 256
WAIT_SECONDS = 1.0
PAUSE_SECONDS = 10.0

Progress = Callable[[int], None]
"""Told the last booked block."""

Listener = Callable[[int, frozenset[int]], None]
"""Told the last booked block and which vouchers something happened to. Called by whichever thread booked; must not wait
or raise.
"""


class Blocks(Protocol):
    """What the follower needs of a chain."""

    def head(self) -> Head:
        """Return the newest final block."""

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block."""

    def wait_for_head(self, above: int, *, timeout_seconds: float) -> Head:
        """Wait until there is a final block above this number, or the time is over; return the newest."""


class EventSource(Protocol):
    """What the follower needs of a fund."""

    @property
    def chain(self) -> Blocks:
        """The chain that it is on."""

    @property
    def deployed_block(self) -> int:
        """The block that its contract came with."""

    def events(self, first_block: int, last_block: int) -> Sequence[tuple[Place, Event]]:
        """Return the events of these blocks (both included), in order."""


class Follower:
    """Keeps a ledger up with a fund: in a thread, and when a use case calls `catch_up` to read its writes."""

    def __init__(self, fund: EventSource, ledger: Ledger, *, may_fork: bool = False) -> None:
        """Follow this fund into this ledger; nothing happens before `catch_up` or `start`.

        Args:
            fund: Whose events.
            ledger: Where they are booked.
            may_fork: Whether the chain may replace blocks that were final. One that only we run does not: there,
                another block than the booked one is another chain, which is refused.
        """
        self._fund = fund
        self._ledger = ledger
        self._may_fork = may_fork
        self._booking = threading.Lock()
        self._next_block = ledger.next_block()
        self._last = ledger.last_booked()
        self._verified = False
        self._stopped: str | None = None
        self._listeners: list[Listener] = []
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def failed(self) -> str | None:
        """Why it books nothing any more; None as long as it works."""
        return self._stopped

    def catch_up(self, on_progress: Progress | None = None) -> int:
        """Book all that is final on the chain now; return the last booked block.

        Raises:
            LedgerStopped: An event could not be booked, now or before.
            ChainMismatch: The chain is not the one that was booked from.
            ChainUnreachable: No answer; what was booked stays, safe to call again.
        """
        self._refuse_when_stopped()
        head = self._fund.chain.head()
        if self._verified and self._has_booked(head):
            return self._next_block - 1
        with self._booking:
            self._refuse_when_stopped()
            if self._may_fork:
                # Others may have booked past the block that was read before it was our turn.
                head = self._fund.chain.head()
            self._verify(head)
            self._book_before_contract(head)
            while self._next_block <= head.number:
                self._book_some(head)
                if on_progress is not None:
                    on_progress(self._next_block - 1)
            return self._next_block - 1

    def rebuild(self, on_progress: Progress | None = None) -> int:
        """Erase the ledger and book everything again from the chain; return the last booked block."""
        with self._booking:
            self._ledger.erase()
            self._next_block, self._last = self._ledger.next_block(), None
            self._stopped = None
        return self.catch_up(on_progress)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener what is booked from now on; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def start(self) -> None:
        """Follow in a thread of its own until `stop`."""
        assert self._thread is None, "a follower is started once"
        self._thread = threading.Thread(target=self._follow, name="ledger-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following and wait for the thread; idempotent."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self) -> None:
        while not self._closing.is_set():
            try:
                booked = self.catch_up()
                self._fund.chain.wait_for_head(booked, timeout_seconds=WAIT_SECONDS)
            except (ChainUnreachable, DatabaseUnreachable) as failure:
                if self._closing.wait(WAIT_SECONDS):
                    return
                log.warning("ledger_waits", because=type(failure).__name__)
            except LedgerStopped as failure:
                log.error("ledger_not_followed", because=str(failure))
                return
            except ChainMismatch as failure:
                # Somebody may still put back the chain that it was.
                log.error("ledger_not_followed", because=str(failure))
                self._closing.wait(PAUSE_SECONDS)
            except Exception:
                # Nobody would see that this thread is gone.
                log.exception("ledger_follower_failed")
                self._closing.wait(PAUSE_SECONDS)

    def _refuse_when_stopped(self) -> None:
        if self._stopped is not None:
            raise LedgerStopped(self._stopped)

    def _has_booked(self, head: Head) -> bool:
        if self._may_fork:
            return (head.number, head.hash) == self._last
        return head.number < self._next_block

    def _verify(self, head: Head) -> None:
        """Compare the last booked block with the chain's: once, or each time on a chain that may fork.

        A chain begun anew has the same address.
        """
        if self._may_fork:
            self._undo_what_is_gone(head)
            self._verified = True
        if self._verified:
            return
        last = self._ledger.last_booked()
        if last is not None:
            number, block_hash = last
            if head.number < number or forks.hash_of(self._fund.chain, number) != block_hash:
                raise ChainMismatch(
                    f"block {number} is not the one that this ledger was booked from; "
                    "check the chain, then rebuild the ledger"
                )
        self._verified = True

    def _undo_what_is_gone(self, head: Head) -> None:
        last = self._ledger.last_booked()
        back_to = forks.find(self._fund.chain, head, last, self._ledger.booked_blocks)
        if last is not None and back_to is not None:
            touched = self._ledger.vouchers_touched_after(back_to[0])
            try:
                undone = self._ledger.undo(last, back_to=back_to)
            except CursorMoved:
                log.warning("ledger_undone_by_another")
            else:
                forks.tell(undone)
                for listener in tuple(self._listeners):
                    listener(back_to[0], touched)
        self._next_block = self._ledger.next_block()
        self._last = self._ledger.last_booked()

    def _book_before_contract(self, head: Head) -> None:
        """Book the blocks before the contract, so that a young ledger has where to go back to when the chain forks."""
        last_block = self._fund.deployed_block - 1
        if self._may_fork and self._next_block <= last_block <= head.number:
            self._move_on([], last_block=last_block, block_hash=forks.hash_of(self._fund.chain, last_block))

    def _book_some(self, head: Head) -> None:
        first_block = self._next_block
        # There is nothing to find before the contract.
        first_asked = max(first_block, self._fund.deployed_block)
        last_block = min(first_asked + BLOCKS_AT_ONCE - 1, head.number)
        block_hash = head.hash if last_block == head.number else forks.hash_of(self._fund.chain, last_block)
        try:
            placed_events = self._fund.events(first_asked, last_block)
        except ChainUnreachable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an event's reading fails of, it stops us
            self._stop(f"blocks {first_block} to {last_block}: {_first_line(error)}", error)
        if self._may_fork:
            # The events are those of this chain only if it was the same before they were read and after.
            forks.refuse_another(self._fund.chain, [(last_block, block_hash), self._last])
        try:
            self._move_on(placed_events, last_block=last_block, block_hash=block_hash)
        except DatabaseUnreachable:
            # The disk is full or the database is away: the events are not to blame, and none was booked.
            raise
        except Exception as error:  # noqa: BLE001 - whatever an event's booking fails of, it stops us
            self._stop_before(placed_events, first_block, error)

    def _move_on(self, placed_events: PlacedEvents, *, last_block: int, block_hash: bytes) -> None:
        """Book the next blocks, unless another process did that or undid some."""
        try:
            self._ledger.book(
                placed_events, first_block=self._next_block, last_block=last_block, block_hash=block_hash
            )
        except CursorMoved:
            self._next_block = self._ledger.next_block()
            self._last = self._ledger.last_booked()
        else:
            self._next_block = last_block + 1
            self._last = (last_block, block_hash)
            self._tell(placed_events)

    def _stop_before(self, placed_events: PlacedEvents, first_block: int, error: Exception) -> NoReturn:
        """Book the blocks before the one that fails, then stop."""
        unbookable = self._ledger.find_unbookable(placed_events)
        if unbookable is None:
            self._stop(f"the blocks from {first_block}: {_first_line(error)}", error)
        place, event = unbookable
        if place.block > first_block:
            last_block = place.block - 1
            block_hash = forks.hash_of(self._fund.chain, last_block)
            self._ledger.book(
                [placed for placed in placed_events if placed[0].block <= last_block],
                first_block=first_block,
                last_block=last_block,
                block_hash=block_hash,
            )
            self._next_block, self._last = place.block, (last_block, block_hash)
            self._tell([placed for placed in placed_events if placed[0].block <= last_block])
        name = type(event).__name__
        self._stop(f"{name} at block {place.block}, log {place.log_index}: {_first_line(error)}", error)

    def _tell(self, booked: PlacedEvents) -> None:
        touched = frozenset(event.voucher for _, event in booked if hasattr(event, "voucher"))
        if touched:
            for listener in tuple(self._listeners):
                listener(self._next_block - 1, touched)

    def _stop(self, why: str, error: Exception) -> NoReturn:
        self._stopped = f"the ledger stopped at {why}"
        log.critical("ledger_stopped", at=why)
        raise LedgerStopped(self._stopped) from error


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
