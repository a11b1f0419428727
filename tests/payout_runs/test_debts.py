# SPDX-License-Identifier: EUPL-1.2
"""What one shop of a merchant owes is held back from its others in the same programme.

Given a merchant with several shops, of which one gave back what was paid out already
  when a run is prepared: the others are paid less by as much, never less than nothing, and each amount is explained
  when the debt is gone: what was held back is paid
  when the debt is there only at the approval: the run is refused
  the shop of which something is held back is told how much
Given shops of different merchants: one's debt is not another's
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from sqlalchemy import text

from kindpakket import payout_runs
from kindpakket.errors import NothingOwed, PayoutRunOutdated
from kindpakket.payout_runs.debts import held_back
from kindpakket.registry.payout_rows import Payee, Run
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import InProcess, Town

from .bank import payments_in
from .conftest import Shopping

IBAN = "NL90INGB0009000000"
"""Of the bicycle shop's merchant."""


@pytest.fixture
def others(town: Town) -> tuple[int, int]:
    """Two more shops of the bicycle shop's merchant."""
    path = f"/programmes/{town.programme}/shop-imports"
    listed = f"naam;categorie;iban\nJansen Kids;sport;{IBAN}\nJansen & Zoon;sport;{IBAN}\n"
    kids, sons = town.desk.ask("POST", path, listed)["shops"]
    return kids, sons


@pytest.fixture
def pay_out(services: Services, anna: int, bram: int) -> Callable[[], Run]:
    """Prepares and approves a run of everything."""

    def prepare_and_approve() -> Run:
        run = payout_runs.prepare(services, programme=None, staff=anna).run
        return payout_runs.approve(services, run=run, staff=bram)

    return prepare_and_approve


def lines_of(run: Run | payout_runs.Outline) -> list[tuple[int, int, str, tuple[int, ...]]]:
    """Read what is not paid: shop, amount, why, for whose debts."""
    return [
        (one.shop, one.owed_cents, one.why(run.left_out), one.owing(run.left_out)) for one in run.left_out
    ]


def paid_by(run: Run) -> list[tuple[int, int]]:
    return [(one.shop, one.amount_cents) for one in run.settlements]


def owe(shopping: Shopping, pay_out: Callable[[], Run], shop: int, cents: int) -> None:
    """Let a shop give back what was paid out to it."""
    payment = shopping.pay(shop, cents)
    pay_out()
    shopping.give_back(shop, payment, cents, of=cents)


def test_one_vouchers_money_is_not_paid_to_one_shop_of_a_merchant_after_another(
    services: Services, town: Town, shopping: Shopping, others: tuple[int, int], pay_out: Callable[[], Run]
) -> None:
    bicycles, (kids, sons) = town.shops[0], others
    owe(shopping, pay_out, bicycles, 30_000)
    for shop in (kids, sons):
        payment = shopping.pay(shop, 30_000)
        with pytest.raises(NothingOwed):
            pay_out()
        found = payout_runs.outline(services, programme=town.programme)
        assert (shop, 30_000, "held_back", (bicycles,)) in lines_of(found)
        shopping.give_back(shop, payment, 30_000, of=30_000)
    assert len(services.registry.payout_runs.runs()) == 1
    assert payout_runs.verify(services) == []


def test_what_was_held_back_is_paid_once_the_debt_is_gone(
    services: Services, town: Town, shopping: Shopping, others: tuple[int, int], pay_out: Callable[[], Run]
) -> None:
    bicycles, (kids, _) = town.shops[0], others
    owe(shopping, pay_out, bicycles, 1000)
    shopping.pay(kids, 800)
    with pytest.raises(NothingOwed):
        pay_out()
    shopping.pay(bicycles, 999)
    run = pay_out()
    assert paid_by(run) == [(kids, 799)]
    assert lines_of(run) == [(bicycles, -1, "owes", ()), (kids, 1, "held_back", (bicycles,))]
    shopping.pay(bicycles, 6)
    run = pay_out()
    assert (paid_by(run), lines_of(run)) == ([(bicycles, 5), (kids, 1)], [])
    assert payout_runs.verify(services) == []


def test_a_shop_of_which_a_part_is_held_back_is_paid_the_rest_and_both_are_explained(
    services: Services, town: Town, shopping: Shopping, others: tuple[int, int], pay_out: Callable[[], Run]
) -> None:
    bicycles, (kids, sons) = town.shops[0], others
    owe(shopping, pay_out, bicycles, 1000)
    shopping.pay(kids, 800)
    shopping.pay(sons, 500)
    run = pay_out()
    assert paid_by(run) == [(sons, 300)]
    assert lines_of(run) == [
        (bicycles, -1000, "owes", ()),
        (kids, 800, "held_back", (bicycles,)),
        (sons, 200, "held_back", (bicycles,)),
    ]
    (payment,) = payments_in(payout_runs.file_of(services, run=run.run, file=1).content)
    assert (payment.iban, payment.cents) == (IBAN, 300)


