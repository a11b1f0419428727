# SPDX-License-Identifier: EUPL-1.2
"""The journey of one payment in real browsers, nothing mocked: letter, code, camera, contract, ledger, screens."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import qrcode
from playwright.sync_api import Page, Playwright, Route, expect

from kindpakket.demo.people import Phone, expiry
from tests.support import Town

from .browsers import send_away
from .camera import film
from .conftest import Browsers
from .server import Reached, Server


def open_letter(page: Page, served: Server, code: str) -> None:
    """Activate a letter by typing its code."""
    page.goto(f"{served.url}/ouder/")
    page.get_by_test_id("letter-type").click()
    page.get_by_test_id("letter-code").fill(code)
    page.get_by_test_id("letter-submit").click()
    page.get_by_test_id("pin-skip").click()
    expect(page.get_by_test_id("budget-total")).to_be_visible()


def pair(page: Page, served: Reached, town: Town, shop: int) -> None:
    """Pair a till by typing the code."""
    code = town.pairing_code(shop)
    page.goto(f"{served.url}/winkel/")
    page.get_by_test_id("pair-code").fill(code)
    page.get_by_test_id("pair-submit").click()
    # A camera that shows a code is past the screen that waits for one before anybody looks.
    expect(page.get_by_test_id("type-code").or_(page.get_by_test_id("amount-display"))).to_be_visible()


def press(page: Page, keys: str) -> None:
    """Press the large keys, and ask for the payment."""
    for key in keys:
        page.get_by_test_id(f"key-{key}").click()
    page.get_by_test_id("amount-submit").click()


def type_code(page: Page, shown: str) -> None:
    """Give the till a code by hand."""
    page.get_by_test_id("type-code").click()
    page.get_by_test_id("code-input").fill(shown)
    page.get_by_test_id("code-submit").click()


def expect_result(page: Page, *, colour: str, reason: str, sentence: str | re.Pattern[str]) -> None:
    """Look at the full-screen result, and send it away."""
    result = page.get_by_test_id("result")
    expect(result).to_have_attribute("data-reason", reason)
    expect(result).to_have_attribute("data-colour", colour)
    expect(page.get_by_test_id("result-sentence")).to_contain_text(sentence)
    send_away(page)
    expect(result).to_have_count(0)


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


def test_a_payment_from_letter_to_ledger(
    served: Server, town: Town, browsers: Browsers, tmp_path: Path
) -> None:
    letter = town.letters.pop(0)
    parent = browsers.open("parent")
    open_letter(parent, served, letter["code"])
    expect(parent.get_by_test_id("budget-total")).to_contain_text("600,00")
    expect(parent.get_by_test_id("child")).to_have_count(2)

    # Offline from here on: the phone needs no network to show a code.
    parent.context.set_offline(True)
    parent.get_by_test_id("show-code").click()
    parent.get_by_test_id("choose-child").first.click()
    expect(parent.get_by_test_id("ticket-max")).to_contain_text("50")
    picture = parent.get_by_test_id("ticket-qr").screenshot()

    still = film(picture, tmp_path / "code.y4m")
    till = browsers.open("till", film=still, width=800, height=900)
    pair(till, served, town, town.shops[0])
    expect(till.get_by_test_id("amount-max")).to_contain_text("50")
    press(till, "3745")
    expect_result(till, colour="green", reason="accepted", sentence="37,45")

    # The camera still shows the same code: once more the same amount, then another.
    expect(till.get_by_test_id("amount-display")).to_be_visible()
    press(till, "3745")
    expect_result(till, colour="orange", reason="already_redeemed", sentence="al gelukt")
    expect(till.get_by_test_id("amount-display")).to_be_visible()
    press(till, "1000")
    expect_result(till, colour="red", reason="ticket_already_used", sentence="al gebruikt")
    browsers.close(till)
    till = browsers.open("till", width=800, height=900)
    till.goto(f"{served.url}/winkel/")
    till.get_by_test_id("open-today").click()
    expect(till.get_by_test_id("today-item")).to_have_count(1)
    expect(till.get_by_test_id("today-total")).to_contain_text("37,45")

    # The parent's phone learns of it as soon as it is online.
    parent.context.set_offline(False)
    expect(parent.get_by_test_id("payment-done")).to_contain_text("Fietsen Jansen")
    expect(parent.get_by_test_id("payment-done")).to_contain_text("262,55")
    parent.get_by_test_id("payment-close").click()
    expect(parent.get_by_test_id("budget-total")).to_contain_text("562,55")
    parent.goto(f"{served.url}/ouder/#/betalingen")
    expect(parent.get_by_test_id("history-item")).to_have_count(1)
    expect(parent.get_by_test_id("history-item")).to_contain_text("37,45")

    # And so does the municipality.
    desk = browsers.open("desk", width=1280, height=800)
    sign_in(desk, served)
    expect(desk.locator("main")).to_contain_text("37,45")
    expect(desk.locator("main")).to_contain_text("Fietsen Jansen")


def sign_in(page: Page, served: Server) -> None:
    """Sign in on the municipality's pages with a fresh link."""
    page.goto(f"{served.url}/gemeente/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("niet aangemeld")
    page.goto(served.new_sign_in_link())
    page.get_by_role("button", name="Aanmelden").click()
    expect(page).to_have_url(re.compile("/gemeente/$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_refusals_are_red_each_with_its_own_sentence_and_leave_the_balance(
    served: Server, town: Town, browsers: Browsers
) -> None:
    phone: Phone = town.new_phone()
    voucher = next(iter(phone.next_numbers))
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])

    def show(**terms: int) -> str:
        return phone.show_code(voucher, **({"max_cents": 5000, "expires_at": expiry(town.now())} | terms))

    type_code(till, "KP1:DIT IS GEEN CODE")
    expect_result(till, colour="red", reason="unreadable", sentence="Geen geldige code")

    type_code(till, show())
    press(till, "5001")
    # The till need not ask for what the code itself forbids; asked or not, it is refused.
    if till.get_by_test_id("amount-fault").count():
        expect(till.get_by_test_id("amount-fault")).to_contain_text("50")
        till.get_by_test_id("amount-back").click()
    else:
        expect_result(till, colour="red", reason="amount_above_ticket", sentence="hoogstens € 50")

    type_code(till, show(expires_at=town.now() // 60 * 60 - 60))
    press(till, "1000")
    expect_result(till, colour="red", reason="ticket_expired", sentence="verlopen")

    type_code(till, show(max_cents=30_000))
    press(till, "29000")
    expect_result(till, colour="green", reason="accepted", sentence="290")
    type_code(till, show(max_cents=30_000))
    press(till, "1001")
    expect_result(till, colour="red", reason="balance_too_low", sentence="niet genoeg")
    assert town.balance_cents(phone, voucher) == 1000

    town.desk.ask("DELETE", f"/programmes/{town.programme}/shops/{town.shops[0]}?because=under_review")
    try:
        type_code(till, show())
        press(till, "100")
        expect_result(till, colour="red", reason="shop_suspended", sentence="de gemeente zoekt iets uit")
    finally:
        town.desk.ask("PUT", f"/programmes/{town.programme}/shops/{town.shops[0]}", {"categories": [3]})
    assert town.balance_cents(phone, voucher) == 1000


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_payment_without_an_answer_is_kept_and_its_truth_is_told_after_the_browser_was_closed(
    served: Server, town: Town, browsers: Browsers, lost: str
) -> None:
    phone = town.new_phone()
    voucher = next(iter(phone.next_numbers))
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])

    def lose(route: Route) -> None:
        if lost == "answer":
            route.fetch()
        route.abort()

    till.context.route("**/api/v1/redemptions/0x*", lose)
    type_code(till, phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now())))
    press(till, "1250")
    expect(till.get_by_test_id("result")).to_have_attribute("data-colour", "orange")
    expect(till.get_by_test_id("result-sentence")).to_contain_text("Niet opnieuw scannen")
    assert town.balance_cents(phone, voucher) == (28_750 if lost == "answer" else 30_000)
    browsers.close(till)

    till = browsers.open("till", width=800, height=900)
    till.goto(f"{served.url}/winkel/")
    expect(till.get_by_test_id("result")).to_have_attribute(
        "data-reason", "already_redeemed" if lost == "answer" else "accepted"
    )
    expect(till.get_by_test_id("result")).to_contain_text("12,50")
    assert town.balance_cents(phone, voucher) == 28_750


