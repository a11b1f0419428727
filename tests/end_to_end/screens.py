# SPDX-License-Identifier: EUPL-1.2
"""Take the pictures in docs/screens of a really running demo: `scripts/screens`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from kindpakket.main import ROOT

from .camera import film
from .conftest import Browsers
from .server import Server

FOLDER = ROOT / "docs" / "screens"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


def main() -> None:
    """Walk one payment through all three kinds of screens."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browsers = Browsers(playwright, Path(folder))
        server = Server(Path(folder) / "data", command="demo")
        server.start()
        try:
            _walk(browsers, server, Path(folder))
        finally:
            for context in browsers.contexts:
                context.close()
            server.end()
    if browsers.complaints:
        sys.exit("\n".join(browsers.complaints))


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/screens/{name}.png", file=sys.stderr)


def _walk(browsers: Browsers, server: Server, folder: Path) -> None:
    printed = server.wait_for_line(r"Municipality\s+(\S+)")
    letter = re.search(r"letter code (\S+)", server.log())
    pairing = re.search(r"pairing code (\S+) for", server.log())
    assert letter is not None
    assert pairing is not None

    parent = browsers.open("parent", **PHONE)
    parent.goto(f"{server.url}/ouder/")
    _take(parent, "parent-start")
    parent.get_by_test_id("letter-type").click()
    parent.get_by_test_id("letter-code").fill(letter[1])
    _take(parent, "parent-letter")
    parent.get_by_test_id("letter-submit").click()
    parent.get_by_test_id("pin-skip").wait_for()
    _take(parent, "parent-pin")
    parent.get_by_test_id("pin-skip").click()
    parent.get_by_test_id("budget-total").wait_for()
    _take(parent, "parent-budget")
    parent.get_by_test_id("shops").click()
    parent.get_by_test_id("shop-search").wait_for()
    _take(parent, "parent-shops")
    parent.go_back()
    parent.get_by_test_id("show-code").click()
    if parent.get_by_test_id("choose-child").count():
        _take(parent, "parent-choose")
        parent.get_by_test_id("choose-child").first.click()
    parent.get_by_test_id("ticket-qr").wait_for()
    _take(parent, "parent-code")
    picture = parent.get_by_test_id("ticket-qr").screenshot()

    till = browsers.open("till", film=film(picture, folder / "code.y4m"), **PHONE)
    till.goto(f"{server.url}/winkel/")
    _take(till, "shop-pair")
    till.get_by_test_id("pair-code").fill(pairing[1])
    till.get_by_test_id("pair-submit").click()
    till.get_by_test_id("amount-display").wait_for()
    for key in "3745":
        till.get_by_test_id(f"key-{key}").click()
    _take(till, "shop-amount")
    till.get_by_test_id("amount-submit").click()
    till.get_by_test_id("result").wait_for()
    _take(till, "shop-paid")
    parent.get_by_test_id("payment-done").wait_for()
    _take(parent, "parent-paid")
    till.keyboard.press("Escape")
    till.get_by_test_id("amount-display").wait_for()
    till.get_by_test_id("key-9").click()
    till.get_by_test_id("amount-submit").click()
    till.get_by_test_id("result").wait_for()
    _take(till, "shop-refused")
    browsers.close(till)
    till = browsers.open("till", **PHONE)
    till.goto(f"{server.url}/winkel/")
    till.get_by_test_id("open-today").wait_for()
    _take(till, "shop-scan")
    till.get_by_test_id("open-today").click()
    till.get_by_test_id("today-item").first.wait_for()
    _take(till, "shop-today")
    parent.get_by_test_id("payment-close").click()
    parent.goto(f"{server.url}/ouder/#/betalingen")
    parent.get_by_test_id("history-item").first.wait_for()
    _take(parent, "parent-payments")

    desk = browsers.open("desk", **DESK)
    desk.goto(f"{server.url}/")
    _take(desk, "start")
    desk.goto(printed)
    _take(desk, "municipality-sign-in")
    desk.get_by_role("button", name="Aanmelden").click()
    desk.wait_for_url("**/gemeente/")
    _take(desk, "municipality-overview")
    for path, name in (("winkels", "shops"), ("winkels/1", "shop"), ("tegoeden", "vouchers")):
        desk.goto(f"{server.url}/gemeente/{path}")
        _take(desk, f"municipality-{name}")


if __name__ == "__main__":
    main()
