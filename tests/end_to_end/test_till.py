# SPDX-License-Identifier: EUPL-1.2
"""A shop's own people in real browsers: pairing by scanning, giving back, asking for less, practice, the books."""

from __future__ import annotations

import csv
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
from .server import Server
from .test_journey import expect_result, pair, press, type_code


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture(scope="module")
def phone(town: Town) -> Phone:
    """A phone with two vouchers of EUR 300, in Python."""
    return town.new_phone()


def voucher_of(phone: Phone) -> int:
    return next(iter(phone.next_numbers))


def show(town: Town, phone: Phone, **terms: int) -> str:
    terms = {"max_cents": 30_000, "expires_at": expiry(town.now())} | terms
    return phone.show_code(voucher_of(phone), **terms)


def open_menu(page: Page, name: str) -> None:
    """Open a screen from the menu."""
    page.get_by_test_id("open-menu").click()
    page.get_by_test_id(f"open-{name}").click()


def pay(page: Page, town: Town, phone: Phone, keys: str) -> None:
    """Take a payment, and go back to the camera."""
    type_code(page, show(town, phone))
    press(page, keys)
    expect_result(page, colour="green", reason="accepted", sentence="Betaald")


def open_newest(page: Page) -> None:
    """Open the newest payment of today."""
    page.get_by_test_id("open-today").click()
    page.get_by_test_id("today-item").first.click()


def scan_by_hand(page: Page, text: str) -> None:
    """Type a code as a hardware scanner does: faster than a test under load could press keys one by one."""
    page.evaluate(
        """(keys) => {
          for (const key of keys) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        }""",
        [*text, "Enter"],
    )


# ---------------------------------------------------------------- tills


def test_a_second_till_is_paired_by_scanning_the_owners_and_removed_at_once(
    served: Server, town: Town, browsers: Browsers, phone: Phone, tmp_path: Path
) -> None:
    owner = browsers.open("owner", width=800, height=900)
    pair(owner, served, town, town.shops[0])
    open_menu(owner, "tills")
    expect(owner.get_by_test_id("till")).to_contain_text("Eigenaar")
    owner.get_by_test_id("till-add").click()
    owner.get_by_test_id("till-invite").click()
    picture = owner.locator("kp-qr").screenshot()

    second = browsers.open("second", film=film(picture, tmp_path / "invitation.y4m"))
    second.goto(f"{served.url}/winkel/")
    second.get_by_test_id("pair-scan").click()
    expect(second.get_by_test_id("pair-code")).to_have_value(
        owner.get_by_test_id("invitation-code").inner_text()
    )
    second.get_by_test_id("pair-name").fill("Kassa achter")
    second.get_by_test_id("pair-submit").click()
    expect(second.get_by_test_id("type-code")).to_be_visible()

    # The owner's till sees it come by itself.
    expect(owner.get_by_test_id("till-joined")).to_contain_text("Kassa achter")
    expect(owner.get_by_test_id("till")).to_have_count(2)
    expect(owner.get_by_test_id("till").nth(1)).to_contain_text("Medewerker")

    # A cashier's till has no tills and no payouts; it takes payments.
    second.get_by_test_id("open-menu").click()
    expect(second.get_by_test_id("open-help")).to_be_visible()
    expect(second.get_by_test_id("open-tills")).to_have_count(0)
    expect(second.get_by_test_id("open-payouts")).to_have_count(0)
    second.get_by_test_id("back").click()
    pay(second, town, phone, "100")

    owner.get_by_test_id("till-remove").click()
    owner.get_by_test_id("till-remove-yes").click()
    expect(owner.get_by_test_id("till")).to_have_count(1)
    before = town.balance_cents(phone, voucher_of(phone))
    type_code(second, show(town, phone))
    press(second, "100")
    expect(second.get_by_test_id("pair-intro")).to_contain_text("losgekoppeld")
    assert town.balance_cents(phone, voucher_of(phone)) == before


def test_what_is_no_pairing_code_is_said_to_be_none(
    served: Server, town: Town, browsers: Browsers, phone: Phone, tmp_path: Path
) -> None:
    parents_code = show(town, phone)
    picture = io.BytesIO()
    qrcode.make(parents_code, border=4).save(picture)
    till = browsers.open("till", film=film(picture.getvalue(), tmp_path / "wrong.y4m"))
    till.goto(f"{served.url}/winkel/")
    till.get_by_test_id("pair-scan").click()
    expect(till.get_by_test_id("pair-refusal")).to_contain_text("geen koppelcode")
    till.get_by_test_id("pair-scan-stop").click()
    expect(till.get_by_test_id("pair-code")).to_have_value("")


