# SPDX-License-Identifier: EUPL-1.2
"""A till charges a ticket over the API: refusals first, each by its reason, and the balance unchanged; then retries."""

from __future__ import annotations

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.tickets import base45, code, keys, signing
from kindpakket.units import day_of
from tests.support import Town

BICYCLES = 3


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.new_phone()


@pytest.fixture
def till(town: Town) -> Till:
    return town.new_till(town.shops[0])


def voucher_of(phone: Phone) -> int:
    return next(iter(phone.next_numbers))


def show(town: Town, phone: Phone, **terms: int) -> str:
    """A code of the phone's first voucher: EUR 50, five minutes, unless said otherwise."""
    terms = {"max_cents": 5000, "expires_at": expiry(town.now())} | terms
    return phone.show_code(voucher_of(phone), **terms)


def refusal_of(till: Till, shown: str, *, amount_cents: int = 3745, category: int = BICYCLES) -> Refused:
    with pytest.raises(Refused) as refused:
        till.redeem(shown, amount_cents=amount_cents, category=category)
    assert refused.value.content["result"] == "refused"
    return refused.value


# ---------------------------------------------------------------- refusals


def test_redeem_refuses_a_till_that_is_not_signed_in(town: Town, phone: Phone, till: Till) -> None:
    till.client.token = ""
    assert refusal_of(till, show(town, phone)).reason == "sign_in_required"


def test_redeem_refuses_a_phone_and_staff_as_tills(town: Town, phone: Phone, till: Till) -> None:
    for other in (phone.client.token, town.desk.token):
        till.client.token = other
        assert refusal_of(till, show(town, phone)).reason == "sign_in_required"


def test_redeem_refuses_random_text_as_unreadable(town: Town, phone: Phone, till: Till) -> None:
    path, body = till.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    for text in ("", "KP1:", "hello", "KP1:%%%", "KP2:" + "A" * 113, "KP1:" + base45.encode(b"\1" * 74)):
        with pytest.raises(Refused) as refused:
            till.client.ask("PUT", path, body | {"ticket": text})
        assert (refused.value.status, refused.value.reason) == (400, "unreadable"), text


def test_redeem_refuses_a_truncated_code_as_unreadable(town: Town, phone: Phone, till: Till) -> None:
    path, body = till.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    for length in range(0, 117, 7):
        with pytest.raises(Refused) as refused:
            till.client.ask("PUT", path, body | {"ticket": body["ticket"][:length]})
        assert refused.value.reason == "unreadable", length


def test_redeem_refuses_a_ticket_at_another_tickets_address(town: Town, phone: Phone, till: Till) -> None:
    path, _ = till.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    _, body = till.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    with pytest.raises(Refused) as refused:
        till.client.ask("PUT", path, body)
    assert refused.value.reason == "ticket_id_wrong"


@pytest.mark.parametrize("elsewhere", ["chain", "contract"])
def test_redeem_refuses_a_ticket_for_another_chain_or_contract(
    town: Town, phone: Phone, till: Till, elsewhere: str
) -> None:
    here = town.domain
    domain = (
        signing.Domain(here.chain_id + 1, here.contract)
        if elsewhere == "chain"
        else signing.Domain(here.chain_id, b"\7" * 20)
    )
    key = keys.ticket_key(phone.seed, voucher=voucher_of(phone), number=0)
    foreign = code.sign_ticket(key, domain, max_cents=5000, expires_at=expiry(town.now()))
    assert refusal_of(till, code.write(foreign)).reason == "ticket_unknown"
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000


def test_redeem_refuses_a_charge_that_another_till_signed(town: Town, phone: Phone, till: Till) -> None:
    other = town.new_till(town.shops[1])
    path, body = other.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    with pytest.raises(Refused) as refused:
        till.client.ask("PUT", path, body)
    assert refused.value.reason == "till_unknown"


def test_redeem_refuses_an_amount_that_was_changed_after_signing(
    town: Town, phone: Phone, till: Till
) -> None:
    path, body = till.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    with pytest.raises(Refused) as refused:
        till.client.ask("PUT", path, body | {"amountCents": 3746})
    assert refused.value.reason == "till_unknown"


