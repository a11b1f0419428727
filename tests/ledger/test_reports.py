# SPDX-License-Identifier: EUPL-1.2
"""Reports: what parent, shop and municipality are told, to the cent and to the second."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kindpakket.events import Blocked, ProgrammeExtended, ShopRemoved
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.reports import CategoryTotal, Difference, Redemption, Reports, ShopTotal
from kindpakket.ledger.store import Ledger

from .databases import connect
from .source import (
    FIRST_AT,
    PaperChain,
    address,
    allowed,
    begun,
    opened,
    place_of,
    redeemed,
    refunded,
    settled,
    ticket_id,
    time_of,
    whole_story,
)


def reports_of(ledger: Ledger, chain: PaperChain) -> Reports:
    Follower(chain, ledger).catch_up()
    return ledger.reports


# ------------------------------------------------------------------ nothing there


def test_what_is_not_there_is_not_reported(ledger: Ledger) -> None:
    reports = reports_of(ledger, begun())
    assert reports.totals(2) is None
    assert reports.redemption(ticket_id(1)) is None
    assert reports.budget([99]) == []
    assert reports.budget([]) == []
    assert reports.payments([]) == []
    assert reports.refunds([]) == []
    assert reports.refunds([99]) == []
    assert reports.vouchers([99]) == []
    assert reports.vouchers_by_letter_key([address(1)]) == {}
    assert reports.redemptions_of_shop(3, first_at=0, end_at=2**40) == []
    assert reports.totals_by_shop(1) == []
    assert reports.totals_by_category(1) == []


# ------------------------------------------------------------------ a phone


def test_a_budget_tells_what_is_left_and_which_numbers_are_used(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(
        redeemed(1, 9, 1_000), redeemed(1, 2, 500), redeemed(2, 3, 1), Blocked(voucher=2, reason=1)
    )
    first, second = reports_of(ledger, chain).budget([2, 1])
    assert (first.voucher, first.issued_cents, first.balance_cents) == (1, 30_000, 28_500)
    assert first.numbers_used == (2, 9)
    assert (first.starts_at, first.ends_at, first.max_redemption_cents) == (
        FIRST_AT,
        FIRST_AT + 10_000,
        30_000,
    )
    assert not first.blocked
    assert (second.balance_cents, second.numbers_used, second.blocked) == (29_999, (3,), True)


def test_a_budget_tells_only_the_used_numbers_of_its_generation(ledger: Ledger) -> None:
    (line,) = reports_of(ledger, whole_story()).budget([1])
    assert (line.generation, line.numbers_used) == (1, (256,))


def test_refunds_are_told_newest_first_and_only_of_the_vouchers_asked_for(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 1_000), redeemed(2, 0, 2_000))
    first = chain.add_block(refunded(1, 0, 100), refunded(2, 0, 300))
    second = chain.add_block(refunded(1, 0, 50))
    last = chain.add_block(refunded(1, 0, 7, to_programme=True), refunded(2, 0, 8, to_programme=True))
    lines = reports_of(ledger, chain).refunds([1])
    assert [(one.amount_cents, one.at, one.to_programme) for one in lines] == [
        (7, time_of(last), True),
        (50, time_of(second), False),
        (100, time_of(first), False),
    ]
    assert {one.ticket_id for one in lines} == {ticket_id(100_000)}


def test_whether_anything_happened_from_a_block_and_before_a_time(ledger: Ledger) -> None:
    chain = begun()
    block = chain.add_block(redeemed(1, 0, 1_000))
    reports = reports_of(ledger, chain)
    assert reports.has_events(first_block=block, before_at=time_of(block) + 1)
    assert not reports.has_events(first_block=block, before_at=time_of(block))
    assert not reports.has_events(first_block=block + 1, before_at=2**40)


def test_a_budget_follows_an_extended_programme(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(ProgrammeExtended(programme=1, ends_at=FIRST_AT + 99_999))
    (line,) = reports_of(ledger, chain).budget([1])
    assert line.ends_at == FIRST_AT + 99_999


def test_payments_are_newest_first_and_only_of_the_vouchers_asked(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 100), redeemed(2, 0, 200))
    chain.add_block(redeemed(1, 1, 300), redeemed(1, 2, 400), refunded(1, 1, 50))
    payments = reports_of(ledger, chain).payments([1])
    assert [(one.number, one.amount_cents, one.refunded_cents) for one in payments] == [
        (2, 400, 0),
        (1, 300, 50),
        (0, 100, 0),
    ]


def test_vouchers_are_found_by_the_letter_they_were_given_out_with_though_it_was_replaced(
    ledger: Ledger,
) -> None:
    reports = reports_of(ledger, whole_story())
    assert reports.vouchers_by_letter_key([address(1_001), address(1_002), address(1_900)]) == {
        address(1_001): 1,
        address(1_002): 2,
    }
    first, second = reports.vouchers([2, 1, 2])
    assert (first.voucher, first.activated, first.holder, first.generation) == (1, True, address(7_001), 1)
    assert (second.activated, second.holder, second.ticket_root, second.generation) == (False, None, None, 1)
    assert (second.blocked, second.block_reason, second.letter_key) == (True, 5, address(1_900))


def test_more_vouchers_than_a_statement_takes_are_found(ledger: Ledger) -> None:
    assert len(reports_of(ledger, begun()).vouchers(range(1, 5_000))) == 3


# ------------------------------------------------------------------ a shop


def test_a_payment_is_found_by_its_ticket(ledger: Ledger) -> None:
    chain = begun()
    event = redeemed(1, 4, 3_745)
    block = chain.add_block(redeemed(2, 0, 1), event)
    assert reports_of(ledger, chain).redemption(event.ticket_id) == Redemption.of(place_of(block, 1), event)


def test_a_ticket_key_listed_twice_finds_the_first_payment_and_refunds_the_one_named(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 500, ticket=7), redeemed(1, 1, 500, ticket=7))
    chain.add_block(refunded(1, 1, 500, ticket=7), refunded(1, 0, 400, ticket=7))
    reports = reports_of(ledger, chain)
    found = reports.redemption(ticket_id(7))
    assert found is not None
    assert found.number == 0
    assert [(one.number, one.refunded_cents) for one in reports.payments([1])] == [(1, 500), (0, 400)]
    assert reports.differences() == []


def test_a_shop_s_day_includes_its_first_second_and_excludes_the_next_day_s(ledger: Ledger) -> None:
    chain = begun()
    blocks = [chain.add_block(redeemed(1, number, 100 + number)) for number in range(4)]
    chain.add_block(redeemed(2, 0, 7, shop=4), refunded(1, 2, 2))
    day = reports_of(ledger, chain).day_of_shop(3, first_at=time_of(blocks[1]), end_at=time_of(blocks[3]))
    assert [one.number for one in day.redemptions] == [2, 1]
    assert (day.count, day.total_cents) == (2, 102 - 2 + 101)


@pytest.mark.parametrize(
    ("now", "takes_part"),
    [
        pytest.param(FIRST_AT - 1, False, id="last second before the start"),
        pytest.param(FIRST_AT, True, id="first second"),
        pytest.param(FIRST_AT + 9_999, True, id="last second"),
        pytest.param(FIRST_AT + 10_000, False, id="end"),
    ],
)
def test_shops_take_part_from_the_start_until_before_the_end(
    now: int, takes_part: bool, ledger: Ledger
) -> None:
    reports = reports_of(ledger, begun())
    assert [row.shop for row in reports.allowed_shops(now=now)] == ([3, 4] if takes_part else [])


def test_a_removed_shop_does_not_take_part_and_its_earnings_stay(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 500), ShopRemoved(programme=1, shop=3), allowed(4, categories=0b100))
    reports = reports_of(ledger, chain)
    (row,) = reports.allowed_shops(now=FIRST_AT)
    assert (row.shop, row.categories, row.max_redemption_cents) == (4, 0b100, 30_000)
    assert reports.shop_accounts(1)[0].owed_cents == 500


def test_a_refund_after_the_payout_is_owed_by_the_shop(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 500), settled(500), refunded(1, 0, 200))
    reports = reports_of(ledger, chain)
    assert reports.shop_accounts(1)[0].owed_cents == -200
    assert reports.differences() == []


# ------------------------------------------------------------------ the municipality


def test_programmes_are_listed_in_order(ledger: Ledger) -> None:
    chain = begun()
    chain.add_block(opened(2, starts_at=5, ends_at=6))
    first, second = reports_of(ledger, chain).programmes()
    assert (first.programme, first.starts_at, first.ends_at) == (1, FIRST_AT, FIRST_AT + 10_000)
    assert (first.categories, first.max_redemption_cents) == (0b111_1110, 30_000)
    assert (second.programme, second.starts_at, second.ends_at) == (2, 5, 6)


def test_the_totals_of_a_story_are_right_to_the_cent(ledger: Ledger) -> None:
    chain = whole_story()
    totals = reports_of(ledger, chain).totals(1)
    assert totals is not None
    assert totals.deposited_cents == 100_000
    assert totals.issued_cents == 3 * 30_000 + 5_000
    assert totals.redeemed_cents == 3_745 + 10_000 + 6_255 + 2_000
    assert totals.refunded_cents == 1_500 + 2_000
    assert totals.left_cents == (35_000 - 3_745 - 6_255 - 2_000 + 1_500) + 20_000 + 0
    assert totals.settled_cents == 8_000
    assert totals.owed_cents == 22_000 - 3_500 - 8_000
    assert totals.withdrawn_cents == 7_000
    assert (totals.voucher_count, totals.activated_count, totals.redemption_count) == (3, 1, 4)
    assert totals.block == chain.head().number


@pytest.mark.parametrize("programme", [1, 2])
def test_no_cent_is_lost(programme: int, ledger: Ledger) -> None:
    totals = reports_of(ledger, whole_story()).totals(programme)
    assert totals is not None
    assert totals.deposited_cents == (
        totals.unallocated_cents
        + totals.left_cents
        + totals.owed_cents
        + totals.settled_cents
        + totals.withdrawn_cents
    )


def test_spending_by_shop_and_by_category_is_after_refunds(ledger: Ledger) -> None:
    reports = reports_of(ledger, whole_story())
    assert reports.totals_by_shop(1) == [
        ShopTotal(shop=4, redeemed_cents=10_000, count=1),
        ShopTotal(shop=3, redeemed_cents=12_000 - 3_500, count=3),
    ]
    assert reports.totals_by_category(1) == [
        CategoryTotal(category=1, redeemed_cents=10_000, count=1),
        CategoryTotal(category=3, redeemed_cents=12_000 - 3_500, count=3),
    ]
    assert reports.totals_by_shop(2) == []


def test_the_entries_add_up_to_what_is_reported(ledger: Ledger) -> None:
    assert reports_of(ledger, whole_story()).differences() == []


def test_a_changed_balance_is_found(ledger: Ledger, url: str) -> None:
    reports = reports_of(ledger, begun())
    with connect(url) as connection:
        connection.execute(text("UPDATE voucher SET balance_cents = balance_cents - 1 WHERE voucher = 2"))
    assert reports.differences() == [Difference("voucher/2", entries_cents=30_000, reported_cents=29_999)]


def test_a_lost_payment_is_found(ledger: Ledger, url: str) -> None:
    chain = begun()
    chain.add_block(redeemed(1, 0, 500))
    reports = reports_of(ledger, chain)
    with connect(url) as connection:
        connection.execute(text("DELETE FROM redemption"))
    assert reports.differences() == [
        Difference("programme/1/shop/3 by redemptions", entries_cents=0, reported_cents=500)
    ]