def test_of_two_tills_with_the_same_code_at_the_same_moment_exactly_one_is_green(
    served: Server, town: Town, browsers: Browsers, phone: Phone
) -> None:
    tills = [browsers.open(name, width=500, height=900) for name in ("left", "right")]
    for till in tills:
        pair(till, served, town, town.shops[0])
    before = town.balance_cents(phone, voucher_of(phone))
    shown = show(town, phone)
    for till in tills:
        type_code(till, shown)
        for key in "1000":
            till.get_by_test_id(f"key-{key}").click()

    # Both requests are under way before either is answered.
    waiting: list[Route] = []
    for till in tills:
        till.route("**/api/v1/redemptions/0x*", lambda route: waiting.append(route))
        till.get_by_test_id("amount-submit").click()
    while len(waiting) < 2:
        tills[0].wait_for_timeout(20)
    for route in waiting:
        route.continue_()
    for till in tills:
        expect(till.get_by_test_id("result")).to_be_visible()
    colours = [till.get_by_test_id("result").get_attribute("data-colour") for till in tills]
    assert sorted(map(str, colours)) == ["green", "orange"]
    assert town.balance_cents(phone, voucher_of(phone)) == before - 1000


# ---------------------------------------------------------------- giving back


def test_a_refund_in_part_and_then_in_full_with_reasons(
    served: Server, town: Town, browsers: Browsers, phone: Phone
) -> None:
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])
    before = town.balance_cents(phone, voucher_of(phone))
    pay(till, town, phone, "3745")
    open_newest(till)
    till.get_by_test_id("refund").click()
    expect(till.get_by_test_id("refund-amount")).to_have_value("37,45")

    # Nothing is sent without a reason, nor for more than was paid.
    till.get_by_test_id("refund-submit").click()
    expect(till.get_by_test_id("reason-fault")).to_be_visible()
    till.get_by_test_id("reason-price").check(force=True)
    till.get_by_test_id("refund-amount").fill("37,46")
    till.get_by_test_id("refund-submit").click()
    expect(till.get_by_test_id("refund-fault")).to_contain_text("37,45")
    assert town.balance_cents(phone, voucher_of(phone)) == before - 3745

    till.get_by_test_id("refund-amount").fill("10")
    till.get_by_test_id("refund-submit").click()
    expect_result(till, colour="green", reason="refunded", sentence="Teruggeboekt € 10,00")
    assert town.balance_cents(phone, voucher_of(phone)) == before - 2745
    expect(till.get_by_test_id("payment-refund")).to_contain_text("Andere prijs")

    till.get_by_test_id("refund").click()
    expect(till.get_by_test_id("refund-amount")).to_have_value("27,45")
    till.get_by_test_id("reason-returned").check(force=True)
    till.get_by_test_id("refund-submit").click()
    expect_result(till, colour="green", reason="refunded", sentence="Teruggeboekt € 27,45")
    expect(till.get_by_test_id("payment-all-refunded")).to_be_visible()
    expect(till.get_by_test_id("payment-refund")).to_have_count(2)
    assert town.balance_cents(phone, voucher_of(phone)) == before


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_refund_without_an_answer_is_kept_and_booked_once_after_the_browser_was_closed(
    served: Server, town: Town, browsers: Browsers, phone: Phone, lost: str
) -> None:
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])
    pay(till, town, phone, "2000")
    before = town.balance_cents(phone, voucher_of(phone))
    sent: list[str | None] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data)
        if lost == "answer":
            route.fetch()
        route.abort()

    till.context.route("**/api/v1/redemptions/0x*/refunds", lose)
    open_newest(till)
    till.get_by_test_id("refund").click()
    till.get_by_test_id("reason-mistake").check(force=True)
    till.get_by_test_id("refund-submit").click()
    result = till.get_by_test_id("result")
    expect(result).to_have_attribute("data-reason", "refund_no_answer")
    expect(till.get_by_test_id("result-sentence")).to_contain_text("wij vragen het na")

    # It is not asked a second time with another signature: what waits is shown, and asked again as it is.
    till.get_by_test_id("result-done").click()
    expect(till.get_by_test_id("waiting-item")).to_contain_text("terugboeking")
    till.get_by_test_id("today-item").first.click()
    if lost == "answer":
        expect(till.get_by_test_id("payment-all-refunded")).to_be_visible()
    else:
        till.get_by_test_id("refund").click()
        expect(result).to_have_attribute("data-reason", "refund_no_answer")
    while len(sent) < 3:
        till.wait_for_timeout(50)
    assert len(set(sent)) == 1
    assert town.balance_cents(phone, voucher_of(phone)) == before + (2000 if lost == "answer" else 0)
    browsers.close(till)

    till = browsers.open("till", width=800, height=900)
    till.goto(f"{served.url}/winkel/")
    expect(till.get_by_test_id("result")).to_have_attribute(
        "data-reason", "already_refunded" if lost == "answer" else "refunded"
    )
    expect(till.get_by_test_id("result-late")).to_contain_text("20,00")
    assert town.balance_cents(phone, voucher_of(phone)) == before + 2000
    till.get_by_test_id("result-done").click()
    expect(till.get_by_test_id("type-code")).to_be_visible()
    till.reload()
    expect(till.get_by_test_id("type-code")).to_be_visible()
    assert town.balance_cents(phone, voucher_of(phone)) == before + 2000


