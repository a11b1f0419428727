# SPDX-License-Identifier: EUPL-1.2
"""The totals that go with a head: what money there was, and when they are withheld.

given a fund in which families pay
├── when a head is published before anybody paid
│   └── its totals are shown
├── when fewer than five payments came since the last totals that were shown
│   └── they are withheld, though kept
└── when five came, counted from the last totals that were shown
    └── they are shown again, and are those of the head's own block
given a head of before there were totals
└── it is of version 1 and has none
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kindpakket import heads
from kindpakket.chain.tester import TesterChain
from kindpakket.programmes import deposit
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import Phone, Till, Town

DAY = 24 * 3600


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


def pay(town: Town, phone: Phone, till: Till, times: int) -> None:
    for _ in range(times):
        voucher = next(iter(phone.next_numbers))
        expires_at = -(-(town.now() + 300) // 60) * 60
        till.redeem(
            phone.show_code(voucher, max_cents=500, expires_at=expires_at), amount_cents=400, category=3
        )


def publish_next_day(services: Services, chain: TesterChain) -> heads.ShownHead:
    chain.travel_to(services.now() + DAY)
    heads.publish(services)
    return heads.list_with_totals(services)[-1]


def test_totals_are_withheld_until_five_payments_came(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    first = publish_next_day(services, chain)
    assert first.totals is not None
    assert first.totals.settled_cents == first.totals.owed_cents == 0
    pay(town, phone, till, 3)
    assert publish_next_day(services, chain).totals is None, "a few payments"
    pay(town, phone, till, 1)
    assert publish_next_day(services, chain).totals is None, "one short of five, counted from the first"
    pay(town, phone, till, 1)
    fifth = publish_next_day(services, chain)
    assert fifth.totals is not None
    assert fifth.totals.owed_cents == 5 * 400
    assert fifth.totals.on_vouchers_cents == first.totals.on_vouchers_cents - 5 * 400
    kept = services.registry.heads.totals()
    assert [one.owed_cents for one in kept.values()] == [0, 1_200, 1_600, 2_000]


def test_a_day_of_the_towns_own_moves_is_shown(services: Services, town: Town, chain: TesterChain) -> None:
    publish_next_day(services, chain)
    before = heads.list_with_totals(services)[-1].totals
    deposit(services, programme=town.programme, amount_cents=7_000, payment_reference="besluit 77")
    after = publish_next_day(services, chain).totals
    assert before is not None and after is not None
    assert after.deposited_cents == before.deposited_cents + 7_000


def test_a_head_of_before_there_were_totals_has_none(services: Services, town: Town) -> None:
    heads.publish(services)
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("DELETE FROM published_total"))
    (shown,) = heads.list_with_totals(services)
    assert (shown.version, shown.totals) == (1, None)