def test_a_letter_is_scanned_with_the_phones_camera(
    served: Server, town: Town, browsers: Browsers, tmp_path: Path
) -> None:
    letter = town.letters.pop()
    parent = browsers.open("parent", film=film(letter_picture(letter["url"]), tmp_path / "letter.y4m"))
    parent.goto(f"{served.url}/ouder/")
    parent.get_by_test_id("letter-scan").click()
    parent.get_by_test_id("pin-skip").click()
    expect(parent.get_by_test_id("budget-total")).to_contain_text("300,00")


def letter_picture(url: str) -> bytes:
    """The QR as it stands on a letter."""
    picture = io.BytesIO()
    qrcode.make(url, error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4).save(picture)
    return picture.getvalue()


def test_the_apps_start_without_a_network_once_visited(
    served: Server, town: Town, browsers: Browsers
) -> None:
    parent = browsers.open("parent")
    open_letter(parent, served, town.letters.pop()["code"])
    parent.evaluate("navigator.serviceWorker.ready.then(() => true)")
    parent.context.set_offline(True)
    parent.goto(f"{served.url}/ouder/")
    expect(parent.get_by_test_id("offline")).to_be_visible()
    expect(parent.get_by_test_id("budget-total")).to_contain_text("300,00")
    parent.get_by_test_id("show-code").click()
    expect(parent.get_by_test_id("ticket-qr")).to_be_visible()

    # Without a camera the code is copied as text.
    parent.get_by_test_id("ticket-as-text").click()
    shown = parent.get_by_test_id("ticket-text").inner_text()
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])
    type_code(till, shown)
    press(till, "250")
    expect_result(till, colour="green", reason="accepted", sentence="2,50")
    parent.context.set_offline(False)


def test_the_apps_speak_english_to_who_reads_english(served: Server, browsers: Browsers) -> None:
    parent = browsers.open("parent", locale="en-GB")
    parent.goto(f"{served.url}/ouder/")
    expect(parent.get_by_test_id("letter-type")).to_contain_text("Type")
    parent.goto(f"{served.url}/winkel/")
    expect(parent.locator("html")).to_have_attribute("lang", "en")
