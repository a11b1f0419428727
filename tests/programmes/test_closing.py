# SPDX-License-Identifier: EUPL-1.2
"""Closing a programme: after its end and a pause, once, and with an account that adds up to the cent.

Given a programme that runs, or that ended less than the pause ago: nothing is swept or withdrawn
Given one that can be closed
  when it is swept: some vouchers at a time, each once, also when it dies between two calls
  when the rest is withdrawn: only when nothing is on vouchers, exactly what is left, once for each reference
  when a shop gives something back afterwards: that is withdrawn too
Given a statement
  when all is as it must be: every figure is the contract's, and the sums hold, at any time
  when the ledger was changed: it says so
  when something is open with twelve shops: it is one page of paper
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from kindpakket import closing
from kindpakket.chain import fund as fund_calls
from kindpakket.closing import paper, steps
from kindpakket.closing.statement import OpenShop
from kindpakket.demo.api_client import Refused
from kindpakket.errors import (
    AmountZero,
    ClosingTooEarly,
    PaymentAlreadyRecorded,
    ProgrammeUnknown,
    RestChanged,
    VouchersNotSwept,
)
from kindpakket.events import Swept
from kindpakket.services import Services
from kindpakket.staff import Role
from kindpakket.units import day_of
from tests.api.test_imports import FallingSilent
from tests.ledger.databases import connect
from tests.payout_runs.test_crashes import WHEN, Killed, Step, When, die_at
from tests.support import InProcess, Town, sign_in

from .conftest import Shopping

ISSUED = 6 * 30_000
DEPOSITED = 10_000_000


@pytest.fixture
def small_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two vouchers a call, two calls at a time."""
    monkeypatch.setattr(steps, "VOUCHERS_PER_CALL", 2)
    monkeypatch.setattr(steps, "CALLS_AT_ONCE", 2)


def swept(services: Services) -> list[int]:
    """The vouchers that were ever swept, in order."""
    events = services.fund.events(0, services.chain.head().number)
    return [event.voucher for _, event in events if isinstance(event, Swept)]


def sweep_all(services: Services, town: Town) -> None:
    while closing.sweep(services, programme=town.programme):
        pass


def withdraw(services: Services, town: Town, cents: int, *, reference: str = "terug 1") -> int:
    return closing.withdraw_rest(
        services, programme=town.programme, amount_cents=cents, payment_reference=reference
    )


def settle(services: Services, town: Town, shop: int, cents: int, *, reference: bytes = b"\1" * 32) -> None:
    call = fund_calls.settle(
        programme=town.programme, shop=shop, amount_cents=cents, payment_reference=reference
    )
    services.fund.execute(call, sender=services.accounts.treasurer)


def amounts(statement: closing.Statement) -> dict[str, int]:
    return {one.what: one.ledger_cents for one in statement.lines}


# ---------------------------------------------------------------- too early


def test_nothing_is_closed_before_the_end(services: Services, town: Town) -> None:
    for act in (
        lambda: closing.sweep(services, programme=town.programme),
        lambda: withdraw(services, town, 1),
    ):
        with pytest.raises(ClosingTooEarly):
            act()
    assert swept(services) == []


def test_nothing_is_closed_in_the_last_second_of_the_pause(
    services: Services, town: Town, chain: FallingSilent
) -> None:
    found = closing.closing_of(services, programme=town.programme)
    assert (day_of(found.possible_at) - day_of(found.ends_at - 1)).days == closing.PAUSE_DAYS + 1
    chain.travel_to(found.possible_at - 1)
    with pytest.raises(ClosingTooEarly) as refused:
        closing.sweep(services, programme=town.programme)
    assert refused.value.possible_at == found.possible_at
    chain.travel_to(found.possible_at)
    assert closing.sweep(services, programme=town.programme) == 0


def test_a_programme_that_does_not_exist_is_not_closed(services: Services, town: Town) -> None:
    for act in (closing.closing_of, closing.sweep, closing.statement_of):
        with pytest.raises(ProgrammeUnknown):
            act(services, programme=9)


# ---------------------------------------------------------------- sweeping


