# SPDX-License-Identifier: EUPL-1.2
"""The trail: from a figure to the payments and refunds behind it, down to the event on the chain.

Given payments and refunds in two shops
  when a period lacks a day, ends before it begins or is too long: refused
  when an address is no payment's and no refund's: refused
  when a filter is asked for: its sums are those of an independent count, and all pages together are its lines
  when two shops have one reference: each has a payout of its own
  when a payout is asked for: carried + payments - refunds - paid out = what stays open
Given one payment
  it is followed to its event, transaction, receipt and payout, each as the chain says
  when the ledger was tampered with: that is told
  the voucher's number is for an auditor only
  what the ticket says, by which paper is told from a phone, is for an auditor only
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from kindpakket import payout_runs, trail
from kindpakket.chain import fund as fund_calls
from kindpakket.demo.api_client import Refused
from kindpakket.errors import NotFound, RequestInvalid
from kindpakket.events import Redeemed, Refunded
from kindpakket.ledger import tables
from kindpakket.services import Services
from kindpakket.staff import Role
from kindpakket.units import day_of
from tests.ledger.databases import connect
from tests.payout_runs.conftest import BICYCLES, Shopping
from tests.support import InProcess, sign_in


def caller(services: Services, client: TestClient, role: Role) -> InProcess:
    """Somebody with this one role."""
    one = InProcess(client)
    sign_in(services, one, name=role.value, roles=[role])
    return one


def on_chain(services: Services) -> list[Redeemed | Refunded]:
    """All payments and refunds that the chain has, read by nothing of ours but the decoder."""
    found = services.fund.events(services.fund.deployed_block, services.chain.head().number)
    return [event for _, event in found if isinstance(event, Redeemed | Refunded)]


def paid_cents(events: list[Redeemed | Refunded], **wanted: int) -> int:
    """What they add up to, refunds taken off; a refund is of its payment's category."""
    categories = {event.ticket_id: event.category for event in events if isinstance(event, Redeemed)}
    total = 0
    for event in events:
        has = {"shop": event.shop, "programme": event.programme, "category": categories[event.ticket_id]}
        if all(has[name] == value for name, value in wanted.items()):
            total += event.amount_cents if isinstance(event, Redeemed) else -event.amount_cents
    return total


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "first, last, at",
    [(0, None, "until"), (None, 0, "from"), (0, -1, "until"), (0, 366, "until")],
    ids=["no last day", "no first day", "the last before the first", "one day too many"],
)
def test_a_period_that_is_none_is_refused(
    services: Services, earned: Shopping, first: int | None, last: int | None, at: str
) -> None:
    today = day_of(services.now())
    days = [None if one is None else today + timedelta(days=one) for one in (first, last)]
    with pytest.raises(RequestInvalid) as refused:
        trail.filter_of_days(programme=None, shop=None, category=None, first_on=days[0], last_on=days[1])
    assert [error["at"] for error in refused.value.errors] == [at]
    query = "&".join(f"{name}={day}" for name, day in zip(("from", "until"), days, strict=True) if day)
    with pytest.raises(Refused, match="request_invalid"):
        earned.town.desk.ask("GET", f"/payment-lines?{query}")


def test_a_place_where_no_payment_stands_is_refused(services: Services, earned: Shopping) -> None:
    for place in ((0, 0), (10**9, 0)):
        with pytest.raises(NotFound):
            trail.follow(services, place)
    with pytest.raises(NotFound):
        trail.filter_of_payout(services, bytes(32), programme=earned.town.programme, shop=1)
    for query in (f"payout=0x{'0' * 64}&shop=1", "payout=0x12", "before=1", "shop=0"):
        with pytest.raises(Refused, match="request_invalid"):
            earned.town.desk.ask("GET", f"/payment-lines?{query}")
    with pytest.raises(Refused, match="not_found"):
        earned.town.desk.ask("GET", "/payment-lines/0-0")
    with pytest.raises(Refused, match="not_found"):
        earned.town.desk.ask("GET", f"/payment-lines?payout=0x{'0' * 64}&programme=1&shop=1")


