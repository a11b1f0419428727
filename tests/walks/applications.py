# SPDX-License-Identifier: EUPL-1.2
"""Walks past an application of a shop up to the decision, past a new account, past the till of a suspended shop."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from .municipality import press_sign_in
from .shop_books import hook, open_menu, pair
from .stage import DESK, PHONE, Seen, Stage, walk

PAGES = "/winkel-aanmelden"


@walk
def municipality_decides_on_an_application(stage: Stage) -> Iterator[Seen]:
    """A shop applies; Anna asks, then assesses; Bram refuses one and approves another; an account changes."""
    shop = stage.open("shopkeeper", size=PHONE)
    shop.goto(f"{stage.url}{PAGES}")
    yield Seen("apply", shop)
    _press(shop, "main form button")
    expect(shop.locator("#name-wrong")).to_be_visible()
    yield Seen("apply-faults", shop)
    name = f"Het Speelhuis {stage.language}"
    code = _apply(shop, stage, name=name, kvk="12345678")
    yield Seen("apply-done", shop)
    _apply(shop, stage, name=f"{name} Noord", kvk="12345679")
    shop.goto(f"{stage.url}{PAGES}/stand")
    shop.locator("#code").fill("0000-0000-0000-0000-0")
    _press(shop, "main form button")
    expect(shop.locator("#code-wrong")).to_be_visible()
    yield Seen("apply-standing-unknown", shop, picture=False)

    anna, bram = _sign_in(stage, "Anna"), _sign_in(stage, "Bram")
    anna.goto(f"{stage.url}/gemeente/aanvragen")
    yield Seen("municipality-applications", anna)
    anna.get_by_role("link", name=name, exact=True).click()
    one = anna.url.partition("?")[0]
    yield Seen("municipality-application", anna)
    anna.locator("summary").last.click()
    anna.locator("#missing-iban").check()
    anna.locator("#note").fill("Graag het nummer van de zaak.")
    _press(anna, 'form[action$="/ontbreekt"] button')
    yield Seen("municipality-application-asked", anna, picture=False)
    _look(shop, stage, code)
    expect(shop.locator("#iban")).to_be_visible()
    yield Seen("apply-standing-incomplete", shop)
    shop.locator("#iban").fill("NL20INGB0001234567")
    _press(shop, "main form button")
    yield Seen("apply-standing-received", shop, picture=False)

    anna.goto(one)
    anna.locator("#remark").fill("Gezien in het handelsregister.")
    for box in anna.locator('input[name="terms"]').all():
        box.check()
    _press(anna, 'form[action$="/beoordelen"] button')
    yield Seen("municipality-application-assessed", anna, picture=False)
    bram.goto(one)
    for details in bram.locator("main details").all()[:2]:
        details.locator("summary").click()
    yield Seen("municipality-application-decide", bram)
    _press(bram, 'form[action$="/goedkeuren"] button')
    yield Seen("municipality-application-approved", bram, picture=False)
    _look(shop, stage, code)
    yield Seen("apply-standing-approved", shop, picture=False)
    stage.close(shop)
    yield from _change_account(stage, anna, bram)
    stage.close(anna)
    stage.close(bram)


@walk
def shop_is_suspended(stage: Stage) -> Iterator[Seen]:
    """An owner's till is told that its shop is out, and why; then that it takes part again."""
    page = stage.open("shop-is-suspended", hold=True)
    shop = stage.town.shops[4]
    pair(stage, page, place=4)
    open_menu(page, "standing")
    expect(page.get_by_test_id("standing").first).to_be_visible()
    yield Seen("shop-standing", page)
    path = f"/programmes/{stage.town.programme}/shops/{shop}"
    categories = stage.town.new_till(shop).client.ask("GET", "/tills/me")["categories"]
    stage.town.desk.ask("DELETE", f"{path}?because=under_review")
    try:
        hook(page, "back")
        hook(page, "open-standing")
        expect(page.get_by_test_id("standing-because")).to_be_visible()
        yield Seen("shop-standing-suspended", page)
        hook(page, "back")
        hook(page, "back")
        expect(page.get_by_test_id("suspended")).to_be_visible()
        yield Seen("shop-scan-suspended", page)
    finally:
        stage.town.desk.ask("PUT", path, {"categories": categories})
    stage.close(page)


def _change_account(stage: Stage, anna: Page, bram: Page) -> Iterator[Seen]:
    """Anna proposes another account for a shop, Bram looks and withdraws it."""
    account = f"{stage.url}/gemeente/winkels/{stage.town.shops[1]}/rekening"
    anna.goto(account)
    yield Seen("municipality-account", anna)
    anna.locator("#name").fill("Nieuwe eigenaar")
    anna.locator("#iban").fill("NL00")
    _press(anna, "main form button")
    expect(anna.locator("#because-wrong")).to_be_visible()
    yield Seen("municipality-account-faults", anna, picture=False)
    anna.locator("#iban").fill("DE89370400440532013000")
    anna.locator("#because-new_owner").check()
    _press(anna, "main form button")
    yield Seen("municipality-account-proposed", anna, picture=False)
    bram.goto(account)
    for details in bram.locator("main details").all():
        details.locator("summary").click()
    yield Seen("municipality-account-approve", bram)
    _press(bram, 'form[action$="/intrekken"] button')
    yield Seen("municipality-account-withdrawn", bram, picture=False)


def _apply(page: Page, stage: Stage, *, name: str, kvk: str) -> str:
    page.goto(f"{stage.url}{PAGES}")
    fields = {"name": name, "kvk": kvk, "street": "Dorpsstraat 1", "postcode": "9801 AA", "town": "Zuidhorn"}
    fields |= {"iban": "NL20INGB0001234567", "holder": "Speelhuis B.V.", "email": "info@speelhuis.example"}
    for field, text in fields.items():
        page.locator(f"#{field}").fill(text)
    page.locator('input[name="categories"]').first.check()
    page.locator("#consent").check()
    _press(page, "main form button")
    return page.locator("#reference-code").inner_text()


def _look(page: Page, stage: Stage, code: str) -> None:
    page.goto(f"{stage.url}{PAGES}/stand")
    page.locator("#code").fill(code)
    _press(page, "main form button")


def _sign_in(stage: Stage, name: str) -> Page:
    page = stage.open(f"municipality-decides-{name}", size=DESK)
    page.goto(stage.server.new_sign_in_link(name))
    press_sign_in(page)
    return page


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()
