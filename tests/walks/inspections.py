# SPDX-License-Identifier: EUPL-1.2
"""A walk past the inspection of the books: all right, then a cent that is gone, the banner, and its end."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from kindpakket.demo.folder import with_own_schemas
from tests.ledger.databases import connect, settings_in

from .municipality import press_sign_in
from .stage import DESK, Seen, Stage, walk

PAGE = "/gemeente/controle"
MOST_LOOKS, PAUSE_MS = 240, 250


@walk
def municipality_inspects(stage: Stage) -> Iterator[Seen]:
    """An auditor asks for an inspection; a voucher loses a cent; the alarm is seen on every page and taken note of."""
    page = stage.open("municipality-inspects", size=DESK)
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    _inspect(page, stage)
    expect(page.locator("main .kp-notice--good")).to_be_visible()
    yield Seen("municipality-inspections", page)
    _take_cents(stage, 1)
    _inspect(page, stage)
    expect(page.locator('.kp-notice--bad a[href^="/gemeente/controle/"]').first).to_be_visible()
    yield Seen("municipality-inspections-wrong", page)
    page.goto(f"{stage.url}/gemeente/mijn-aanmelding")
    yield Seen("municipality-alarm", page)
    page.locator('.kp-notice--bad a[href^="/gemeente/controle/"]').first.click()
    page.locator('main form[action$="/gezien"] button').click()
    expect(page.locator("#no-reason")).to_be_visible()
    yield Seen("municipality-inspection-no-reason", page, picture=False)
    yield Seen("municipality-inspection", page)
    page.locator("#reason-repaired").check()
    page.locator('main form[action$="/gezien"] button').click()
    expect(page.locator('main form[action$="/gezien"]')).to_have_count(0)
    yield Seen("municipality-inspection-noted", page, picture=False)
    _take_cents(stage, -1)
    stage.close(page)


def _inspect(page: Page, stage: Stage) -> None:
    """Ask for an inspection, and look again until the server did it: the button is back then."""
    button = page.locator(f'form[action="{PAGE}/nu"] button')
    _look_until(page, stage, button)
    button.click()
    _look_until(page, stage, button)


def _look_until(page: Page, stage: Stage, button: Locator) -> None:
    for _ in range(MOST_LOOKS):
        page.goto(f"{stage.url}{PAGE}")
        if button.count():
            return
        page.wait_for_timeout(PAUSE_MS)
    raise AssertionError("the server never inspected")


def _take_cents(stage: Stage, cents: int) -> None:
    """Let the ledger say that a family has so much less than the chain says."""
    with connect(with_own_schemas(settings_in(stage.server.data_dir)).ledger_address) as connection:
        connection.execute(
            text("UPDATE voucher SET balance_cents = balance_cents - :cents WHERE voucher = 1"),
            {"cents": cents},
        )
