# SPDX-License-Identifier: EUPL-1.2
"""A walk past a payout: prepared by one, approved by another, to the bank, and a transfer that comes back."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from kindpakket.demo.people import expiry
from tests.payout_runs.bank import entry, payments_in, statement

from .municipality import press_sign_in
from .stage import DESK, Seen, Stage, walk

PAGES = "/gemeente/uitbetalingen"


@walk
def municipality_pays_out(stage: Stage) -> Iterator[Seen]:
    """Anna prepares, Bram approves; the bank sends one transfer back; Bram mends it, Anna approves."""
    _earn(stage)
    anna, bram = _sign_in(stage, "Anna"), _sign_in(stage, "Bram")
    anna.goto(f"{stage.url}{PAGES}/nieuw")
    yield Seen("municipality-payout-preview", anna)
    _press(anna, f'form[action="{PAGES}/nieuw"] button')
    yield Seen("municipality-payout-prepared", anna)
    anna.locator("main summary").click()
    _press(anna, 'form[action$="/intrekken"] button')
    yield Seen("municipality-payout-cancelled", anna, picture=False)
    anna.goto(f"{stage.url}{PAGES}/nieuw")
    _press(anna, f'form[action="{PAGES}/nieuw"] button')

    run = anna.url.partition("?")[0]
    bram.goto(run)
    bram.locator("main summary").first.click()
    yield Seen("municipality-payout-approve", bram)
    _press(bram, 'form[action$="/goedkeuren"] button')
    yield Seen("municipality-payout-approved", bram)
    file = bram.request.get(f"{stage.url}{bram.locator('a[download]').get_attribute('href')}")
    asked = payments_in(file.body())
    entries = [
        entry(asked[0].end_to_end_id, asked[0].amount, returned="AC04"),
        *(entry(one.end_to_end_id, one.amount) for one in asked[1:]),
        entry("KP-999-9-9", "1.00"),
    ]

    anna.goto(f"{stage.url}{PAGES}/afschrift")
    yield Seen("municipality-statement", anna, picture=False)
    anna.locator("input[type=file]").set_input_files(
        {"name": "afschrift.xml", "mimeType": "text/xml", "buffer": statement(*entries)}
    )
    _press(anna, f'form[action="{PAGES}/afschrift"] button')
    yield Seen("municipality-statement-read", anna)
    bram.goto(run)
    yield Seen("municipality-payout-came-back", bram)
    bram.locator('main a[href*="/overboekingen/"]').click()
    bram.locator("#iban").fill("NL02ABNA0123456780")
    _press(bram, 'main form[action*="/overboekingen/"] button')
    expect(bram.locator("#iban-wrong")).to_be_visible()
    yield Seen("municipality-payout-transfer", bram)
    bram.locator("#iban").fill("NL02ABNA0123456789")
    _press(bram, 'main form[action*="/overboekingen/"] button')
    yield Seen("municipality-payout-proposed", bram, picture=False)
    anna.goto(run)
    anna.locator("main summary").click()
    yield Seen("municipality-payout-again", anna, picture=False)
    _press(anna, 'form[action$="/opnieuw-goedkeuren"] button')
    yield Seen("municipality-payout-two-files", anna, picture=False)
    anna.goto(f"{stage.url}{PAGES}")
    yield Seen("municipality-payouts", anna)
    stage.close(anna)
    stage.close(bram)


def _earn(stage: Stage) -> None:
    """Let a shop be owed something, whatever was paid out before."""
    till = stage.town.new_till(stage.town.shops[0], name="Kassa uitbetaling")
    phone = stage.town.new_phone(stage.take_letter(1))
    shown = phone.show_code(
        next(iter(phone.next_numbers)), max_cents=5000, expires_at=expiry(stage.town.now())
    )
    till.redeem(shown, amount_cents=1234, category=till.client.ask("GET", "/tills/me")["categories"][0])


def _sign_in(stage: Stage, name: str) -> Page:
    page = stage.open(f"municipality-pays-{name}", size=DESK)
    page.goto(stage.server.new_sign_in_link(name))
    press_sign_in(page)
    return page


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).click()
