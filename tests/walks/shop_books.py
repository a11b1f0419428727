# SPDX-License-Identifier: EUPL-1.2
"""Walks past what a shop's own people do beside paying: tills, books, giving back, asking for less, practice.

An owner's till: the menu, its tills, one more, one less, a period, payouts
A payment: its receipt, giving back, in part, all, without an answer, on another day by a cashier
A code with too little on it: a lower amount, what the customer still pays
Practice: before it, its codes, its amount, its result, a real code
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, Route, expect

from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.units import day_of
from tests.end_to_end.browsers import send_away

from .parents import hook
from .shops import pair, press, result, type_code
from .stage import Seen, Stage, walk

DAY_SECONDS = 86_400
REFERENCE = f"0x{32 * '2a'}"
#: Types a code as a hardware scanner does.
SCAN_BY_HAND = """(keys) => {
  for (const key of keys) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
}"""


def open_menu(page: Page, name: str) -> None:
    """Open a screen from the menu."""
    hook(page, "open-menu")
    hook(page, f"open-{name}")


def show(stage: Stage, phone: Phone) -> str:
    """The text of a fresh code of a family."""
    voucher = next(iter(phone.next_numbers))
    return phone.show_code(voucher, max_cents=30_000, expires_at=expiry(stage.town.now()))


def sell(stage: Stage, page: Page, phone: Phone, keys: str) -> None:
    """Take a payment, and go back to the camera."""
    type_code(page, show(stage, phone))
    press(page, keys)
    result(page, "accepted")
    send_away(page)


def open_newest(page: Page) -> None:
    """Open the newest payment of today."""
    hook(page, "open-today")
    hook(page, "today-item")
    expect(page.get_by_test_id("payment-amount")).to_be_visible()


@walk
def shop_has_tills(stage: Stage) -> Iterator[Seen]:
    """An owner's till that invites another and removes it."""
    page = stage.open("shop-has-tills")
    pair(stage, page, place=5)
    hook(page, "open-menu")
    expect(page.get_by_test_id("open-tills")).to_be_visible()
    yield Seen("shop-menu", page)
    hook(page, "open-tills")
    expect(page.get_by_test_id("till").first).to_be_visible()
    yield Seen("shop-tills", page)
    hook(page, "till-add")
    expect(page.get_by_test_id("till-invite")).to_be_visible()
    yield Seen("shop-till-add", page)
    hook(page, "till-invite")
    expect(page.get_by_test_id("invitation-code")).to_be_visible()
    yield Seen("shop-till-invitation", page)
    code = page.get_by_test_id("invitation-code").inner_text()
    Till(stage.town.new_client(), stage.town.domain).pair(code, name="Kassa achter")
    expect(page.get_by_test_id("till-joined")).to_be_visible()
    yield Seen("shop-till-joined", page, picture=False)
    page.get_by_test_id("till-remove").last.click()
    expect(page.get_by_test_id("till-remove-yes")).to_be_visible()
    yield Seen("shop-till-remove", page)
    stage.close(page)


@walk
def shop_opens_the_books(stage: Stage) -> Iterator[Seen]:
    """An owner's till with a period and payouts."""
    page = stage.open("shop-opens-the-books", hold=True)
    pair(stage, page, place=6)
    phone = stage.town.new_phone(stage.take_letter(3))
    till = stage.town.new_till(stage.town.shops[6])
    category = till.client.ask("GET", "/tills/me")["categories"][0]
    for amount_cents in (1111, 2222):
        till.redeem(show(stage, phone), amount_cents=amount_cents, category=category)
    open_menu(page, "period")
    hook(page, "period-year")
    expect(page.get_by_test_id("today-item").nth(1)).to_be_visible()
    yield Seen("shop-period", page)
    page.get_by_test_id("period-from").fill("2020-01-01")
    page.get_by_test_id("period-until").fill("2020-01-31")
    expect(page.get_by_test_id("period-total")).to_contain_text(re.compile("0[,.]00"))
    yield Seen("shop-period-none", page, picture=False)
    page.get_by_test_id("period-from").fill("2027-01-01")
    expect(page.get_by_test_id("period-fault")).to_be_visible()
    yield Seen("shop-period-fault", page, picture=False)
    page.context.set_offline(True)
    hook(page, "period-month")
    expect(page.get_by_test_id("office-fault")).to_be_visible()
    yield Seen("shop-period-offline", page, picture=False)
    page.context.set_offline(False)

    hook(page, "back")
    # The municipality's walk may have paid this shop out.
    page.route("**/api/v1/payouts", answer_none)
    hook(page, "open-payouts")
    expect(page.get_by_test_id("payouts-none")).to_be_visible()
    yield Seen("shop-payouts-none", page, picture=False)
    payouts = Payouts(till)
    page.unroute("**/api/v1/payouts")
    page.route("**/api/v1/payouts", payouts.list)
    page.route("**/api/v1/payouts/*", payouts.open)
    hook(page, "back")
    hook(page, "open-payouts")
    expect(page.get_by_test_id("payout").first).to_be_visible()
    yield Seen("shop-payouts", page)
    hook(page, "payout")
    expect(page.get_by_test_id("payout-amount")).to_be_visible()
    yield Seen("shop-payout", page)
    payouts.owed_cents = -1500
    hook(page, "back")
    hook(page, "back")
    hook(page, "open-payouts")
    expect(page.get_by_test_id("payouts-owed")).to_contain_text(re.compile("15[,.]00"))
    yield Seen("shop-payouts-owing", page, picture=False)
    stage.close(page)


