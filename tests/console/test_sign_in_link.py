# SPDX-License-Identifier: EUPL-1.2
"""The sign-in link in a real browser: its code is in nothing that is sent, kept or shown but the form itself."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.end_to_end.browsers import CHROMIUM_ARGUMENTS, find_chromium, watch_console
from tests.end_to_end.server import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("link") / "data") as server:
        yield server


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    """A page; in the end its console may not have complained."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(locale="nl-NL")
        watch_console(page, complaints)
        yield page
        browser.close()
    assert complaints == []


def test_the_code_is_never_sent_in_an_address_and_does_not_stay_in_it(page: Page, server: Server) -> None:
    link = server.new_sign_in_link()
    code = link.partition("#code=")[2]
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(link)
    expect(page.locator("#code")).to_have_value(code)
    expect(page.locator("#code")).to_be_hidden()
    expect(page).to_have_url(f"{server.url}/gemeente/aanmelden")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/gemeente/aanmelden?taal=en")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/gemeente/")
    expect(page.locator("h1")).to_have_text("Overview")
    assert not [address for address in addresses if code in address]


def test_a_link_opened_on_the_page_that_is_open_already_counts_too(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/gemeente/aanmelden")
    expect(page.get_by_label("Aanmeldlink of code")).to_be_visible()
    page.goto(server.new_sign_in_link())
    expect(page.get_by_label("Aanmeldlink of code")).to_be_hidden()
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.locator("h1")).to_have_text("Overzicht")


def test_the_link_can_be_pasted(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/gemeente/aanmelden")
    page.get_by_label("Aanmeldlink of code").fill(server.new_sign_in_link())
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.locator("h1")).to_have_text("Overzicht")


def test_a_real_server_answers_head_without_a_page(server: Server) -> None:
    connection = HTTPConnection("127.0.0.1", server.port)
    # The second answer is read from the same connection: a body after the first would be taken for it.
    for _ in range(2):
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read() == b""
    connection.close()