@pytest.mark.parametrize(
    "member, value",
    [
        ("amountCents", "3745"),
        ("amountCents", 37.45),
        ("amountCents", -1),
        ("amountCents", 2**32),
        ("amountCents", True),
        ("category", 32),
        ("signature", "0x00"),
        ("signature", None),
        ("ticket", 7),
        ("ticket", "A" * 401),
        ("surprise", 1),
    ],
)
def test_redeem_refuses_a_wrong_form_and_names_the_member(
    town: Town, phone: Phone, till: Till, member: str, value: object
) -> None:
    path, body = till.charge(show(town, phone), amount_cents=3745, category=BICYCLES)
    with pytest.raises(Refused) as refused:
        till.client.ask("PUT", path, body | {member: value})
    assert (refused.value.status, refused.value.reason) == (400, "request_invalid")
    assert [fault["at"].split(".")[0] for fault in refused.value.content["errors"]] == [member]


def test_redeem_refuses_an_amount_of_nothing(town: Town, phone: Phone, till: Till) -> None:
    assert refusal_of(till, show(town, phone), amount_cents=0).reason == "amount_zero"


def test_redeem_refuses_one_cent_above_the_tickets_maximum(town: Town, phone: Phone, till: Till) -> None:
    refused = refusal_of(till, show(town, phone, max_cents=5000), amount_cents=5001)
    assert refused.reason == "amount_above_ticket"
    assert refused.content["maxCents"] == 5000
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000


def test_redeem_refuses_one_cent_above_the_balance_and_does_not_tell_it(
    town: Town, phone: Phone, till: Till
) -> None:
    till.redeem(show(town, phone, max_cents=30_000), amount_cents=29_000, category=BICYCLES)
    refused = refusal_of(till, show(town, phone, max_cents=30_000), amount_cents=1001)
    assert refused.reason == "balance_too_low"
    assert "1000" not in str(refused.content), "the balance stays the family's secret"
    assert town.balance_cents(phone, voucher_of(phone)) == 1000


