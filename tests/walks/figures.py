# SPDX-License-Identifier: EUPL-1.2
"""A walk past the figures of a year: from the overview down to one payment, the reports, the books, the open data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from playwright.sync_api import expect

from tests.demo.years import wait_until_played, year_server

from .municipality import press_sign_in
from .stage import DESK, Seen, Stage, walk


@walk
def municipality_reads_a_year(stage: Stage) -> Iterator[Seen]:
    """Somebody who answers for the money reads a year, on a demo of its own that played one."""
    server = year_server(stage.folder / "year" / "data")
    (stage.folder / "year").mkdir(parents=True, exist_ok=True)
    try:
        server.start()
        wait_until_played(server, times=1)
        yield from _read(replace(stage, server=server))
    finally:
        server.end()


def _read(stage: Stage) -> Iterator[Seen]:
    page = stage.open("municipality-figures", size=DESK)
    page.goto(stage.server.new_sign_in_link())
    press_sign_in(page)
    yield Seen("municipality-overview-year", page)
    page.locator(".console-figure--spent a").click()
    page.wait_for_url("**/gemeente/betalingen?**")
    expect(page.locator("#regels")).to_be_visible()
    yield Seen("municipality-payments", page)
    page.goto(f"{stage.url}/gemeente/betalingen?van=2026-02-01")
    expect(page.locator("#fault")).to_be_visible()
    yield Seen("municipality-payments-wrong-days", page, picture=False)
    page.goto(f"{stage.url}/gemeente/betalingen")
    page.locator("#regels").wait_for()
    page.locator("main tbody tr", has=page.locator("td:last-child:not(:empty)")).first.locator("a").click()
    page.wait_for_url("**/gemeente/betalingen/*-*")
    yield Seen("municipality-payment", page)
    page.goto(f"{stage.url}/gemeente/uitbetalingen/3")
    page.locator('main a[href*="uitbetaling="]').first.click()
    page.wait_for_url("**/gemeente/betalingen?uitbetaling=*")
    yield Seen("municipality-payments-of-payout", page)
    page.goto(f"{stage.url}/gemeente/cijfers")
    expect(page.locator(".console-weeks").first).to_be_visible()
    yield Seen("municipality-figures", page)
    page.locator("main summary").click()
    yield Seen("municipality-figures-table", page, picture=False)
    page.goto(f"{stage.url}/gemeente/boekhouding")
    yield Seen("municipality-bookkeeping", page)
    page.goto(f"{stage.url}/open-data")
    yield Seen("public-open-data", page)
    stage.close(page)
