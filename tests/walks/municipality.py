# SPDX-License-Identifier: EUPL-1.2
"""Walks past the pages of the municipality, the start page and the page of the published heads."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import FilePayload, Page, expect

from .stage import DESK, Seen, Stage, walk

WRONG_SHOPS = "naam;categorie;iban\nFietsen Zo;fietsen;NL00BANK0123456789\n;vuurwerk;NL90INGB0009000000\n"


def households(language: str) -> str:
    """An upload of two households whose references nobody used."""
    return f"kenmerk;kinderen\nW-{language}-1;2\nW-{language}-2;1\n"


@walk
def municipality_works(stage: Stage) -> Iterator[Seen]:
    """A clerk from the link to the letters."""
    page = stage.open("municipality-works", size=DESK)
    page.goto(f"{stage.url}/")
    yield Seen("start", page)
    page.goto(f"{stage.url}/gemeente/")
    yield Seen("municipality-not-signed-in", page, picture=False)
    page.goto(stage.server.new_sign_in_link())
    yield Seen("municipality-sign-in", page)
    press_sign_in(page)
    yield Seen("municipality-overview", page)
    page.goto(f"{stage.url}/gemeente/winkels")
    yield Seen("municipality-shops", page)
    page.goto(f"{stage.url}/gemeente/winkels/{stage.town.shops[0]}")
    yield Seen("municipality-shop", page)
    page.locator('form[action*="koppelcode"] button').click()
    expect(page.locator("main")).to_contain_text("-")
    yield Seen("municipality-pairing-code", page)

    page.goto(f"{stage.url}/gemeente/winkels/toevoegen?regeling={stage.town.programme}")
    yield Seen("municipality-shops-upload", page, picture=False)
    page.locator("input[type=file]").set_input_files(_file("winkels.csv", WRONG_SHOPS))
    page.locator("main button").first.click()
    yield Seen("municipality-faults", page)
    page.goto(f"{stage.url}/gemeente/tegoeden")
    yield Seen("municipality-vouchers", page)
    page.goto(f"{stage.url}/gemeente/tegoeden/toekennen?regeling={stage.town.programme}")
    yield Seen("municipality-vouchers-upload", page)
    page.locator("input[type=text]").first.fill("100")
    page.locator("input[type=file]").set_input_files(_file("huishoudens.csv", households(stage.language)))
    page.locator("main button").first.click()
    yield Seen("municipality-vouchers-preview", page)
    page.locator("main button").first.click()
    page.wait_for_url("**/gemeente/tegoeden?**")
    page.locator('main a[href*="/brieven/"]').first.click()
    yield Seen("municipality-letters-ask", page, picture=False)
    page.locator("main button").first.click()
    expect(page.locator('form[action$="/klaar"]')).to_be_visible()
    yield Seen("municipality-letters", page)
    page.locator('form[action$="/klaar"] button').click()
    expect(page.locator('form[action$="/opnieuw"]')).to_be_visible()
    yield Seen("municipality-letters-lost", page)
    page.goto(f"{stage.url}/gemeente/bestaat-niet")
    yield Seen("municipality-not-found", page, picture=False)
    stage.close(page)


@walk
def municipality_helps_a_household(stage: Stage) -> Iterator[Seen]:
    """A clerk finds the household of a lost phone and makes it a new letter; anyone reads the published heads."""
    letter = stage.take_letter(4)
    stage.town.new_phone(letter)
    page = stage.open("municipality-helps", size=DESK)
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    page.goto(f"{stage.url}/gemeente/tegoeden")
    find_household(page, "Z-0")
    expect(page.locator("#reference-wrong")).to_be_visible()
    yield Seen("municipality-household-unknown", page, picture=False)
    find_household(page, letter["rowReference"])
    yield Seen("municipality-household", page)
    page.locator("main form button").click()
    expect(page.locator("#no-reason")).to_be_visible()
    yield Seen("municipality-household-no-reason", page, picture=False)
    page.locator("main input[type=radio]").last.check()
    page.locator("main form button").click()
    expect(page.locator("main form button[class*=danger]")).to_be_visible()
    yield Seen("municipality-household-ask", page)
    page.locator("main form button").click()
    expect(page.locator(".console-code")).to_be_visible()
    yield Seen("municipality-household-letter", page)
    # A day has one head, and the parents' walk publishes it: here there may be none yet.
    page.goto(f"{stage.url}/controlegetallen")
    expect(page.locator("h1")).to_be_visible()
    yield Seen("municipality-heads", page)
    stage.close(page)


def press_sign_in(page: Page) -> None:
    """Sign in with the link that was opened."""
    page.get_by_role("button").last.click()
    page.wait_for_url("**/gemeente/")


def find_household(page: Page, reference: str) -> None:
    """Look for a household by the municipality's own reference."""
    page.locator("#reference").fill(reference)
    page.locator("form:has(#reference) button").click()


def _file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
