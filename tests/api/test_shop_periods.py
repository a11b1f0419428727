# SPDX-License-Identifier: EUPL-1.2
"""A shop's payments of a day or a period, in pages and as a table, and what it is paid out for which payments."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket.api import periods
from kindpakket.chain import calls
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.services import Services
from kindpakket.units import day_ends_at, day_of
from tests.support import Town

BICYCLES = 3


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


def pay(town: Town, phone: Phone, till: Till, amount_cents: int) -> dict[str, Any]:
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=30_000, expires_at=expiry(town.now()))
    paid: dict[str, Any] = till.redeem(shown, amount_cents=amount_cents, category=BICYCLES)["redemption"]
    return paid


def table_of(client: TestClient, till: Till, query: str, *, language: str = "nl") -> list[list[str]]:
    answer = client.get(
        f"/api/v1/redemptions?{query}",
        headers={
            "Authorization": f"Bearer {till.client.token}",
            "Accept": "text/csv",
            "Accept-Language": language,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(answer.text[1:]), delimiter=";" if language == "nl" else ","))


@pytest.mark.parametrize(
    "query, at",
    [
        ("", "from"),
        ("from=2026-11-01", "until"),
        ("until=2026-11-01", "from"),
        ("from=2026-11-02&until=2026-11-01", "until"),
        ("from=2026-01-01&until=2027-01-02", "until"),
        ("from=morgen&until=2026-11-01", "from"),
        ("on=2026-11-01&from=2026-11-01", "from"),
        ("on=2026-11-01&before=1-1", "before"),
        ("from=2026-11-01&until=2026-11-01&before=x", "before"),
        ("from=2026-11-01&until=2026-11-01&page=2", "page"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_and_named(till: Till, query: str, at: str) -> None:
    with pytest.raises(Refused) as refused:
        till.client.ask("GET", f"/redemptions?{query}")
    assert (refused.value.status, refused.value.content["errors"][0]["at"]) == (400, at)


def test_a_period_is_refused_to_who_is_no_till(town: Town, phone: Phone, till: Till) -> None:
    for token in ("", phone.client.token, town.desk.token):
        till.client.token = token
        with pytest.raises(Refused, match="sign_in_required"):
            till.client.ask("GET", "/redemptions?from=2026-11-01&until=2026-11-30")


def test_a_year_with_a_leap_day_is_not_too_long(till: Till) -> None:
    period = till.client.ask("GET", "/redemptions?from=2028-01-01&until=2028-12-31")
    assert (period["from"], period["until"], period["count"]) == ("2028-01-01", "2028-12-31", 0)
    assert period["next"] is None


def test_a_table_is_in_the_language_that_is_wished_most(client: TestClient, till: Till) -> None:
    for accepted, delimiter in (("en;q=0.1, nl", ";"), ("de, en;q=0.9", ","), ("", ";")):
        headers = {
            "Authorization": f"Bearer {till.client.token}",
            "Accept": "text/csv",
            "Accept-Language": accepted,
        }
        answer = client.get("/api/v1/redemptions?on=2026-11-01", headers=headers)
        assert answer.text.count(delimiter) == 6, accepted


def test_a_period_includes_both_days_and_nothing_of_another_shop(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    today = day_of(town.now())
    pay(town, phone, till, 100)
    other = town.new_till(town.shops[1])
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=30_000, expires_at=expiry(town.now()))
    other.redeem(shown, amount_cents=5, category=2)
    chain.travel_to(day_ends_at(today) - 1)
    pay(town, phone, till, 10)
    chain.travel_to(day_ends_at(today))
    pay(town, phone, till, 1)
    tomorrow = today + timedelta(days=1)

    def total(first: object, last: object) -> int:
        return int(till.client.ask("GET", f"/redemptions?from={first}&until={last}")["totalCents"])

    assert (total(today, today), total(tomorrow, tomorrow), total(today, tomorrow)) == (110, 1, 111)


def test_pages_show_each_payment_once_and_the_totals_of_all(
    town: Town, phone: Phone, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periods, "PAGE_ROWS", 2)
    paid = [pay(town, phone, till, cents)["redemptionId"] for cents in (100, 200, 300, 400, 500)]
    till.refund(paid[0], amount_cents=30, remaining_cents=100)
    today = day_of(town.now())
    found: list[str] = []
    query = f"from={today}&until={today}"
    page = till.client.ask("GET", f"/redemptions?{query}")
    pay(town, phone, till, 600)
    while True:
        found += [one["redemptionId"] for one in page["redemptions"]]
        if page["next"] is None:
            break
        page = till.client.ask("GET", f"/redemptions?{query}&before={page['next']}")
    assert found == paid[::-1]
    assert (page["count"], page["redeemedCents"], page["refundedCents"], page["totalCents"]) == (
        6,
        2100,
        30,
        2070,
    )


def test_the_table_holds_every_payment_with_its_id_and_what_was_given_back(
    town: Town, client: TestClient, phone: Phone, till: Till
) -> None:
    paid = pay(town, phone, till, 3745)
    till.refund(paid["redemptionId"], amount_cents=1000, remaining_cents=3745)
    today = day_of(town.now())
    header, row = table_of(client, till, f"from={today}&until={today}")
    assert header == ["kenmerk", "datum", "tijd", "soort", "bedrag", "teruggeboekt", "kassa"]
    assert row == [paid["redemptionId"], f"{today}", "12:06", "fietsen", "37,45", "10,00", "Kassa 1"]
    header, row = table_of(client, till, f"on={today}", language="en")
    assert header[0] == "redemption id"
    assert row[3:] == ["bicycles", "37.45", "10.00", "Kassa 1"]


@pytest.mark.parametrize("name", ["=1+1", "+31", "-2", "@SUM(A1)"])
def test_the_table_holds_no_cell_that_a_spreadsheet_would_run(
    town: Town, client: TestClient, phone: Phone, name: str
) -> None:
    till = town.new_till(town.shops[0], name=name)
    pay(town, phone, till, 100)
    _, row = table_of(client, till, f"on={day_of(town.now())}")
    assert row[-1] == f"'{name}"


# ---------------------------------------------------------------- payouts


def settle(services: Services, town: Town, cents: int, *, reference: int) -> None:
    call = calls.settle(
        programme=town.programme,
        shop=town.shops[0],
        amount_cents=cents,
        payment_reference=bytes([reference]) * 32,
    )
    services.fund.execute(call, sender=services.accounts.treasurer)


def test_a_shop_that_was_not_paid_out_yet_is_told_what_it_is_owed(
    town: Town, phone: Phone, till: Till
) -> None:
    assert till.client.ask("GET", "/payouts")["owed"] == []
    pay(town, phone, till, 3745)
    answer = till.client.ask("GET", "/payouts")
    assert (answer["owedCents"], answer["payouts"]) == (3745, [])
    assert answer["owed"][0]["programmeName"] == "Kindpakket"


def test_each_payment_and_refund_is_in_exactly_one_payout(
    services: Services, town: Town, phone: Phone, till: Till
) -> None:
    first, second = pay(town, phone, till, 1000), pay(town, phone, till, 2000)
    settle(services, town, 2500, reference=1)
    third = pay(town, phone, till, 4000)
    till.refund(first["redemptionId"], amount_cents=300, remaining_cents=1000, reason="price")
    settle(services, town, 4200, reference=2)
    fourth = pay(town, phone, till, 50)

    answer = till.client.ask("GET", "/payouts")
    assert answer["owedCents"] == 50
    later, earlier = answer["payouts"]
    assert [(one["amountCents"], one["count"]) for one in (later, earlier)] == [(4200, 1), (2500, 2)]
    assert later["paymentReference"] == f"0x{'02' * 32}"
    assert later["bankReference"] is None, "the treasurer settled it without a payout run"

    content = till.client.ask("GET", f"/payouts/{earlier['payoutId']}")
    assert [one["redemptionId"] for one in content["redemptions"]] == [
        first["redemptionId"],
        second["redemptionId"],
    ]
    assert content["refunds"] == []
    assert (content["carriedCents"], content["redeemedCents"], content["leftCents"]) == (0, 3000, 500)

    content = till.client.ask("GET", f"/payouts/{later['payoutId']}")
    assert [one["redemptionId"] for one in content["redemptions"]] == [third["redemptionId"]]
    (given,) = content["refunds"]
    assert (given["redemptionId"], given["amountCents"], given["reason"]) == (
        first["redemptionId"],
        300,
        "price",
    )
    assert (content["carriedCents"], content["refundedCents"], content["leftCents"]) == (500, 300, 0)
    assert fourth["redemptionId"] not in str(content)


def test_a_refund_after_the_payout_is_owed_back_and_carried(
    services: Services, town: Town, phone: Phone, till: Till
) -> None:
    paid = pay(town, phone, till, 1000)
    settle(services, town, 1000, reference=1)
    till.refund(paid["redemptionId"], amount_cents=1000, remaining_cents=1000)
    assert till.client.ask("GET", "/payouts")["owedCents"] == -1000
    pay(town, phone, till, 1500)
    settle(services, town, 500, reference=2)
    newest = till.client.ask("GET", "/payouts")["payouts"][0]
    content = till.client.ask("GET", f"/payouts/{newest['payoutId']}")
    assert (content["carriedCents"], content["redeemedCents"], content["refundedCents"]) == (0, 1500, 1000)
    assert content["leftCents"] == 0


def test_a_payout_of_another_shop_is_not_there(
    services: Services, town: Town, phone: Phone, till: Till
) -> None:
    pay(town, phone, till, 1000)
    settle(services, town, 1000, reference=1)
    (payout,) = till.client.ask("GET", "/payouts")["payouts"]
    other = town.new_till(town.shops[1])
    assert other.client.ask("GET", "/payouts")["payouts"] == []
    with pytest.raises(Refused, match="not_found"):
        other.client.ask("GET", f"/payouts/{payout['payoutId']}")


@pytest.mark.parametrize("payout_id", ["x", "1", "1-", "01-0", "-1-0", "9" * 19 + "-0"])
def test_a_payout_id_of_another_form_is_refused(till: Till, payout_id: str) -> None:
    with pytest.raises(Refused) as refused:
        till.client.ask("GET", f"/payouts/{payout_id}")
    assert refused.value.content["errors"][0]["at"] == "payoutId"