@pytest.mark.parametrize("role", [Role.ISSUER, Role.SHOP_MANAGER, Role.ADMINISTRATOR])
def test_who_does_not_answer_for_money_sees_no_payment(
    services: Services, client: TestClient, earned: Shopping, role: Role
) -> None:
    with pytest.raises(Refused, match="role_required"):
        caller(services, client, role).ask("GET", "/payment-lines")


# ---------------------------------------------------------------- lists


def test_the_sums_of_a_filter_are_those_of_the_chain(services: Services, earned: Shopping) -> None:
    events = on_chain(services)
    bicycles, sports = earned.town.shops
    assert len(events) == 3
    for wanted in (
        {},
        {"shop": bicycles},
        {"shop": sports},
        {"category": BICYCLES},
        {"programme": earned.town.programme, "shop": sports},
        {"shop": 999},
    ):
        query = "&".join(f"{name}={value}" for name, value in wanted.items())
        told = earned.town.desk.ask("GET", f"/payment-lines?{query}")
        signed = [line["amountCents"] * (1 if line["kind"] == "redemption" else -1) for line in told["lines"]]
        assert told["netCents"] == sum(signed) == paid_cents(events, **wanted), wanted
    report = earned.town.desk.ask("GET", f"/programmes/{earned.town.programme}/report")
    told = earned.town.desk.ask("GET", f"/payment-lines?programme={earned.town.programme}")
    assert told["netCents"] == report["redeemedCents"] - report["refundedCents"]
    assert told["redemptionCount"] == report["redemptionCount"]


def test_a_period_includes_its_last_day_and_nothing_after(services: Services, earned: Shopping) -> None:
    today = day_of(services.now())
    ask = earned.town.desk.ask
    assert ask("GET", f"/payment-lines?from={today}&until={today}")["redemptionCount"] == 2
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        assert ask("GET", f"/payment-lines?from={day}&until={day}")["redemptionCount"] == 0


def test_pages_together_are_all_lines_each_once(
    services: Services, earned: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "PAGE_LINES", 2)
    ask = earned.town.desk.ask
    first = ask("GET", "/payment-lines")
    second = ask("GET", f"/payment-lines?before={first['next']}")
    assert second["next"] is None
    places = [line["place"] for line in first["lines"] + second["lines"]]
    assert len(set(places)) == len(places) == 3
    assert first["netCents"] == second["netCents"], "the sums are of all lines, whichever page"
    assert [line["kind"] for line in first["lines"] + second["lines"]] == [
        "refund",
        "redemption",
        "redemption",
    ]


def test_a_payout_is_what_was_carried_paid_and_given_back(
    services: Services, anna: int, bram: int, earned: Shopping
) -> None:
    _, sports = earned.town.shops
    run = payout_runs.prepare(services, programme=None, staff=anna)
    payout_runs.approve(services, run=run.run, staff=bram)
    earned.pay(sports, 500)
    (settlement,) = [
        one for one in services.registry.payout_runs.run(run.run).settlements if one.shop == sports
    ]
    wanted, payout = trail.filter_of_payout(
        services, settlement.payment_reference, programme=earned.town.programme, shop=sports
    )
    part = trail.list_part(services, wanted)
    assert (part.sums.redeemed_cents, part.sums.refunded_cents) == (2000, 800)
    assert payout.carried_cents + part.sums.net_cents == payout.settlement.amount_cents == 1200
    assert payout.bank_reference is not None
    query = f"payout=0x{settlement.payment_reference.hex()}&programme={earned.town.programme}&shop={sports}"
    told = earned.town.desk.ask("GET", f"/payment-lines?{query}")
    assert told["netCents"] == 1200
    line = trail.follow(services, part.lines[0].place)
    assert line.settlement is not None
    assert line.settlement.payment_reference == settlement.payment_reference
    newest = trail.list_part(services, trail.Filter(shop=sports)).lines[0]
    assert trail.follow(services, newest.place).settlement is None, "it came after the payout"