@pytest.mark.usefixtures("small_calls")
def test_vouchers_are_swept_some_at_a_time_and_each_once(
    services: Services, town: Town, earned: Shopping, pause: Callable[[], None]
) -> None:
    pause()
    left = [closing.sweep(services, programme=town.programme) for _ in range(3)]
    assert left == [2, 0, 0]
    assert swept(services) == [1, 2, 3, 4, 5, 6]
    figures = closing.closing_of(services, programme=town.programme).figures
    assert (figures.left_cents, figures.swept_cents) == (0, ISSUED - 3745 - 1200)


@pytest.mark.usefixtures("small_calls")
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("nth", [1, 2])
def test_a_sweep_that_dies_between_two_calls_goes_on_where_it_was(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    pause: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    when: When,
    nth: int,
) -> None:
    pause()
    with monkeypatch.context() as dying:
        die_at(services, dying, Step("chain", "send", nth), when)
        with pytest.raises(Killed):
            closing.sweep(services, programme=town.programme)
    done = 2 * (nth if when == "after" else nth - 1)
    again = open_services()
    assert len(swept(again)) == done
    sweep_all(again, town)
    assert swept(again) == [1, 2, 3, 4, 5, 6]


def test_a_blocked_voucher_and_one_that_nobody_activated_are_swept_too(
    services: Services, town: Town, pause: Callable[[], None]
) -> None:
    call = fund_calls.block_voucher(voucher=1, reason=1)
    services.fund.execute(call, sender=services.accounts.issuer)
    pause()
    assert closing.sweep(services, programme=town.programme) == 0
    assert len(swept(services)) == 6


# ---------------------------------------------------------------- withdrawing


def test_the_rest_is_not_withdrawn_while_vouchers_hold_something(
    services: Services, town: Town, pause: Callable[[], None]
) -> None:
    pause()
    with pytest.raises(VouchersNotSwept) as refused:
        withdraw(services, town, DEPOSITED - ISSUED)
    assert refused.value.voucher_count == 6


def test_exactly_the_rest_is_withdrawn_and_once(
    services: Services, town: Town, pause: Callable[[], None]
) -> None:
    pause()
    sweep_all(services, town)
    for cents in (DEPOSITED - 1, DEPOSITED + 1):
        with pytest.raises(RestChanged) as refused:
            withdraw(services, town, cents)
        assert (refused.value.asked_cents, refused.value.unallocated_cents) == (cents, DEPOSITED)
    with pytest.raises(AmountZero):
        withdraw(services, town, 0)
    withdraw(services, town, DEPOSITED)
    for cents in (DEPOSITED, 1):
        with pytest.raises(PaymentAlreadyRecorded):
            withdraw(services, town, cents)
    with pytest.raises(PaymentAlreadyRecorded):
        withdraw(services, town, DEPOSITED, reference=" terug\u00a0 1")
    with pytest.raises(RestChanged):
        withdraw(services, town, DEPOSITED, reference="terug 2")
    assert services.fund.programme(town.programme).withdrawn_cents == DEPOSITED


@pytest.mark.parametrize("when", WHEN)
def test_a_withdrawal_that_died_and_comes_again_is_recorded_once(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    pause: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    when: When,
) -> None:
    pause()
    sweep_all(services, town)
    with monkeypatch.context() as dying:
        die_at(services, dying, Step("chain", "send"), when)
        with pytest.raises(Killed):
            withdraw(services, town, DEPOSITED)
    again = open_services()
    if when == "after":
        with pytest.raises(PaymentAlreadyRecorded):
            withdraw(again, town, DEPOSITED)
    else:
        withdraw(again, town, DEPOSITED)
    assert closing.closing_of(again, programme=town.programme).is_closed
    assert again.fund.programme(town.programme).withdrawn_cents == DEPOSITED


