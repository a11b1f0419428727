# SPDX-License-Identifier: EUPL-1.2
"""From the overview down to the event on the chain, in a real browser.

Given a payment of which something was brought back
  when its figure is clicked on the overview, the shop's line, and the payment: the page shows the event, the
    transaction and that books and chain agree; the sums on the way are the figures that were clicked
  the same period is downloaded for bookkeeping, and has that payment
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from kindpakket.demo.people import expiry
from tests.support import Town

from .conftest import Browsers
from .server import Server

BICYCLES = 3
NBSP = "\u00a0"


def test_a_figure_is_followed_from_the_overview_to_its_event(
    served: Server, town: Town, browsers: Browsers
) -> None:
    till = town.new_till(town.shops[0])
    phone = town.new_phone()
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5_000, expires_at=expiry(town.now()))
    paid = till.redeem(shown, amount_cents=4_321, category=BICYCLES)["redemption"]
    till.refund(paid["redemptionId"], amount_cents=1_000, remaining_cents=4_321)
    desk = browsers.open("desk")
    desk.goto(served.new_sign_in_link())
    desk.get_by_role("button").last.click()
    desk.wait_for_url("**/gemeente/")

    spent = desk.locator(".console-figure--spent a")
    expect(spent).to_have_text(f"€{NBSP}33,21")
    spent.click()
    expect(desk.locator("h1")).to_have_text("Betalingen en terugboekingen")
    expect(desk.locator("dl.console-figures")).to_contain_text(f"€{NBSP}33,21")
    desk.go_back()
    desk.locator("#winkels-tabel").locator("xpath=ancestor::table").get_by_role("link").click()
    expect(desk.locator("dl.console-figures")).to_contain_text(f"€{NBSP}33,21")
    expect(desk.locator("#winkel option:checked")).to_have_text("Fietsen Jansen")

    desk.get_by_role("link", name=re.compile("^Betaling [0-9]+-[0-9]+$")).click()
    expect(desk.locator("h1")).to_have_text(f"Betaling van €{NBSP}43,21")
    expect(desk.locator(".kp-notice--good")).to_be_visible()
    main = desk.locator("main")
    expect(main).to_contain_text(paid["redemptionId"])
    expect(main).to_contain_text(f"€{NBSP}10,00 van €{NBSP}43,21")
    expect(main.locator("h2")).to_have_text(
        ["In het register: betaald", "In het register: teruggeboekt", "Het bewijs"]
    )
    expect(main.locator("code").first).to_have_text(re.compile("^0x[0-9a-f]{64}$"))

    desk.goto(f"{served.url}/gemeente/boekhouding")
    desk.locator("#bestand-csv").check()
    with desk.expect_download() as started:
        desk.locator("main button").click()
    content = started.value.path().read_text("utf-8-sig")
    assert paid["redemptionId"] in content
    assert "43,21" in content and "10,00" in content
    assert browsers.complaints == []