def test_of_two_tills_that_give_back_the_same_payment_one_is_green(
    served: Server, town: Town, browsers: Browsers, phone: Phone
) -> None:
    first = browsers.open("first", width=500, height=900)
    second = browsers.open("second", width=500, height=900)
    pair(first, served, town, town.shops[0])
    pay(first, town, phone, "500")
    pair(second, served, town, town.shops[0])
    before = town.balance_cents(phone, voucher_of(phone))
    for till in (first, second):
        open_newest(till)
        till.get_by_test_id("refund").click()
        till.get_by_test_id("reason-other").check(force=True)
    first.get_by_test_id("refund-submit").click()
    expect_result(first, colour="green", reason="refunded", sentence="5,00")
    second.get_by_test_id("refund-submit").click()
    expect_result(second, colour="red", reason="refund_outdated", sentence="al eerder")
    assert town.balance_cents(phone, voucher_of(phone)) == before + 500


# ---------------------------------------------------------------- asking for less


def test_the_same_code_pays_less_after_too_little_was_left_and_the_rest_is_told(
    served: Server, town: Town, browsers: Browsers
) -> None:
    poor = town.new_phone()
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])
    pay(till, town, poor, "29000")
    requests: list[str] = []
    till.on(
        "response",
        lambda response: requests.append(response.text()) if "/redemptions/0x" in response.url else None,
    )
    type_code(till, show(town, poor))
    press(till, "1500")
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "balance_too_low")
    till.get_by_test_id("result-other-amount").click()
    expect(till.get_by_test_id("amount-lower")).to_contain_text("15,00")

    # The same amount or more cannot help, and is not asked again.
    press(till, "1500")
    expect(till.get_by_test_id("amount-fault")).to_contain_text("lager bedrag")
    for _ in range(4):
        till.get_by_test_id("key-back").click()
    press(till, "1000")
    result = till.get_by_test_id("result")
    expect(result).to_have_attribute("data-reason", "accepted")
    expect(till.get_by_test_id("result-rest")).to_contain_text("€ 5,00")
    assert town.balance_cents(poor, voucher_of(poor)) == 0
    # What the till was told names no balance.
    assert len(requests) == 2
    assert "1000" not in requests[0]
    assert not any("balanceCents" in answer for answer in requests)
    expect(result).not_to_contain_text("10,00 over")


# ---------------------------------------------------------------- practice