def test_what_a_shop_gives_back_after_the_withdrawal_is_withdrawn_too(
    services: Services, town: Town, shopping: Shopping, pause: Callable[[], None]
) -> None:
    bicycles, _ = town.shops
    payment = shopping.pay(bicycles, 5000)
    settle(services, town, bicycles, 5000)
    pause()
    sweep_all(services, town)
    withdraw(services, town, DEPOSITED - 5000)
    assert closing.closing_of(services, programme=town.programme).is_closed
    shopping.give_back(bicycles, payment, 1500, of=5000)
    found = closing.closing_of(services, programme=town.programme)
    assert (found.is_withdrawn, found.figures.unallocated_cents) == (False, 1500)
    withdraw(services, town, 1500, reference="terug 2")
    statement = closing.statement_of(services, programme=town.programme)
    assert statement.closing.is_closed and statement.agrees
    assert [(one.name, one.owed_cents) for one in statement.open_shops] == [("Fietsen Jansen", -1500)]


# ---------------------------------------------------------------- the statement


def test_the_statement_adds_up_at_every_step(
    services: Services, town: Town, earned: Shopping, pause: Callable[[], None], chain: FallingSilent
) -> None:
    bicycles, sports = town.shops
    payment = earned.pay(bicycles, 1000)

    def stands(**expected: int) -> None:
        statement = closing.statement_of(services, programme=town.programme)
        assert statement.agrees, (statement.differences, statement.figures.faults)
        found = amounts(statement)
        assert expected.items() <= found.items(), found
        rest = ("withdrawn", "settled", "open", "left", "unallocated")
        assert found["deposited"] == sum(found[what] for what in rest) == DEPOSITED

    stands(issued=ISSUED, spent=3745 + 1200 + 1000, settled=0, open=5945)
    settle(services, town, bicycles, 4745)
    stands(settled=4745, open=1200)
    pause()
    earned.give_back(bicycles, payment, 400, of=1000)
    stands(returned=400, spent=5545, open=800)
    sweep_all(services, town)
    stands(returned=ISSUED - 5945 + 400, left=0)
    rest = DEPOSITED - 5945 + 400
    stands(unallocated=rest)
    withdraw(services, town, rest)
    stands(withdrawn=rest, unallocated=0, open=1200 - 400)
    statement = closing.statement_of(services, programme=town.programme)
    assert [(one.name, one.owed_cents) for one in statement.open_shops] == [
        ("Fietsen Jansen", -400),
        ("Sport en Spel", 1200),
    ]
    assert not statement.closing.is_closed, "a shop is still to be paid"
    settle(services, town, sports, 1200, reference=b"\2" * 32)
    assert closing.statement_of(services, programme=town.programme).closing.is_closed


def test_what_is_held_back_for_another_shop_of_a_merchant_is_neither_paid_nor_asked_for(
    services: Services, town: Town, shopping: Shopping, pause: Callable[[], None]
) -> None:
    bicycles, sports = town.shops
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE shop SET merchant = (SELECT min(merchant) FROM merchant)"))
    payment = shopping.pay(bicycles, 1000)
    settle(services, town, bicycles, 1000)
    shopping.give_back(bicycles, payment, 1000, of=1000)
    shopping.pay(sports, 700)
    pause()
    sweep_all(services, town)
    withdraw(services, town, DEPOSITED - 700)
    statement = closing.statement_of(services, programme=town.programme)
    found = statement.closing
    assert (found.figures.to_shops_cents, found.figures.from_shops_cents) == (700, 1000)
    assert (found.held_back_cents, found.to_pay_cents, found.to_ask_cents) == (700, 0, 300)
    assert found.is_closed and statement.agrees
    printed = PdfReader(io.BytesIO(paper.write(services, statement, language="nl")))
    assert "Voor € 7,00 is al verrekend" in " ".join(printed.pages[0].extract_text().split())


