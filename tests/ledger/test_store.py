# SPDX-License-Identifier: EUPL-1.2
"""The ledger's store: whose ledger it is, what it refuses to book, and that it books all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import ChainMismatch
from kindpakket.events import Blocked, Event, Place, Swept, TillRemoved, ToppedUp, Unblocked, Withdrawn
from kindpakket.ledger.booking import EffectMissing
from kindpakket.ledger.store import CursorMoved, Ledger

from .databases import connect
from .source import (
    CHAIN_ID,
    CONTRACT,
    PaperChain,
    activated,
    address,
    allowed,
    begun,
    deposited,
    issued,
    opened,
    redeemed,
    refunded,
    settled,
)

OpenLedger = Callable[..., Ledger]


def book_all(ledger: Ledger, chain: PaperChain) -> None:
    head = chain.head()
    ledger.book(chain.events(0, head.number), first_block=0, last_block=head.number, block_hash=head.hash)


def book_next(ledger: Ledger, *events: Event) -> None:
    block = ledger.next_block()
    placed = [
        (Place(block=block, log_index=index, at=block, transaction_hash=b"\x09" * 32), event)
        for index, event in enumerate(events)
    ]
    ledger.book(placed, first_block=block, last_block=block, block_hash=b"\x08" * 32)


# ------------------------------------------------------------------ whose ledger it is


def test_it_refuses_another_chain(open_ledger: OpenLedger) -> None:
    open_ledger()
    with pytest.raises(ChainMismatch, match="on chain 72910"):
        open_ledger(chain_id=1)


def test_it_refuses_another_contract(open_ledger: OpenLedger) -> None:
    open_ledger()
    with pytest.raises(ChainMismatch, match=CONTRACT):
        open_ledger(contract=address(1))


def test_it_knows_its_contract_in_capitals_too(open_ledger: OpenLedger) -> None:
    open_ledger()
    open_ledger(contract="0x" + CONTRACT[2:].upper())


def test_it_refuses_a_database_in_memory_and_one_of_another_kind() -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://localhost/ledger"):
        with pytest.raises((ValueError, ModuleNotFoundError)):
            Ledger(url, chain_id=CHAIN_ID, contract=CONTRACT)


def test_a_ledger_made_by_other_tables_begins_anew(open_ledger: OpenLedger, url: str) -> None:
    ledger = open_ledger()
    book_all(ledger, begun())
    ledger.close()
    with connect(url) as connection:
        connection.execute(text("UPDATE ledger_cursor SET schema = 'of last year'"))
    reopened = open_ledger()
    assert reopened.next_block() == 0
    assert reopened.reports.programmes() == []


def test_it_keeps_what_it_booked(open_ledger: OpenLedger) -> None:
    chain = begun()
    ledger = open_ledger()
    book_all(ledger, chain)
    ledger.close()
    reopened = open_ledger()
    assert reopened.next_block() == len(chain.blocks)
    assert reopened.last_booked() == (chain.head().number, chain.head().hash)


def test_a_sqlite_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    ledger = Ledger(f"sqlite:///{file}", chain_id=CHAIN_ID, contract=CONTRACT)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    ledger.close()


# ------------------------------------------------------------------ what it refuses to book


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(redeemed(1, 0, 30_001), id="one cent above the balance"),
        pytest.param(redeemed(1, 0, 0), id="a payment of nothing"),
        pytest.param(redeemed(9, 0, 5), id="a payment from an unknown voucher"),
        pytest.param(redeemed(1, 0, 5, shop=8), id="a payment to a shop that was never allowed"),
        pytest.param(redeemed(1, 0, 5, category=32), id="a payment in a category that cannot be"),
        pytest.param(redeemed(1, 1, 5), id="a ticket used before"),
        pytest.param(refunded(1, 1, 1_001), id="one cent more than was charged"),
        pytest.param(refunded(1, 1, 1_000, shop=4), id="a refund by another shop"),
        pytest.param(refunded(1, 2, 1), id="a refund of a ticket that was not used"),
        pytest.param(settled(1_001), id="a payout above what was earned"),
        pytest.param(settled(1, shop=8), id="a payout to an unknown shop"),
        pytest.param(deposited(1, programme=9), id="a deposit to an unknown programme"),
        pytest.param(deposited(0), id="a deposit of nothing"),
        pytest.param(issued(10_001, first=4), id="one cent more issued than there is"),
        pytest.param(issued(5, first=3), id="a voucher issued twice"),
        pytest.param(opened(), id="a programme opened twice"),
        pytest.param(opened(2, starts_at=5, ends_at=5), id="a period that ends as it starts"),
        pytest.param(allowed(0), id="shop 0"),
        pytest.param(allowed(3, programme=9), id="a shop in an unknown programme"),
        pytest.param(activated(9), id="the activation of an unknown voucher"),
        pytest.param(Blocked(voucher=1, reason=256), id="a reason that does not fit"),
        pytest.param(Unblocked(voucher=9), id="the unblocking of an unknown voucher"),
        pytest.param(TillRemoved(shop=3, till=address(1)), id="the removal of an unknown till"),
        pytest.param(
            ToppedUp(voucher=1, programme=1, amount_cents=10_001), id="one cent more added than there is"
        ),
        pytest.param(
            Swept(voucher=3, programme=1, amount_cents=30_001), id="one cent more swept than is left"
        ),
        pytest.param(
            Withdrawn(programme=1, amount_cents=10_001, payment_reference=b"\x01" * 32),
            id="one cent more withdrawn than there is",
        ),
    ],
)
def test_it_refuses_to_book(event: Event, ledger: Ledger) -> None:
    book_all(ledger, begun())
    book_next(ledger, redeemed(1, 1, 1_000))
    before = ledger.reports.totals(1), ledger.next_block()
    with pytest.raises((IntegrityError, EffectMissing)):
        book_next(ledger, event)
    assert (ledger.reports.totals(1), ledger.next_block()) == before


def test_it_refuses_an_amount_above_the_balance_in_the_middle_of_a_block(ledger: Ledger) -> None:
    book_all(ledger, begun())
    # In the end the balance would fit again.
    with pytest.raises(IntegrityError):
        book_next(
            ledger,
            redeemed(1, 0, 30_000),
            redeemed(1, 1, 5),
            refunded(1, 0, 30_000),
        )


def test_it_books_a_payment_of_exactly_the_balance(ledger: Ledger) -> None:
    book_all(ledger, begun())
    book_next(ledger, redeemed(1, 0, 30_000))
    (voucher,) = ledger.reports.vouchers([1])
    assert voucher.balance_cents == 0


def test_it_refuses_blocks_that_were_booked_or_are_not_next(ledger: Ledger) -> None:
    chain = begun()
    book_all(ledger, chain)
    with pytest.raises(CursorMoved):
        book_all(ledger, chain)
    with pytest.raises(CursorMoved):
        ledger.book([], first_block=99, last_block=99, block_hash=b"\x08" * 32)


# ------------------------------------------------------------------ all or nothing


def test_a_block_with_one_bad_event_leaves_nothing_of_itself(ledger: Ledger) -> None:
    book_all(ledger, begun())
    with pytest.raises(IntegrityError):
        book_next(ledger, redeemed(1, 0, 1_000), redeemed(2, 0, 30_001))
    assert ledger.reports.payments([1, 2]) == []
    assert ledger.reports.differences() == []


def test_it_finds_the_first_event_that_cannot_be_booked_and_changes_nothing(ledger: Ledger) -> None:
    chain = begun()
    bad = chain.add_block(redeemed(1, 0, 1_000), redeemed(2, 0, 30_001), redeemed(9, 0, 1))
    found = ledger.find_unbookable(chain.events(0, bad))
    assert found is not None
    assert (found[0].block, found[0].log_index) == (bad, 1)
    assert ledger.next_block() == 0
    assert ledger.reports.programmes() == []


def test_erased_it_is_empty_and_still_the_same_contract(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    book_all(ledger, begun())
    ledger.erase()
    assert ledger.next_block() == 0
    assert ledger.reports.programmes() == []
    with pytest.raises(ChainMismatch):
        open_ledger(chain_id=1)
