# SPDX-License-Identifier: EUPL-1.2
"""A budget moves to another phone, in real browsers: by scanning, with a lost connection, with a rival, never in clear.

given a phone with a budget
├── when the second phone scans the first one's screen → it has the budget; the first is refused and says why
├── when the code on the screen is older than two minutes → it is gone, and refused
├── when the connection is lost at any step of a move → it goes on by itself, and every voucher pays
├── when two phones move at once → both end in good order, every voucher is on one of them
└── whatever it does → neither seed nor PIN nor letter is in anything that a browser sends or keeps in clear
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from .camera import film
from .conftest import Browsers
from .families import PIN, SEED, open_budget, pay, restore, type_letter, watch_requests
from .server import Server
from .test_journey import expect_result, press, type_code


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


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
    second.get_by_test_id("take-over").click()
    expect(second.get_by_test_id("restore-done")).to_be_visible()
    second.get_by_test_id("restore-close").click()
    expect(second.get_by_test_id("budget-total")).to_contain_text("600,00")
    expect(second.get_by_test_id("pin-hint")).to_be_visible()
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved")
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
        expect(second.get_by_test_id("restore-done")).to_be_visible()
    else:
        expect(second.get_by_test_id("move-waiting")).to_be_visible()
    browsers.close(second)

    second = browsers.open("second")
    second.goto(f"{served.url}/ouder/")
    expect(second.get_by_test_id("restore-close").or_(second.get_by_test_id("budget-total"))).to_be_visible()
    second.goto(f"{served.url}/ouder/#/")
    expect(second.get_by_test_id("budget-total")).to_contain_text("600,00")
    for child in (0, 1):
        pay(till, second, served, child=child)
    expect(first.get_by_test_id("gone")).to_have_attribute("data-because", "moved")

    # And letter and PIN open the new phone's seed: its backup was sent when there was a connection again.
    second.goto(f"{served.url}/ouder/#/")
    expect(second.get_by_test_id("pin-hint")).to_have_count(0)
    first.get_by_test_id("gone-restore").click()
    restore(first, letter)
    expect(first.get_by_test_id("restore-done")).to_be_visible()


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
    # Neither is looked at before both have ended: until then, the one may still lose to the other what it has.
    for rival in rivals:
        ended = [rival.get_by_test_id(name) for name in ("restore-done", "restore-elsewhere", "pin-fault")]
        expect(ended[0].or_(ended[1]).or_(ended[2])).to_be_visible()
    held = 0
    for rival in rivals:
        if rival.get_by_test_id("pin-fault").count():
            expect(rival.get_by_test_id("pin-fault")).to_contain_text(
                re.compile("andere telefoon|geen pincode")
            )
            continue
        rival.get_by_test_id("restore-close").click()
        child, gone = rival.get_by_test_id("child"), rival.get_by_test_id("gone")
        expect(child.or_(gone).first).to_be_visible()
        children = child.count()
        held += children
        for place in range(children):
            rival.goto(f"{served.url}/ouder/#/")
            rival.get_by_test_id("show-code").click()
            if children > 1:
                rival.get_by_test_id("choose-child").nth(place).click()
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
    expect(second.get_by_test_id("restore-done")).to_be_visible()
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
