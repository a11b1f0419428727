# SPDX-License-Identifier: EUPL-1.2
"""A walk past a payment that is checked, and payments of which something came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Route, expect

from .parents import hook, open_letter, shown_code
from .stage import DESK, Seen, Stage, walk


def lead_elsewhere(route: Route) -> None:
    """Answer as the server does, but for a number in the proof."""
    answer = route.fetch()
    proof: dict[str, Any] = answer.json()
    route.fulfill(response=answer, json=proof | {"index": proof["index"] + 1})


def send_past_the_budget(route: Route) -> None:
    """Answer as the server does, but as if the last refund went to the municipality."""
    answer = route.fetch()
    told: dict[str, Any] = answer.json()
    for payment in told["payments"]:
        payment["refunds"][-1]["toBudget"] = False
    route.fulfill(response=answer, json=told)


@walk
def parent_checks(stage: Stage) -> Iterator[Seen]:
    """A payment, checked before and after its head is published, wrong, without network, given back."""
    page = stage.open("parent-checks")
    open_letter(stage, page, children=3)
    till = stage.town.new_till(stage.town.shops[0])
    category = till.client.ask("GET", "/tills/me")["categories"][0]
    hook(page, "show-code")
    hook(page, "choose-child")
    paid = till.redeem(shown_code(page), amount_cents=3745, category=category)["redemption"]
    hook(page, "payment-wrong")
    hook(page, "check-payment")
    expect(page.locator("[data-step=published][data-state=notYet]")).to_be_visible()
    hook(page, "check-meaning")
    yield Seen("parent-check-not-published", page, picture=False)
    stage.town.desk.ask("POST", "/heads")
    hook(page, "check-payment")
    expect(page.locator("[data-step=published][data-state=good]")).to_be_visible()
    if not page.locator("details[open]").count():
        page.locator("summary").click()
    yield Seen("parent-check", page)
    everyone = stage.open("parent-reads-the-heads", size=DESK)
    everyone.goto(f"{stage.url}/controlegetallen")
    expect(everyone.locator("main li").first).to_be_visible()
    yield Seen("public-heads", everyone)
    stage.close(everyone)
    page.route("**/proof", lead_elsewhere)
    hook(page, "check-payment")
    expect(page.get_by_test_id("check-wrong")).to_be_visible()
    yield Seen("parent-check-wrong", page)
    page.unroute("**/proof")
    page.context.set_offline(True)
    hook(page, "check-payment")
    expect(page.get_by_test_id("check-fault")).to_be_visible()
    yield Seen("parent-check-offline", page, picture=False)
    page.context.set_offline(False)

    redemption = str(paid["redemptionId"])
    till.refund(redemption, amount_cents=1000, remaining_cents=3745, reason="price")
    till.refund(redemption, amount_cents=500, remaining_cents=2745)
    page.route("**/api/v1/budgets/me/payments", send_past_the_budget)
    page.goto(f"{stage.url}/ouder/#/betalingen")
    page.reload()
    expect(page.get_by_test_id("history-refund")).to_have_count(2)
    yield Seen("parent-payments-refunded", page)
    page.get_by_test_id("history-refund").last.click()
    expect(page.get_by_test_id("receipt-refund")).to_have_count(2)
    yield Seen("parent-payment-refunded", page)
    stage.close(page)