def test_practice_asks_nothing_pays_nothing_and_cannot_be_taken_for_real(
    served: Server, town: Town, browsers: Browsers, phone: Phone
) -> None:
    till = browsers.open("till", width=390, height=844)
    pair(till, served, town, town.shops[0])
    before = town.balance_cents(phone, voucher_of(phone))
    open_menu(till, "practice")
    asked: list[str] = []
    till.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    till.get_by_test_id("practice-start").click()
    mark = till.get_by_test_id("practice-mark")

    def expect_mark() -> None:
        expect(mark).to_be_in_viewport(ratio=1)
        expect(mark).to_contain_text("OEFENEN")

    expect_mark()
    till.get_by_test_id("practice-paid").click()
    expect_mark()
    press(till, "1250")
    expect_mark()
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    expect(till.get_by_test_id("result-practice")).to_contain_text("niet echt")
    send_away(till)

    for code, reason in (
        ("low", "balance_too_low"),
        ("expired", "ticket_expired"),
        ("used", "ticket_already_used"),
    ):
        till.get_by_test_id(f"practice-{code}").click()
        press(till, "1250")
        expect_result(till, colour="red", reason=reason, sentence=re.compile(".+"))
    till.get_by_test_id("practice-silent").click()
    press(till, "1250")
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "no_answer")
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    send_away(till)

    # A refund of practice, and the books that are not of practice are not there.
    open_newest(till)
    expect_mark()
    till.get_by_test_id("refund").click()
    till.get_by_test_id("reason-mistake").check(force=True)
    till.get_by_test_id("refund-submit").click()
    expect_result(till, colour="green", reason="refunded", sentence="12,50")
    till.get_by_test_id("back").click()
    till.get_by_test_id("back").click()
    till.get_by_test_id("open-menu").click()
    expect(till.get_by_test_id("open-help")).to_be_visible()
    expect(till.get_by_test_id("open-period")).to_have_count(0)
    till.get_by_test_id("back").click()

    # A real code, as a hardware scanner types it, is red: nobody leaves with goods that were not paid.
    scan_by_hand(till, show(town, phone))
    expect_result(till, colour="red", reason="real_code", sentence="Er is niet betaald")
    assert asked == []
    assert town.balance_cents(phone, voucher_of(phone)) == before

    till.get_by_test_id("practice-stop").click()
    expect(mark).to_have_count(0)
    pay(till, town, phone, "100")
    assert town.balance_cents(phone, voucher_of(phone)) == before - 100
    till.get_by_test_id("open-today").click()
    expect(till.get_by_test_id("today-item").first).to_contain_text("1,00")


def test_practice_ends_when_the_page_is_opened_again(served: Server, town: Town, browsers: Browsers) -> None:
    till = browsers.open("till")
    pair(till, served, town, town.shops[0])
    open_menu(till, "practice")
    till.get_by_test_id("practice-start").click()
    expect(till.get_by_test_id("practice-mark")).to_be_visible()
    till.reload()
    expect(till.get_by_test_id("type-code")).to_be_visible()
    expect(till.get_by_test_id("practice-mark")).to_have_count(0)


# ---------------------------------------------------------------- the books


def test_a_period_its_table_and_the_payouts(
    served: Server, town: Town, browsers: Browsers, phone: Phone
) -> None:
    till = browsers.open("till", width=1280, height=800)
    pair(till, served, town, town.shops[1])
    for keys in ("1111", "2222"):
        type_code(till, show(town, phone))
        till.get_by_test_id("category-6").check(force=True)
        press(till, keys)
        expect_result(till, colour="green", reason="accepted", sentence="Betaald")
    open_menu(till, "period")
    expect(till.get_by_test_id("period-total")).to_contain_text("33,33")
    expect(till.get_by_test_id("today-item")).to_have_count(2)
    with till.expect_download() as saving:
        till.get_by_test_id("period-csv").click()
    assert saving.value.suggested_filename.endswith(".csv")
    rows = list(csv.reader(io.StringIO(Path(saving.value.path()).read_text("utf-8-sig")), delimiter=";"))
    assert [row[4] for row in rows] == ["bedrag", "22,22", "11,11"]

    # A line opens to the receipt with the same id, and the way back leads to the period.
    till.get_by_test_id("today-item").first.click()
    expect(till.get_by_test_id("payment-id")).to_have_text(rows[1][0])
    till.go_back()
    expect(till.get_by_test_id("period-total")).to_contain_text("33,33")

    till.get_by_test_id("period-lastMonth").click()
    expect(till.get_by_test_id("period-total")).to_contain_text("0,00")
    till.get_by_test_id("period-from").fill("2027-01-01")
    till.get_by_test_id("period-until").fill("2026-01-01")
    expect(till.get_by_test_id("period-fault")).to_be_visible()

    till.get_by_test_id("back").click()
    till.get_by_test_id("open-payouts").click()
    expect(till.get_by_test_id("payouts-owed")).to_contain_text("33,33")
    expect(till.get_by_test_id("payouts-none")).to_be_visible()


def test_the_back_key_leads_to_the_next_customer_and_never_asks_twice(
    served: Server, town: Town, browsers: Browsers, phone: Phone
) -> None:
    till = browsers.open("till")
    pair(till, served, town, town.shops[0])
    before = town.balance_cents(phone, voucher_of(phone))
    type_code(till, show(town, phone))
    press(till, "100")
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "accepted")
    till.go_back()
    expect(till.get_by_test_id("type-code")).to_be_visible()
    till.get_by_test_id("open-menu").click()
    till.get_by_test_id("open-help").click()
    till.go_back()
    expect(till.get_by_test_id("open-practice")).to_be_visible()
    till.go_back()
    expect(till.get_by_test_id("type-code")).to_be_visible()
    assert town.balance_cents(phone, voucher_of(phone)) == before - 100
