# SPDX-License-Identifier: EUPL-1.2
"""The follower: stops at what it cannot book, survives a crash, and books each event once whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from kindpakket.chain.client import Head
from kindpakket.errors import ChainMismatch, ChainUnreachable, LedgerStopped
from kindpakket.events import Event, Place
from kindpakket.ledger import follower as follower_module
from kindpakket.ledger import tables
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger

from .databases import connect
from .source import DEPLOYED_BLOCK, PaperChain, begun, redeemed, refunded, whole_story

OpenLedger = Callable[..., Ledger]


def dump(url: str) -> dict[str, list[Any]]:
    """All rows of all tables, but for how often booking paused and what it undid."""
    with connect(url) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables.metadata.sorted_tables
            if table not in (tables.booked_block, tables.undoing)
        }


# ------------------------------------------------------------------ refusals


def test_a_failing_event_stops_it_for_good(ledger: Ledger) -> None:
    chain = begun()
    bad = chain.add_block(redeemed(1, 0, 1_000), redeemed(1, 1, 29_001))
    chain.add_block(redeemed(2, 0, 5))
    follower = Follower(chain, ledger)
    with pytest.raises(LedgerStopped, match=f"Redeemed at block {bad}, log 1"):
        follower.catch_up()
    assert follower.failed is not None
    with pytest.raises(LedgerStopped, match=f"Redeemed at block {bad}, log 1"):
        follower.catch_up()


def test_the_blocks_before_a_failing_event_are_booked_and_none_after_it(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 1_000))
    bad = chain.add_block(redeemed(2, 0, 1_000), redeemed(1, 1, 29_001))
    chain.add_block(redeemed(2, 1, 5))
    with pytest.raises(LedgerStopped):
        Follower(chain, ledger).catch_up()
    assert ledger.next_block() == bad
    assert [payment.amount_cents for payment in ledger.reports.payments([1, 2])] == [1_000]
    assert ledger.reports.differences() == []


def test_an_event_that_cannot_be_read_stops_it(ledger: Ledger) -> None:
    class Unreadable(PaperChain):
        def events(self, first_block: int, last_block: int) -> Sequence[tuple[Place, Event]]:
            raise ValueError("an unknown event")

    with pytest.raises(LedgerStopped, match="an unknown event"):
        Follower(Unreadable(), ledger).catch_up()


def test_a_stopped_follower_starts_again_when_the_cause_is_gone(ledger: Ledger) -> None:
    chain = begun()
    bad = chain.add_block(redeemed(1, 1, 30_001))
    follower = Follower(chain, ledger)
    with pytest.raises(LedgerStopped):
        follower.catch_up()
    chain.blocks[bad] = [redeemed(1, 1, 30_000)]
    assert follower.rebuild() == bad
    assert follower.failed is None


def test_a_chain_that_is_away_does_not_stop_it(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger)
    chain.is_away = True
    with pytest.raises(ChainUnreachable):
        follower.catch_up()
    chain.is_away = False
    assert follower.catch_up() == chain.head().number


def test_it_refuses_a_chain_that_began_anew_at_the_same_address(open_ledger: OpenLedger) -> None:
    Follower(begun(), open_ledger()).catch_up()
    other = whole_story()
    other.name = "another paper"
    follower = Follower(other, open_ledger())
    for _ in range(2):
        with pytest.raises(ChainMismatch, match="rebuild the ledger"):
            follower.catch_up()


def test_it_refuses_a_chain_that_is_shorter_than_what_was_booked(open_ledger: OpenLedger) -> None:
    chain = whole_story()
    Follower(chain, open_ledger()).catch_up()
    with pytest.raises(ChainMismatch):
        Follower(chain.cut(9), open_ledger()).catch_up()


# ------------------------------------------------------------------ following


def test_it_says_the_last_booked_block(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger)
    assert follower.catch_up() == chain.head().number
    assert follower.catch_up() == chain.head().number
    block = chain.add_block(redeemed(1, 0, 5))
    assert follower.catch_up() == block


def test_it_asks_for_nothing_before_the_contract_and_for_nothing_twice(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger)
    last = follower.catch_up()
    chain.add_block()
    follower.catch_up()
    follower.catch_up()
    assert chain.asked == [(DEPLOYED_BLOCK, last), (last + 1, last + 1)]


def test_many_blocks_are_booked_in_parts_and_each_part_is_told(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "BLOCKS_AT_ONCE", 5)
    chain = whole_story()
    told: list[int] = []
    head = Follower(chain, ledger).catch_up(told.append)
    assert told == [7, 12, 17, 22, head]
    assert ledger.reports.differences() == []


@pytest.mark.parametrize("blocks", [4, 9, 12, 15, 20])
def test_after_a_crash_it_books_the_rest_as_if_nothing_had_happened(
    blocks: int, open_ledger: OpenLedger, url: str
) -> None:
    chain = whole_story()
    from_scratch = open_ledger()
    Follower(chain, from_scratch).catch_up()
    expected = dump(url)

    from_scratch.erase()
    from_scratch.close()
    crashed = open_ledger()
    Follower(chain.cut(blocks), crashed).catch_up()
    half = dump(url)
    in_the_middle = chain.cut(blocks)
    in_the_middle.add_block(redeemed(1, 99, 5), redeemed(77, 0, 5))
    with pytest.raises(LedgerStopped):
        Follower(in_the_middle, crashed).catch_up()
    assert dump(url) == half
    crashed.close()

    Follower(chain, open_ledger()).catch_up()
    assert dump(url) == expected


def test_block_by_block_gives_the_same_as_all_at_once(open_ledger: OpenLedger, url: str) -> None:
    story = whole_story()
    ledger = open_ledger()
    Follower(story, ledger).catch_up()
    expected = dump(url)
    ledger.erase()
    growing = story.cut(DEPLOYED_BLOCK + 1)
    follower = Follower(growing, ledger)
    for events in story.blocks[DEPLOYED_BLOCK + 1 :]:
        growing.add_block(*events)
        follower.catch_up()
    assert dump(url) == expected


def test_rebuilt_it_is_the_same(ledger: Ledger, url: str) -> None:
    follower = Follower(whole_story(), ledger)
    follower.catch_up()
    expected = dump(url)
    told: list[int] = []
    follower.rebuild(told.append)
    assert dump(url) == expected
    assert told == [len(whole_story().blocks) - 1]


def test_many_threads_that_catch_up_at_once_book_each_event_once(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger)
    start = threading.Barrier(8)

    def pay(thread: int) -> list[int]:
        start.wait()
        seen = []
        for step in range(10):
            block = chain.add_block(redeemed(1 + thread % 2, thread * 10 + step, 100))
            seen.append(follower.catch_up() - block)
        return seen

    with ThreadPoolExecutor(8) as threads:
        ahead = [blocks for seen in threads.map(pay, range(8)) for blocks in seen]
    assert min(ahead) >= 0, "each thread reads its own write"
    assert len(ledger.reports.payments([1, 2])) == 80
    assert ledger.reports.differences() == []


def test_two_processes_on_one_ledger_book_each_event_once(open_ledger: OpenLedger) -> None:
    chain = begun()
    followers = [Follower(chain, open_ledger()) for _ in range(2)]
    for number in range(6):
        chain.add_block(redeemed(1, number, 100))
        followers[number % 2].catch_up()
    assert [follower.catch_up() for follower in followers] == [chain.head().number] * 2
    assert len(open_ledger().reports.payments([1])) == 6


def test_its_thread_books_what_comes_until_it_is_stopped(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = begun()
    booked = threading.Semaphore(0)
    book = ledger.book

    def book_and_tell(*arguments: Any, **named: Any) -> None:
        book(*arguments, **named)
        booked.release()

    monkeypatch.setattr(ledger, "book", book_and_tell)
    follower = Follower(chain, ledger)
    follower.start()
    assert booked.acquire(timeout=10)
    chain.add_block(redeemed(1, 0, 100))
    assert booked.acquire(timeout=10)
    follower.stop()
    follower.stop()
    assert ledger.next_block() == len(chain.blocks)


def test_a_node_that_has_fewer_blocks_than_a_moment_ago_is_waited_for(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "BLOCKS_AT_ONCE", 5)
    chain = whole_story()
    follower = Follower(chain, ledger)

    def have_lost_it(number: int) -> bytes:
        raise LookupError(f"there is no block {number}")

    head = chain.head()
    with monkeypatch.context() as restarted:
        restarted.setattr(chain, "head", lambda: head)
        restarted.setattr(chain, "block_hash", have_lost_it)
        with pytest.raises(ChainUnreachable, match="its own block"):
            follower.catch_up()
    assert follower.catch_up() == chain.head().number


def test_its_thread_survives_what_nobody_expected(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "PAUSE_SECONDS", 0.01)
    chain = begun()
    booked = threading.Event()
    head = chain.head
    surprises = iter([KeyError("a surprise"), LookupError("another")])

    def fail_at_first() -> Head:
        for surprise in surprises:
            raise surprise
        booked.set()
        return head()

    monkeypatch.setattr(chain, "head", fail_at_first)
    follower = Follower(chain, ledger)
    follower.start()
    assert booked.wait(timeout=10)
    follower.stop()
    assert ledger.next_block() == len(chain.blocks)


# ------------------------------------------------------------------ who listens


def test_a_listener_is_told_of_the_vouchers_that_something_happened_to(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger)
    follower.catch_up()
    heard: list[tuple[int, frozenset[int]]] = []
    stop = follower.listen(lambda block, vouchers: heard.append((block, vouchers)))
    chain.add_block()
    follower.catch_up()
    assert heard == [], "nothing happened to a voucher"
    chain.add_block(redeemed(1, 0, 1_000), redeemed(2, 0, 5))
    last = chain.add_block(refunded(1, 0, 500))
    follower.catch_up()
    assert heard == [(last, frozenset({1, 2}))]
    stop()
    chain.add_block(redeemed(1, 1, 5))
    follower.catch_up()
    assert len(heard) == 1


def test_a_listener_is_told_of_what_was_booked_before_a_failing_event_only(ledger: Ledger) -> None:
    chain = begun()
    follower = Follower(chain, ledger)
    follower.catch_up()
    heard: list[tuple[int, frozenset[int]]] = []
    follower.listen(lambda block, vouchers: heard.append((block, vouchers)))
    good = chain.add_block(redeemed(1, 0, 1_000))
    chain.add_block(redeemed(2, 0, 30_001))
    with pytest.raises(LedgerStopped):
        follower.catch_up()
    assert heard == [(good, frozenset({1}))]
