# SPDX-License-Identifier: EUPL-1.2
"""A walk past programmes: a copy of this year's is opened and funded; the rules for everyone; how closing stands."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from .municipality import press_sign_in
from .stage import DESK, Seen, Stage, walk

PAGES = "/gemeente/regelingen"


@walk
def municipality_opens_programmes(stage: Stage) -> Iterator[Seen]:
    """Someone with every role copies a programme to the next year, so that the one that runs stays the first."""
    page = stage.open("municipality-programmes", size=DESK)
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    page.goto(f"{stage.url}{PAGES}/nieuw")
    _press(page, f'form[action="{PAGES}/nieuw"] button')
    expect(page.locator("#name-wrong")).to_be_visible()
    yield Seen("municipality-programme-wrong", page, picture=False)
    page.goto(f"{stage.url}{PAGES}/nieuw?kopie={stage.town.programme}")
    page.locator("#name").fill(f"Kindpakket volgend jaar ({stage.language})")
    yield Seen("municipality-programme-copy", page)
    _press(page, f'form[action="{PAGES}/nieuw"] button')
    expect(page.locator('button[formaction$="/wijzigen"]')).to_be_visible()
    yield Seen("municipality-programme-preview", page)
    _press(page, f'form[action="{PAGES}/nieuw/bevestigen"] button:not([formaction])')
    expect(page.locator("#te-doen")).to_be_visible()
    yield Seen("municipality-programme-opened", page)
    page.locator("#amount").fill("0")
    _press(page, 'form[action$="/storten"] button')
    expect(page.locator("#amount-wrong")).to_be_visible()
    yield Seen("municipality-programme-no-deposit", page, picture=False)
    page.locator("#amount").fill("60000")
    page.locator("#reference").fill(f"besluit {stage.language}")
    _press(page, 'form[action$="/storten"] button')
    expect(page.locator("table")).to_be_visible()
    for details in page.locator("main details").all():
        details.locator("summary").click()
    yield Seen("municipality-programme", page)
    page.goto(f"{stage.url}{PAGES}")
    expect(page.locator("table")).to_be_visible()
    yield Seen("municipality-programmes", page)

    page.goto(f"{stage.url}{PAGES}/{stage.town.programme}/afsluiten")
    expect(page.locator("h2")).to_have_count(6)
    yield Seen("municipality-closing", page)
    page.goto(f"{stage.url}{PAGES}/{stage.town.programme}/verantwoording")
    expect(page.locator("table").first).to_be_visible()
    yield Seen("municipality-statement-of-programme", page)
    stage.close(page)


@walk
def public_reads_the_rules(stage: Stage) -> Iterator[Seen]:
    """Anyone goes from the start page to the rules of a programme."""
    page = stage.open("public-rules", size=DESK)
    page.goto(f"{stage.url}/")
    _press(page, 'main a[href="/regelingen"]')
    yield Seen("public-rules-of-all", page, picture=False)
    page.goto(f"{stage.url}/regelingen/{stage.town.programme}")
    expect(page.locator("#tekst")).to_be_visible()
    yield Seen("public-rules", page)
    stage.close(page)


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()