def test_a_reference_that_two_shops_have_is_told_apart(services: Services, earned: Shopping) -> None:
    reference, programme = b"\1" * 32, earned.town.programme
    for shop, cents in zip(earned.town.shops, (3745, 1200), strict=True):
        # Past the server: a payout run gives each settlement a reference of its own.
        call = fund_calls.settle(
            programme=programme, shop=shop, amount_cents=cents, payment_reference=reference
        )
        services.fund.execute(call, sender=services.accounts.treasurer)
    for shop, cents in zip(earned.town.shops, (3745, 1200), strict=True):
        wanted, payout = trail.filter_of_payout(services, reference, programme=programme, shop=shop)
        assert (wanted.shop, payout.settlement.amount_cents) == (shop, cents)
        told = earned.town.desk.ask(
            "GET", f"/payment-lines?payout=0x{reference.hex()}&programme={programme}&shop={shop}"
        )
        assert told["netCents"] == cents


# ---------------------------------------------------------------- one payment


def place_of_refund(services: Services) -> trail.Position:
    """Where the newest line stands."""
    return trail.list_part(services, trail.Filter()).lines[0].place


def test_a_payment_is_followed_to_its_event_and_back_from_its_refund(
    services: Services, earned: Shopping
) -> None:
    refund = place_of_refund(services)
    found = trail.follow(services, refund)
    assert found.agrees
    assert found.redemption.amount_cents == 2000 and found.redemption.refunded_cents == 800
    assert [step.event.name for step in found.given_back] == ["Refunded"]
    assert found.given_back[0].place == refund
    block = found.redemption.block
    ((place, event),) = services.fund.events(block, block)
    assert isinstance(event, Redeemed)
    assert found.paid.event.transaction_hash == place.transaction_hash
    assert found.paid.event.arguments["amount_cents"] == event.amount_cents
    assert found.block_hash == services.chain.block_hash(block)
    assert found.proof is not None and found.proof.hash == found.block_hash
    assert found.ticket is not None and found.ticket.max_cents == 30_000


@pytest.mark.parametrize(
    "table, values",
    [
        (tables.redemption, {"amount_cents": 2001}),
        (tables.redemption, {"refunded_cents": 801}),
        (tables.event, {"transaction_hash": b"x" * 32}),
        (tables.event, {"arguments": {"amount_cents": 2000, "shop": 1}}),
    ],
    ids=["another amount", "another refund", "another transaction", "another event"],
)
def test_a_payment_that_the_ledger_tells_otherwise_than_the_chain_is_told(
    services: Services, earned: Shopping, table: Any, values: dict[str, Any]
) -> None:
    place = trail.follow(services, place_of_refund(services)).paid.place
    with connect(services.settings.ledger_address) as connection:
        connection.execute(
            update(table).where(table.c.block == place[0], table.c.log_index == place[1]).values(**values)
        )
    assert not trail.follow(services, place).agrees


def test_the_number_of_a_voucher_is_for_an_auditor(
    services: Services, client: TestClient, earned: Shopping
) -> None:
    block, log_index = place_of_refund(services)
    for role, may in ((Role.AUDITOR, True), (Role.TREASURER, False), (Role.APPROVER, False)):
        told = caller(services, client, role).ask("GET", f"/payment-lines/{block}-{log_index}")
        assert told["agrees"]
        assert len(told["events"]) == 2
        for event in told["events"]:
            assert ("voucher" in event["arguments"]) is may, role
            assert ("number" in event["arguments"]) is may, role


def test_what_a_ticket_says_is_for_an_auditor(
    services: Services, client: TestClient, earned: Shopping
) -> None:
    block, log_index = place_of_refund(services)
    for role, may in ((Role.AUDITOR, True), (Role.TREASURER, False), (Role.APPROVER, False)):
        receipt = caller(services, client, role).ask("GET", f"/payment-lines/{block}-{log_index}")["receipt"]
        assert receipt["transactionIndex"] == 0, role
        assert (receipt["ticketMaxCents"] == 30_000) is may, role
        assert (receipt["ticketExpiresAt"] is not None) is may, "that of paper is the programme's end"
