# SPDX-License-Identifier: EUPL-1.2
"""A walk past the desk's work on vouchers: one household by hand, one more child, more, blocked, on paper."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from .municipality import find_household, press_sign_in
from .stage import DESK, Seen, Stage, walk


@walk
def municipality_works_on_a_voucher(stage: Stage) -> Iterator[Seen]:
    """A clerk with a family at the desk."""
    letter = stage.take_letter(5)
    page = stage.open("municipality-desk", size=DESK)
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    page.goto(f"{stage.url}/gemeente/tegoeden/een?regeling={stage.town.programme}")
    _press(page, 'form[action*="/een"] button')
    expect(page.locator("#reference-wrong")).to_be_visible()
    yield Seen("municipality-voucher-one", page)

    page.goto(f"{stage.url}/gemeente/tegoeden")
    find_household(page, letter["rowReference"])
    expect(page.locator('a[href$="/kind"]')).to_be_visible()
    household = page.url
    page.goto(f"{household}/kind")
    _press(page, 'form[action$="/kind"] button')
    expect(page.locator("#amount-wrong")).to_be_visible()
    yield Seen("municipality-voucher-child", page)

    page.goto(household)
    page.locator('a[href$="/ophogen"]').first.click()
    expect(page.locator("#note")).to_be_visible()
    voucher = page.url.rpartition("/")[0]
    _press(page, 'form[action$="/ophogen"] button')
    expect(page.locator("#no-reason")).to_be_visible()
    yield Seen("municipality-voucher-top-up-wrong", page, picture=False)
    page.locator("#amount").fill("25")
    page.locator("#reason-decision").check()
    page.locator("#note").fill("Besluit 17")
    _press(page, 'form[action$="/ophogen"] button')
    yield Seen("municipality-household-topped-up", page, picture=False)
    page.goto(f"{voucher}/ophogen")
    yield Seen("municipality-voucher-top-up", page)

    page.goto(f"{voucher}/blokkeren")
    _press(page, 'form[action$="/blokkeren"] button')
    expect(page.locator("#no-reason")).to_be_visible()
    yield Seen("municipality-voucher-block", page)
    page.locator("#reason-moved").check()
    _press(page, 'form[action$="/blokkeren"] button')
    yield Seen("municipality-household-blocked", page)
    page.goto(f"{voucher}/papier")
    yield Seen("municipality-voucher-paper-blocked", page, picture=False)
    page.goto(f"{voucher}/blokkeren")
    yield Seen("municipality-voucher-unblock", page)
    _press(page, 'form[action$="/deblokkeren"] button')
    page.goto(f"{voucher}/papier")
    yield Seen("municipality-voucher-paper", page)
    stage.close(page)


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).click()
