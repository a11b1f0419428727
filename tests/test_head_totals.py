# SPDX-License-Identifier: EUPL-1.2
"""The totals that go with a head: what money there was, and when they are withheld.

given a fund in which families pay
├── when a head ends before anybody paid, or at the end of a week that the weekly figures tell
│   └── its totals are shown, and are those of the head's own block
├── when a head ends amid a week
│   └── they are withheld, though kept: less the weeks, they would be what one family paid
├── when a single voucher was topped up since the last totals, or one payment given back
│   └── they are withheld, and shown again once there were five
├── when shops were paid out amid a week
│   └── what was paid out and what is still owed is told together
└── when the chain is silent, or the ledger is behind
    └── heads are told all the same
given a head whose totals were shown at once, by the rule of before
└── they are shown no more if they end amid a week, and count as known
given a head of before there were totals
└── it is of version 1 and has none
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import heads
from kindpakket.chain import calls
from kindpakket.chain.tester import TesterChain
from kindpakket.errors import ChainUnreachable
from kindpakket.head_totals import ShownTotals, list_with_totals
from kindpakket.programmes import deposit
from kindpakket.services import Services
from kindpakket.units import day_of, day_starts_at
from tests.ledger.databases import connect
from tests.support import Phone, Till, Town

DAY = timedelta(days=1)


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


@pytest.fixture
def saturday(services: Services, town: Town, chain: TesterChain) -> date:
    """The first Saturday, at noon; the heads of before are published."""
    assert town.programme
    today = day_of(services.now())
    saturday = today + timedelta(days=5 - today.weekday())
    go_to(services, chain, saturday)
    chain.travel_to(day_starts_at(saturday) + 12 * 3600)
    return saturday


def go_to(services: Services, chain: TesterChain, day: date) -> None:
    """Come to the first minute of a day, in which the head of the day before is published."""
    chain.travel_to(day_starts_at(day) + 60)
    heads.publish_due(services)


def pay(town: Town, phone: Phone, till: Till, times: int, *, cents: int = 400) -> str:
    """Pay so often; return the last payment's number."""
    paid = ""
    for _ in range(times):
        voucher = next(iter(phone.next_numbers))
        expires_at = -(-(town.now() + 300) // 60) * 60
        code = phone.show_code(voucher, max_cents=5_000, expires_at=expires_at)
        redemption = till.redeem(code, amount_cents=cents, category=3)["redemption"]
        paid = str(redemption["redemptionId"])
    return paid


def top_up(services: Services, *, voucher: int) -> None:
    call = calls.top_up(voucher=voucher, amount_cents=1_234)
    services.fund.execute(call, sender=services.accounts.issuer)


def settle(services: Services, town: Town, cents: int) -> None:
    call = calls.settle(
        programme=town.programme, shop=town.shops[0], amount_cents=cents, payment_reference=b"\1" * 32
    )
    services.fund.execute(call, sender=services.accounts.treasurer)


def shown(services: Services) -> dict[date, ShownTotals | None]:
    return {one.head.on: one.totals for one in list_with_totals(services)}


def test_what_a_family_paid_on_a_sunday_is_not_the_weeks_less_the_totals_of_saturday(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain, saturday: date
) -> None:
    pay(town, phone, till, 5)
    go_to(services, chain, saturday + DAY)
    pay(town, phone, till, 1, cents=3_745)
    go_to(services, chain, saturday + 2 * DAY)
    totals = shown(services)
    assert totals[saturday] is None, "five payments came, but the week goes on"
    at_end = totals[saturday + DAY]
    assert at_end is not None and at_end.spent_cents == 5 * 400 + 3_745
    kept = services.registry.heads.totals()
    assert kept[saturday].owed_cents == 5 * 400


def test_a_week_that_is_told_with_the_next_has_no_totals(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain, saturday: date
) -> None:
    pay(town, phone, till, 4)
    go_to(services, chain, saturday + 2 * DAY)
    pay(town, phone, till, 4)
    go_to(services, chain, saturday + 9 * DAY)
    totals = shown(services)
    (first, second) = [on for on in totals if on >= saturday]
    assert totals[first] is None, "a border that the weekly figures do not tell"
    told = totals[second]
    assert told is not None and told.spent_cents == 8 * 400


def test_a_day_of_the_towns_own_moves_is_shown(
    services: Services, town: Town, chain: TesterChain, saturday: date
) -> None:
    deposit(services, programme=town.programme, amount_cents=7_000, payment_reference="besluit 77")
    go_to(services, chain, saturday + DAY)
    *_, before, after = shown(services).values()
    assert before is not None and after is not None
    assert after.deposited_cents == before.deposited_cents + 7_000


def test_a_single_top_up_is_not_shown_though_nobody_paid(
    services: Services, town: Town, chain: TesterChain, saturday: date
) -> None:
    top_up(services, voucher=1)
    go_to(services, chain, saturday + DAY)
    assert shown(services)[saturday] is None
    for voucher in (2, 3, 4, 5):
        top_up(services, voucher=voucher)
    go_to(services, chain, saturday + 2 * DAY)
    of_five = shown(services)[saturday + DAY]
    assert of_five is not None and of_five.on_vouchers_cents == 6 * 30_000 + 5 * 1_234


def test_a_single_refund_is_not_the_weeks_less_the_totals(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain, saturday: date
) -> None:
    paid = pay(town, phone, till, 6)
    till.refund(paid, amount_cents=150, remaining_cents=400)
    go_to(services, chain, saturday + 2 * DAY)
    assert shown(services)[saturday + DAY] is None


def test_no_payout_divides_the_payments(
    services: Services,
    town: Town,
    phone: Phone,
    till: Till,
    chain: TesterChain,
    client: TestClient,
    saturday: date,
) -> None:
    pay(town, phone, till, 5)
    settle(services, town, 2_000)
    pay(town, phone, till, 1, cents=3_745)
    go_to(services, chain, saturday + 2 * DAY)
    totals = client.get("/api/v1/heads").json()["heads"][-1]["totals"]
    assert totals["spentCents"] == 2_000 + 3_745
    assert totals.keys().isdisjoint({"owedCents", "settledCents"})
    names = client.get("/controlegetallen.csv").text.splitlines()[0]
    assert "owed" not in names and "settled" not in names


def test_heads_are_told_while_the_chain_is_silent(
    services: Services, town: Town, saturday: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = shown(services)

    def be_silent(_chain: TesterChain) -> None:
        raise ChainUnreachable("no answer")

    monkeypatch.setattr(TesterChain, "head", be_silent)
    assert shown(services) == told


def test_no_totals_are_told_while_the_ledger_is_behind(
    services: Services, town: Town, saturday: date
) -> None:
    assert None not in shown(services).values()
    services.ledger.erase()
    assert set(shown(services).values()) == {None}


def test_totals_that_the_rule_of_before_showed_amid_a_week_are_shown_no_more_but_count_as_known(
    services: Services, town: Town, phone: Phone, till: Till, chain: TesterChain, saturday: date
) -> None:
    pay(town, phone, till, 4)
    go_to(services, chain, saturday + DAY)
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE published_total SET withheld = FALSE"))
    pay(town, phone, till, 3)
    go_to(services, chain, saturday + 2 * DAY)
    totals = shown(services)
    assert totals[saturday] is None
    assert totals[saturday + DAY] is None, "less what was known, it would be three payments"


def test_a_head_of_before_there_were_totals_has_none(services: Services, town: Town) -> None:
    heads.publish(services)
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("DELETE FROM published_total"))
    (head,) = list_with_totals(services)
    assert (head.version, head.totals) == (1, None)
