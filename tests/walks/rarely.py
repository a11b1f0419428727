# SPDX-License-Identifier: EUPL-1.2
"""Walks past what people see seldom: a first visit that breaks off, a budget that goes in part, a phone nobody knows.

A first visit whose network goes away
A phone with two letters, one of which was replaced; a phone that the municipality does not know any more
A phone whose move waited until a third one had it all
A till that was removed
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, Route, expect

from .keeping import open_with_pin, type_pin
from .municipality import find_household, press_sign_in
from .parents import hook, open_letter, type_letter
from .shops import pair
from .stage import DESK, Seen, Stage, walk

SIGN_IN_REQUIRED: dict[str, Any] = {"title": "", "status": 401, "reason": "sign_in_required", "retry": False}


def replace_letter(stage: Stage, page: Page, reference: str) -> None:
    """Let the desk make a new letter for a household."""
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    page.goto(f"{stage.url}/gemeente/tegoeden")
    find_household(page, reference)
    page.locator("main input[type=radio]").first.check()
    page.locator("main form button").click()
    page.locator("main form button[class*=danger]").click()
    expect(page.locator(".console-code")).to_be_visible()


@walk
def parent_loses_the_network_at_first(stage: Stage) -> Iterator[Seen]:
    """A first visit whose network goes away before the next screen came."""
    page = stage.open("parent-loses-the-network")
    page.add_init_script("navigator.serviceWorker.register = () => new Promise(() => undefined);")
    page.goto(f"{stage.url}/ouder/")
    expect(page.get_by_test_id("letter-type")).to_be_visible()
    page.context.set_offline(True)
    hook(page, "letter-type")
    expect(page.get_by_test_id("not-loaded")).to_be_visible()
    page.context.set_offline(False)
    yield Seen("parent-not-loaded", page)
    stage.close(page)


@walk
def parent_loses_a_part(stage: Stage) -> Iterator[Seen]:
    """A phone with two letters of which one is replaced, and which then nobody knows any more."""
    replaced = stage.take_letter(1)
    page, desk = stage.open("parent-loses-a-part"), stage.open("desk-replaces", size=DESK)
    open_letter(stage, page, children=2)
    page.goto(f"{stage.url}/ouder/#/brief")
    type_letter(page, replaced["code"])
    hook(page, "pin-skip")
    expect(page.get_by_test_id("child")).to_have_count(3)
    replace_letter(stage, desk, replaced["rowReference"])
    page.reload()
    expect(page.get_by_test_id("lost-some")).to_be_visible()
    yield Seen("parent-lost-some", page)
    hook(page, "lost-some-read")
    page.route("**/api/v1/budgets/me", lambda route: route.fulfill(status=401, json=SIGN_IN_REQUIRED))
    page.reload()
    expect(page.get_by_test_id("phone-unknown")).to_be_visible()
    yield Seen("parent-phone-unknown", page)
    stage.close(page)
    stage.close(desk)


@walk
def parent_comes_too_late(stage: Stage) -> Iterator[Seen]:
    """A phone whose move waits while a third phone takes everything."""
    code = stage.letter(3)
    first, page, third = (stage.open(f"parent-{name}") for name in ("had-it", "too-late", "was-first"))
    open_with_pin(stage, first, code)
    held: list[Route] = []
    page.route("**/api/v1/ticket-renewals", lambda route: route.abort() if held else held.append(route))
    for phone in (page, third):
        phone.goto(f"{stage.url}/ouder/#/terug")
        type_letter(phone, code)
        type_pin(phone)
        if phone is page:
            while not held:
                page.wait_for_timeout(50)
            held[0].abort()
            expect(page.get_by_test_id("move-waiting")).to_be_visible()
    expect(third.get_by_test_id("restore-done")).to_be_visible()
    page.unroute("**/api/v1/ticket-renewals")
    hook(page, "move-retry")
    expect(page.get_by_test_id("restore-elsewhere")).to_be_visible()
    yield Seen("parent-restore-elsewhere", page)
    for phone in (first, page, third):
        stage.close(phone)


@walk
def shop_is_out(stage: Stage) -> Iterator[Seen]:
    """A till that the municipality takes off its shop."""
    shop = stage.town.shops[7]
    page = stage.open("shop-is-out")
    pair(stage, page, place=7)
    for till in stage.town.desk.ask("GET", f"/shops/{shop}/tills")["tills"]:
        stage.town.desk.ask("DELETE", f"/shops/{shop}/tills/{till['till']}")
    hook(page, "open-today")
    expect(page.get_by_test_id("pair-intro")).to_contain_text(".")
    yield Seen("shop-till-removed", page)
    stage.close(page)
