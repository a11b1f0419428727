# SPDX-License-Identifier: EUPL-1.2
"""A chain that replaces blocks: what was booked of them leaves the ledger in one step, and the others are booked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from kindpakket.errors import ChainMismatch, ChainUnreachable
from kindpakket.events import Event, Place
from kindpakket.ledger import follower as follower_module
from kindpakket.ledger import forks, store
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.postings import describe
from kindpakket.ledger.store import CursorMoved, Ledger
from kindpakket.ledger.undoing import read_event

from .source import PaperChain, begun, redeemed, refunded, whole_story
from .test_follower import dump

OpenLedger = Callable[..., Ledger]


def fork(chain: PaperChain, *, at: int) -> PaperChain:
    """Let the chain have nothing after a block any more."""
    del chain.blocks[at + 1 :]
    return chain


def book_afresh(chain: PaperChain, open_ledger: OpenLedger, url: str) -> object:
    """What a new ledger has of this chain."""
    ledger = open_ledger()
    ledger.erase()
    Follower(chain, ledger).catch_up()
    return dump(url)


# ------------------------------------------------------------------ what is undone


def test_a_replaced_payment_is_undone_and_the_one_instead_is_booked(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    first = chain.add_block(redeemed(1, 0, 1_000), redeemed(2, 0, 500))
    follower.catch_up()
    fork(chain, at=base).add_block(redeemed(1, 5, 700))
    assert follower.catch_up() == first
    assert [(one.number, one.amount_cents) for one in ledger.reports.payments([1, 2])] == [(5, 700)]
    assert ledger.reports.differences() == []
    (undone,) = ledger.untold_undoings()
    assert (undone.first_block, undone.last_block) == (first, first)
    assert (undone.event_count, undone.redemption_count, undone.redeemed_cents) == (2, 2, 1_500)


@pytest.mark.parametrize("blocks", [8, 12, 15, 19, 23])
def test_wherever_the_chain_forks_the_ledger_is_as_if_it_had_never_known_the_other_branch(
    blocks: int, open_ledger: OpenLedger, url: str
) -> None:
    story = whole_story()
    expected = book_afresh(story, open_ledger, url)
    ledger = open_ledger()
    ledger.erase()
    chain = story.cut(blocks)
    follower = Follower(chain, ledger, may_fork=True)
    follower.catch_up()
    for number in range(3):
        chain.add_block(redeemed(2, 90 + number, 1))
        follower.catch_up()
    chain.blocks = story.blocks
    follower.catch_up()
    assert dump(url) == expected
    assert len(ledger.untold_undoings()) == 1


def test_a_ledger_that_was_booked_at_once_survives_a_fork_of_its_last_block(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 1_000))
    follower = Follower(chain, ledger, may_fork=True)
    last = follower.catch_up()
    fork(chain, at=last - 1).add_block(redeemed(1, 5, 700))
    assert follower.catch_up() == last
    assert [(one.number, one.amount_cents) for one in ledger.reports.payments([1])] == [(5, 700)]
    assert ledger.reports.differences() == []


def test_its_thread_goes_on_when_the_chain_is_the_one_that_it_was_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "PAUSE_SECONDS", 0.01)
    chain = begun()
    name = chain.name
    follower = Follower(chain, ledger, may_fork=True)
    follower.catch_up()
    refused, booked = threading.Event(), threading.Event()
    find = forks.find

    def note(*arguments: Any) -> Any:
        try:
            return find(*arguments)
        except ChainMismatch:
            refused.set()
            raise

    monkeypatch.setattr(forks, "find", note)
    chain.name = "another paper"
    follower.start()
    assert refused.wait(timeout=10)
    chain.name = name
    block = chain.add_block(redeemed(1, 0, 5))
    follower.listen(lambda _, __: booked.set())
    assert booked.wait(timeout=10)
    follower.stop()
    assert ledger.next_block() == block + 1


def test_each_kind_of_event_is_read_back_as_it_was_booked() -> None:
    for block in whole_story().blocks:
        for event in block:
            assert read_event(type(event).__name__, describe(event)) == event


def test_a_fork_while_nobody_looked_is_undone_at_the_next_start(open_ledger: OpenLedger) -> None:
    chain = begun()
    ledger = open_ledger()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000))
    follower.catch_up()
    fork(chain, at=base).add_block()
    chain.add_block()
    Follower(chain, open_ledger(), may_fork=True).catch_up()
    assert ledger.reports.payments([1]) == []


def test_a_fork_of_blocks_without_events_is_undone_too(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    chain.add_block()
    follower.catch_up()
    fork(chain, at=base).add_block(redeemed(1, 0, 5))
    follower.catch_up()
    assert len(ledger.reports.payments([1])) == 1
    (undone,) = ledger.untold_undoings()
    assert (undone.event_count, undone.redeemed_cents) == (0, 0)


def test_what_was_told_is_told_once(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000))
    follower.catch_up()
    fork(chain, at=base).add_block()
    follower.catch_up()
    undone = ledger.untold_undoings()
    assert len(undone) == 1
    ledger.note_told(undone)
    assert ledger.untold_undoings() == []


def test_who_listens_is_told_of_the_vouchers_whose_payments_were_undone(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000), refunded(1, 0, 200))
    chain.add_block(redeemed(2, 0, 5))
    follower.catch_up()
    heard: list[tuple[int, frozenset[int]]] = []
    follower.listen(lambda block, vouchers: heard.append((block, vouchers)))
    fork(chain, at=base).add_block()
    chain.add_block()
    follower.catch_up()
    assert heard == [(base, frozenset({1, 2}))]


# ------------------------------------------------------------------ what is not undone


def test_a_chain_that_is_only_behind_undoes_nothing(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000))
    last = chain.add_block()
    follower.catch_up()
    whole = chain.blocks[:]
    fork(chain, at=base)
    assert follower.catch_up() == last
    assert len(ledger.reports.payments([1])) == 1
    chain.blocks = whole
    assert follower.catch_up() == last
    assert ledger.untold_undoings() == []


def test_a_chain_that_has_none_of_the_remembered_blocks_is_another_and_refused(ledger: Ledger) -> None:
    Follower(begun(), ledger, may_fork=True).catch_up()
    other = whole_story()
    other.name = "another paper"
    before = len(ledger.booked_blocks())
    with pytest.raises(ChainMismatch, match="rebuild the ledger"):
        Follower(other, ledger, may_fork=True).catch_up()
    assert len(ledger.booked_blocks()) == before


def test_a_chain_that_only_we_run_never_forks_and_is_refused(open_ledger: OpenLedger) -> None:
    chain = begun()
    follower = Follower(chain, open_ledger(), may_fork=True)
    base = follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000))
    follower.catch_up()
    fork(chain, at=base).add_block()
    with pytest.raises(ChainMismatch):
        Follower(chain, open_ledger()).catch_up()


def test_events_that_were_read_while_the_chain_forked_are_not_booked(ledger: Ledger) -> None:
    class Turning(PaperChain):
        turns = False

        def events(self, first_block: int, last_block: int) -> Sequence[tuple[Place, Event]]:
            found = super().events(first_block, last_block)
            if self.turns:
                self.turns = False
                fork(self, at=last_block - 1).add_block(redeemed(2, 8, 9))
            return found

    chain = Turning()
    chain.blocks = begun().blocks
    follower = Follower(chain, ledger, may_fork=True)
    follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000))
    chain.turns = True
    with pytest.raises(ChainUnreachable):
        follower.catch_up()
    follower.catch_up()
    assert [(one.number, one.amount_cents) for one in ledger.reports.payments([1, 2])] == [(8, 9)]
    assert ledger.untold_undoings() == [], "nothing of it was ever booked"


def test_blocks_that_another_process_undid_first_are_not_undone_again(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    base = follower.catch_up()
    chain.add_block(redeemed(1, 0, 1_000))
    follower.catch_up()
    last, back_to = ledger.last_booked(), (base, chain.block_hash(base))
    assert last is not None
    ledger.undo(last, back_to=back_to)
    with pytest.raises(CursorMoved):
        ledger.undo(last, back_to=back_to)
    assert len(ledger.untold_undoings()) == 1


def test_the_ledger_remembers_a_bounded_number_of_blocks(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BOOKED_BLOCKS_KEPT", 5)
    chain = begun()
    follower = Follower(chain, ledger, may_fork=True)
    for _ in range(12):
        last = chain.add_block()
        follower.catch_up()
    assert [block for block, _ in ledger.booked_blocks()] == list(range(last - 4, last + 1))
