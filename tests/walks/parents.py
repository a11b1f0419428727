# SPDX-License-Identifier: EUPL-1.2
"""Walks past the screens of the parent's app.

A parent without a letter on the phone: the start, a code typed, typed wrong, scanned, on its way, waiting
A parent with a budget: the budget, a child, a name, the code, another amount, paid, payments, shops, help
A parent without network, with a wrong clock, with nothing left to pay with
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, Route, expect

from tests.support import Town

from .stage import Seen, Stage, walk

FUTURE = 2_000_000_000


def hook(page: Page, name: str) -> None:
    """Tap something, by its name for tests."""
    page.get_by_test_id(name).first.click()


def type_letter(page: Page, code: str) -> None:
    """Type the code of a letter where it is asked for."""
    hook(page, "letter-type")
    page.get_by_test_id("letter-code").fill(code)
    hook(page, "letter-submit")


def open_letter(stage: Stage, page: Page, *, children: int = 2) -> None:
    """Put a letter on the phone, without a PIN."""
    page.goto(f"{stage.url}/ouder/")
    type_letter(page, stage.letter(children))
    hook(page, "pin-skip")
    expect(page.get_by_test_id("budget-total")).to_be_visible()


def shown_code(page: Page) -> str:
    """The text of the code on the screen."""
    expect(page.get_by_test_id("ticket-qr")).to_be_visible()
    return str(page.get_by_test_id("ticket-qr").evaluate("(element) => element.text"))


def pay(town: Town, shown: str, *, amount_cents: int) -> None:
    """Let a till of the first shop take a code."""
    till = town.new_till(town.shops[0])
    category = till.client.ask("GET", "/tills/me")["categories"][0]
    till.redeem(shown, amount_cents=amount_cents, category=category)


@walk
def parent_starts(stage: Stage) -> Iterator[Seen]:
    """A phone that has nothing yet."""
    page = stage.open("parent-starts")
    page.goto(f"{stage.url}/ouder/")
    expect(page.get_by_test_id("letter-type")).to_be_visible()
    yield Seen("parent-start", page)
    hook(page, "letter-scan")
    expect(page.locator("video")).to_be_visible()
    yield Seen("parent-scan", page, picture=False)
    page.reload()
    hook(page, "letter-type")
    yield Seen("parent-letter", page)
    hook(page, "letter-submit")
    expect(page.get_by_test_id("letter-fault")).to_be_visible()
    yield Seen("parent-letter-incomplete", page, picture=False)
    page.get_by_test_id("letter-code").fill("0000-0000-0000-0000-0")
    hook(page, "letter-submit")
    expect(page.get_by_test_id("letter-fault")).to_contain_text("14 0594")
    yield Seen("parent-letter-unknown", page)

    sent: list[Route] = []
    page.route("**/api/v1/activations", lambda route: sent.append(route))
    page.get_by_test_id("letter-code").fill(stage.letter())
    hook(page, "letter-submit")
    expect(page.locator("[aria-busy=true]")).to_be_visible()
    while not sent:
        page.wait_for_timeout(50)
    yield Seen("parent-busy", page, picture=False)
    for route in sent:
        route.abort()
    expect(page.get_by_test_id("letter-waiting")).to_be_visible()
    yield Seen("parent-waiting", page)
    stage.close(page)


@walk
def parent_without_a_camera(stage: Stage) -> Iterator[Seen]:
    """A phone on which the camera is refused."""
    page = stage.open("parent-without-a-camera")
    page.context.clear_permissions()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"
    )
    page.goto(f"{stage.url}/ouder/")
    hook(page, "letter-scan")
    expect(page.get_by_test_id("camera-refused")).to_be_visible()
    yield Seen("parent-camera-refused", page)
    stage.close(page)


@walk
def parent_pays(stage: Stage) -> Iterator[Seen]:
    """A phone with a budget, from the first look to a payment."""
    page = stage.open("parent-pays")
    open_letter(stage, page)
    yield Seen("parent-budget-new", page, picture=False)
    hook(page, "child-rename")
    expect(page.get_by_test_id("child-name")).to_be_visible()
    yield Seen("parent-name", page)
    page.get_by_test_id("child-name").fill("Noor")
    hook(page, "child-name-save")
    expect(page.get_by_test_id("child").first).to_contain_text("Noor")
    for amount_cents in (2499, 1295, 4950):
        page.goto(f"{stage.url}/ouder/#/code")
        hook(page, "choose-child")
        pay(stage.town, shown_code(page), amount_cents=amount_cents)
        expect(page.get_by_test_id("payment-done")).to_be_visible()
        page.goto(f"{stage.url}/ouder/#/")
    expect(page.get_by_test_id("history-item")).to_have_count(3)
    yield Seen("parent-budget", page)
    hook(page, "show-code")
    expect(page.get_by_test_id("choose-child").first).to_be_visible()
    yield Seen("parent-choose", page)
    hook(page, "choose-child")
    code = shown_code(page)
    yield Seen("parent-code", page)
    hook(page, "max-other")
    page.get_by_test_id("max-exact").fill("x")
    hook(page, "max-submit")
    expect(page.get_by_test_id("max-fault")).to_be_visible()
    yield Seen("parent-code-amount", page)
    hook(page, "ticket-as-text")
    yield Seen("parent-code-text", page, picture=False)
    pay(stage.town, code, amount_cents=3745)
    expect(page.get_by_test_id("payment-done")).to_be_visible()
    yield Seen("parent-paid", page)
    hook(page, "payment-wrong")
    hook(page, "check-payment")
    expect(page.get_by_test_id("check-good")).to_be_visible()
    yield Seen("parent-payment", page)
    page.goto(f"{stage.url}/ouder/#/betalingen")
    expect(page.get_by_test_id("history-item").first).to_be_visible()
    yield Seen("parent-payments", page)
    stage.close(page)


@walk
def parent_looks_around(stage: Stage) -> Iterator[Seen]:
    """Shops, help, another letter; without network; with a clock that is wrong."""
    page = stage.open("parent-looks-around")
    open_letter(stage, page, children=1)
    hook(page, "shops")
    expect(page.get_by_test_id("shop").first).to_be_visible()
    yield Seen("parent-shops", page)
    page.get_by_test_id("shop-search").fill("zzz")
    expect(page.get_by_test_id("shop")).to_have_count(0)
    yield Seen("parent-shops-none", page, picture=False)
    page.goto(f"{stage.url}/ouder/#/betalingen")
    page.locator("h1").wait_for()
    yield Seen("parent-payments-none", page, picture=False)
    page.goto(f"{stage.url}/ouder/#/hulp")
    page.locator("details").first.wait_for()
    yield Seen("parent-help", page)
    for summary in page.locator("summary").all():
        summary.click()
    yield Seen("parent-help-open", page)
    hook(page, "another-letter")
    expect(page.get_by_test_id("letter-type")).to_be_visible()
    yield Seen("parent-another-letter", page, picture=False)

    page.goto(f"{stage.url}/ouder/#/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_test_id("offline")).to_be_visible()
    yield Seen("parent-budget-offline", page)
    hook(page, "show-code")
    shown_code(page)
    yield Seen("parent-code-offline", page, picture=False)
    page.context.set_offline(False)
    page.context.route("**/api/v1/**", lambda route: answer_at(route, FUTURE))
    page.goto(f"{stage.url}/ouder/#/")
    page.reload()
    expect(page.get_by_test_id("clock-off")).to_be_visible()
    yield Seen("parent-clock-off", page, picture=False)
    expect(page.get_by_test_id("cannot-pay")).to_be_visible()
    yield Seen("parent-ended", page, picture=False)
    stage.close(page)


def answer_at(route: Route, now: int) -> None:
    """Answer as the server does, but as if it were another time; its news, which never end, are cut off."""
    if route.request.url.endswith("/events"):
        route.abort()
        return
    answer = route.fetch()
    told = answer.json()
    route.fulfill(response=answer, json=told | {"now": now} if "now" in told else told)
