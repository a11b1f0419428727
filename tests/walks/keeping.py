# SPDX-License-Identifier: EUPL-1.2
"""Walks past the screens of the parent's app that keep a budget safe when a phone is lost.

A parent who chooses a PIN: the choice, its faults, done, what else keeps a budget, a lost phone, who sees what
A parent with letter and PIN on another phone: the way back, a wrong PIN, a move that waits, done; the first phone
A parent who hands over by the screen: the warning, the code, too late, the other phone's question
A parent whose PIN is locked, whose letter was replaced, whose browser deleted everything
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, Route, expect

from .parents import FUTURE, answer_at, hook, open_letter, pay, shown_code, type_letter
from .stage import Seen, Stage, walk

PIN = "13579"
TRIES = 5
HANDOVER_MS = 121_000
OFFER_INSTALL = """() => {
  const offer = new Event('beforeinstallprompt', { cancelable: true });
  offer.prompt = () => {};
  dispatchEvent(offer);
}"""


def choose_pin(page: Page, pin: str = PIN, *, again: str = "") -> None:
    """Type a PIN where it is chosen, twice the same unless told."""
    page.get_by_test_id("pin").fill(pin)
    page.get_by_test_id("pin-again").fill(again or pin)
    hook(page, "pin-submit")


def type_pin(page: Page, pin: str = PIN) -> None:
    """Type a PIN where it is asked for."""
    page.get_by_test_id("pin").fill(pin)
    hook(page, "pin-submit")


def open_with_pin(stage: Stage, page: Page, code: str) -> None:
    """Put a letter on the phone and choose a PIN."""
    page.goto(f"{stage.url}/ouder/")
    type_letter(page, code)
    choose_pin(page)
    hook(page, "pin-close")
    expect(page.get_by_test_id("budget-total")).to_be_visible()


def gone(page: Page, because: str) -> None:
    """Wait until the phone says that it has no budget any more, and why."""
    expect(page.get_by_test_id("gone")).to_have_attribute("data-because", because, timeout=40_000)


@walk
def parent_chooses_a_pin(stage: Stage) -> Iterator[Seen]:
    """A phone whose letter was opened just now, until its budget is safe."""
    page = stage.open("parent-chooses-a-pin")
    page.goto(f"{stage.url}/ouder/")
    type_letter(page, stage.letter(3))
    expect(page.get_by_test_id("pin-form")).to_be_visible()
    yield Seen("parent-pin", page)
    choose_pin(page, "12345")
    expect(page.get_by_test_id("pin-fault")).to_be_visible()
    yield Seen("parent-pin-easy", page, picture=False)
    choose_pin(page, again="13578")
    expect(page.get_by_test_id("pin-fault")).to_be_visible()
    yield Seen("parent-pin-not-the-same", page, picture=False)
    held: list[Route] = []
    page.route("**/api/v1/backups/*", lambda route: held.append(route))
    choose_pin(page)
    expect(page.locator("[aria-busy=true]")).to_be_visible()
    while not held:
        page.wait_for_timeout(50)
    yield Seen("parent-pin-busy", page, picture=False)
    held.pop().abort()
    expect(page.get_by_test_id("pin-done")).to_be_visible()
    yield Seen("parent-pin-sent-later", page, picture=False)
    page.unroute("**/api/v1/backups/*")
    hook(page, "pin-close")
    page.goto(f"{stage.url}/ouder/#/pincode")
    expect(page.get_by_test_id("pin-kept")).to_be_visible()
    yield Seen("parent-pin-kept", page, picture=False)
    hook(page, "back")
    expect(page.get_by_test_id("budget-total")).to_be_visible()
    page.evaluate(OFFER_INSTALL)
    expect(page.get_by_test_id("install")).to_be_visible()
    yield Seen("parent-budget-install", page, picture=False)
    page.goto(f"{stage.url}/ouder/#/kwijt")
    expect(page.get_by_test_id("lost-screen")).to_be_visible()
    yield Seen("parent-lost", page)
    page.goto(f"{stage.url}/ouder/#/wie")
    expect(page.get_by_test_id("who-screen")).to_be_visible()
    yield Seen("parent-who", page)
    stage.close(page)


@walk
def parent_comes_back(stage: Stage) -> Iterator[Seen]:
    """A second phone with letter and PIN; the first phone; a payment of the first, seen on the second."""
    code = stage.letter(3)
    first, page = stage.open("parent-first"), stage.open("parent-second")
    open_with_pin(stage, first, code)
    first.goto(f"{stage.url}/ouder/#/code")
    hook(first, "choose-child")
    pay(stage.town, shown_code(first), amount_cents=1295)
    expect(first.get_by_test_id("payment-done")).to_be_visible()

    page.goto(f"{stage.url}/ouder/")
    type_letter(page, code)
    expect(page.get_by_test_id("restore-this")).to_be_visible()
    yield Seen("parent-letter-elsewhere", page)
    page.goto(f"{stage.url}/ouder/#/kwijt")
    expect(page.get_by_test_id("lost-restore")).to_be_visible()
    yield Seen("parent-lost-new-phone", page, picture=False)
    hook(page, "lost-restore")
    expect(page.get_by_test_id("letter-type")).to_be_visible()
    yield Seen("parent-restore", page)
    type_letter(page, code)
    expect(page.get_by_test_id("pin-form")).to_be_visible()
    yield Seen("parent-restore-pin", page)
    type_pin(page, "24681")
    expect(page.get_by_test_id("pin-fault")).to_be_visible()
    yield Seen("parent-restore-pin-wrong", page)
    held: list[Route] = []
    page.route("**/api/v1/ticket-renewals", lambda route: route.abort() if held else held.append(route))
    type_pin(page)
    expect(page.locator("[aria-busy=true]")).to_be_visible()
    while not held:
        page.wait_for_timeout(50)
    yield Seen("parent-restore-busy", page, picture=False)
    held[0].abort()
    expect(page.get_by_test_id("move-waiting")).to_be_visible()
    yield Seen("parent-move-waiting", page)
    page.unroute("**/api/v1/ticket-renewals")
    hook(page, "move-retry")
    expect(page.get_by_test_id("restore-done")).to_be_visible()
    yield Seen("parent-restore-done", page)
    gone(first, "moved")
    yield Seen("parent-gone-moved", first)
    hook(page, "restore-close")
    hook(page, "history-item")
    hook(page, "check-payment")
    expect(page.get_by_test_id("check-former")).to_be_visible()
    yield Seen("parent-check-former", page, picture=False)
    stage.close(first)
    stage.close(page)


@walk
def parent_hands_over(stage: Stage) -> Iterator[Seen]:
    """A phone that hands over by its screen, and the other one."""
    first, page = stage.open("parent-hands-over"), stage.open("parent-takes-over")
    open_letter(stage, first, children=3)
    first.goto(f"{stage.url}/ouder/#/overzetten")
    expect(first.get_by_test_id("handover-warning")).to_be_visible()
    yield Seen("parent-handover", first)
    hook(first, "handover-show")
    expect(first.get_by_test_id("handover-qr")).to_be_visible()
    yield Seen("parent-handover-code", first)
    first.reload()
    first.clock.install()
    hook(first, "handover-show")
    address = first.get_by_test_id("handover-qr").evaluate("(element) => element.text")
    # Without network, so that no answer of the server puts its clock right.
    first.context.set_offline(True)
    first.clock.run_for(HANDOVER_MS)
    expect(first.get_by_test_id("handover-over")).to_be_visible()
    yield Seen("parent-handover-over", first, picture=False)
    first.context.set_offline(False)

    page.goto(address)
    expect(page.get_by_test_id("take-over")).to_be_visible()
    yield Seen("parent-take-over", page)
    page.route("**/api/v1/fund", lambda route: answer_at(route, FUTURE))
    hook(page, "take-over")
    expect(page.get_by_test_id("restore-fault")).to_be_visible()
    yield Seen("parent-take-over-too-late", page, picture=False)
    stage.close(first)
    stage.close(page)


@walk
def parent_is_locked_out(stage: Stage) -> Iterator[Seen]:
    """A phone that types wrong PINs until it may not; the desk replaces the letter, and the first phone says so."""
    letter = stage.take_letter(3)
    first, page = stage.open("parent-replaced"), stage.open("parent-locked")
    open_with_pin(stage, first, letter["code"])
    page.goto(f"{stage.url}/ouder/#/terug")
    type_letter(page, letter["code"])
    for wrong in range(1, TRIES):
        type_pin(page, f"2468{wrong}")
        expect(page.get_by_test_id("pin-fault")).to_contain_text(str(TRIES - wrong))
    type_pin(page, "24680")
    expect(page.get_by_test_id("restore-locked")).to_be_visible()
    yield Seen("parent-locked", page)

    page.goto(stage.server.new_sign_in_link())
    page.get_by_role("button").last.click()
    page.wait_for_url("**/gemeente/")
    page.goto(f"{stage.url}/gemeente/tegoeden")
    page.locator("#reference").fill(letter["rowReference"])
    page.locator("form:has(#reference) button").click()
    page.locator("main input[type=radio]").first.check()
    page.locator("main form button").click()
    page.locator("main form button[class*=danger]").click()
    expect(page.locator(".console-code")).to_be_visible()
    gone(first, "replaced")
    yield Seen("parent-gone-replaced", first)
    stage.close(first)
    stage.close(page)


@walk
def parent_loses_all(stage: Stage) -> Iterator[Seen]:
    """A phone whose browser deleted what it kept, but for the mark that there was something."""
    page = stage.open("parent-loses-all")
    open_letter(stage, page, children=3)
    devtools = page.context.new_cdp_session(page)
    page.goto("about:blank")
    kinds = "indexeddb,local_storage,cache_storage,service_workers"
    devtools.send("Storage.clearDataForOrigin", {"origin": stage.url, "storageTypes": kinds})
    page.goto(f"{stage.url}/ouder/")
    gone(page, "deleted")
    yield Seen("parent-gone-deleted", page)
    stage.close(page)
