# SPDX-License-Identifier: EUPL-1.2
"""The journey in WebKit, as an iPhone and an iPad have it: the same screens, another engine.

given a phone and a till in WebKit
├── when a letter is opened, and its code filmed by the till's camera → green, and the phone shows it by itself
├── when the payment is checked on the phone → it is proven
├── when the shop gives a part back → both sides show it
├── when the server is away → the phone still shows codes; the till keeps the payment and tells the truth afterwards
└── when another phone comes with letter and PIN → it has the budget and pays, and the first is refused
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import Town

from .families import PIN
from .server import Server
from .webkit import CAMERA, Safari, plain, unseen_screen

# Selenium's own class for WebKit still calls itself in a way that Selenium will drop.
pytestmark = pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")

BICYCLES_SHOP = 0


@pytest.fixture
def open_safari() -> Iterator[Callable[..., Safari]]:
    """Opens browsers, and closes them after the test."""
    opened: list[Safari] = []
    with unseen_screen() as screen:

        def open_one(**size: int) -> Safari:
            opened.append(Safari(screen, **size))
            return opened[-1]

        yield open_one
        for safari in opened:
            safari.close()


@pytest.fixture
def phone(served: Server, open_safari: Callable[..., Safari], letter: dict[str, Any]) -> Safari:
    """A phone that opened a letter for two children, with a PIN."""
    phone = open_safari()
    phone.open(f"{served.url}/ouder/")
    type_letter(phone, letter)
    phone.fill("pin", PIN)
    phone.fill("pin-again", PIN)
    phone.click("pin-submit")
    phone.click("pin-close")
    phone.sees("budget-total", "600,00")
    return phone


@pytest.fixture
def ipad(served: Server, large_town: Town, open_safari: Callable[..., Safari]) -> Safari:
    """A till of a shop, paired by its owner, on a tablet."""
    till = open_safari(width=820, height=1100)
    till.open(f"{served.url}/winkel/")
    code = large_town.pairing_code(large_town.shops[BICYCLES_SHOP])
    till.fill("pair-code", code)
    till.click("pair-submit")
    till.one("type-code")
    return till


def type_letter(phone: Safari, letter: dict[str, Any]) -> None:
    """Type the code of a letter where it is asked for."""
    phone.click("letter-type")
    phone.fill("letter-code", letter["code"])
    phone.click("letter-submit")


def show_code(phone: Safari, *, child: int = 0) -> str:
    """Show a code for a child, and read it as text."""
    phone.click("show-code")
    phone.click("choose-child", place=child)
    phone.one("ticket-qr")
    phone.click("ticket-as-text")
    return phone.one("ticket-text").text.strip()


def type_code(till: Safari, code: str) -> None:
    """Give the till a code by hand."""
    till.click("type-code")
    till.fill("code-input", code)
    till.click("code-submit")


def press(till: Safari, keys: str) -> None:
    """Press the large keys, and ask for the payment."""
    for key in keys:
        till.click(f"key-{key}")
    till.click("amount-submit")


def expect_result(till: Safari, reason: str, sentence: str) -> None:
    """Look at the full-screen result, and send it away."""
    assert till.attribute("result", "data-reason") == reason
    till.sees("result-sentence", sentence)
    till.click("result-done")
    till.wait(lambda: not till.all("result"), "the end of the result")


def test_a_code_is_filmed_paid_shown_checked_and_partly_given_back(
    served: Server, large_town: Town, phone: Safari, open_safari: Callable[..., Safari]
) -> None:
    phone.click("show-code")
    phone.click("choose-child")
    phone.one("ticket-qr")
    phone.run("scrollTo(0, 0)")
    picture = phone.driver.get_screenshot_as_base64()

    till = open_safari(width=820, height=1100)
    till.open(f"{served.url}/winkel/")
    till.run(CAMERA, picture)
    code = large_town.pairing_code(large_town.shops[BICYCLES_SHOP])
    till.fill("pair-code", code)
    till.click("pair-submit")
    till.sees("amount-max", "50")
    press(till, "3745")
    expect_result(till, "accepted", "37,45")

    phone.sees("payment-done", "Betaald: € 37,45")
    phone.sees("payment-done", "Nog over: € 262,55")
    phone.open(f"{served.url}/ouder/#/betalingen")
    phone.click("history-item")
    phone.click("check-payment")
    phone.one("check-good")

    till.open(f"{served.url}/winkel/")
    till.click("open-today")
    till.sees("today-total", "37,45")
    till.click("today-item")
    till.click("refund")
    till.run("document.querySelector('[data-test=\"reason-mistake\"]').click()")
    till.click("refund-submit")
    assert till.attribute("result", "data-reason") == "refunded"
    phone.open(f"{served.url}/ouder/#/")
    phone.sees("budget-total", "600,00")


def test_with_the_server_away_codes_are_shown_and_a_payment_waits_for_its_truth(
    served: Server, large_town: Town, phone: Safari, ipad: Safari
) -> None:
    # The worker that serves the app without network is there once it took over.
    ready = "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true));"
    phone.driver.execute_async_script(ready)
    ipad.driver.execute_async_script(ready)
    phone.driver.refresh()
    phone.sees("budget-total", "600,00")
    served.kill()
    try:
        phone.driver.refresh()
        phone.sees("budget-total", "600,00")
        type_code(ipad, show_code(phone))
        press(ipad, "1250")
        assert ipad.attribute("result", "data-colour") == "orange"
        ipad.sees("result-sentence", "Niet opnieuw scannen")
    finally:
        served.start()
    ipad.wait(lambda: ipad.one("result").get_attribute("data-reason") == "accepted", "the truth")
    assert "12,50" in plain(ipad.one("result").text)
    phone.sees("payment-done", "Betaald: € 12,50")


def test_another_phone_comes_with_letter_and_pin(
    served: Server,
    phone: Safari,
    ipad: Safari,
    open_safari: Callable[..., Safari],
    letter: dict[str, Any],
) -> None:
    former = show_code(phone)
    other = open_safari()
    other.open(f"{served.url}/ouder/#/terug")
    type_letter(other, letter)
    other.fill("pin", PIN)
    other.click("pin-submit")
    other.one("restore-done")
    other.click("restore-close")
    other.sees("budget-total", "600,00")
    type_code(ipad, former)
    press(ipad, "100")
    assert ipad.attribute("result", "data-colour") == "red"
    ipad.open(f"{served.url}/winkel/")
    type_code(ipad, show_code(other))
    press(ipad, "100")
    expect_result(ipad, "accepted", "1,00")
    assert phone.attribute("gone", "data-because") == "moved"
