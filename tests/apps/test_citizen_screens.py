# SPDX-License-Identifier: EUPL-1.2
"""The parent's screens in a real browser against a real server: letters, codes, payments, with and without network."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from kindpakket.demo.people import Phone, Till
from kindpakket.tickets import code
from tests.end_to_end.browsers import close_browser, find_chromium, wait_until
from tests.end_to_end.server import Server
from tests.support import Town, found_town

BICYCLES = 3
HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"P-{row};{1 + row % 2}\n" for row in range(30))
UNKNOWN_LETTER = "0000-0000-0000-0000-0"
CODE_SECONDS = 5 * 60
GO_ON = """(name, key, value) => new Promise((resolve, reject) => {
  const opening = indexedDB.open(name);
  opening.onsuccess = () => {
    const write = opening.result.transaction('records', 'readwrite');
    write.objectStore('records').put(value, key);
    write.oncomplete = resolve;
    write.onerror = reject;
  };
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("citizen") / "data")
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def town(server: Server) -> Town:
    desk = server.new_client()
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": server.sign_in_code()})["token"]
    return found_town(
        server.new_client, desk, starts_on="2020-01-01", ends_on="2099-12-31", households=HOUSEHOLDS
    )


@pytest.fixture(scope="module")
def paired_till(town: Town) -> Till:
    return town.new_till(town.shops[0])


@pytest.fixture
def till(server: Server, paired_till: Till) -> Till:
    """The till of a shop, with a connection of this test's own: the server closes idle ones."""
    client = server.new_client()
    client.token = paired_till.client.token
    return dataclasses.replace(paired_till, client=client)


@pytest.fixture(scope="module")
def browser(paired_till: Till) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-NL")
    yield context
    close_browser(context)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; in the end nothing may have gone wrong in it that a test did not provoke."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    assert not faults


@pytest.fixture
def new_letter(town: Town) -> Callable[[int], dict[str, Any]]:
    """Gives out a letter for so many children."""

    def take(children: int) -> dict[str, Any]:
        found = next(one for one in town.letters if len(one["vouchers"]) == children)
        town.letters.remove(found)
        return found

    return take


def hook(page: Page, name: str) -> Any:
    return page.locator(f'[data-test="{name}"]')


def type_letter(page: Page, server: Server, written: str) -> None:
    page.goto(f"{server.url}/ouder/")
    hook(page, "letter-type").click()
    hook(page, "letter-code").fill(written)
    hook(page, "letter-submit").click()


def open_budget(page: Page, server: Server, letter: dict[str, Any]) -> None:
    type_letter(page, server, letter["code"])
    hook(page, "pin-skip").click()
    expect(hook(page, "budget-total")).to_be_visible()


def shown_code(page: Page) -> str:
    """The text of the code on the screen."""
    expect(hook(page, "ticket-qr")).to_be_visible()
    return str(hook(page, "ticket-qr").evaluate("(element) => element.text"))


def keep_for_offline(page: Page) -> None:
    """Wait until the app can be opened without network."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def test_a_letter_code_with_a_wrong_character_is_explained_and_not_sent(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    type_letter(page, server, "1000-0000-0000-0000-0")
    expect(hook(page, "letter-fault")).to_contain_text("Er klopt een teken niet")
    assert not [url for url in asked if "letter-lookups" in url]


def test_a_letter_code_that_is_too_short_is_explained(page: Page, server: Server) -> None:
    type_letter(page, server, "0000-0000")
    expect(hook(page, "letter-fault")).to_contain_text("17 tekens")


def test_a_letter_that_nobody_knows_is_refused_with_whom_to_call(page: Page, server: Server) -> None:
    type_letter(page, server, UNKNOWN_LETTER)
    expect(hook(page, "letter-fault")).to_contain_text("kennen wij niet")
    expect(hook(page, "letter-fault")).to_contain_text("14 0594")


def test_a_letter_used_on_another_phone_is_refused(
    page: Page, server: Server, town: Town, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(1)
    Phone(server.new_client(), town.domain).activate(letter["code"])
    type_letter(page, server, letter["code"])
    expect(hook(page, "letter-fault")).to_contain_text("andere telefoon")


def test_a_letter_of_which_a_part_is_on_another_phone_is_refused_and_nothing_is_sent(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(2)
    asked: list[str] = []

    def tell_that_one_is_used(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        found["vouchers"][0]["activated"] = True
        route.fulfill(response=answer, json=found)

    page.route("**/api/v1/letter-lookups", tell_that_one_is_used)
    page.on("request", lambda request: asked.append(request.url))
    type_letter(page, server, letter["code"])
    expect(hook(page, "letter-fault")).to_contain_text("andere telefoon")
    expect(hook(page, "letter-fault")).to_contain_text("14 0594")
    assert not [url for url in asked if url.endswith("/activations")]


def test_a_letter_that_the_server_finds_incomplete_is_explained_as_used_on_another_phone(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    refusal = {"status": 409, "reason": "letter_incomplete", "retry": False, "vouchers": [1]}
    page.route("**/api/v1/activations", lambda route: route.fulfill(status=409, json=refusal))
    type_letter(page, server, new_letter(1)["code"])
    expect(hook(page, "letter-fault")).to_contain_text("andere telefoon")
    expect(hook(page, "letter-fault")).to_contain_text("14 0594")


def test_an_activation_that_is_asked_too_often_is_kept_and_sent_later_unchanged(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    sent: list[str] = []
    refusal = {"status": 429, "reason": "rate_too_high", "retry": False, "retryAfterSeconds": 60}

    def be_too_busy_once(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            route.fulfill(status=429, json=refusal)
        else:
            route.continue_()

    page.route("**/api/v1/activations", be_too_busy_once)
    type_letter(page, server, new_letter(1)["code"])
    expect(hook(page, "letter-waiting")).to_contain_text("te druk")
    with page.expect_response("**/api/v1/budgets/me"):
        page.evaluate("dispatchEvent(new Event('online'))")
    assert len(sent) == 1, "within the minute it is not asked again"
    page.reload()
    expect(hook(page, "budget-total")).to_contain_text("300,00")
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_what_to_do_without_the_phone_is_said_on_the_phone_that_takes_its_place(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    page.goto(f"{server.url}/ouder/#/hulp")
    hook(page, "help-lost").click()
    expect(hook(page, "lost-screen")).to_contain_text("Uw tegoed blijft van u.")
    expect(hook(page, "lost-screen")).to_contain_text("bel 14 0594")
    expect(hook(page, "lost-restore")).to_be_visible()
    expect(hook(page, "help-pin")).to_have_count(0)
    open_budget(page, server, new_letter(1))
    page.goto(f"{server.url}/ouder/#/kwijt")
    expect(hook(page, "lost-screen")).to_contain_text("werken dan meteen niet meer")
    expect(hook(page, "lost-restore")).to_have_count(0)


def test_who_uses_a_keyboard_sees_that_the_heading_of_a_new_screen_has_the_focus(
    page: Page, server: Server
) -> None:
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    page.goto(f"{server.url}/ouder/#/hulp")
    hook(page, "back").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    assert page.evaluate(outline) == "solid"


def test_without_a_camera_the_way_to_type_is_explained(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/ouder/")
    hook(page, "letter-scan").click()
    expect(hook(page, "camera-refused")).to_contain_text("Typ de code")
    expect(hook(page, "letter-code")).to_be_visible()


def test_the_code_in_the_address_is_taken_out_of_it(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(2)
    page.goto(f"{server.url}/ouder/#brief={letter['code']}")
    expect(hook(page, "letter-code")).to_have_value(letter["code"])
    assert letter["code"] not in page.url
    assert letter["code"] not in page.evaluate("JSON.stringify([history.state, localStorage])")
    hook(page, "letter-submit").click()
    hook(page, "pin-skip").click()
    expect(hook(page, "budget-total")).to_contain_text("600,00")
    expect(hook(page, "child")).to_have_count(2)
    expect(hook(page, "budget-until")).to_have_text("tot en met 31 december 2099")


def test_an_activation_survives_a_lost_answer_and_is_sent_again_unchanged(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    sent: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/activations", lose_the_first_answer)
    type_letter(page, server, new_letter(1)["code"])
    expect(hook(page, "letter-waiting")).to_be_visible()
    page.reload()
    expect(hook(page, "budget-total")).to_contain_text("300,00")
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_a_second_letter_is_added_to_the_same_phone(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "help").click()
    hook(page, "another-letter").click()
    hook(page, "letter-type").click()
    hook(page, "letter-code").fill(new_letter(2)["code"])
    hook(page, "letter-submit").click()
    hook(page, "pin-skip").click()
    expect(hook(page, "child")).to_have_count(3)
    expect(hook(page, "budget-total")).to_contain_text("900,00")


def test_a_payment_is_seen_on_the_code_and_in_the_list_and_can_be_checked(
    page: Page, server: Server, till: Till, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "show-code").click()
    expect(hook(page, "ticket-max")).to_have_text("maximaal €\u00a050")
    till.redeem(shown_code(page), amount_cents=3_745, category=BICYCLES)
    expect(hook(page, "payment-done")).to_contain_text("Betaald: €\u00a037,45 bij Fietsen Jansen.")
    expect(hook(page, "payment-done")).to_contain_text("Nog over: €\u00a0262,55.")
    hook(page, "payment-close").click()
    expect(hook(page, "budget-total")).to_contain_text("262,55")
    expect(hook(page, "history-amount")).to_have_text("−\u00a0€\u00a037,45")
    hook(page, "history-item").click()
    hook(page, "check-payment").click()
    expect(hook(page, "check-good")).to_contain_text("Deze betaling klopt")
    expect(hook(page, "check-step").first).to_contain_text("hoogstens €\u00a050")


def test_a_phone_that_loses_its_budget_before_it_is_told_why_says_why_in_the_end(
    page: Page, server: Server, town: Town, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(1)
    open_budget(page, server, letter)
    # A connection of this test's own: the server closes idle ones.
    desk = server.new_client()
    desk.token = town.desk.token
    asked = {"programme": town.programme, "rowReference": letter["rowReference"]}
    household = desk.ask("POST", "/household-lookups", asked)["household"]

    def answer_before_the_phone_is_retired(route: Route) -> None:
        route.fulfill(json={"now": 0, "block": 0, "vouchers": []})
        page.unroute("**/api/v1/budgets/me")

    page.route("**/api/v1/budgets/me", answer_before_the_phone_is_retired)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(hook(page, "letter-type")).to_be_visible()
    why = {"reason": "lost", "replacementCount": 0}
    desk.ask("POST", f"/households/{household}/replacement-letters", why)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(hook(page, "gone")).to_have_attribute("data-because", "replaced")


def test_a_code_as_text_keeps_each_of_its_spaces(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "show-code").click()
    expect(hook(page, "ticket-qr")).to_be_visible()
    text = "KP1:A  B C 1    2:" + "X " * 40 + " ."
    page.locator("kp-ticket").evaluate("(screen, text) => { screen.code = { ...screen.code, text }; }", text)
    hook(page, "ticket-as-text").click()
    expect(hook(page, "ticket-text")).to_be_visible()
    assert hook(page, "ticket-text").inner_text() == text
    copied = hook(page, "ticket-text").evaluate(
        "(shown) => { getSelection().selectAllChildren(shown); return getSelection().toString(); }"
    )
    assert copied == text


def test_another_maximum_is_the_same_number_and_leaving_the_code_takes_a_fresh_one(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    hook(page, "show-code").click()
    first = shown_code(page)
    page.locator('[data-test="max-choice"][data-cents="2000"]').click()
    expect(hook(page, "ticket-max")).to_have_attribute("data-cents", "2000")
    assert code.read(shown_code(page)).max_cents == 2_000
    assert shown_code(page) != first
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "0")
    hook(page, "max-other").click()
    hook(page, "max-exact").fill("300,01")
    hook(page, "max-submit").click()
    expect(hook(page, "max-fault")).to_contain_text("hoogstens €\u00a0300")
    hook(page, "max-exact").fill("12,34")
    hook(page, "max-submit").click()
    expect(hook(page, "ticket-max")).to_have_attribute("data-cents", "1234")
    hook(page, "back").click()
    hook(page, "show-code").click()
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "1")


def test_without_network_the_app_opens_tells_when_the_balance_was_true_and_shows_a_code_that_pays(
    page: Page,
    context: BrowserContext,
    server: Server,
    till: Till,
    new_letter: Callable[[int], dict[str, Any]],
) -> None:
    open_budget(page, server, new_letter(2))
    keep_for_offline(page)
    context.set_offline(True)
    page.reload()
    expect(hook(page, "offline")).to_contain_text("U kunt nog steeds betalen")
    expect(hook(page, "budget-total")).to_contain_text("600,00")
    hook(page, "show-code").click()
    hook(page, "choose-child").nth(1).click()
    answer = till.redeem(shown_code(page), amount_cents=1, category=BICYCLES)
    assert answer["result"] == "accepted"
    context.set_offline(False)
    expect(hook(page, "payment-done")).to_contain_text("€\u00a00,01", timeout=15_000)


def test_a_code_renews_itself_with_the_same_number_while_it_is_shown(
    page: Page, context: BrowserContext, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    page.clock.install()
    open_budget(page, server, new_letter(1))
    keep_for_offline(page)
    hook(page, "show-code").click()
    first = code.read(shown_code(page))
    context.set_offline(True)
    page.clock.run_for((CODE_SECONDS + 60) * 1000)
    expect(hook(page, "ticket-countdown")).to_contain_text("geldig")
    second = code.read(shown_code(page))
    assert second.expires_at >= first.expires_at + CODE_SECONDS
    assert second.max_cents == first.max_cents
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "0")


def test_a_phone_whose_clock_is_wrong_is_told_so_and_still_makes_codes_that_pay(
    page: Page, server: Server, till: Till, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    page.clock.install(time=1_000_000_000)
    open_budget(page, server, new_letter(1))
    expect(hook(page, "clock-off")).to_be_visible()
    hook(page, "show-code").click()
    assert till.redeem(shown_code(page), amount_cents=100, category=BICYCLES)["result"] == "accepted"


def test_a_phone_that_has_few_numbers_left_gets_new_ones_and_pays_with_them(
    page: Page, server: Server, till: Till, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(1)
    voucher = letter["vouchers"][0]
    open_budget(page, server, letter)
    progress = {"generation": 0, "place": 225}
    page.evaluate(f"(value) => ({GO_ON})('kindpakket-citizen', 'progress/{voucher}', value)", progress)
    with page.expect_response("**/api/v1/ticket-renewals") as renewed:
        page.reload()
    assert renewed.value.status == 201
    assert json.loads(renewed.value.text())["generation"] == 1
    expect(hook(page, "show-code")).to_be_visible()
    wait_until(
        page,
        "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/budgets/me')).length > 1",
    )
    hook(page, "show-code").click()
    expect(hook(page, "ticket-qr")).to_have_attribute("data-number", "256")
    assert till.redeem(shown_code(page), amount_cents=100, category=BICYCLES)["result"] == "accepted"


def test_a_name_of_a_child_stays_on_the_phone(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    open_budget(page, server, new_letter(1))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    hook(page, "child-rename").click()
    hook(page, "child-name").fill("Noor")
    hook(page, "child-name-save").click()
    expect(hook(page, "child")).to_contain_text("Noor")
    page.reload()
    expect(hook(page, "child")).to_contain_text("Noor")
    assert not [one for one in sent if "Noor" in one]


def test_the_screens_follow_the_chosen_language(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/ouder/")
    hook(page, "language").select_option("en")
    expect(page.locator("h1")).to_have_text("Welcome to Kindpakket.")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.locator("h1")).to_have_text("Welcome to Kindpakket.")
