# SPDX-License-Identifier: EUPL-1.2
"""A budget survives its phone, in real browsers: PIN, way back, hand-over, the desk, a browser that deletes all.

given a phone with a budget
├── when a PIN was chosen and a second phone has letter and PIN → it has the budget; the first is refused and says why
├── when the PIN is wrong → the tries are told, the fifth locks, and the desk is the way
├── when the second phone scans the first one's screen → the same, without a letter
├── when the desk makes a new letter → the lost phone is refused and says why; the new letter opens everything
├── when the browser deleted everything, or all but the mark → the app says so, and letter and PIN bring it back
└── when the connection is lost at any step of a move → it goes on by itself, and every voucher pays
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Request, Route, expect

from tests.support import Town, found_town

from .camera import film
from .conftest import Browsers
from .server import Server
from .test_journey import expect_result, pair, press, sign_in, type_code

HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"K-{row};2\n" for row in range(24))
PIN = "13579"
SEED = """async () => {
  const { openVault } = await import('/static/js/vault.js');
  const seed = await (await openVault('citizen')).getSecret('seed');
  return Array.from(seed, (byte) => byte.toString(16).padStart(2, '0')).join('');
}"""


@pytest.fixture(scope="module")
def town(served: Server) -> Town:
    """A running programme with many letters, each for two children."""
    desk = served.new_client()
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": served.sign_in_code()})["token"]
    return found_town(
        served.new_client, desk, starts_on="2020-01-01", ends_on="2099-12-31", households=HOUSEHOLDS
    )


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture
def letter(town: Town) -> dict[str, Any]:
    """A letter for two children that nobody opened."""
    return town.letters.pop(0)


@pytest.fixture
def till(served: Server, town: Town, browsers: Browsers) -> Page:
    """A till of a shop, in a browser of its own."""
    page = browsers.open("till", width=800, height=900)
    pair(page, served, town, town.shops[0])
    return page


def type_letter(page: Page, code: str) -> None:
    """Type the code of a letter where it is asked for."""
    page.get_by_test_id("letter-type").click()
    page.get_by_test_id("letter-code").fill(code)
    page.get_by_test_id("letter-submit").click()


def type_pin(page: Page, pin: str = PIN) -> None:
    """Type the PIN where it is asked for, twice where it is chosen."""
    page.get_by_test_id("pin").fill(pin)
    if page.get_by_test_id("pin-again").count():
        page.get_by_test_id("pin-again").fill(pin)
    page.get_by_test_id("pin-submit").click()


def open_budget(page: Page, served: Server, letter: dict[str, Any], *, pin: str = PIN) -> None:
    """Open a letter, and choose a PIN or skip that."""
    page.goto(f"{served.url}/ouder/")
    type_letter(page, letter["code"])
    expect(page.get_by_test_id("pin-form")).to_be_visible(timeout=30_000)
    if pin:
        type_pin(page, pin)
        page.get_by_test_id("pin-close").click(timeout=30_000)
    else:
        page.get_by_test_id("pin-skip").click()
    expect(page.get_by_test_id("budget-total")).to_contain_text("600,00")


def restore(page: Page, letter: dict[str, Any], *, pin: str = PIN) -> None:
    """Bring the budget to this phone with letter and PIN, from the screen that offers it."""
    type_letter(page, letter["code"])
    type_pin(page, pin)


def show_code(page: Page, *, child: int = 0) -> str:
    """The text of a fresh code for a child."""
    page.get_by_test_id("show-code").click()
    page.get_by_test_id("choose-child").nth(child).click()
    page.get_by_test_id("ticket-as-text").click()
    shown = page.get_by_test_id("ticket-text").inner_text()
    return shown.strip()


def pay(till: Page, phone: Page, served: Server, *, child: int) -> None:
    """Pay one euro with a code of this phone."""
    phone.goto(f"{served.url}/ouder/#/")
    type_code(till, show_code(phone, child=child))
    press(till, "100")
    expect_result(till, colour="green", reason="accepted", sentence="1")


def test_a_second_phone_with_letter_and_pin_takes_over_and_the_first_says_why(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    first, second = browsers.open("first"), browsers.open("second")
    open_budget(first, served, letter)
    old_code = show_code(first)

    second.goto(f"{served.url}/ouder/")
    second.get_by_test_id("restore").click()
    restore(second, letter)
    expect(second.get_by_test_id("restore-done")).to_contain_text("werken niet meer", timeout=30_000)
    second.get_by_test_id("restore-close").click()
    expect(second.get_by_test_id("budget-total")).to_contain_text("600,00")

    # The first phone still shows a code: the till refuses it, and the phone says why by itself.
    type_code(till, old_code)
    press(till, "100")
    expect_result(till, colour="red", reason="ticket_unknown", sentence=re.compile("."))
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved", timeout=20_000)
    expect(first.get_by_test_id("gone")).to_contain_text("andere telefoon")
    expect(first.get_by_test_id("gone")).to_contain_text("vandaag")
    first.reload()
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved")
    pay(till, second, served, child=0)

    # The same letter and PIN bring it back to the first.
    first.get_by_test_id("gone-restore").click()
    restore(first, letter)
    expect(first.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)
    first.get_by_test_id("restore-close").click()
    expect(first.get_by_test_id("budget-total")).to_contain_text("599,00")
    pay(till, first, served, child=1)


def test_a_wrong_pin_is_counted_until_it_is_locked_and_the_desk_is_the_way(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    first, thief = browsers.open("first"), browsers.open("thief")
    open_budget(first, served, letter)
    thief.goto(f"{served.url}/ouder/")
    # Who types a used letter is shown the way, too.
    type_letter(thief, letter["code"])
    expect(thief.get_by_test_id("letter-fault")).to_contain_text("andere telefoon")
    thief.get_by_test_id("restore-this").click()
    thief.get_by_test_id("letter-submit").click()
    for left in (4, 3, 2, 1):
        type_pin(thief, f"2468{left}")
        expect(thief.get_by_test_id("pin-fault")).to_contain_text(f"nog {left} keer", timeout=30_000)
    type_pin(thief, "24680")
    expect(thief.get_by_test_id("restore-locked")).to_be_visible(timeout=30_000)
    expect(thief.locator("main")).to_contain_text("14 0594")
    expect(thief.locator("main")).to_contain_text("Uw tegoed blijft van u")
    # The right PIN no longer helps; the phone itself goes on, and a new PIN opens the lock.
    thief.goto(f"{served.url}/ouder/#/terug")
    thief.reload()
    restore(thief, letter)
    expect(thief.get_by_test_id("restore-locked")).to_be_visible(timeout=30_000)
    expect(first.get_by_test_id("budget-total")).to_be_visible()
    first.goto(f"{served.url}/ouder/#/pincode")
    expect(first.get_by_test_id("pin-kept")).to_be_visible()
    restore(first, letter, pin="97531")
    expect(first.get_by_test_id("pin-done")).to_be_visible(timeout=30_000)
    thief.reload()
    restore(thief, letter)
    expect(thief.get_by_test_id("pin-fault")).to_contain_text("nog 4 keer", timeout=30_000)


def test_a_pin_that_is_none_or_easy_or_not_the_same_is_asked_again_and_nothing_is_sent(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    phone.goto(f"{served.url}/ouder/")
    type_letter(phone, letter["code"])
    expect(phone.get_by_test_id("pin-form")).to_be_visible(timeout=30_000)
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url))
    for pin, again, said in (
        ("1234", "1234", "5 cijfers"),
        ("12345", "12345", "te makkelijk"),
        ("77777", "77777", "te makkelijk"),
        (PIN, "13578", "niet gelijk"),
    ):
        phone.get_by_test_id("pin").fill(pin)
        phone.get_by_test_id("pin-again").fill(again)
        phone.get_by_test_id("pin-submit").click()
        expect(phone.get_by_test_id("pin-fault")).to_contain_text(said)
    assert not [url for url in sent if "/backups/" in url]


def test_a_pin_is_of_the_letter_of_this_phone(
    served: Server, town: Town, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter, pin="")
    phone.get_by_test_id("pin-hint").click()
    type_letter(phone, town.letters[-1]["code"])
    type_pin(phone)
    expect(phone.get_by_test_id("pin-fault")).to_contain_text("hoort niet bij")


def test_a_budget_is_handed_over_by_scanning_the_other_phones_screen(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page, tmp_path: Path
) -> None:
    first = browsers.open("first")
    open_budget(first, served, letter, pin="")
    seed = first.evaluate(SEED)
    first.get_by_test_id("help").click()
    first.get_by_test_id("help-move").click()
    expect(first.get_by_test_id("handover-warning")).to_contain_text("foto")
    first.get_by_test_id("handover-show").click()
    picture = first.get_by_test_id("handover-qr").screenshot()

    second = browsers.open("second", film=film(picture, tmp_path / "handover.y4m"))
    asked = watch_requests(second)
    second.goto(f"{served.url}/ouder/")
    second.get_by_test_id("letter-scan").click()
    second.get_by_test_id("take-over").click(timeout=30_000)
    expect(second.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)
    second.get_by_test_id("restore-close").click()
    expect(second.get_by_test_id("budget-total")).to_contain_text("600,00")
    expect(second.get_by_test_id("pin-hint")).to_be_visible()
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved", timeout=20_000)
    assert not [one for one in asked if seed in one.lower()], "the seed is on the screen and nowhere else"
    assert second.evaluate(SEED) != seed, "the new phone has a seed of its own"
    pay(till, second, served, child=1)


def test_a_hand_over_code_is_taken_out_of_the_address_and_refused_when_it_is_old(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    first, second = browsers.open("first"), browsers.open("second")
    open_budget(first, served, letter, pin="")
    first.goto(f"{served.url}/ouder/#/overzetten")
    first.clock.install()
    first.get_by_test_id("handover-show").click()
    address = first.get_by_test_id("handover-qr").evaluate("(element) => element.text")
    # Without network, so that no answer of the server puts its clock right.
    first.context.set_offline(True)
    first.clock.run_for(121_000)
    expect(first.get_by_test_id("handover-over")).to_be_visible()
    first.context.set_offline(False)
    expect(first.get_by_test_id("handover-qr")).to_have_count(0)

    second.goto(address)
    expect(second.get_by_test_id("take-over")).to_be_visible()
    assert address.split("#telefoon=")[1] not in second.url
    assert address.split("#telefoon=")[1] not in second.evaluate(
        "JSON.stringify([history.state, localStorage])"
    )

    def say_it_is_later(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"now": answer.json()["now"] + 121})

    second.route("**/api/v1/fund", say_it_is_later)
    second.get_by_test_id("take-over").click()
    expect(second.get_by_test_id("restore-fault")).to_contain_text("verlopen")
    second.unroute("**/api/v1/fund")
    first.goto(f"{served.url}/ouder/#/")
    expect(first.get_by_test_id("budget-total")).to_contain_text("600,00")


def test_the_desk_replaces_a_lost_phone_by_the_households_reference(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    lost = browsers.open("lost")
    open_budget(lost, served, letter)
    old_code = show_code(lost)

    desk = browsers.open("desk", width=1280, height=800)
    sign_in(desk, served)
    desk.goto(f"{served.url}/gemeente/tegoeden")
    desk.get_by_label("Kenmerk van het huishouden").fill(letter["rowReference"])
    desk.get_by_role("button", name="Zoek huishouden").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text(letter["rowReference"])
    assert letter["rowReference"] not in desk.url
    desk.get_by_label("Telefoon gestolen").check()
    desk.get_by_role("button", name="Verder").click()
    expect(desk.locator("main")).to_contain_text("werken meteen niet meer")
    desk.get_by_role("button", name="Ja, maak een nieuwe brief").click()
    new_code = desk.locator(".console-code").inner_text()
    assert new_code != letter["code"]

    type_code(till, old_code)
    press(till, "100")
    expect_result(till, colour="red", reason="voucher_not_activated", sentence=re.compile("."))
    expect(lost.get_by_test_id("gone")).to_have_attribute("data-because", "replaced", timeout=25_000)

    found = browsers.open("found")
    open_budget(found, served, {"code": new_code}, pin="")
    pay(till, found, served, child=0)
    # The old letter and its PIN open nothing any more.
    expect(lost.get_by_test_id("gone-restore")).to_have_count(0)
    lost.goto(f"{served.url}/ouder/#/terug")
    restore(lost, letter)
    expect(lost.get_by_test_id("pin-fault")).to_contain_text("nieuwe brief", timeout=30_000)


@pytest.mark.parametrize("is_mark_left", [True, False], ids=["the mark is left", "nothing is left"])
def test_a_budget_that_the_browser_deleted_comes_back_with_letter_and_pin(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page, *, is_mark_left: bool
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter)
    devtools = phone.context.new_cdp_session(phone)
    phone.goto("about:blank")
    devtools.send(
        "Storage.clearDataForOrigin",
        {
            "origin": served.url,
            "storageTypes": "indexeddb,local_storage,cache_storage,service_workers"
            if is_mark_left
            else "all",
        },
    )
    phone.goto(f"{served.url}/ouder/")
    if is_mark_left:
        expect(phone.get_by_test_id("gone")).to_have_attribute("data-because", "deleted")
        expect(phone.get_by_test_id("gone")).to_contain_text("blijft van u")
        phone.get_by_test_id("gone-restore").click()
    else:
        phone.get_by_test_id("restore").click()
    restore(phone, letter)
    expect(phone.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)
    phone.get_by_test_id("restore-close").click()
    expect(phone.get_by_test_id("budget-total")).to_contain_text("600,00")
    pay(till, phone, served, child=0)


def test_a_phone_whose_browser_lost_the_key_to_its_seed_says_so_and_gets_a_new_one(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    phone = browsers.open("phone")
    open_budget(phone, served, letter)
    phone.evaluate(
        """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open('kindpakket-citizen');
          opening.onsuccess = () => {
            const write = opening.result.transaction('keys', 'readwrite');
            write.objectStore('keys').clear();
            write.oncomplete = resolve;
            write.onerror = reject;
          };
        })"""
    )
    phone.reload()
    expect(phone.get_by_test_id("gone")).to_have_attribute("data-because", "deleted")
    phone.get_by_test_id("gone-restore").click()
    restore(phone, letter)
    expect(phone.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("lost", ["request", "answer"])
@pytest.mark.parametrize(
    "step", ["the first voucher", "the second voucher", "the budget between", "the new backup"]
)
def test_a_move_whose_connection_is_lost_goes_on_after_the_browser_was_closed(
    served: Server,
    browsers: Browsers,
    letter: dict[str, Any],
    till: Page,
    step: str,
    lost: str,
) -> None:
    first, second = browsers.open("first"), browsers.open("second")
    open_budget(first, served, letter)
    second.goto(f"{served.url}/ouder/#/terug")
    count = {"PUT": 0, "POST": 0, "GET": 0}
    at = {
        "the first voucher": ("POST", 1),
        "the second voucher": ("POST", 2),
        "the budget between": ("GET", 1),
        "the new backup": ("PUT", 1),
    }[step]

    def lose(route: Route) -> None:
        method = route.request.method
        count[method] += 1
        if (method, count[method]) < at or method != at[0]:
            route.continue_()
            return
        # From here on nothing gets through any more.
        if lost == "answer" and count[method] == at[1]:
            route.fetch()
        route.abort()

    for path in ("ticket-renewals", "budgets/me", "backups/*"):
        second.route(f"**/api/v1/{path}", lose)
    restore(second, letter)
    if step == "the new backup":
        expect(second.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)
    else:
        expect(second.get_by_test_id("move-waiting")).to_be_visible(timeout=30_000)
    browsers.close(second)

    second = browsers.open("second")
    second.goto(f"{served.url}/ouder/")
    expect(second.get_by_test_id("restore-close").or_(second.get_by_test_id("budget-total"))).to_be_visible(
        timeout=30_000
    )
    second.goto(f"{served.url}/ouder/#/")
    expect(second.get_by_test_id("budget-total")).to_contain_text("600,00", timeout=30_000)
    for child in (0, 1):
        pay(till, second, served, child=child)
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved", timeout=25_000)

    # And letter and PIN open the new phone's seed: its backup was sent when there was a connection again.
    second.goto(f"{served.url}/ouder/#/")
    expect(second.get_by_test_id("pin-hint")).to_have_count(0)
    first.get_by_test_id("gone-restore").click()
    restore(first, letter)
    expect(first.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)


def test_of_two_phones_that_move_at_once_both_end_in_good_order_and_every_voucher_is_on_one(
    served: Server, browsers: Browsers, letter: dict[str, Any], till: Page
) -> None:
    first = browsers.open("first")
    open_budget(first, served, letter)
    rivals = [browsers.open("second"), browsers.open("third")]
    for rival in rivals:
        rival.goto(f"{served.url}/ouder/#/terug")
        type_letter(rival, letter["code"])
        rival.get_by_test_id("pin").fill(PIN)
    for rival in rivals:
        rival.get_by_test_id("pin-submit").click(no_wait_after=True)
    held = 0
    for rival in rivals:
        ended = rival.get_by_test_id("restore-done").or_(rival.get_by_test_id("pin-fault"))
        expect(ended).to_be_visible(timeout=60_000)
        if rival.get_by_test_id("pin-fault").count():
            expect(rival.get_by_test_id("pin-fault")).to_contain_text(
                re.compile("andere telefoon|geen pincode")
            )
            continue
        rival.get_by_test_id("restore-close").click()
        children = rival.get_by_test_id("child").count()
        held += children
        for child in range(children):
            rival.goto(f"{served.url}/ouder/#/")
            rival.get_by_test_id("show-code").click()
            if children > 1:
                rival.get_by_test_id("choose-child").nth(child).click()
            rival.get_by_test_id("ticket-as-text").click()
            type_code(till, rival.get_by_test_id("ticket-text").inner_text().strip())
            press(till, "100")
            expect_result(till, colour="green", reason="accepted", sentence="1")
    assert held == 2


def test_the_seed_and_the_pin_never_leave_the_phone_unencrypted(
    served: Server, browsers: Browsers, letter: dict[str, Any]
) -> None:
    first, second = browsers.open("first"), browsers.open("second")
    first_asked, second_asked = watch_requests(first), watch_requests(second)
    open_budget(first, served, letter)
    seeds = [first.evaluate(SEED)]
    second.goto(f"{served.url}/ouder/#/terug")
    restore(second, letter)
    expect(second.get_by_test_id("restore-done")).to_be_visible(timeout=30_000)
    seeds.append(second.evaluate(SEED))
    asked = first_asked + second_asked
    assert [one for one in asked if "/backups/" in one], "we looked well"
    for one in asked:
        assert not [seed for seed in seeds if seed in one.lower()], one
        assert letter["code"] not in one, one
        assert f'"{PIN}"' not in one, one
    for page in (first, second):
        kept = page.evaluate("JSON.stringify([localStorage, document.cookie, location.href, history.state])")
        assert PIN not in kept
        assert letter["code"] not in kept


def watch_requests(page: Page) -> list[str]:
    """Every address and body that a page's browser sends, from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.method} {request.url} {request.post_data or ''} {request.headers}")

    page.context.on("request", note)
    return asked