def answer_none(route: Route) -> None:
    """Answer as the server does for a shop that was never paid out."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"payouts": []})


class Payouts:
    """Answers as if the shop's payments were paid out: the treasurer's own key pays, and it is not on this stage."""

    def __init__(self, till: Till) -> None:
        now = till.client.ask("GET", "/fund")["now"]
        today = till.client.ask("GET", f"/redemptions?from={day_of(now)}&until={day_of(now)}")
        self.owed_cents = 500
        self.redemptions: list[dict[str, Any]] = today["redemptions"]
        self.redeemed_cents = sum(int(one["amountCents"]) for one in self.redemptions)
        self.payout = {
            "payoutId": "7-0",
            "programme": 1,
            "programmeName": "Kindpakket",
            "amountCents": self.redeemed_cents - 800,
            "paymentReference": REFERENCE,
            "bankReference": "KP-7-3",
            "count": len(self.redemptions),
            "at": now,
            "block": 7,
        }

    def list(self, route: Route) -> None:
        """Answer with two programmes to be paid and one payout."""
        answer = route.fetch()
        owed = [
            {"programme": 1, "programmeName": "Kindpakket", "owedCents": self.owed_cents - 100},
            {"programme": 2, "programmeName": "Kindpakket van het vorige jaar", "owedCents": 100},
        ]
        told = answer.json() | {"owedCents": self.owed_cents, "heldBackCents": max(0, self.owed_cents - 350)}
        told |= {"owed": owed, "payouts": [self.payout]}
        route.fulfill(response=answer, json=told)

    def open(self, route: Route) -> None:
        """Answer with what that payout was for."""
        refund = {
            "redemptionId": self.redemptions[0]["redemptionId"],
            "amountCents": 300,
            "at": self.payout["at"],
            "tillName": "Kassa 1",
            "reason": "price",
        }
        route.fulfill(
            json={
                "payout": self.payout,
                "carriedCents": 100,
                "redeemedCents": self.redeemed_cents,
                "refundedCents": 300,
                "leftCents": 600,
                "redemptions": self.redemptions,
                "refunds": [refund],
            }
        )


@walk
def shop_gives_back(stage: Stage) -> Iterator[Seen]:
    """A payment that is given back: in part, all, without an answer."""
    page = stage.open("shop-gives-back", hold=True)
    pair(stage, page, place=0)
    phone = stage.town.new_phone(stage.take_letter(3))
    sell(stage, page, phone, "2000")
    sell(stage, page, phone, "3745")
    open_newest(page)
    yield Seen("shop-payment", page)
    hook(page, "refund")
    hook(page, "refund-submit")
    expect(page.get_by_test_id("reason-fault")).to_be_visible()
    yield Seen("shop-refund-no-reason", page, picture=False)
    page.get_by_test_id("reason-price").check(force=True)
    page.get_by_test_id("refund-amount").fill("37,46")
    hook(page, "refund-submit")
    expect(page.get_by_test_id("refund-fault")).to_be_visible()
    yield Seen("shop-refund-too-much", page, picture=False)
    page.get_by_test_id("refund-amount").fill("10")
    yield Seen("shop-refund", page)
    hook(page, "refund-submit")
    result(page, "refunded")
    yield Seen("shop-refunded", page)
    send_away(page)
    expect(page.get_by_test_id("payment-refund")).to_be_visible()
    yield Seen("shop-payment-refunded", page)
    hook(page, "refund")
    page.get_by_test_id("reason-returned").check(force=True)
    hook(page, "refund-submit")
    result(page, "refunded")
    send_away(page)
    expect(page.get_by_test_id("payment-all-refunded")).to_be_visible()
    yield Seen("shop-payment-all-refunded", page, picture=False)

    hook(page, "back")
    page.get_by_test_id("today-item").nth(1).click()
    held: list[Route] = []
    page.context.route(
        "**/api/v1/redemptions/0x*/refunds", lambda route: route.abort() if held else held.append(route)
    )
    hook(page, "refund")
    page.get_by_test_id("reason-mistake").check(force=True)
    hook(page, "refund-submit")
    expect(page.get_by_test_id("asking")).to_be_visible()
    yield Seen("shop-refund-asking", page, picture=False)
    while not held:
        page.wait_for_timeout(50)
    held[0].abort()
    result(page, "refund_no_answer")
    yield Seen("shop-refund-no-answer", page)
    stage.close(page)


@walk
def shop_of_a_cashier(stage: Stage) -> Iterator[Seen]:
    """A cashier's till: a shorter menu, and a payment of another day that only an owner may give back."""
    owner = stage.town.new_till(stage.town.shops[7])
    category = owner.client.ask("GET", "/tills/me")["categories"][0]
    phone = stage.town.new_phone(stage.take_letter(3))
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    page = stage.open("shop-of-a-cashier")
    page.goto(f"{stage.url}/winkel/#koppel={code}")
    hook(page, "pair-submit")
    expect(page.get_by_test_id("open-menu")).to_be_visible()
    # A cashier's till sees what was paid since it joined.
    owner.redeem(show(stage, phone), amount_cents=1250, category=category)
    hook(page, "open-menu")
    expect(page.get_by_test_id("open-period")).to_be_visible()
    yield Seen("shop-menu-cashier", page, picture=False)
    page.route("**/api/v1/redemptions?*", put_off_a_day)
    hook(page, "open-period")
    hook(page, "today-item")
    expect(page.get_by_test_id("payment-owner-only")).to_be_visible()
    yield Seen("shop-payment-owner-only", page, picture=False)
    stage.close(page)


