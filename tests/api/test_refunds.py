# SPDX-License-Identifier: EUPL-1.2
"""A till gives back what its shop was paid: refusals first, with nothing booked; then full, part, retries, two at once.

Given a payment of EUR 37.45 of today
├── when a stranger, a phone, staff, a removed till or another shop asks, it is refused
├── when the order was changed after signing, or another till signed, it is refused
├── when it is for more than is left, for nothing, or for another state, it is refused
├── when a cashier's till asks for a payment of yesterday, it is refused
└── when its shop's till asks, it is booked once, however often it is asked
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.services import Services
from kindpakket.units import day_ends_at, day_of
from tests.support import Town

BICYCLES = 3
PAID = 3745


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


@pytest.fixture
def payment(town: Town, phone: Phone, till: Till) -> str:
    """A payment of EUR 37.45; its id."""
    return pay(town, phone, till)


def voucher_of(phone: Phone) -> int:
    return next(iter(phone.next_numbers))


def pay(town: Town, phone: Phone, till: Till, *, amount_cents: int = PAID) -> str:
    shown = phone.show_code(voucher_of(phone), max_cents=30_000, expires_at=expiry(town.now()))
    paid = till.redeem(shown, amount_cents=amount_cents, category=BICYCLES)
    return str(paid["redemption"]["redemptionId"])


def refusal_of(till: Till, payment: str, **order: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        till.refund(payment, **({"amount_cents": PAID, "remaining_cents": PAID} | order))
    assert refused.value.content["result"] == "refused"
    return refused.value


def left(town: Town, phone: Phone) -> int:
    return town.balance_cents(phone, voucher_of(phone))


def new_cashier(town: Town, owner: Till, *, name: str = "Kassa 2") -> Till:
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    cashier = Till(town.new_client(), town.domain)
    assert cashier.pair(code, name=name)["role"] == "cashier"
    return cashier


# ---------------------------------------------------------------- refusals


def test_refund_refuses_a_stranger_a_phone_and_staff(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    for other in ("", phone.client.token, town.desk.token, "f" * 64):
        till.client.token = other
        assert refusal_of(till, payment).reason == "sign_in_required"
    assert left(town, phone) == 30_000 - PAID


def test_refund_refuses_a_till_that_was_removed_and_tells_it_so(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    cashier = new_cashier(town, till)
    till.client.ask("DELETE", f"/tills/{cashier.address}")
    refused = refusal_of(cashier, payment)
    assert (refused.status, refused.reason) == (401, "till_removed")
    assert left(town, phone) == 30_000 - PAID


def test_refund_refuses_another_shop_as_if_there_were_no_payment(
    town: Town, phone: Phone, payment: str
) -> None:
    other = town.new_till(town.shops[1])
    assert refusal_of(other, payment).reason == "redemption_unknown"
    assert left(town, phone) == 30_000 - PAID


def test_refund_refuses_a_payment_that_never_was(town: Town, till: Till) -> None:
    assert refusal_of(till, f"0x{'ab' * 32}").reason == "redemption_unknown"


def test_refund_refuses_an_order_that_another_till_of_the_shop_signed(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    second = town.new_till(town.shops[0], name="Kassa 2")
    path, body = second.refund_order(payment, amount_cents=PAID, remaining_cents=PAID)
    with pytest.raises(Refused) as refused:
        till.client.ask("POST", path, body)
    assert refused.value.reason == "till_unknown"
    assert left(town, phone) == 30_000 - PAID


@pytest.mark.parametrize("member, value", [("amountCents", PAID - 1), ("remainingCents", PAID + 1)])
def test_refund_refuses_an_order_that_was_changed_after_signing(
    town: Town, phone: Phone, till: Till, payment: str, member: str, value: int
) -> None:
    path, body = till.refund_order(payment, amount_cents=PAID, remaining_cents=PAID)
    with pytest.raises(Refused) as refused:
        till.client.ask("POST", path, body | {member: value})
    assert refused.value.reason == "till_unknown"
    assert left(town, phone) == 30_000 - PAID


def test_refund_refuses_the_signature_of_a_charge(town: Town, phone: Phone, till: Till, payment: str) -> None:
    shown = phone.show_code(voucher_of(phone), max_cents=30_000, expires_at=expiry(town.now()))
    _, charge = till.charge(shown, amount_cents=PAID, category=BICYCLES)
    path, body = till.refund_order(payment, amount_cents=PAID, remaining_cents=PAID)
    with pytest.raises(Refused) as refused:
        till.client.ask("POST", path, body | {"signature": charge["signature"]})
    assert refused.value.reason == "till_unknown"


def test_refund_refuses_nothing_and_one_cent_more_than_was_paid(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    assert refusal_of(till, payment, amount_cents=0).reason == "amount_zero"
    refused = refusal_of(till, payment, amount_cents=PAID + 1)
    assert refused.reason == "refund_above_redemption"
    assert refused.content["remainingCents"] == PAID
    assert left(town, phone) == 30_000 - PAID


def test_refund_refuses_an_order_for_another_state_of_the_payment(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    till.refund(payment, amount_cents=1000, remaining_cents=PAID)
    refused = refusal_of(till, payment, amount_cents=PAID)
    assert (refused.reason, refused.content["remainingCents"]) == ("refund_outdated", PAID - 1000)
    refused = refusal_of(till, payment, amount_cents=PAID - 999, remaining_cents=PAID - 1000)
    assert refused.reason == "refund_above_redemption"
    assert left(town, phone) == 30_000 - PAID + 1000


@pytest.mark.parametrize(
    "member, value",
    [
        ("amountCents", "3745"),
        ("amountCents", -1),
        ("remainingCents", 2**32),
        ("remainingCents", None),
        ("reason", "the customer was Jan"),
        ("reason", ""),
        ("signature", "0x00"),
        ("surprise", 1),
    ],
)
def test_refund_refuses_a_wrong_form_and_names_the_member(
    town: Town, till: Till, payment: str, member: str, value: object
) -> None:
    path, body = till.refund_order(payment, amount_cents=PAID, remaining_cents=PAID)
    with pytest.raises(Refused) as refused:
        till.client.ask("POST", path, body | {member: value})
    assert (refused.value.status, refused.value.reason) == (400, "request_invalid")
    assert [fault["at"] for fault in refused.value.content["errors"]] == [member]


def test_a_cashiers_till_gives_back_until_the_last_second_of_the_day_and_no_later(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    cashier = new_cashier(town, till)
    first, second = pay(town, phone, cashier), pay(town, phone, cashier)
    midnight = day_ends_at(day_of(town.now()))
    chain.travel_to(midnight - 1)
    assert cashier.refund(first, amount_cents=PAID, remaining_cents=PAID)["result"] == "accepted"
    chain.travel_to(midnight)
    refused = refusal_of(cashier, second)
    assert (refused.status, refused.reason) == (403, "owner_required")
    assert till.refund(second, amount_cents=PAID, remaining_cents=PAID)["result"] == "accepted"


# ---------------------------------------------------------------- refunds


def test_a_full_refund_gives_all_back_and_is_seen_by_parent_shop_and_municipality(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    answer = till.refund(payment, amount_cents=PAID, remaining_cents=PAID, reason="mistake")
    assert (answer["result"], answer["redemption"]["refundedCents"]) == ("accepted", PAID)
    (given,) = answer["redemption"]["refunds"]
    assert (given["amountCents"], given["tillName"], given["reason"]) == (PAID, "Kassa 1", "mistake")
    assert left(town, phone) == 30_000
    (seen,) = phone.client.ask("GET", "/budgets/me/payments")["payments"]
    assert seen["refundedCents"] == PAID
    day = till.client.ask("GET", f"/redemptions?on={day_of(town.now())}")
    assert (day["count"], day["totalCents"]) == (1, 0)
    report = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    assert (report["redeemedCents"], report["refundedCents"], report["owedCents"]) == (PAID, PAID, 0)


def test_parts_add_up_to_the_payment_and_each_keeps_its_own_reason(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    till.refund(payment, amount_cents=1000, remaining_cents=PAID, reason="returned")
    answer = till.refund(payment, amount_cents=PAID - 1000, remaining_cents=PAID - 1000, reason="price")
    given = answer["redemption"]["refunds"]
    assert [(one["amountCents"], one["reason"]) for one in given] == [
        (1000, "returned"),
        (PAID - 1000, "price"),
    ]
    assert left(town, phone) == 30_000


def test_two_parts_of_the_same_amount_are_two_refunds(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    till.refund(payment, amount_cents=1000, remaining_cents=PAID)
    answer = till.refund(payment, amount_cents=1000, remaining_cents=PAID - 1000)
    assert (answer["result"], answer["redemption"]["refundedCents"]) == ("accepted", 2000)


def test_the_same_order_again_is_told_the_same_truth_and_is_booked_once(
    town: Town, phone: Phone, till: Till, payment: str, chain: TesterChain
) -> None:
    till.refund(payment, amount_cents=1000, remaining_cents=PAID)
    till.refund(payment, amount_cents=500, remaining_cents=PAID - 1000)
    # Also long after, also for a cashier on another day: the truth does not depend on who may still ask.
    chain.travel_to(day_ends_at(day_of(town.now())) + 10)
    again = till.refund(payment, amount_cents=1000, remaining_cents=PAID)
    assert (again["result"], again["redemption"]["refundedCents"]) == ("already_refunded", 1500)
    assert left(town, phone) == 30_000 - PAID + 1500


def test_a_cashiers_own_order_of_yesterday_is_still_told_its_truth(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    cashier = new_cashier(town, till)
    payment = pay(town, phone, cashier)
    cashier.refund(payment, amount_cents=1000, remaining_cents=PAID)
    chain.travel_to(day_ends_at(day_of(town.now())))
    again = cashier.refund(payment, amount_cents=1000, remaining_cents=PAID)
    assert again["result"] == "already_refunded"


def test_of_two_tills_that_give_back_the_same_at_once_one_is_booked(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    second = town.new_till(town.shops[0], name="Kassa 2")

    def give_back(one: Till) -> str:
        try:
            return str(one.refund(payment, amount_cents=PAID, remaining_cents=PAID)["result"])
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(give_back, [till, second])) == ["accepted", "refund_outdated"]
    assert left(town, phone) == 30_000


def test_the_same_order_sent_many_times_at_once_is_booked_once(
    town: Town, phone: Phone, till: Till, payment: str
) -> None:
    path, body = till.refund_order(payment, amount_cents=1000, remaining_cents=PAID)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: till.client.ask("POST", path, body)["result"], range(8)))
    assert sorted(answers) == ["accepted", *["already_refunded"] * 7]
    assert left(town, phone) == 30_000 - PAID + 1000


def test_a_code_pays_no_second_time_after_its_refund(town: Town, phone: Phone, till: Till) -> None:
    shown = phone.show_code(voucher_of(phone), max_cents=30_000, expires_at=expiry(town.now()))
    paid = till.redeem(shown, amount_cents=PAID, category=BICYCLES)["redemption"]["redemptionId"]
    till.refund(paid, amount_cents=PAID, remaining_cents=PAID)
    assert till.redeem(shown, amount_cents=PAID, category=BICYCLES)["result"] == "already_redeemed"
    with pytest.raises(Refused, match="ticket_already_used"):
        till.redeem(shown, amount_cents=1, category=BICYCLES)
    assert left(town, phone) == 30_000


def test_a_removed_shop_still_gives_back(town: Town, phone: Phone, till: Till, payment: str) -> None:
    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{town.shops[0]}?because=under_review")
    assert till.refund(payment, amount_cents=PAID, remaining_cents=PAID)["result"] == "accepted"
    assert left(town, phone) == 30_000


def test_what_a_shop_is_told_of_a_refund_names_no_voucher_and_no_balance(till: Till, payment: str) -> None:
    answer = till.refund(payment, amount_cents=1000, remaining_cents=PAID)
    assert not {"voucher", "number", "balanceCents", "holder"} & set(answer["redemption"])
    assert set(answer["redemption"]["refunds"][0]) == {"amountCents", "at", "tillName", "reason"}


def test_the_chain_learns_no_reason(services: Services, till: Till, payment: str) -> None:
    till.refund(payment, amount_cents=1000, remaining_cents=PAID, reason="price")
    (given,) = services.ledger.shop_reports.refunds_of([bytes.fromhex(payment[2:])]).values()
    assert not hasattr(given[0], "reason")
