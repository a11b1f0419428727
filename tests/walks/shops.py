# SPDX-License-Identifier: EUPL-1.2
"""Walks past the screens of the shop's app.

A device that is no till yet: pairing, a wrong code, scanning the owner's
A till: scanning, typing, the amount, each colour of result, today, help
A till without an answer: asking, no answer, what waits, the truth that comes late
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, Route, expect

from tests.end_to_end.browsers import send_away

from .parents import hook
from .stage import Seen, Stage, walk

#: Schoenen van der Wal: clothes and sports, so that the till asks which.
TWO_KINDS = 3


def pair(stage: Stage, page: Page, *, place: int = 0) -> None:
    """Make this device a till of a shop of the town."""
    page.goto(f"{stage.url}/winkel/#koppel={stage.pairing_code(stage.town.shops[place])}")
    hook(page, "pair-submit")
    expect(page.get_by_test_id("type-code")).to_be_visible()


def type_code(page: Page, shown: str) -> None:
    """Give the till a code by hand."""
    hook(page, "type-code")
    page.get_by_test_id("code-input").fill(shown)
    hook(page, "code-submit")


def press(page: Page, keys: str) -> None:
    """Press the large keys, and ask for the payment."""
    for key in keys:
        hook(page, f"key-{key}")
    hook(page, "amount-submit")


def scan(page: Page, text: str) -> None:
    """Type as a hardware scanner does."""
    page.evaluate(
        """(keys) => {
          for (const key of keys) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        }""",
        [*text, "Enter"],
    )


def result(page: Page, reason: str) -> None:
    """Wait for a result."""
    expect(page.get_by_test_id("result")).to_have_attribute("data-reason", reason)


@walk
def shop_pairs(stage: Stage) -> Iterator[Seen]:
    """A device that becomes a till."""
    page = stage.open("shop-pairs")
    page.goto(f"{stage.url}/winkel/")
    expect(page.get_by_test_id("pair-submit")).to_be_visible()
    yield Seen("shop-pair", page)
    page.get_by_test_id("pair-name").fill("")
    hook(page, "pair-submit")
    expect(page.get_by_role("alert").first).to_be_visible()
    yield Seen("shop-pair-incomplete", page, picture=False)
    code = stage.pairing_code(stage.town.shops[0])
    stage.town.new_till(stage.town.shops[0])
    other = stage.open("shop-pairs-first")
    other.goto(f"{stage.url}/winkel/#koppel={code}")
    hook(other, "pair-submit")
    expect(other.get_by_test_id("type-code")).to_be_visible()
    stage.close(other)
    page.get_by_test_id("pair-name").fill("Kassa 1")
    page.get_by_test_id("pair-code").fill(code)
    hook(page, "pair-submit")
    expect(page.get_by_test_id("pair-refusal")).to_be_visible()
    yield Seen("shop-pair-refused", page, picture=False)
    page.get_by_test_id("pair-name").fill("kassa 1")
    page.get_by_test_id("pair-code").fill(stage.pairing_code(stage.town.shops[0]))
    hook(page, "pair-submit")
    expect(page.locator("#pair-name-fault")).to_be_visible()
    yield Seen("shop-pair-name-taken", page)
    hook(page, "pair-scan")
    expect(page.locator("video")).to_be_visible()
    yield Seen("shop-pair-scan", page, picture=False)
    stage.close(page)


@walk
def shop_sells(stage: Stage) -> Iterator[Seen]:
    """A till from the first code to the list of today."""
    page = stage.open("shop-sells", hold=True)
    pair(stage, page)
    expect(page.get_by_test_id("camera-on")).to_be_visible()
    yield Seen("shop-scan", page)
    hook(page, "type-code")
    hook(page, "code-submit")
    yield Seen("shop-type", page)
    hook(page, "code-cancel")
    type_code(page, stage.code())
    expect(page.get_by_test_id("amount-display")).to_be_visible()
    yield Seen("shop-amount-empty", page, picture=False)
    hook(page, "amount-submit")
    yield Seen("shop-amount-zero", page, picture=False)
    scan(page, "4011")
    expect(page.get_by_test_id("amount-fault")).not_to_be_empty()
    yield Seen("shop-amount-barcode", page)
    for key in "3745":
        hook(page, f"key-{key}")
    yield Seen("shop-amount", page)
    hook(page, "amount-submit")
    result(page, "accepted")
    yield Seen("shop-paid", page)
    send_away(page)
    type_code(page, "KP1:DIT IS GEEN CODE")
    result(page, "unreadable")
    yield Seen("shop-unreadable", page)
    send_away(page)
    type_code(page, stage.code(seconds=-120))
    press(page, "100")
    result(page, "ticket_expired")
    yield Seen("shop-expired", page)
    send_away(page)
    used = stage.code()
    type_code(page, used)
    press(page, "1250")
    result(page, "accepted")
    send_away(page)
    type_code(page, used)
    press(page, "1250")
    result(page, "already_redeemed")
    yield Seen("shop-already-paid", page)
    send_away(page)
    type_code(page, stage.code(max_cents=60_000))
    press(page, "30001")
    expect(page.get_by_test_id("result")).to_have_attribute("data-colour", "red")
    yield Seen("shop-refused", page)
    send_away(page)
    hook(page, "open-today")
    expect(page.get_by_test_id("today-item").first).to_be_visible()
    yield Seen("shop-today", page)
    hook(page, "back")
    hook(page, "open-menu")
    hook(page, "open-help")
    yield Seen("shop-help", page)
    hook(page, "unpair")
    expect(page.get_by_test_id("unpair-yes")).to_be_visible()
    yield Seen("shop-unpair", page, picture=False)
    stage.close(page)


@walk
def shop_of_two_kinds(stage: Stage) -> Iterator[Seen]:
    """A till of a shop that sells two kinds, on which the camera is refused."""
    page = stage.open("shop-of-two-kinds")
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"
    )
    pair(stage, page, place=TWO_KINDS)
    expect(page.get_by_test_id("camera-fault")).to_be_visible()
    yield Seen("shop-scan-no-camera", page)
    type_code(page, stage.code())
    press(page, "500")
    expect(page.get_by_test_id("amount-fault")).not_to_be_empty()
    yield Seen("shop-amount-kinds", page)
    stage.close(page)


@walk
def shop_without_an_answer(stage: Stage) -> Iterator[Seen]:
    """A till whose charge gets no answer, and what becomes of it."""
    page = stage.open("shop-without-an-answer", hold=True)
    pair(stage, page)
    held: list[Route] = []
    page.context.route(
        "**/api/v1/redemptions/0x*", lambda route: route.abort() if held else held.append(route)
    )
    type_code(page, stage.code())
    press(page, "1250")
    expect(page.get_by_test_id("asking")).to_be_visible()
    yield Seen("shop-asking", page)
    held[0].abort()
    result(page, "no_answer")
    yield Seen("shop-no-answer", page)
    page.get_by_role("button").last.click()
    expect(page.get_by_test_id("waiting")).to_be_visible()
    yield Seen("shop-scan-waiting", page, picture=False)
    hook(page, "open-menu")
    hook(page, "open-practice")
    expect(page.get_by_test_id("practice-waiting")).to_be_visible()
    yield Seen("shop-practice-waiting", page, picture=False)
    hook(page, "back")
    hook(page, "back")
    hook(page, "open-today")
    expect(page.get_by_test_id("waiting-item")).to_be_visible()
    yield Seen("shop-today-waiting", page)
    page.context.unroute("**/api/v1/redemptions/0x*")
    hook(page, "ask-now")
    expect(page.get_by_test_id("waiting-item")).to_have_count(0)
    hook(page, "back")
    expect(page.get_by_test_id("result-late")).to_be_visible()
    yield Seen("shop-late", page)
    stage.close(page)
