# SPDX-License-Identifier: EUPL-1.2
"""A programme from its first form to its closing statement, in a real browser, with JavaScript and without.

Given a browser with JavaScript, and one without
  when a programme is opened, its button pressed twice, and copied: there are two, and the second is a year later
  when a programme is over and the pause too: it is swept and withdrawn, and its statement adds up
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from kindpakket.chain.tester import TesterChain
from kindpakket.closing import closing_of, steps
from kindpakket.demo.people import expiry
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.conftest import HOUSEHOLDS
from tests.serving import served_here
from tests.support import InProcess, Town, found_town, new_sign_in_code
from tests.walks.audits import find_violations, find_wide, prepare
from tests.walks.looks import LOOKS, look_at

from .browsers import CHROMIUM_ARGUMENTS, PATIENCE_MS, find_chromium

PAGES = "/gemeente/regelingen"
BICYCLES = 3


@pytest.fixture
def town(services: Services, new_client: Callable[[], InProcess], desk: InProcess) -> Town:
    """A running programme with two shops and six vouchers, in this process."""
    today = day_of(services.now())
    return found_town(
        new_client,
        desk,
        starts_on=f"{today - timedelta(days=10)}",
        ends_on=f"{today + timedelta(days=30)}",
        households=HOUSEHOLDS,
    )


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """The installation, served from this process."""
    with served_here(services) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs any."""
    return bool(request.param)


@pytest.fixture
def page(playwright: Playwright, javascript: bool) -> Iterator[Page]:
    """A browser of the municipality."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*CHROMIUM_ARGUMENTS])
    context = browser.new_context(
        java_script_enabled=javascript, locale="nl-NL", timezone_id="Europe/Amsterdam"
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    browser.close()


def sign_in(page: Page, services: Services, address: str) -> None:
    page.goto(f"{address}/gemeente/aanmelden")
    page.locator('input[name="code"]').fill(new_sign_in_code(services, name="Anna"))
    page.locator("main form:has(#code) button").click()
    expect(page.locator(".console-header__person")).to_be_visible()


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def test_a_programme_is_opened_once_and_copied(
    services: Services, page: Page, address: str, tmp_path: Path
) -> None:
    today = day_of(services.now())
    policy = tmp_path / "regeling.md"
    policy.write_bytes(b"# Zwemmen\r\n\r\nElk kind leert zwemmen.\r\n")
    sign_in(page, services, address)
    page.goto(f"{address}{PAGES}")
    press(page, f'main a[href="{PAGES}/nieuw"]')
    page.locator("#name").fill(f"Zwemlessen {today.year}")
    page.locator("#starts_on").fill(f"{today}")
    page.locator("#ends_on").fill(f"{today + timedelta(days=20)}")
    page.get_by_label("Sport").check()
    page.locator("#maximum").fill("37,45")
    page.locator("#file").set_input_files(policy)
    press(page, f'form[action="{PAGES}/nieuw"] button')
    expect(page.locator("h1")).to_have_text("Klopt deze regeling?")
    page.locator(f'form[action="{PAGES}/nieuw/bevestigen"] button').first.dblclick()
    expect(page.locator("h1")).to_have_text(f"Zwemlessen {today.year}")
    expect(page.locator("main")).to_contain_text("Geld storten: nog te doen")
    assert services.fund.programme_count() == 1
    page.locator("#amount").fill("1250,50")
    page.locator("#reference").fill("besluit 8")
    press(page, 'form[action$="/storten"] button')
    expect(page.locator("main")).to_contain_text("Geld storten: klaar")

    page.locator('main a[href*="?kopie=1"]').click()
    expect(page.locator("#name")).to_have_value(f"Zwemlessen {today.year + 1}")
    press(page, f'form[action="{PAGES}/nieuw"] button')
    press(page, f'form[action="{PAGES}/nieuw/bevestigen"] button')
    expect(page.locator("h1")).to_have_text(f"Zwemlessen {today.year + 1}")
    first, second = services.fund.programme(1), services.fund.programme(2)
    assert day_of(second.starts_at) == day_of(first.starts_at).replace(year=today.year + 1)
    press(page, 'main a[href="/regelingen/2"]')
    expect(page.locator("main")).to_contain_text("De regeling begint nog.")
    expect(page.locator("main")).to_contain_text("Elk kind leert zwemmen.")


def test_a_programme_is_closed(
    services: Services,
    chain: TesterChain,
    town: Town,
    page: Page,
    javascript: bool,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps, "VOUCHERS_PER_CALL", 2)
    monkeypatch.setattr(steps, "CALLS_AT_ONCE", 2)
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=30_000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=3745, category=BICYCLES)
    closing_page = f"{address}{PAGES}/{town.programme}/afsluiten"
    sign_in(page, services, address)
    page.goto(closing_page)
    expect(page.locator("main form")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Gezinnen kunnen nog betalen")

    chain.travel_to(closing_of(services, programme=town.programme).possible_at)
    sign_in(page, services, address)
    page.goto(closing_page)
    expect(page.locator("main")).to_contain_text("0 van 6 tegoeden zijn leeg.")
    for done in ("4 van 6", "6 van 6"):
        press(page, 'form[action$="/leegmaken"] button')
        expect(page.locator("main")).to_contain_text(f"{done} tegoeden zijn leeg.")
    if javascript:
        # The demo of the walks cannot wait for the end of its programme: this page is looked at here.
        prepare(page)
        for look in LOOKS:
            with look_at(page, look):
                assert [*find_violations(page), *find_wide(page)] == [], look
    page.locator("#reference").fill("terug 1")
    press(page, 'form[action$="/rest"] button')
    expect(page.locator("main")).to_contain_text("Er is niets meer over in de pot.")
    press(page, 'main a[href$="/verantwoording"]')
    expect(page.locator("main")).to_contain_text("Alles klopt op de cent.")
    expect(page.locator("main")).to_contain_text("Fietsen Jansen")
    with page.expect_download() as download:
        page.locator("main a[download]").click()
    assert download.value.suggested_filename == f"verantwoording-{town.programme}.pdf"
