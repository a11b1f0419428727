# SPDX-License-Identifier: EUPL-1.2
"""A shop from its application to a payment, in real browsers: decided by two people, suspended, and let in again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from kindpakket.demo.people import Phone, expiry
from kindpakket.services import Services
from tests.serving import served_here
from tests.shop_applications.conftest import TEXTS
from tests.support import InProcess, Town, found_town, new_sign_in_code

from .conftest import Browsers
from .test_journey import expect_result, press, type_code
from .test_till import open_menu


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture
def town(services: Services, new_client: Callable[[], InProcess], desk: InProcess) -> Town:
    """A running programme with two shops, in this process."""
    households = "kenmerk;kinderen\nA-1;1\n"
    return found_town(new_client, desk, starts_on="2026-01-01", ends_on="2026-12-31", households=households)


@pytest.fixture
def address(services: Services, town: Town) -> Iterator[str]:
    """That installation, served from this process."""
    with served_here(services) as address:
        yield address


def go(page: Page, button: str) -> None:
    """Press a button that leads to another page."""
    with page.expect_navigation():
        page.locator(button).click()


def sign_in(page: Page, services: Services, address: str, name: str) -> Page:
    """Let a member of staff sign in."""
    page.goto(f"{address}/gemeente/aanmelden#code={new_sign_in_code(services, name=name)}")
    go(page, 'form[action^="/gemeente/aanmelden"] button >> visible=true')
    return page


def fill_in(page: Page, address: str) -> str:
    """Apply, first with faults; return the code."""
    page.goto(f"{address}/")
    page.get_by_role("link", name="Uw winkel laten meedoen").click()
    for field, text in {**TEXTS, "iban": "NL91ABNA0417164301", "kvk": "123"}.items():
        page.locator(f"#{field}").fill(text)
    page.locator("#category-6").check()
    go(page, "main form button")
    expect(page.locator("#iban-wrong")).to_contain_text("Dit rekeningnummer klopt niet.")
    expect(page.locator("#kvk-wrong")).to_contain_text("acht cijfers")
    expect(page.locator("#consent-wrong")).to_be_visible()
    expect(page.locator("#name")).to_have_value(TEXTS["name"])
    expect(page.locator("#category-6")).to_be_checked()
    page.locator("#iban").fill(TEXTS["iban"])
    page.locator("#kvk").fill(TEXTS["kvk"])
    page.locator("#consent").check()
    go(page, "main form button")
    code = page.locator("#reference-code").inner_text()
    assert code not in page.url
    return code


def look(page: Page, address: str, code: str, *, state: str) -> None:
    """Ask with the code how it stands."""
    page.goto(f"{address}/winkel-aanmelden/stand")
    page.locator("#code").fill(code.lower())
    go(page, "main form button")
    expect(page.locator(f'[data-state="{state}"]')).to_be_visible()
    assert code.lower() not in page.url.lower()


def take(till: Page, town: Town, phone: Phone) -> None:
    """Ask for ten euros with a fresh code."""
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5_000, expires_at=expiry(town.now()))
    type_code(till, shown)
    press(till, "1000")


def test_a_shop_from_its_application_to_a_payment_out_and_back_in(
    services: Services, town: Town, address: str, browsers: Browsers
) -> None:
    shopkeeper = browsers.open("shopkeeper")
    anna = sign_in(browsers.open("anna", width=1280), services, address, "Anna")
    bram = sign_in(browsers.open("bram", width=1280), services, address, "Bram")
    code = fill_in(shopkeeper, address)
    look(shopkeeper, address, code, state="received")

    anna.goto(f"{address}/gemeente/aanvragen")
    anna.get_by_role("link", name=TEXTS["name"]).click()
    one = anna.url.partition("?")[0]
    anna.locator("#remark").fill("Gezien in het handelsregister.")
    go(anna, 'form[action$="/beoordelen"] button')
    expect(anna.locator("main")).to_contain_text("Wie beoordeelt, beslist niet zelf.")
    expect(anna.locator('form[action$="/goedkeuren"]')).to_have_count(0)
    # Her own form, sent to where only a colleague may send it.
    with anna.expect_navigation():
        anna.evaluate(
            """() => {
              const form = document.querySelector('form[action$="/beoordelen"]');
              form.action = form.action.replace('/beoordelen', '/goedkeuren');
              form.submit();
            }"""
        )
    expect(anna.locator("h1")).to_have_text("Iemand anders moet dit goedkeuren")

    bram.goto(one)
    bram.locator("summary", has_text="Goedkeuren").click()
    go(bram, 'form[action$="/goedkeuren"] button')
    expect(bram.locator("main")).to_contain_text("De winkel is goedgekeurd en doet mee.")
    look(shopkeeper, address, code, state="approved")

    bram.get_by_role("link", name="Naar de winkel").click()
    shop = bram.url.partition("?")[0]
    go(bram, 'form[action*="/koppelcode"] button')
    pairing_code = bram.locator("a", has_text="Dit apparaat als kassa").get_attribute("href") or ""
    till = browsers.open("till", width=800, height=900)
    till.goto(f"{address}/winkel/#koppel={pairing_code.partition('#koppel=')[2]}")
    till.get_by_test_id("pair-submit").click()
    expect(till.get_by_test_id("type-code")).to_be_visible()
    phone = town.new_phone()
    take(till, town, phone)
    expect_result(till, colour="green", reason="accepted", sentence="10")

    bram.goto(shop)
    bram.locator("summary", has_text="Niet meer laten meedoen").click()
    go(bram, 'form[action*="/verwijderen"] button >> visible=true')
    expect(bram.locator("#because-wrong")).to_be_visible()
    bram.locator("#because-under_review").check()
    go(bram, 'form[action*="/verwijderen"] button >> visible=true')
    expect(bram.locator("main")).to_contain_text("De gemeente zoekt iets uit")
    take(till, town, phone)
    expect_result(till, colour="red", reason="shop_suspended", sentence="de gemeente zoekt iets uit")
    expect(till.get_by_test_id("suspended")).to_contain_text("de gemeente zoekt iets uit")
    open_menu(till, "standing")
    expect(till.get_by_test_id("standing-because")).to_contain_text("de gemeente zoekt iets uit")
    till.get_by_test_id("back").click()
    till.get_by_test_id("back").click()

    go(bram, 'form[action*="/toelaten"] button >> visible=true')
    expect(bram.locator("main")).to_contain_text("De winkel doet mee.")
    take(till, town, phone)
    expect_result(till, colour="green", reason="accepted", sentence="10")
    open_menu(till, "standing")
    expect(till.get_by_test_id("standing")).to_contain_text("Doet mee")
    expect(till.get_by_test_id("standing-because")).to_have_count(0)
    assert town.balance_cents(phone, next(iter(phone.next_numbers))) == 30_000 - 2 * 1_000
