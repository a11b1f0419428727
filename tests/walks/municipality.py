# SPDX-License-Identifier: EUPL-1.2
"""A walk past the pages of the municipality, and the start page."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import expect

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
    page.get_by_role("button").last.click()
    page.wait_for_url("**/gemeente/")
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
    expect(page.locator("svg").first).to_be_visible()
    yield Seen("municipality-letters", page)
    page.goto(f"{stage.url}/gemeente/bestaat-niet")
    yield Seen("municipality-not-found", page, picture=False)
    stage.close(page)


def _file(name: str, content: str) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