@pytest.mark.parametrize(
    ("change", "differs", "faults"),
    [
        (
            "UPDATE programme SET unallocated_cents = unallocated_cents - 1",
            {"unallocated"},
            {"programme", "all"},
        ),
        (
            "UPDATE voucher SET balance_cents = balance_cents - 1 WHERE voucher = 6",
            {"left"},
            {"vouchers", "all"},
        ),
        (
            "UPDATE shop_programme SET settled_cents = 1 WHERE shop = 1",
            {"open"},
            {"shops", "all"},
        ),
        (
            "UPDATE entry SET cents = cents + 1 WHERE from_account = 'bank'",
            {"deposited"},
            {"programme", "all"},
        ),
        (
            "UPDATE entry SET cents = cents + 1 WHERE to_account LIKE 'programme/1/shop/1'",
            {"spent"},
            {"vouchers", "shops"},
        ),
        ("DELETE FROM entry WHERE to_account = 'voucher/6'", {"issued"}, {"programme", "vouchers"}),
    ],
)
def test_a_ledger_that_was_changed_is_named(
    services: Services, town: Town, earned: Shopping, change: str, differs: set[str], faults: set[str]
) -> None:
    assert closing.statement_of(services, programme=town.programme).agrees
    with connect(services.settings.ledger_address) as connection:
        assert connection.execute(text(change)).rowcount == 1
    statement = closing.statement_of(services, programme=town.programme)
    assert not statement.agrees
    assert {one.what for one in statement.differences} == differs
    assert set(statement.figures.faults) == faults


def test_two_changes_that_add_up_are_named_by_shop(services: Services, town: Town, earned: Shopping) -> None:
    with connect(services.settings.ledger_address) as connection:
        for shop, sign in ((1, "+"), (2, "-")):
            connection.execute(
                text(
                    f"UPDATE shop_programme SET redeemed_cents = redeemed_cents {sign} 1 WHERE shop = {shop}"
                )
            )
    statement = closing.statement_of(services, programme=town.programme)
    assert (statement.differences, statement.figures.faults) == ((), ())
    assert [(one.name, one.what) for one in statement.shop_differences] == [
        ("Fietsen Jansen", "earned"),
        ("Sport en Spel", "earned"),
    ]
    assert not statement.agrees


# ---------------------------------------------------------------- over the API


def test_a_programme_is_closed_over_the_api_and_an_auditor_reads_the_statement(
    services: Services,
    new_client: Callable[[], InProcess],
    town: Town,
    earned: Shopping,
    pause: Callable[[], None],
) -> None:
    path = f"/programmes/{town.programme}"
    with pytest.raises(Refused) as refused:
        town.desk.ask("POST", f"{path}/sweeps")
    assert (refused.value.reason, refused.value.content["possibleAt"] > town.now()) == (
        "closing_too_early",
        True,
    )
    pause()
    sign_in(services, town.desk)
    assert town.desk.ask("POST", f"{path}/sweeps") == {"vouchersLeft": 0}
    rest: dict[str, Any] = {"amountCents": DEPOSITED - 4945, "paymentReference": "terug 1"}
    town.desk.ask("POST", f"{path}/withdrawals", rest)
    with pytest.raises(Refused, match="payment_already_recorded"):
        town.desk.ask("POST", f"{path}/withdrawals", rest)
    auditor = new_client()
    sign_in(services, auditor, name="Controleur", roles=[Role.AUDITOR])
    told = auditor.ask("GET", f"{path}/closing-statement")
    assert (told["agrees"], told["closed"], told["faults"]) == (True, False, [])
    assert {one["what"]: one["chainCents"] for one in told["lines"]}["withdrawn"] == DEPOSITED - 4945
    assert [one["owedCents"] for one in told["openShops"]] == [3745, 1200]
    answer = auditor.client.get(
        f"/api/v1{path}/closing-statement/paper?language=en",
        headers={"Authorization": f"Bearer {auditor.token}"},
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_paper_is_one_page_when_something_is_open_with_twelve_shops(
    services: Services, town: Town, language: str
) -> None:
    statement = closing.statement_of(services, programme=town.programme)
    names = [f"Kinderkleding en sport De Vlinder {number}" for number in range(1, 13)]
    shops = tuple(OpenShop(shop=one, name=name, owed_cents=3745) for one, name in enumerate(names, start=1))
    written = paper.write(services, replace(statement, open_shops=shops), language=language)
    (page,) = PdfReader(io.BytesIO(written)).pages
    words = " ".join(page.extract_text().split())
    assert all(name in words for name in names)
