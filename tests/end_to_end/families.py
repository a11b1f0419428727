# SPDX-License-Identifier: EUPL-1.2
"""What a parent does on a phone, as steps that several journeys share: open a letter, choose a PIN, come back, pay."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Request, expect

from .server import Reached
from .test_journey import expect_result, press, type_code

PIN = "13579"
SEED = """async () => {
  const { openVault } = await import('/static/js/vault.js');
  const seed = await (await openVault('citizen')).getSecret('seed');
  return Array.from(seed, (byte) => byte.toString(16).padStart(2, '0')).join('');
}"""
"""Reads the seed of a phone, for tests that look where it must not be."""


def type_letter(page: Page, code: str) -> None:
    """Type the code of a letter where it is asked for."""
    page.get_by_test_id("letter-type").click()
    page.get_by_test_id("letter-code").fill(code)
    page.get_by_test_id("letter-submit").click()


def type_pin(page: Page, pin: str = PIN) -> None:
    """Type the PIN where it is asked for, twice where it is chosen."""
    page.get_by_test_id("pin").fill(pin)
    if page.get_by_test_id("pin-again").count():
        page.get_by_test_id("pin-again").fill(pin)
    page.get_by_test_id("pin-submit").click()


def open_budget(page: Page, served: Reached, letter: dict[str, Any], *, pin: str = PIN) -> None:
    """Open a letter, and choose a PIN or skip that."""
    page.goto(f"{served.url}/ouder/")
    type_letter(page, letter["code"])
    expect(page.get_by_test_id("pin-form")).to_be_visible()
    if pin:
        type_pin(page, pin)
        page.get_by_test_id("pin-close").click()
    else:
        page.get_by_test_id("pin-skip").click()
    expect(page.get_by_test_id("budget-total")).to_contain_text("600,00")


def restore(page: Page, letter: dict[str, Any], *, pin: str = PIN) -> None:
    """Bring the budget to this phone with letter and PIN, from the screen that offers it."""
    type_letter(page, letter["code"])
    type_pin(page, pin)


def show_code(page: Page, *, child: int = 0) -> str:
    """The text of a fresh code for a child."""
    page.get_by_test_id("show-code").click()
    page.get_by_test_id("choose-child").nth(child).click()
    page.get_by_test_id("ticket-as-text").click()
    expect(page.get_by_test_id("ticket-text")).to_be_visible()
    return page.get_by_test_id("ticket-text").inner_text()


def pay(till: Page, phone: Page, served: Reached, *, child: int) -> None:
    """Pay one euro with a code of this phone."""
    phone.goto(f"{served.url}/ouder/#/")
    type_code(till, show_code(phone, child=child))
    press(till, "100")
    expect_result(till, colour="green", reason="accepted", sentence="1")


def watch_requests(page: Page) -> list[str]:
    """Every address and body that a page's browser sends, from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.method} {request.url} {request.post_data or ''} {request.headers}")

    page.context.on("request", note)
    return asked
