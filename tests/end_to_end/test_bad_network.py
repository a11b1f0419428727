# SPDX-License-Identifier: EUPL-1.2
"""A slow network that loses answers: nothing is paid twice, nothing is lost, and both sides end with the truth.

given a line on which each question takes a second, and every other answer to a payment or its news is lost
├── when a letter is opened → the budget is there, once
├── when a family pays three times → each is green in the end, and paid once
└── then till and phone show all three, and what is left
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from tests.support import Town

from .browsers import send_away
from .conftest import Browsers
from .families import show_code, type_letter
from .passing_on import Passing, passing_on
from .server import Server
from .test_journey import pair, press, type_code

LOSABLE = (
    "/api/v1/activations",
    "/api/v1/redemptions/",
    "/api/v1/budgets/me/payments",
    "/api/v1/budgets/me/events",
)
PAYMENTS = ("1250", "300", "4999")


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.fixture
def front(served: Server) -> Iterator[Passing]:
    """The bad line to the server."""
    asked: Counter[str] = Counter()

    def drops(method: str, path: str) -> bool:
        if not path.startswith(LOSABLE):
            return False
        asked[f"{method} {path}"] += 1
        # The first answer is lost, the second comes.
        return asked[f"{method} {path}"] % 2 == 1

    with passing_on(served.url) as front:
        front.drops = drops
        yield front


@pytest.mark.parametrize("locale", ["nl-NL", "en-GB"])
def test_on_a_slow_line_that_loses_answers_each_payment_is_booked_once(
    front: Passing, large_town: Town, browsers: Browsers, letter: dict[str, Any], locale: str
) -> None:
    phone = browsers.open("phone", locale=locale)
    till = browsers.open("till", width=800, height=900, locale=locale)
    path = f"/programmes/{large_town.programme}/report"
    redeemed_before = large_town.desk.ask("GET", path)["redeemedCents"]
    pair(till, front, large_town, large_town.shops[0])
    phone.goto(f"{front.url}/ouder/")
    front.wait_seconds = 1.0
    type_letter(phone, letter["code"])
    # The answer was lost: the phone says that it waits, asks again by itself, and opens the budget.
    expect(phone.get_by_test_id("letter-waiting")).to_be_visible()
    expect(phone.get_by_test_id("child")).to_have_count(2)

    for keys in PAYMENTS:
        phone.goto(f"{front.url}/ouder/#/")
        type_code(till, show_code(phone))
        press(till, keys)
        # Green at once, or the truth when it was asked again: paid already, with this very code.
        paid = re.compile("^(accepted|already_redeemed)$")
        expect(till.get_by_test_id("result")).to_have_attribute("data-reason", paid)
        send_away(till)
        expect(phone.get_by_test_id("payment-done")).to_be_visible()

    assert large_town.desk.ask("GET", path)["redeemedCents"] == redeemed_before + sum(map(int, PAYMENTS))
    till.get_by_test_id("open-today").click()
    expect(till.get_by_test_id("today-item").first).to_contain_text(re.compile("49[,.]99"))
    phone.goto(f"{front.url}/ouder/#/")
    expect(phone.get_by_test_id("history-item")).to_have_count(3)
    expect(phone.get_by_test_id("budget-total")).to_contain_text(re.compile("534[,.]51"))
