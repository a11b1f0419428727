# SPDX-License-Identifier: EUPL-1.2
"""Signing in at a provider in a real browser, with its rules for cookies that come from another site.

given who was invited, with and without JavaScript
├── when they tie their work account → they come back signed in
├── when they sign out and in with it → they are in, and a press on a button is needed only without JavaScript
└── then the answer of the provider does not stay in the address
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.end_to_end.browsers import CHROMIUM_ARGUMENTS, find_chromium, watch_console
from tests.end_to_end.server import Server

from .provider import running_provider


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose staff sign in at a real provider."""
    server = Server(tmp_path_factory.mktemp("provider") / "data")
    with running_provider() as provider, pytest.MonkeyPatch.context() as environment:
        environment.setenv("KINDPAKKET_OIDC_ISSUER", provider)
        environment.setenv("KINDPAKKET_OIDC_CLIENT_ID", "kindpakket")
        environment.setenv("KINDPAKKET_OIDC_CLIENT_SECRET", "a secret of ours")
        server.start()
        yield server
        server.end()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page; in the end its console may not have complained."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(locale="nl-NL", java_script_enabled=request.param)
        watch_console(page, complaints)
        yield page
        browser.close()
    assert complaints == []


def sign_in_there(page: Page, subject: str, *, scripted: bool) -> None:
    """Sign in at the provider, which sends the browser back."""
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    if not scripted:
        page.get_by_role("button", name="Ga verder").click()


def test_who_was_invited_ties_their_work_account_and_signs_in_with_it(
    page: Page, server: Server, request: pytest.FixtureRequest
) -> None:
    scripted = request.node.callspec.params["page"]
    name = "Bram" if scripted else "Carla"
    link = server.new_sign_in_link(name)
    if scripted:
        page.goto(link)
    else:
        page.goto(f"{server.url}/gemeente/aanmelden")
        page.get_by_label("Aanmeldlink of code").fill(link)
    page.get_by_role("button", name="Aanmelden").click()
    page.get_by_role("link", name="Mijn aanmelding").click()
    page.get_by_role("link", name="Koppel uw werkaccount").click()
    sign_in_there(page, f"{name}@example.test", scripted=scripted)
    expect(page.get_by_text("Uw werkaccount is gekoppeld.")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/gemeente/mijn-aanmelding?gedaan=werkaccount")

    page.get_by_role("button", name="Afmelden").click()
    page.get_by_role("link", name="Aanmelden met uw werkaccount").click()
    sign_in_there(page, f"{name}@example.test", scripted=scripted)
    expect(page.locator("h1")).to_have_text("Overzicht")
    expect(page.get_by_text(name, exact=True)).to_be_visible()
    expect(page).to_have_url(f"{server.url}/gemeente/")
