# SPDX-License-Identifier: EUPL-1.2
"""A budget survives its phone, in real browsers: PIN, way back, the desk, a browser that deletes all.

given a phone with a budget
├── when a PIN was chosen and a second phone has letter and PIN → it has the budget; the first is refused and says why
├── when the PIN is wrong → the tries are told, the fifth locks, and the desk is the way
├── when the desk makes a new letter → the lost phone is refused and says why; the new letter opens everything
└── when the browser deleted everything, or all but the mark → the app says so, and letter and PIN bring it back
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.support import Town

from .conftest import Browsers
from .families import PIN, open_budget, pay, restore, show_code, type_letter, type_pin
from .server import Server
from .test_journey import expect_result, press, sign_in, type_code


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


def test_a_second_phone_with_letter_and_pin_takes_over_and_the_first_says_why(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    first, second = browsers.open("first"), browsers.open("second")
    open_budget(first, served, letter)
    old_code = show_code(first)

    second.goto(f"{served.url}/ouder/")
    second.get_by_test_id("restore").click()
    restore(second, letter)
    expect(second.get_by_test_id("restore-done")).to_contain_text("werken niet meer")
    second.get_by_test_id("restore-close").click()
    expect(second.get_by_test_id("budget-total")).to_contain_text("600,00")

    # The first phone still shows a code: the till refuses it, and the phone says why by itself.
    type_code(till, old_code)
    press(till, "100")
    expect_result(till, colour="red", reason="ticket_unknown", sentence=re.compile("."))
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved")
    expect(first.get_by_test_id("gone")).to_contain_text("andere telefoon")
    expect(first.get_by_test_id("gone")).to_contain_text("vandaag")
    first.reload()
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved")
    pay(till, second, served, child=0)

    # The same letter and PIN bring it back to the first.
    first.get_by_test_id("gone-restore").click()
    restore(first, letter)
    expect(first.get_by_test_id("restore-done")).to_be_visible()
    first.get_by_test_id("restore-close").click()
    expect(first.get_by_test_id("budget-total")).to_contain_text("599,00")
    pay(till, first, served, child=1)

    # A payment of the former phone is told apart from one that is nobody's.
    for item, shown in ((0, "check-good"), (1, "check-former")):
        first.goto(f"{served.url}/ouder/#/betalingen")
        expect(first.get_by_test_id("history-item")).to_have_count(2)
        first.get_by_test_id("history-item").nth(item).click()
        first.get_by_test_id("check-payment").click()
        expect(first.get_by_test_id(shown)).to_be_visible()


def test_a_wrong_pin_is_counted_until_it_is_locked_and_the_desk_is_the_way(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    first, thief = browsers.open("first"), browsers.open("thief")
    open_budget(first, served, letter)
    thief.goto(f"{served.url}/ouder/")
    # Who types a used letter is shown the way, too.
    type_letter(thief, letter["code"])
    expect(thief.get_by_test_id("letter-fault")).to_contain_text("andere telefoon")
    thief.get_by_test_id("restore-this").click()
    # The next screen has the same button: it is the one without the fault.
    expect(thief.get_by_test_id("letter-fault")).to_have_count(0)
    thief.get_by_test_id("letter-submit").click()
    for left in (4, 3, 2, 1):
        type_pin(thief, f"2468{left}")
        expect(thief.get_by_test_id("pin-fault")).to_contain_text(f"nog {left} keer")
    type_pin(thief, "24680")
    expect(thief.get_by_test_id("restore-locked")).to_be_visible()
    expect(thief.locator("main")).to_contain_text("14 0594")
    expect(thief.locator("main")).to_contain_text("Uw tegoed blijft van u")
    # The right PIN no longer helps; the phone itself goes on, and a new PIN opens the lock.
    thief.goto(f"{served.url}/ouder/#/terug")
    thief.reload()
    restore(thief, letter)
    expect(thief.get_by_test_id("restore-locked")).to_be_visible()
    expect(first.get_by_test_id("budget-total")).to_be_visible()
    first.goto(f"{served.url}/ouder/#/pincode")
    expect(first.get_by_test_id("pin-kept")).to_be_visible()
    restore(first, letter, pin="97531")
    expect(first.get_by_test_id("pin-done")).to_be_visible()
    thief.reload()
    restore(thief, letter)
    expect(thief.get_by_test_id("pin-fault")).to_contain_text("nog 4 keer")


def test_a_pin_that_is_none_or_easy_or_not_the_same_is_asked_again_and_nothing_is_sent(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    phone.goto(f"{served.url}/ouder/")
    type_letter(phone, letter["code"])
    expect(phone.get_by_test_id("pin-form")).to_be_visible()
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url))
    for pin, again, said in (
        ("1234", "1234", "5 cijfers"),
        ("12345", "12345", "te makkelijk"),
        ("77777", "77777", "te makkelijk"),
        (PIN, "13578", "niet gelijk"),
    ):
        phone.get_by_test_id("pin").fill(pin)
        phone.get_by_test_id("pin-again").fill(again)
        phone.get_by_test_id("pin-submit").click()
        expect(phone.get_by_test_id("pin-fault")).to_contain_text(said)
    assert not [url for url in sent if "/backups/" in url]


def test_a_pin_is_of_the_letter_of_this_phone(
    served: Server, large_town: Town, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter, pin="")
    phone.get_by_test_id("pin-hint").click()
    type_letter(phone, large_town.letters[-1]["code"])
    type_pin(phone)
    expect(phone.get_by_test_id("pin-fault")).to_contain_text("hoort niet bij")


def test_the_desk_replaces_a_lost_phone_by_the_households_reference(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    lost = browsers.open("lost")
    open_budget(lost, served, letter)
    old_code = show_code(lost)

    desk = browsers.open("desk", width=1280, height=800)
    sign_in(desk, served)
    desk.goto(f"{served.url}/gemeente/tegoeden")
    desk.get_by_label("Kenmerk van het huishouden").fill(letter["rowReference"])
    desk.get_by_role("button", name="Zoek huishouden").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text(letter["rowReference"])
    assert letter["rowReference"] not in desk.url
    desk.get_by_label("Telefoon gestolen").check()
    desk.get_by_role("button", name="Verder").click()
    expect(desk.locator("main")).to_contain_text("werken meteen niet meer")
    desk.get_by_role("button", name="Ja, maak een nieuwe brief").click()
    new_code = desk.locator(".console-code").inner_text()
    assert new_code != letter["code"]

    type_code(till, old_code)
    press(till, "100")
    expect_result(till, colour="red", reason="voucher_not_activated", sentence=re.compile("."))
    expect(lost.get_by_test_id("gone")).to_have_attribute("data-because", "replaced")

    found = browsers.open("found")
    open_budget(found, served, {"code": new_code}, pin="")
    pay(till, found, served, child=0)
    # The old letter and its PIN open nothing any more.
    expect(lost.get_by_test_id("gone-restore")).to_have_count(0)
    lost.goto(f"{served.url}/ouder/#/terug")
    restore(lost, letter)
    expect(lost.get_by_test_id("pin-fault")).to_contain_text("nieuwe brief")


@pytest.mark.parametrize("is_mark_left", [True, False], ids=["the mark is left", "nothing is left"])
def test_a_budget_that_the_browser_deleted_comes_back_with_letter_and_pin(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page, *, is_mark_left: bool
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter)
    devtools = phone.context.new_cdp_session(phone)
    phone.goto("about:blank")
    devtools.send(
        "Storage.clearDataForOrigin",
        {
            "origin": served.url,
            "storageTypes": "indexeddb,local_storage,cache_storage,service_workers"
            if is_mark_left
            else "all",
        },
    )
    phone.goto(f"{served.url}/ouder/")
    if is_mark_left:
        expect(phone.get_by_test_id("gone")).to_have_attribute("data-because", "deleted")
        expect(phone.get_by_test_id("gone")).to_contain_text("blijft van u")
        phone.get_by_test_id("gone-restore").click()
    else:
        phone.get_by_test_id("restore").click()
    restore(phone, letter)
    expect(phone.get_by_test_id("restore-done")).to_be_visible()
    phone.get_by_test_id("restore-close").click()
    expect(phone.get_by_test_id("budget-total")).to_contain_text("600,00")
    pay(till, phone, served, child=0)


def test_a_phone_whose_browser_lost_the_key_to_its_seed_says_so_and_gets_a_new_one(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter)
    phone.evaluate(
        """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open('kindpakket-citizen');
          opening.onsuccess = () => {
            const write = opening.result.transaction('keys', 'readwrite');
            write.objectStore('keys').clear();
            write.oncomplete = resolve;
            write.onerror = reject;
          };
        })"""
    )
    phone.reload()
    expect(phone.get_by_test_id("gone")).to_have_attribute("data-because", "deleted")
    phone.get_by_test_id("gone-restore").click()
    restore(phone, letter)
    expect(phone.get_by_test_id("restore-done")).to_be_visible()


def test_where_the_browser_offers_it_the_app_is_put_on_the_home_screen(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter, pin="")
    phone.evaluate(
        """() => {
          const offer = new Event('beforeinstallprompt', { cancelable: true });
          offer.prompt = () => { document.body.dataset.asked = 'yes'; };
          dispatchEvent(offer);
        }"""
    )
    phone.get_by_test_id("install").click()
    expect(phone.locator("body")).to_have_attribute("data-asked", "yes")
    expect(phone.get_by_test_id("install")).to_have_count(0)


def test_an_iphone_is_told_to_install_before_it_opens_a_letter(served: Server, browsers: Browsers) -> None:
    phone = browsers.open("phone")
    phone.add_init_script("Object.defineProperty(navigator, 'standalone', { value: false })")
    phone.goto(f"{served.url}/ouder/")
    expect(phone.get_by_test_id("ios-first")).to_contain_text("beginscherm")