def put_off_a_day(route: Route) -> None:
    """Answer as the server does, but as if it was a day before."""
    answer = route.fetch()
    told = answer.json()
    for one in told["redemptions"]:
        one["at"] -= DAY_SECONDS
    route.fulfill(response=answer, json=told)


@walk
def shop_asks_for_less(stage: Stage) -> Iterator[Seen]:
    """A code with too little on it, asked again for less, and what is still to be paid."""
    page = stage.open("shop-asks-for-less", hold=True)
    pair(stage, page, place=0)
    phone = stage.town.new_phone(stage.take_letter(3))
    sell(stage, page, phone, "29000")
    type_code(page, show(stage, phone))
    press(page, "1500")
    result(page, "balance_too_low")
    yield Seen("shop-too-little", page)
    hook(page, "result-other-amount")
    press(page, "1500")
    expect(page.get_by_test_id("amount-fault")).not_to_be_empty()
    yield Seen("shop-amount-lower", page)
    for _ in range(4):
        hook(page, "key-back")
    press(page, "1000")
    result(page, "accepted")
    expect(page.get_by_test_id("result-rest")).to_be_visible()
    yield Seen("shop-paid-rest", page)
    stage.close(page)


@walk
def shop_practises(stage: Stage) -> Iterator[Seen]:
    """A till that practises: its mark is on every screen."""
    page = stage.open("shop-practises", hold=True)
    pair(stage, page, place=0)
    open_menu(page, "practice")
    expect(page.get_by_test_id("practice-start")).to_be_visible()
    yield Seen("shop-practice", page)
    hook(page, "practice-start")
    expect(page.get_by_test_id("practice-paid")).to_be_visible()
    yield Seen("shop-practice-scan", page)
    hook(page, "practice-paid")
    for key in "1250":
        hook(page, f"key-{key}")
    yield Seen("shop-practice-amount", page)
    hook(page, "amount-submit")
    result(page, "accepted")
    yield Seen("shop-practice-paid", page)
    send_away(page)
    hook(page, "practice-expired")
    press(page, "1250")
    result(page, "ticket_expired")
    yield Seen("shop-practice-expired", page, picture=False)
    send_away(page)
    open_newest(page)
    yield Seen("shop-practice-payment", page, picture=False)
    hook(page, "refund")
    expect(page.get_by_test_id("refund-submit")).to_be_visible()
    yield Seen("shop-practice-refund", page, picture=False)
    for _ in range(3):
        hook(page, "back")
    hook(page, "open-menu")
    expect(page.get_by_test_id("open-help")).to_be_visible()
    yield Seen("shop-practice-menu", page, picture=False)
    hook(page, "back")
    page.evaluate(SCAN_BY_HAND, [*stage.code(), "Enter"])
    result(page, "real_code")
    yield Seen("shop-practice-real-code", page)
    stage.close(page)
