# SPDX-License-Identifier: EUPL-1.2
"""A payment by keyboard alone, from the letter to the list: no pointer, no finger, no camera.

Given a parent's phone with a keyboard, and a till with one
  when the parent opens the letter, chooses a child and an amount
  and the cashier types code and amount
  then it is paid, and both see it
"""

from __future__ import annotations

from playwright.sync_api import Page, Playwright, expect

from tests.support import Town

from .browsers import send_away
from .conftest import Browsers
from .server import Server

MOST_TABS = 40
FOCUSED = "document.activeElement?.dataset.test ?? ''"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate(FOCUSED) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not within {MOST_TABS} presses of Tab")


def press(page: Page, name: str) -> None:
    """Go to something, and press Enter."""
    expect(page.get_by_test_id(name).first).to_be_visible()
    tab_to(page, name)
    page.keyboard.press("Enter")


def test_a_payment_needs_no_pointer_on_either_side(
    served: Server, town: Town, browsers: Browsers, playwright: Playwright
) -> None:
    playwright.selectors.set_test_id_attribute("data-test")
    letter = next(one for one in town.letters if len(one["vouchers"]) == 2)
    town.letters.remove(letter)
    parent = browsers.open("parent")
    parent.goto(f"{served.url}/ouder/")
    press(parent, "letter-type")
    tab_to(parent, "letter-code")
    parent.keyboard.type(letter["code"])
    parent.keyboard.press("Enter")
    press(parent, "pin-skip")
    press(parent, "show-code")
    press(parent, "choose-child")
    press(parent, "max-other")
    tab_to(parent, "max-exact")
    parent.keyboard.type("12,50")
    parent.keyboard.press("Enter")
    expect(parent.get_by_test_id("ticket-max")).to_contain_text("12,50")
    press(parent, "ticket-as-text")
    shown = parent.get_by_test_id("ticket-text").inner_text()

    till = browsers.open("till")
    till.goto(f"{served.url}/winkel/")
    expect(till.get_by_test_id("pair-submit")).to_be_visible()
    tab_to(till, "pair-code")
    till.keyboard.type(town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"])
    till.keyboard.press("Enter")
    press(till, "type-code")
    till.keyboard.type(shown)
    till.keyboard.press("Enter")
    expect(till.get_by_test_id("amount-display")).to_be_visible()
    # As fast as a person is: what comes faster is a scanner.
    till.keyboard.type("1250", delay=130)
    till.keyboard.press("Enter")
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    send_away(till, "Enter")
    press(till, "open-today")
    expect(till.get_by_test_id("today-item")).to_have_count(1)
    press(till, "back")
    expect(till.get_by_test_id("type-code")).to_be_visible()

    expect(parent.get_by_test_id("payment-done")).to_contain_text("12,50")
    press(parent, "payment-close")
    expect(parent.get_by_test_id("budget-total")).to_contain_text("587,50")
    press(parent, "history-item")
    expect(parent.get_by_test_id("receipt-amount")).to_contain_text("12,50")
