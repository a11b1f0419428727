# SPDX-License-Identifier: EUPL-1.2
"""The parent's codes and payments in a real browser against a real server, with and without network."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, expect

from kindpakket.demo.people import Till
from kindpakket.tickets import code
from tests.end_to_end.browsers import wait_until
from tests.end_to_end.server import Server
from tests.support import Town

from .phone import hook, keep_for_offline, open_budget, shown_code

BICYCLES = 3
CODE_SECONDS = 5 * 60
GO_ON = """(name, key, value) => new Promise((resolve, reject) => {
  const opening = indexedDB.open(name);
  opening.onsuccess = () => {
    const write = opening.result.transaction('records', 'readwrite');
    write.objectStore('records').put(value, key);
    write.oncomplete = resolve;
    write.onerror = reject;
  };
})"""


def test_a_payment_is_seen_on_the_code_and_in_the_list_and_can_be_checked(
    page: Page, server: Server, till: Till, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "show-code").click()
    expect(hook(page, "ticket-max")).to_have_text("maximaal €\u00a050")
    till.redeem(shown_code(page), amount_cents=3_745, category=BICYCLES)
    expect(hook(page, "payment-done")).to_contain_text("Betaald: €\u00a037,45 bij Fietsen Jansen.")
    expect(hook(page, "payment-done")).to_contain_text("Nog over: €\u00a0262,55.")
    hook(page, "payment-close").click()
    expect(hook(page, "budget-total")).to_contain_text("262,55")
    expect(hook(page, "history-amount")).to_have_text("−\u00a0€\u00a037,45")
    hook(page, "history-item").click()
    hook(page, "check-payment").click()
    expect(hook(page, "check-good")).to_contain_text("Deze betaling klopt")
    expect(hook(page, "check-step").first).to_contain_text("hoogstens €\u00a050")


def test_a_phone_that_loses_its_budget_before_it_is_told_why_says_why_in_the_end(
    page: Page, server: Server, town: Town, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(1)
    open_budget(page, server, letter)
    # A connection of this test's own: the server closes idle ones.
    desk = server.new_client()
    desk.token = town.desk.token
    asked = {"programme": town.programme, "rowReference": letter["rowReference"]}
    household = desk.ask("POST", "/household-lookups", asked)["household"]

    def answer_before_the_phone_is_retired(route: Route) -> None:
        route.fulfill(json={"now": 0, "block": 0, "vouchers": []})
        page.unroute("**/api/v1/budgets/me")

    page.route("**/api/v1/budgets/me", answer_before_the_phone_is_retired)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(hook(page, "letter-type")).to_be_visible()
    why = {"reason": "lost", "replacementCount": 0}
    desk.ask("POST", f"/households/{household}/replacement-letters", why)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(hook(page, "gone")).to_have_attribute("data-because", "replaced")


def test_a_code_as_text_keeps_each_of_its_spaces(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "show-code").click()
    expect(hook(page, "ticket-qr")).to_be_visible()
    text = "KP1:A  B C 1    2:" + "X " * 40 + " ."
    page.locator("kp-ticket").evaluate("(screen, text) => { screen.code = { ...screen.code, text }; }", text)
    hook(page, "ticket-as-text").click()
    expect(hook(page, "ticket-text")).to_be_visible()
    assert hook(page, "ticket-text").inner_text() == text
    copied = hook(page, "ticket-text").evaluate(
        "(shown) => { getSelection().selectAllChildren(shown); return getSelection().toString(); }"
    )
    assert copied == text


def test_another_maximum_is_the_same_number_and_leaving_the_code_takes_a_fresh_one(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "show-code").click()
    first = shown_code(page)
    page.locator('[data-test="max-choice"][data-cents="2000"]').click()
    expect(hook(page, "ticket-max")).to_have_attribute("data-cents", "2000")
    assert code.read(shown_code(page)).max_cents == 2_000
    assert shown_code(page) != first
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "0")
    hook(page, "max-other").click()
    hook(page, "max-exact").fill("300,01")
    hook(page, "max-submit").click()
    expect(hook(page, "max-fault")).to_contain_text("hoogstens €\u00a0300")
    hook(page, "max-exact").fill("12,34")
    hook(page, "max-submit").click()
    expect(hook(page, "ticket-max")).to_have_attribute("data-cents", "1234")
    hook(page, "back").click()
    hook(page, "show-code").click()
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "1")


def test_without_network_the_app_opens_tells_when_the_balance_was_true_and_shows_a_code_that_pays(
    page: Page,
    context: BrowserContext,
    server: Server,
    till: Till,
    new_letter: Callable[[int], dict[str, Any]],
) -> None:
    open_budget(page, server, new_letter(2))
    keep_for_offline(page)
    context.set_offline(True)
    page.reload()
    expect(hook(page, "offline")).to_contain_text("U kunt nog steeds betalen")
    expect(hook(page, "budget-total")).to_contain_text("600,00")
    hook(page, "show-code").click()
    hook(page, "choose-child").nth(1).click()
    answer = till.redeem(shown_code(page), amount_cents=1, category=BICYCLES)
    assert answer["result"] == "accepted"
    context.set_offline(False)
    expect(hook(page, "payment-done")).to_contain_text("€\u00a00,01", timeout=15_000)


def test_a_code_renews_itself_with_the_same_number_while_it_is_shown(
    page: Page, context: BrowserContext, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    page.clock.install()
    open_budget(page, server, new_letter(1))
    keep_for_offline(page)
    hook(page, "show-code").click()
    first = code.read(shown_code(page))
    context.set_offline(True)
    page.clock.run_for((CODE_SECONDS + 60) * 1000)
    expect(hook(page, "ticket-countdown")).to_contain_text("geldig")
    second = code.read(shown_code(page))
    assert second.expires_at >= first.expires_at + CODE_SECONDS
    assert second.max_cents == first.max_cents
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "0")


def test_a_phone_whose_clock_is_wrong_is_told_so_and_still_makes_codes_that_pay(
    page: Page, server: Server, till: Till, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    page.clock.install(time=1_000_000_000)
    open_budget(page, server, new_letter(1))
    expect(hook(page, "clock-off")).to_be_visible()
    hook(page, "show-code").click()
    assert till.redeem(shown_code(page), amount_cents=100, category=BICYCLES)["result"] == "accepted"


def test_a_phone_that_has_few_numbers_left_gets_new_ones_and_pays_with_them(
    page: Page, server: Server, till: Till, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(1)
    voucher = letter["vouchers"][0]
    open_budget(page, server, letter)
    progress = {"generation": 0, "place": 225}
    page.evaluate(f"(value) => ({GO_ON})('kindpakket-citizen', 'progress/{voucher}', value)", progress)
    with page.expect_response("**/api/v1/ticket-renewals") as renewed:
        page.reload()
    assert renewed.value.status == 201
    assert json.loads(renewed.value.text())["generation"] == 1
    expect(hook(page, "show-code")).to_be_visible()
    wait_until(
        page,
        "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/budgets/me')).length > 1",
    )
    hook(page, "show-code").click()
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "256")
    assert till.redeem(shown_code(page), amount_cents=100, category=BICYCLES)["result"] == "accepted"


def test_a_name_of_a_child_stays_on_the_phone(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    hook(page, "child-rename").click()
    hook(page, "child-name").fill("Noor")
    hook(page, "child-name-save").click()
    expect(hook(page, "child")).to_contain_text("Noor")
    page.reload()
    expect(hook(page, "child")).to_contain_text("Noor")
    assert not [one for one in sent if "Noor" in one]
