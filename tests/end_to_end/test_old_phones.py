# SPDX-License-Identifier: EUPL-1.2
"""What goes wrong on old phones and bad lines at the moment of paying.

given a phone whose browser lacks what came after 2022
└── when its code is paid with → it shows the payment by itself, and no false word about the network
given a phone with few ticket keys left, whose renewal is under way
├── when a code is shown meanwhile → it gives way to one with a new key, which pays
└── when the first code was paid with just before → the phone shows that payment all the same
given a first visit on which a text, or the app itself, does not come
└── then the page says so in Dutch and English, with a way to try again
given a balance of another day
└── then without network the phone says of which day
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from .browsers import wait_until
from .conftest import Browsers
from .families import open_budget, show_code
from .server import Server
from .test_journey import expect_result, press, type_code

FORGET_WHAT_IS_NEW = """
  for (const [where, name] of [
    [AbortSignal, 'any'], [AbortSignal, 'timeout'], [Array.prototype, 'toReversed'], [Array.prototype, 'toSorted'],
    [Array.prototype, 'with'], [Array.prototype, 'findLast'], [Object, 'groupBy'], [Promise, 'withResolvers'],
    [Set.prototype, 'union'], [globalThis, 'requestIdleCallback'],
  ]) delete where[name];
"""
ALMOST_ALL_SHOWN = """async ([voucher, place]) => {
  const { openVault } = await import('/static/js/vault.js');
  const vault = await openVault('citizen');
  await vault.put(`progress/${voucher}`, { generation: 0, place });
}"""
KEEP_BALANCE_OF = """async (at) => {
  const { openVault } = await import('/static/js/vault.js');
  const vault = await openVault('citizen');
  await vault.put('budget', { ...await vault.get('budget'), now: at });
}"""
FIVE_DAYS = 5 * 86_400


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


def shown_number(phone: Page) -> int:
    """The number of the code on the screen."""
    number = phone.get_by_test_id("ticket-qr").get_attribute("data-number")
    assert number is not None
    return int(number)


def shown_text(phone: Page) -> str:
    """The text of the code on the screen."""
    return str(phone.get_by_test_id("ticket-qr").evaluate("(element) => element.text"))


def test_a_phone_with_an_old_browser_shows_its_payment(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    phone = browsers.open("phone")
    phone.context.add_init_script(FORGET_WHAT_IS_NEW)
    open_budget(phone, served, letter, pin="")
    assert phone.evaluate("AbortSignal.any === undefined && AbortSignal.timeout === undefined")
    type_code(till, show_code(phone))
    press(till, "1250")
    expect_result(till, colour="green", reason="accepted", sentence="12,50")
    expect(phone.get_by_test_id("payment-done")).to_contain_text("12,50")
    expect(phone.get_by_test_id("offline")).to_have_count(0)
    phone.goto(f"{served.url}/ouder/#/betalingen")
    phone.get_by_test_id("history-item").first.click()
    expect(phone.get_by_test_id("check-payment")).to_be_visible()


@pytest.mark.parametrize("is_paid_before", [False, True])
def test_a_code_whose_key_is_renewed_gives_way_to_one_that_pays(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page, is_paid_before: bool
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter, pin="")
    voucher = letter["vouchers"][0]
    held: list[Route] = []
    phone.route("**/api/v1/ticket-renewals", lambda route: route.continue_() if held else held.append(route))
    phone.evaluate(ALMOST_ALL_SHOWN, [voucher, 225])
    phone.reload()
    while not held:
        phone.wait_for_timeout(50)

    show_code(phone)
    before, old = shown_number(phone), shown_text(phone)
    assert before == 225
    if is_paid_before:
        type_code(till, old)
        press(till, "100")
        expect_result(till, colour="green", reason="accepted", sentence="1")
        held[0].continue_()
        expect(phone.get_by_test_id("payment-done")).to_contain_text("1,00")
        return
    held[0].continue_()
    wait_until(phone, "Number(document.querySelector('kp-qr')?.dataset.number) >= 256", timeout_seconds=30)
    type_code(till, shown_text(phone))
    press(till, "100")
    expect_result(till, colour="green", reason="accepted", sentence="1")
    expect(phone.get_by_test_id("payment-done")).to_contain_text("1,00")


@pytest.mark.parametrize(
    "path, lost",
    [
        ("ouder", "citizen.nl.json"),
        ("ouder", "languages.json"),
        ("ouder", "js/text.js"),
        ("winkel", "merchant.nl.json"),
        ("winkel", "screens/pair.js"),
    ],
)
def test_a_first_visit_that_does_not_come_whole_says_so(
    served: Server, browsers: Browsers, path: str, lost: str
) -> None:
    page = browsers.open("visitor")
    page.context.route(f"**/{lost}", lambda route: route.abort())
    page.goto(f"{served.url}/{path}/")
    late = page.locator(".kp-late")
    expect(late).to_be_visible()
    expect(late).to_contain_text("Hebt u internet?")
    expect(late).to_contain_text("Do you have internet?")
    page.context.unroute(f"**/{lost}")
    late.get_by_role("link").click()
    first = "letter-type" if path == "ouder" else "pair-submit"
    expect(page.get_by_test_id(first)).to_be_visible()
    expect(late).to_be_hidden()
    # A browser complains that what it loaded ahead was not used, in the visit that failed.
    browsers.complaints[:] = [one for one in browsers.complaints if "was preloaded" not in one]


def test_a_balance_of_another_day_says_of_which(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter, pin="")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_until(phone, "caches.keys().then((keys) => keys.length > 0)")
    phone.reload()
    expect(phone.get_by_test_id("budget-total")).to_be_visible()
    phone.context.set_offline(True)
    expect(phone.get_by_test_id("offline")).to_contain_text(re.compile(r"om \d+[.]\d\d uur"))
    phone.evaluate(KEEP_BALANCE_OF, int(phone.evaluate("Date.now() / 1000")) - FIVE_DAYS)
    phone.reload()
    expect(phone.get_by_test_id("offline")).to_contain_text(re.compile(r"tegoed op \d+ \w+ \d{4}"))