def test_the_debt_of_another_merchant_or_of_an_unknown_shop_holds_nothing_back(
    services: Services, town: Town, shopping: Shopping, others: tuple[int, int], pay_out: Callable[[], Run]
) -> None:
    _, sports = town.shops
    owe(shopping, pay_out, sports, 1000)
    shopping.pay(others[0], 800)
    run = pay_out()
    assert (paid_by(run), lines_of(run)) == ([(others[0], 800)], [(sports, -1000, "owes", ())])


def test_a_run_is_refused_when_another_shop_of_a_merchant_owes_by_now(
    services: Services,
    town: Town,
    shopping: Shopping,
    others: tuple[int, int],
    pay_out: Callable[[], Run],
    anna: int,
    bram: int,
) -> None:
    bicycles, (kids, _) = town.shops[0], others
    payment = shopping.pay(bicycles, 1000)
    pay_out()
    shopping.pay(kids, 800)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    shopping.give_back(bicycles, payment, 1, of=1000)
    with pytest.raises(PayoutRunOutdated) as refused:
        payout_runs.approve(services, run=run, staff=bram)
    assert refused.value.shop == bicycles
    payout_runs.cancel(services, run=run, staff=anna)
    assert pay_out().amount_cents == 799


def test_a_run_that_pays_a_merchant_all_that_its_shops_are_owed_together_is_approved(
    services: Services,
    town: Town,
    shopping: Shopping,
    others: tuple[int, int],
    pay_out: Callable[[], Run],
    anna: int,
    bram: int,
) -> None:
    bicycles, (kids, sons) = town.shops[0], others
    owe(shopping, pay_out, bicycles, 1000)
    shopping.pay(kids, 1001)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    shopping.pay(sons, 70)
    assert payout_runs.approve(services, run=run, staff=bram).amount_cents == 1


def test_the_api_tells_what_is_held_back_and_why(
    town: Town, shopping: Shopping, others: tuple[int, int], pay_out: Callable[[], Run], desk: InProcess
) -> None:
    bicycles, (kids, _) = town.shops[0], others
    owe(shopping, pay_out, bicycles, 1000)
    shopping.pay(kids, 1200)
    told = [
        {
            "programme": town.programme,
            "shop": bicycles,
            "shopName": "Fietsen Jansen",
            "owedCents": -1000,
            "why": "owes",
            "owingShops": [],
        },
        {
            "programme": town.programme,
            "shop": kids,
            "shopName": "Jansen Kids",
            "owedCents": 1000,
            "why": "held_back",
            "owingShops": [bicycles],
        },
    ]
    preview = desk.ask("POST", "/payout-previews", {})
    assert (preview["amountCents"], preview["leftOut"]) == (200, told)
    run = desk.ask("POST", "/payout-runs", {})
    assert (run["amountCents"], run["leftOut"]) == (200, told)


def test_the_shop_of_which_something_is_held_back_is_told_how_much(
    town: Town, shopping: Shopping, others: tuple[int, int], pay_out: Callable[[], Run]
) -> None:
    bicycles, (kids, sons) = town.shops[0], others
    tills = {shop: town.new_till(shop).client for shop in (bicycles, kids, sons)}
    owe(shopping, pay_out, bicycles, 1000)
    shopping.pay(kids, 800)
    shopping.pay(sons, 500)
    told = {shop: till.ask("GET", "/payouts") for shop, till in tills.items()}
    assert [(told[shop]["owedCents"], told[shop]["heldBackCents"]) for shop in (bicycles, kids, sons)] == [
        (-1000, 0),
        (800, 800),
        (500, 200),
    ]
    assert told[sons]["owed"][0]["heldBackCents"] == 200
    pay_out()
    left = tills[sons].ask("GET", "/payouts")
    assert (left["owedCents"], left["heldBackCents"]) == (200, 200)


def test_an_amount_that_was_left_out_of_an_unknown_shop_is_not_said_to_be_held_back(
    services: Services, town: Town, shopping: Shopping, anna: int
) -> None:
    shopping.pay(town.shops[0], 100)
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    values = f"({run}, {town.programme}, {town.shops[1]}, 250), ({run}, {town.programme}, 77, 3)"
    with connect(services.settings.registry_address) as connection:
        connection.execute(
            text(f"INSERT INTO payout_left_out (run, programme, shop, owed_cents) VALUES {values}")
        )
    left_out = services.registry.payout_runs.run(run).left_out
    assert [one.why(left_out) for one in left_out] == ["unknown", "unknown"]


def test_a_merchant_is_paid_no_more_than_its_shops_are_owed_together() -> None:
    one, other = Payee(1, "Een", "NL1"), Payee(2, "Ander", "NL2")
    payees = {1: one, 2: one, 3: one, 4: other}
    for owed in itertools.product((-2, -1, 0, 1, 2), repeat=len(payees)):
        cents = dict(zip(payees, owed, strict=True))
        held = held_back(cents, payees)
        assert all(0 < held[shop] <= cents[shop] for shop in held)
        for payee in (one, other):
            own = [shop for shop in payees if payees[shop] == payee]
            paid = sum(max(0, cents[shop]) - held.get(shop, 0) for shop in own)
            assert paid == max(0, sum(cents[shop] for shop in own))
