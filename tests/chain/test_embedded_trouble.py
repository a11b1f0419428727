# SPDX-License-Identifier: EUPL-1.2
"""The embedded chain when its disk does not go on: what it says of itself, and what it does not say of a call yet."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kindpakket.chain.embedded import EmbeddedChain
from kindpakket.chain.journal import Journal
from kindpakket.errors import ChainUnreachable, TicketAlreadyUsed, TicketExpired

from .support import Clock, build_town, note

Open = Callable[..., EmbeddedChain]
PATIENCE_SECONDS = 60


def test_a_journal_that_another_holds_is_trouble_until_it_lets_go(open_chain: Open, folder: Path) -> None:
    chain = open_chain()
    chain.send(note(chain))
    assert chain.trouble() == ""
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        with pytest.raises(ChainUnreachable, match="the journal could not be written"):
            chain.send(note(chain, 1))
        assert chain.trouble() == "not_writable"
    # Nobody calls as long as that is said, and it must end all the same.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while chain.trouble():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert chain.send(note(chain, 2)).block == 2


def test_why_a_call_is_refused_now_is_not_told_before_the_same_call_is_decided(
    open_chain: Open, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = open_chain(patience_seconds=0.5)
    town = build_town(chain, lambda at: setattr(clock, "at", at))
    relayer, ends_at = town.deployment.accounts.relayer, clock.at // 60 * 60 + 120
    call = town.redeem(expires_at=ends_at)
    begun, goes_on = threading.Event(), threading.Event()
    append = Journal.append

    def append_when_the_disk_goes_on(self: Journal, **block: Any) -> Any:
        begun.set()
        assert goes_on.wait(PATIENCE_SECONDS)
        return append(self, **block)

    monkeypatch.setattr(Journal, "append", append_when_the_disk_goes_on)
    with ThreadPoolExecutor() as tills:
        first = tills.submit(town.fund.execute, call, sender=relayer)
        assert begun.wait(PATIENCE_SECONDS)
        clock.at = ends_at + 5
        assert isinstance(first.exception(), ChainUnreachable)
        with pytest.raises(ChainUnreachable, match="not decided yet"):
            town.fund.preview(call, sender=relayer)
        # Of another call, and to whoever did not send it, the contract's reason is told.
        with pytest.raises(TicketExpired):
            town.fund.preview(town.redeem(expires_at=ends_at, number=1), sender=relayer)
        with pytest.raises(TicketExpired):
            town.fund.preview(call)
        head = chain.head().number
        goes_on.set()
        assert chain.wait_for_head(head, timeout_seconds=PATIENCE_SECONDS).at < ends_at
    deadline = time.monotonic() + PATIENCE_SECONDS
    while chain._undecided.now():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # It was accepted at its own time.
    with pytest.raises((TicketAlreadyUsed, TicketExpired)):
        town.fund.preview(call, sender=relayer)
