# SPDX-License-Identifier: EUPL-1.2
"""The desk's journey in real browsers: a household by hand, more, blocked and unblocked, on paper and paid with it.

given an issuer at the desk, a parent's phone and a shop's till
  one household by hand: its letter is printed, and opens
  topped up: the phone sees more
  blocked: the phone says so, the till refuses; unblocked: the same code pays
  on paper: the camera of the till reads the printed picture, it pays once; after a new sheet it does not
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from kindpakket.demo.people import expiry
from tests.prints import pictures_of, text_of
from tests.support import Town

from .camera import film
from .conftest import Browsers
from .server import Server
from .test_journey import expect_result, open_letter, pair, press, sign_in, type_code

PAGES = "/gemeente/tegoeden"


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


def submit(page: Page, form: str) -> None:
    """Press the button of a form, which leads to another page."""
    with page.expect_navigation():
        page.locator(f'form[action*="{form}"] button').first.click()


def download(page: Page, form: str, file: Path) -> bytes:
    """Press the button of a form whose answer is a file."""
    with page.expect_download() as taken:
        page.locator(f'form[action$="{form}"] button').first.click()
    taken.value.save_as(file)
    return file.read_bytes()


def find(page: Page, served: Server, town: Town, reference: str) -> str:
    """Go to a household; return its address."""
    page.goto(f"{served.url}{PAGES}?regeling={town.programme}")
    page.locator("#reference").fill(reference)
    submit(page, "/huishoudens")
    expect(page.get_by_role("heading", level=1)).to_contain_text(reference)
    return page.url


def test_a_household_by_hand_its_letter_more_and_blocked(
    served: Server, town: Town, browsers: Browsers, tmp_path: Path
) -> None:
    desk = browsers.open("desk", width=1280, height=800)
    sign_in(desk, served)
    desk.goto(f"{served.url}{PAGES}/een?regeling={town.programme}")
    desk.locator("#reference").fill("H-1")
    desk.locator("#amount").fill("120")
    submit(desk, "/een")
    submit(desk, "/bevestigen")
    desk.locator(f'main a[href*="{PAGES}/brieven/"]').first.click()
    submit(desk, "/brieven/")
    pdf = download(desk, "/pdf", tmp_path / "letter.pdf")
    (letter,) = text_of(pdf)
    assert "Kenmerk: H-1" in letter and "€ 120,00" in letter
    code = next(word for word in letter.split() if word.count("-") == 4 and len(word) == 21)
    csv = download(desk, "/csv", tmp_path / "letters.csv").decode("utf-8-sig")
    assert f"H-1;{code};" in csv
    submit(desk, "/klaar")

    parent = browsers.open("parent")
    open_letter(parent, served, code)
    expect(parent.get_by_test_id("budget-total")).to_contain_text("120,00")

    household = find(desk, served, town, "H-1")
    desk.locator('a[href$="/ophogen"]').click()
    voucher = desk.url.rpartition("/")[0]
    desk.locator("#amount").fill("30")
    desk.locator("#reason-cost").check()
    submit(desk, "/ophogen")
    expect(desk.locator("main")).to_contain_text("Het tegoed is opgehoogd.")
    parent.reload()
    expect(parent.get_by_test_id("budget-total")).to_contain_text("150,00")

    desk.goto(f"{voucher}/blokkeren")
    desk.locator("#reason-lost").check()
    submit(desk, "/blokkeren")
    expect(desk.locator("main")).to_contain_text("Geblokkeerd: Telefoon of vel kwijt.")
    parent.reload()
    expect(parent.locator("main")).to_contain_text("Hiermee kunt u nu niet betalen. Bel de gemeente")

    sheet_of_another = town.new_phone()
    number = next(iter(sheet_of_another.next_numbers))
    shown = sheet_of_another.show_code(number, max_cents=5_000, expires_at=expiry(town.now()))
    other = find(desk, served, town, "J-1")
    desk.goto(f"{other}/tegoeden/{number}/blokkeren")
    desk.locator("#reason-request").check()
    submit(desk, "/blokkeren")
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])
    type_code(till, shown)
    press(till, "1000")
    expect_result(till, colour="red", reason="voucher_blocked", sentence="kan nu niet worden betaald")
    desk.goto(f"{other}/tegoeden/{number}/blokkeren")
    submit(desk, "/deblokkeren")
    expect(desk.locator("main")).to_contain_text("Het tegoed werkt weer.")
    type_code(till, shown)
    press(till, "1000")
    expect_result(till, colour="green", reason="accepted", sentence="10,00")
    assert household


def test_a_printed_code_is_read_by_the_camera_and_pays_once_and_not_after_a_new_sheet(
    served: Server, town: Town, browsers: Browsers, tmp_path: Path
) -> None:
    letter = town.letters.pop()
    desk = browsers.open("desk", width=1280, height=800)
    sign_in(desk, served)
    household = find(desk, served, town, letter["rowReference"])
    paper = f"{household}/tegoeden/{letter['vouchers'][0]}/papier"
    desk.goto(paper)
    desk.locator("#max_cents-2500").check()
    pictures = pictures_of(download(desk, "/papier", tmp_path / "sheet.pdf"))
    assert len(pictures) == 24

    till = browsers.open("till", film=film(pictures[0], tmp_path / "first.y4m"), width=800, height=900)
    pair(till, served, town, town.shops[0])
    expect(till.get_by_test_id("amount-max")).to_contain_text("25")
    press(till, "1999")
    expect_result(till, colour="green", reason="accepted", sentence="19,99")
    expect(till.get_by_test_id("amount-display")).to_be_visible()
    press(till, "500")
    expect_result(till, colour="red", reason="ticket_already_used", sentence="al gebruikt")
    browsers.close(till)

    desk.goto(paper)
    download(desk, "/papier", tmp_path / "again.pdf")
    till = browsers.open("other-till", film=film(pictures[1], tmp_path / "second.y4m"), width=800, height=900)
    pair(till, served, town, town.shops[0])
    press(till, "500")
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "ticket_unknown")
    expect(till.get_by_test_id("result")).to_have_attribute("data-colour", "red")
