# SPDX-License-Identifier: EUPL-1.2
"""Hurried hands at a till: what is tapped, pressed or scanned by mistake wipes no verdict out and costs nobody money.

Given a verdict that just came
  when the button is tapped a second time, when Enter is still held or pressed twice
    it stays, and one payment was asked
Given a red verdict that can have been read
  when it is tapped beside its buttons, when a key is still held
    it stays
  when its button is tapped, when Enter is pressed anew
    it goes
Given a green verdict that can have been read
  when it is tapped anywhere
    it goes
Given an amount that is typed
  when the barcode of a product is scanned
    what was typed stays, nothing is asked, and it is said
  when the code of another customer is scanned
    the payment stays the first customer's, and it is said
  when a fast hand types it
    it is asked
Given a shop with a till
  when another is paired and nobody typed a name
    it gets the next number
  when the name of another was typed
    it is refused, and the next that is free is filled in
Given a payment of yesterday
  when it waits, when its answer comes late, when it is asked again
    its day is said
Given a question whether a till is to be removed
  it is the only thing to answer
Given a camera whose light refuses
  when the light is asked for
    the button says that it is off
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from kindpakket.demo.people import Phone
from tests.support import Town

from .browsers import send_away
from .conftest import Browsers
from .server import Server
from .test_journey import pair, type_code
from .test_till import show

DAY_SECONDS = 86_400
HANDS: dict[str, dict[str, list[int]]] = {
    "a double tap, 120 ms apart": {"taps": [120]},
    "a double tap, 250 ms apart": {"taps": [250]},
    "an Enter that is held": {"held": [*range(0, 1200, 40)]},
    "two Enters": {"enters": [0, 120]},
    "a scanner with two ends of line": {"enters": [2, 4]},
}
"""When, in milliseconds after the verdict appeared, there is a tap where the button was, and a key."""

WATCH = """
({hand, x, y}) => {
  const press = (key, repeat) => (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent('keydown', {key, repeat, bubbles: true, cancelable: true}));
  const tap = () => document.elementFromPoint(x, y).dispatchEvent(new MouseEvent('click', {bubbles: true}));
  const moves = [
    ...(hand.taps ?? []).map((at) => ({at, move: tap})),
    ...(hand.held ?? []).map((at) => ({at, move: () => press('Enter', true)})),
    ...(hand.enters ?? []).map((at) => ({at, move: () => press('Enter', false)})),
  ];
  globalThis.left = new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      if (!document.querySelector('[data-test=result]')) return;
      watcher.disconnect();
      for (const {at, move} of moves) setTimeout(move, at);
      const last = Math.max(...moves.map(({at}) => at));
      setTimeout(() => resolve(document.querySelector('[data-test=result]')?.dataset.reason ?? 'gone'), last + 60);
    });
    watcher.observe(document.body, {childList: true, subtree: true});
  });
}
"""
"""Moves a hand as soon as there is a verdict, and promises what is left to read afterwards."""

TAP = """
(selector) => {
  document.querySelector(selector).dispatchEvent(new MouseEvent('click', {bubbles: true}));
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve(document.querySelector('[data-test=result]') === null));
  });
}
"""
"""Taps, and tells whether the verdict is gone by the next frame: one that closes by itself takes seconds."""

SCAN = """
(keys) => {
  for (const key of keys) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  }
}
"""
"""Types keys as quickly as a scanner does."""


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture(scope="module")
def phone(town: Town) -> Phone:
    """A phone with two vouchers of EUR 300, in Python."""
    return town.new_phone()


@pytest.fixture
def till(served: Server, town: Town, browsers: Browsers) -> Page:
    """A till as small as a phone."""
    page = browsers.open("till")
    pair(page, served, town, town.shops[0])
    return page


def enter(page: Page, shown: str, keys: str) -> None:
    """Go as far as the button that asks for the payment."""
    type_code(page, shown)
    for key in keys:
        page.get_by_test_id(f"key-{key}").click()


def ask(page: Page, shown: str, keys: str, *, hand: dict[str, list[int]]) -> Any:
    """Ask for a payment with such a hand; return which verdict is left to read."""
    enter(page, shown, keys)
    button = page.get_by_test_id("amount-submit").bounding_box()
    assert button is not None
    place = {"x": button["x"] + button["width"] / 2, "y": button["y"] + button["height"] / 2}
    page.evaluate(WATCH, {"hand": hand, **place})
    page.get_by_test_id("amount-submit").click()
    return page.evaluate("globalThis.left")


def expect_readable(page: Page) -> None:
    """Wait until the verdict takes taps and keys."""
    expect(page.get_by_test_id("result-done")).to_be_enabled()


# ---------------------------------------------------------------- a verdict that just came


def test_a_hurried_hand_wipes_no_verdict_out_and_asks_once(till: Page, town: Town, phone: Phone) -> None:
    asked: list[str] = []
    till.on("request", lambda request: asked.append(request.url) if request.method == "PUT" else None)
    used = show(town, phone)
    left = {}
    for name, hand in HANDS.items():
        left[f"green, {name}"] = ask(till, used if not asked else show(town, phone), "100", hand=hand)
        send_away(till)
        left[f"red, {name}"] = ask(till, used, "200", hand=hand)
        send_away(till)
    reasons = {"green": "accepted", "red": "ticket_already_used"}
    assert left == {name: reasons[name.partition(",")[0]] for name in left}
    assert len(asked) == 2 * len(HANDS)


def test_two_quick_taps_on_the_button_are_one_payment(till: Page, town: Town, phone: Phone) -> None:
    before = town.balance_cents(phone, next(iter(phone.next_numbers)))
    asked: list[str] = []
    till.on("request", lambda request: asked.append(request.url) if request.method == "PUT" else None)
    enter(till, show(town, phone), "300")
    till.get_by_test_id("amount-submit").evaluate(
        "(button) => { for (const _ of [1, 2]) button.dispatchEvent(new MouseEvent('click', {bubbles: true})); }"
    )
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    assert len(asked) == 1
    assert town.balance_cents(phone, next(iter(phone.next_numbers))) == before - 300


# ---------------------------------------------------------------- a verdict that can have been read


def test_what_is_not_paid_goes_by_its_button_or_a_key_pressed_anew(
    till: Page, town: Town, phone: Phone
) -> None:
    result = till.get_by_test_id("result")
    for key in ("Enter", "Escape"):
        type_code(till, "KP1:DIT IS GEEN CODE")
        expect_readable(till)
        assert not till.evaluate(TAP, ".result-sign")
        assert not till.evaluate(TAP, "[data-test=result]")
        till.keyboard.down(key)
        expect(result).to_have_count(0)
        till.keyboard.up(key)
    type_code(till, "KP1:DIT IS GEEN CODE")
    expect_readable(till)
    till.get_by_test_id("result-done").focus()
    till.evaluate(
        "document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', repeat: true, bubbles: true, cancelable: true}))"
    )
    expect(result).to_be_visible()
    till.get_by_test_id("result-done").click()
    expect(result).to_have_count(0)


def test_what_is_paid_goes_by_a_tap_anywhere(till: Page, town: Town, phone: Phone) -> None:
    enter(till, show(town, phone), "100")
    till.get_by_test_id("amount-submit").click()
    expect(till.get_by_test_id("result")).to_have_attribute("data-colour", "green")
    expect_readable(till)
    assert till.evaluate(TAP, ".result-sign")


# ---------------------------------------------------------------- an amount that is typed


def test_the_barcode_of_a_product_is_no_amount(till: Page, town: Town, phone: Phone) -> None:
    before = town.balance_cents(phone, next(iter(phone.next_numbers)))
    asked: list[str] = []
    till.on("request", lambda request: asked.append(request.url) if request.method == "PUT" else None)
    type_code(till, show(town, phone))
    display, fault = till.get_by_test_id("amount-display"), till.get_by_test_id("amount-fault")
    till.evaluate(SCAN, [*"4011", "Enter"])
    expect(fault).to_have_text("Dat was een streepjescode. Typ het bedrag.")
    expect(display).to_contain_text("0,00")
    # What was typed before stays, also when the scanner ends with two ends of line.
    till.get_by_test_id("key-5").click()
    expect(fault).to_be_empty()
    till.get_by_test_id("key-00").click()
    till.evaluate(SCAN, [*"8710400123457", "Enter", "Enter"])
    expect(fault).to_contain_text("streepjescode")
    expect(display).to_contain_text("5,00")
    assert asked == []

    # Nor does it wipe a verdict out.
    till.get_by_test_id("amount-submit").click()
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    send_away(till)
    type_code(till, "KP1:DIT IS GEEN CODE")
    expect_readable(till)
    till.evaluate(SCAN, [*"4011", "Enter"])
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "unreadable")
    assert len(asked) == 1
    assert town.balance_cents(phone, next(iter(phone.next_numbers))) == before - 500


def test_the_code_of_another_customer_does_not_take_a_payment_over(
    till: Page, town: Town, phone: Phone
) -> None:
    other = town.new_phone()
    vouchers = [next(iter(one.next_numbers)) for one in (phone, other)]
    before = [town.balance_cents(one, voucher) for one, voucher in zip((phone, other), vouchers, strict=True)]
    shown = show(town, phone)
    type_code(till, shown)
    till.get_by_test_id("key-4").click()
    till.get_by_test_id("key-00").click()
    fault = till.get_by_test_id("amount-fault")
    till.evaluate(SCAN, [*shown, "Enter"])
    expect(till.get_by_test_id("amount-display")).to_contain_text("4,00")
    expect(fault).to_be_empty()
    till.evaluate(SCAN, [*show(town, other), "Enter"])
    expect(fault).to_contain_text("Dat was een andere code.")
    expect(till.get_by_test_id("amount-display")).to_contain_text("4,00")
    till.get_by_test_id("amount-submit").click()
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    after = [town.balance_cents(one, voucher) for one, voucher in zip((phone, other), vouchers, strict=True)]
    assert after == [before[0] - 400, before[1]]


def test_a_fast_hand_types_an_amount(till: Page, town: Town, phone: Phone) -> None:
    type_code(till, show(town, phone))
    expect(till.get_by_test_id("amount-display")).to_be_visible()
    till.keyboard.type("123\r", delay=80)
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    expect(till.get_by_test_id("result-sentence")).to_contain_text("1,23")


# ---------------------------------------------------------------- the name of a till


def test_a_second_till_gets_the_next_number_and_a_typed_name_that_is_taken_is_refused(
    served: Server, town: Town, browsers: Browsers
) -> None:
    def new_device(profile: str) -> Page:
        page = browsers.open(profile)
        code = town.desk.ask("POST", f"/shops/{town.shops[1]}/pairing-codes")["pairingCode"]
        page.goto(f"{served.url}/winkel/#koppel={code}")
        expect(page.get_by_test_id("pair-name")).to_have_value("Kassa 1")
        return page

    first, second, third = (new_device(name) for name in ("first", "second", "third"))
    for page in (first, second):
        page.get_by_test_id("pair-submit").click()
    expect(first.locator(".scan-place")).to_contain_text("Kassa 1")
    expect(second.locator(".scan-place")).to_contain_text("Kassa 2")

    third.get_by_test_id("pair-name").fill("kassa 2")
    third.get_by_test_id("pair-submit").click()
    expect(third.locator("#pair-name-fault")).to_contain_text("Deze naam is nog vrij: kassa 3.")
    expect(third.get_by_test_id("pair-name")).to_have_value("kassa 3")
    expect(third.get_by_test_id("pair-name")).to_be_focused()
    third.get_by_test_id("pair-submit").click()
    expect(third.locator(".scan-place")).to_contain_text("kassa 3")


# ---------------------------------------------------------------- a moment that was not today


def test_what_was_not_today_says_its_day(till: Page, town: Town, phone: Phone) -> None:
    def put_clock(by_seconds: int) -> None:
        till.evaluate(
            "(by) => localStorage.setItem('kindpakket-clock', Number(localStorage.getItem('kindpakket-clock')) + by)",
            by_seconds,
        )
        till.reload()

    def say_yesterday(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["redemption"]["at"] -= DAY_SECONDS
        route.fulfill(response=answer, json=told)

    paid = show(town, phone)
    till.evaluate("navigator.serviceWorker.ready.then(() => true)")
    till.context.route("**/api/v1/**", lambda route: route.abort())
    put_clock(-DAY_SECONDS)
    enter(till, paid, "600")
    till.get_by_test_id("amount-submit").click()
    till.get_by_test_id("result-done").click()
    till.get_by_test_id("waiting").click()
    expect(till.get_by_test_id("waiting-item")).to_contain_text(re.compile(r"gevraagd om \d"))
    put_clock(DAY_SECONDS)
    till.get_by_test_id("waiting").click()
    expect(till.get_by_test_id("waiting-item")).to_contain_text("gevraagd gisteren om")
    till.context.unroute("**/api/v1/**")
    till.reload()
    expect(till.get_by_test_id("result-late")).to_contain_text("gevraagd gisteren om")
    till.get_by_test_id("result-done").click()

    for route, said in ((None, re.compile(r"6,00 om \d")), (say_yesterday, "6,00 gisteren om")):
        if route:
            till.context.route("**/api/v1/redemptions/0x*", route)
        enter(till, paid, "600")
        till.get_by_test_id("amount-submit").click()
        expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "already_redeemed")
        expect(till.get_by_test_id("result-sentence")).to_contain_text(said)
        send_away(till)


# ---------------------------------------------------------------- one thing at a time


def test_a_question_has_one_main_answer_and_nothing_beside_it(till: Page, town: Town) -> None:
    town.new_till(town.shops[0])
    till.get_by_test_id("open-menu").click()
    till.get_by_test_id("open-tills").click()
    expect(till.get_by_test_id("till-add")).to_be_visible()
    till.get_by_test_id("till-remove").first.click()
    expect(till.locator("#app .utrecht-button--primary-action")).to_have_text(["Ja, haal weg"])
    till.get_by_test_id("till-remove-no").click()
    expect(till.locator("#app .utrecht-button--primary-action")).to_have_text(["Kassa erbij"])


def test_a_light_that_refuses_is_off(served: Server, town: Town, browsers: Browsers) -> None:
    till = browsers.open("till")
    till.add_init_script(
        "MediaStreamTrack.prototype.getCapabilities = () => ({torch: true});"
        "MediaStreamTrack.prototype.applyConstraints = async () => { throw new DOMException('no', 'OperationError'); };"
    )
    pair(till, served, town, town.shops[0])
    till.get_by_test_id("torch").click()
    expect(till.get_by_test_id("torch")).to_have_attribute("aria-pressed", "false")
    expect(till.get_by_test_id("torch")).to_be_enabled()
