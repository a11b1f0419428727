# SPDX-License-Identifier: EUPL-1.2
"""A new version of an app comes by itself, whole, and takes nothing away.

given a phone with a budget, and a server with a new version of the app
├── when the app is opened → it is the old one, whole; the next time it is the new one
├── then the budget is there without a letter, and its codes pay
└── when a file of the new version does not come → the old one stays, whole, also without network
given a paired till, and a new version
└── then the till is still that till, and takes a payment
given a first visit, and a network that goes away before the app is complete
└── then a screen that did not come says so, and comes when the network is back
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.support import Town

from .browsers import wait_until
from .conftest import Browsers
from .families import open_budget, pay, show_code
from .passing_on import Passing, passing_on
from .server import Server
from .test_journey import expect_result, pair, press, type_code

TEXTS = "/static/text/citizen.nl.json"
TILL_TEXTS = "/static/text/merchant.nl.json"
OLD, NEW = "Laat code zien", "Laat een code zien"
KEPT_SETS = """caches.keys().then(async (keys) => {
  const shells = keys.filter((key) => key.startsWith('shell-'));
  const marks = shells.map(async (key) => (await caches.open(key)).match('/complete'));
  return (await Promise.all(marks)).filter(Boolean).length;
})"""
"""How many whole sets of its files an app keeps."""


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture
def front(served: Server) -> Iterator[Passing]:
    """The server as the browsers of these tests see it."""
    with passing_on(served.url) as front:
        yield front


def renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    """A change of a file's text, which must be there to be changed."""

    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())

    return change


def keep_offline(page: Page) -> None:
    """Wait until the app keeps its files, and let it go on with them."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect_sets(page, 1)


def expect_sets(page: Page, count: int) -> None:
    """Wait until the app keeps so many sets of its files."""
    wait_until(page, f"{KEPT_SETS}.then((kept) => kept === {count})")


def test_a_new_version_of_the_parents_app_keeps_the_budget_and_its_codes_pay(
    served: Server, front: Passing, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, front, letter, pin="")
    keep_offline(phone)
    front.changed[TEXTS] = renamed(OLD, NEW)

    phone.goto(f"{front.url}/ouder/")
    phone.reload()
    expect(phone.get_by_test_id("show-code")).to_have_text(OLD)
    expect_sets(phone, 2)

    phone.reload()
    expect(phone.get_by_test_id("show-code")).to_have_text(NEW)
    expect(phone.get_by_test_id("budget-total")).to_contain_text("600,00")
    type_code(till, show_code(phone))
    press(till, "100")
    expect_result(till, colour="green", reason="accepted", sentence="1")


def test_a_version_that_does_not_come_whole_is_not_used(
    front: Passing, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, front, letter, pin="")
    keep_offline(phone)
    front.changed[TEXTS] = renamed(OLD, NEW)
    front.missing.add("/static/vendor/lean-qr.js")
    front.asked.clear()
    phone.reload()
    while "/static/vendor/lean-qr.js" not in front.asked:
        phone.wait_for_timeout(50)
    phone.wait_for_timeout(1000)
    phone.context.set_offline(True)
    phone.goto(f"{front.url}/ouder/")
    expect(phone.get_by_test_id("show-code")).to_have_text(OLD)
    show_code(phone)
    expect_sets(phone, 1)
    phone.context.set_offline(False)


def test_a_new_version_of_the_till_is_still_that_till(
    front: Passing, large_town: Town, browsers: Browsers, letter: dict[str, Any], served: Server
) -> None:
    till, phone = browsers.open("till", width=800, height=900), browsers.open("phone")
    pair(till, front, large_town, large_town.shops[0])
    keep_offline(till)
    front.changed[TILL_TEXTS] = renamed("Zo werkt het, en", "Hulp, en")
    till.reload()
    expect(till.get_by_test_id("open-menu")).to_be_visible()
    expect_sets(till, 2)
    till.reload()
    till.get_by_test_id("open-menu").click()
    expect(till.get_by_test_id("open-help")).to_contain_text("Hulp, en wie u belt")
    till.get_by_test_id("back").click()

    open_budget(phone, served, letter, pin="")
    pay(till, phone, served, child=0)


def test_a_screen_that_did_not_come_says_so_and_comes_with_the_network(
    front: Passing, browsers: Browsers
) -> None:
    phone = browsers.open("phone")
    front.missing |= {"/ouder/sw.js", "/ouder/phone.js"}
    phone.goto(f"{front.url}/ouder/")
    phone.get_by_test_id("letter-type").click()
    expect(phone.get_by_test_id("not-loaded")).to_contain_text("Dit scherm is er nog niet.")
    front.missing.clear()
    phone.get_by_role("button", name="Probeer opnieuw").click()
    phone.get_by_test_id("letter-type").click()
    expect(phone.get_by_test_id("letter-code")).to_be_visible()
    # That is what was done here.
    browsers.complaints[:] = [one for one in browsers.complaints if "(503)" not in one]
