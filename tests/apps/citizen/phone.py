# SPDX-License-Identifier: EUPL-1.2
"""What a parent does on the phone in more than one test."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.end_to_end.server import Server


def hook(page: Page, name: str) -> Any:
    return page.locator(f'[data-test="{name}"]')


def type_letter(page: Page, server: Server, written: str) -> None:
    page.goto(f"{server.url}/ouder/")
    hook(page, "letter-type").click()
    hook(page, "letter-code").fill(written)
    hook(page, "letter-submit").click()


def open_budget(page: Page, server: Server, letter: dict[str, Any]) -> None:
    type_letter(page, server, letter["code"])
    hook(page, "pin-skip").click()
    expect(hook(page, "budget-total")).to_be_visible()


def shown_code(page: Page) -> str:
    """The text of the code on the screen."""
    expect(hook(page, "ticket-qr")).to_be_visible()
    return str(hook(page, "ticket-qr").evaluate("(element) => element.text"))


def keep_for_offline(page: Page) -> None:
    """Wait until the app can be opened without network."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
