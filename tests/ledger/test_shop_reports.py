# SPDX-License-Identifier: EUPL-1.2
"""Shop reports: to the second, to the place on the chain, and of one shop only."""

from __future__ import annotations

from kindpakket.events import TillAdded, TillRemoved
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.shop_reports import START, ShopReports
from kindpakket.ledger.store import Ledger

from .source import (
    PaperChain,
    address,
    begun,
    redeemed,
    refunded,
    settled,
    ticket_id,
    time_of,
    whole_story,
)


def reports_of(ledger: Ledger, chain: PaperChain) -> ShopReports:
    Follower(chain, ledger).catch_up()
    return ledger.shop_reports


ALWAYS = {"first_at": 0, "end_at": 2**40}


def test_a_shop_without_payments_has_nothing(ledger: Ledger) -> None:
    reports = reports_of(ledger, begun())
    assert reports.turnover(3, **ALWAYS).count == 0
    assert reports.redemptions(3, **ALWAYS, limit=10) == []
    assert reports.refunds_of([]) == {}
    assert reports.refunds_of([ticket_id(1)]) == {}
    assert reports.amounts_of([ticket_id(1)]) == {}
    assert reports.settlements(3) == []
    assert reports.owed_at(3, 1, (10**9, 0)) == 0
    assert reports.booked_between(3, 1, after=START, until=(10**9, 0)) == ([], [])


def test_turnover_includes_the_first_second_and_excludes_the_end(ledger: Ledger) -> None:
    chain = begun()
    first = chain.head().number + 1
    chain.add_block(redeemed(1, 0, 100), redeemed(1, 1, 10, shop=4))
    chain.add_block(redeemed(1, 2, 1))
    reports = reports_of(ledger, chain)

    def cents(first_at: int, end_at: int) -> int:
        return reports.turnover(3, first_at=first_at, end_at=end_at).redeemed_cents

    at, later = time_of(first), time_of(first + 1)
    assert (cents(at, later), cents(at, later + 1), cents(at + 1, later + 1)) == (100, 101, 1)


def test_pages_follow_each_other_without_gap_or_overlap_within_a_block_too(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 1), redeemed(1, 1, 2), redeemed(1, 2, 3))
    chain.add_block(redeemed(1, 3, 4), redeemed(1, 4, 5))
    reports = reports_of(ledger, chain)
    found: list[int] = []
    before = None
    while page := reports.redemptions(3, **ALWAYS, before=before, limit=2):
        found += [one.amount_cents for one in page]
        before = (page[-1].block, page[-1].log_index)
    assert found == [5, 4, 3, 2, 1]


def test_refunds_are_told_oldest_first_with_the_till_that_signed(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 1_000), redeemed(1, 1, 500))
    chain.add_block(refunded(1, 0, 300), refunded(1, 1, 500))
    chain.add_block(refunded(1, 0, 200))
    reports = reports_of(ledger, chain)
    paid, other = ticket_id(100_000), ticket_id(100_001)
    given = reports.refunds_of([paid, other, ticket_id(9)])
    assert [one.amount_cents for one in given[paid]] == [300, 200]
    assert [one.amount_cents for one in given[other]] == [500]
    assert {one.till for one in given[paid]} == {address(9)}
    assert reports.amounts_of([paid, other]) == {paid: 1_000, other: 500}


def test_a_settlement_in_the_same_block_parts_what_is_before_it_from_what_is_after(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(
        redeemed(1, 0, 100), settled(60), redeemed(1, 1, 10), refunded(1, 0, 5), settled(45, reference=2)
    )
    chain.add_block(redeemed(1, 2, 1))
    reports = reports_of(ledger, chain)
    later, earlier = reports.settlements(3)
    assert (earlier.amount_cents, later.amount_cents) == (60, 45)
    ends, begins = (later.block, later.log_index), (earlier.block, earlier.log_index)

    payments, refunds = reports.booked_between(3, 1, after=START, until=begins)
    assert ([one.amount_cents for one in payments], refunds) == ([100], [])
    payments, refunds = reports.booked_between(3, 1, after=begins, until=ends)
    assert [one.amount_cents for one in payments] == [10]
    assert [one.amount_cents for one in refunds] == [5]
    assert (reports.owed_at(3, 1, begins), reports.owed_at(3, 1, ends)) == (40, 0)
    assert reports.count_between(3, 1, after=ends, until=(10**9, 0)) == 1


def test_the_account_of_a_shop_is_what_its_payments_refunds_and_settlements_add_up_to(ledger: Ledger) -> None:
    chain = whole_story()
    reports = reports_of(ledger, chain)
    for shop in (3, 4):
        for account in reports.accounts(shop):
            end = (chain.head().number, 10**6)
            assert reports.owed_at(shop, account.programme, end) == account.owed_cents


def test_a_payment_leads_to_its_transaction(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 100))
    reports = reports_of(ledger, chain)
    (payment,) = reports.redemptions(3, **ALWAYS, limit=1)
    (place,) = [place for place, _ in chain.events(payment.block, payment.block)]
    assert reports.transaction_of(payment) == place.transaction_hash


def test_added_tills_are_those_that_the_chain_still_has(ledger: Ledger) -> None:
    chain = begun()
    reports = reports_of(ledger, chain)
    assert reports.added_tills() == {address(9): 3}
    chain.add_block(TillRemoved(shop=3, till=address(9)))
    assert reports_of(ledger, chain).added_tills() == {}
    chain.add_block(TillAdded(shop=4, till=address(9)))
    assert reports_of(ledger, chain).added_tills() == {address(9): 4}
