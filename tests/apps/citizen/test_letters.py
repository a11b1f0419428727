# SPDX-License-Identifier: EUPL-1.2
"""A letter on the parent's phone, in a real browser against a real server: typed, refused, kept until it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from kindpakket.demo.people import Phone
from tests.end_to_end.server import Server
from tests.support import Town

from .phone import hook, open_budget, type_letter

UNKNOWN_LETTER = "0000-0000-0000-0000-0"


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


def test_a_voucher_that_was_left_in_its_letter_because_it_is_blocked_is_told_until_it_is_here(
    page: Page, server: Server, new_letter: Callable[[int], dict[str, Any]]
) -> None:
    letter = new_letter(2)

    def leave_one(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        route.fulfill(response=answer, json=found | {"blocked": [99_999]})

    page.route("**/api/v1/activations", leave_one)
    type_letter(page, server, letter["code"])
    hook(page, "pin-skip").click()
    expect(hook(page, "left-blocked")).to_contain_text("14 0594")
    page.reload()
    expect(hook(page, "left-blocked")).to_contain_text("Open dan uw brief nog een keer")


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


def test_the_screens_follow_the_chosen_language(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/ouder/")
    hook(page, "language").select_option("en")
    expect(page.locator("h1")).to_have_text("Welcome to Kindpakket.")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.locator("h1")).to_have_text("Welcome to Kindpakket.")