def test_redeem_refuses_at_the_second_of_expiry(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    expires_at = expiry(town.now())
    shown = show(town, phone, expires_at=expires_at)
    chain.travel_to(expires_at)
    assert refusal_of(till, shown).reason == "ticket_expired"
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000


def test_redeem_refuses_a_suspended_shop_and_says_why(town: Town, phone: Phone, till: Till) -> None:
    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{town.shops[0]}?because=under_review")
    refused = refusal_of(till, show(town, phone))
    assert (refused.reason, refused.content["because"]) == ("shop_suspended", "under_review")
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000


def test_redeem_refuses_a_category_that_the_shop_does_not_sell(town: Town, phone: Phone, till: Till) -> None:
    assert refusal_of(till, show(town, phone), category=1).reason == "category_not_allowed"


def test_redeem_refuses_a_ticket_for_another_shop(town: Town, phone: Phone, till: Till) -> None:
    shown = show(town, phone, shop=town.shops[1])
    assert refusal_of(till, shown).reason == "ticket_for_another_shop"


def test_redeem_refuses_a_used_ticket_to_another_shop_and_for_another_amount(
    town: Town, phone: Phone, till: Till
) -> None:
    shown = show(town, phone)
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    assert refusal_of(till, shown, amount_cents=3744).reason == "ticket_already_used"
    other = town.new_till(town.shops[1])
    assert refusal_of(other, shown, category=2).reason == "ticket_already_used"
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000 - 3745


def test_redeem_refuses_after_the_programmes_last_day(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    ends_at = town.desk.ask("GET", "/programmes")["programmes"][0]["endsAt"]
    shown = show(town, phone, expires_at=expiry(ends_at))
    chain.travel_to(ends_at)
    assert refusal_of(till, shown).reason == "programme_ended"


# ---------------------------------------------------------------- payments


def test_redeem_pays_exactly_the_ticket_in_its_last_second(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    expires_at = expiry(town.now())
    shown = show(town, phone, max_cents=3745, expires_at=expires_at)
    chain.travel_to(expires_at - 1)
    answer = till.redeem(shown, amount_cents=3745, category=BICYCLES)
    assert answer["result"] == "accepted"
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000 - 3745


def test_redeem_pays_exactly_the_balance(town: Town, phone: Phone, till: Till) -> None:
    till.redeem(show(town, phone, max_cents=30_000), amount_cents=30_000, category=BICYCLES)
    assert town.balance_cents(phone, voucher_of(phone)) == 0


def test_redeem_again_is_told_the_same_payment_and_pays_once(town: Town, phone: Phone, till: Till) -> None:
    shown = show(town, phone)
    first = till.redeem(shown, amount_cents=3745, category=BICYCLES)
    again = till.redeem(shown, amount_cents=3745, category=BICYCLES)
    assert again["result"] == "already_redeemed"
    assert again["redemption"] == first["redemption"]
    assert town.balance_cents(phone, voucher_of(phone)) == 30_000 - 3745


def test_redeem_again_is_told_so_after_expiry_and_after_the_shop_was_removed(
    town: Town, phone: Phone, till: Till, chain: TesterChain
) -> None:
    expires_at = expiry(town.now())
    shown = show(town, phone, expires_at=expires_at)
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    chain.travel_to(expires_at + 1)
    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{town.shops[0]}?because=under_review")
    assert till.redeem(shown, amount_cents=3745, category=BICYCLES)["result"] == "already_redeemed"


def test_a_second_till_of_the_same_shop_is_told_that_it_was_paid(
    town: Town, phone: Phone, till: Till
) -> None:
    shown = show(town, phone)
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    second = town.new_till(town.shops[0], name="Kassa 2")
    answer = second.redeem(shown, amount_cents=3745, category=BICYCLES)
    assert (answer["result"], answer["redemption"]["tillName"]) == ("already_redeemed", "Kassa 1")


def test_of_two_codes_with_one_number_only_one_pays(town: Town, phone: Phone, till: Till) -> None:
    first = show(town, phone, max_cents=3000, number=9)
    second = show(town, phone, max_cents=5000, number=9)
    till.redeem(second, amount_cents=4000, category=BICYCLES)
    assert refusal_of(till, first, amount_cents=2000).reason == "ticket_already_used"


@pytest.mark.parametrize("on", ["9999-12-31", "0001-01-01", "2026-02-30", "vandaag", ""])
def test_a_day_that_cannot_be_is_refused(town: Town, till: Till, on: str) -> None:
    with pytest.raises(Refused) as refused:
        till.client.ask("GET", f"/redemptions?on={on}")
    assert (refused.value.status, refused.value.content["errors"][0]["at"]) == (400, "on")


# ---------------------------------------------------------------- the truth


def test_the_truth_about_a_ticket_is_told_to_its_own_shop_only(town: Town, phone: Phone, till: Till) -> None:
    shown = show(town, phone)
    path, _ = till.charge(shown, amount_cents=3745, category=BICYCLES)
    with pytest.raises(Refused, match="redemption_unknown"):
        till.client.ask("GET", path)
    paid = till.redeem(shown, amount_cents=3745, category=BICYCLES)
    assert till.client.ask("GET", path)["redemption"] == paid["redemption"]
    with pytest.raises(Refused, match="redemption_unknown"):
        town.new_till(town.shops[1]).client.ask("GET", path)


def test_a_payment_is_seen_by_the_parent_the_shop_and_the_municipality(
    town: Town, phone: Phone, till: Till
) -> None:
    paid = till.redeem(show(town, phone), amount_cents=3745, category=BICYCLES)["redemption"]
    (payment,) = phone.client.ask("GET", "/budgets/me/payments")["payments"]
    assert (payment["redemptionId"], payment["shopName"]) == (paid["redemptionId"], "Fietsen Jansen")
    day = till.client.ask("GET", f"/redemptions?on={day_of(paid['at'])}")
    assert (day["count"], day["totalCents"], day["redemptions"]) == (1, 3745, [paid])
    report = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    assert (report["redeemedCents"], report["redemptionCount"]) == (3745, 1)
    assert report["leftCents"] == report["issuedCents"] - 3745
    spent = {row["name"]: row["redeemedCents"] for row in report["byShop"]}
    assert spent["Fietsen Jansen"] == 3745


def test_what_a_shop_gets_back_names_no_voucher_and_no_balance(town: Town, phone: Phone, till: Till) -> None:
    answer = till.redeem(show(town, phone), amount_cents=3745, category=BICYCLES)
    assert not {"voucher", "number", "balanceCents", "holder"} & set(answer["redemption"])
