# SPDX-License-Identifier: EUPL-1.2
"""Passkeys in a real browser with a virtual device: from the invitation to signing in without a code.

Given a colleague who opens the link of an invitation
  when they add a passkey and sign out: the passkey alone signs them in, twice, and counts on
  when their finger is not theirs: nothing is sent, and the page says so
  when they remove it: the browser still has it, and the server refuses it
Given a browser without passkeys
  the pages offer none, and say why
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.end_to_end.browsers import CHROMIUM_ARGUMENTS, find_chromium, watch_console
from tests.end_to_end.server import Server, serving

DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("passkeys") / "data") as server:
        yield server


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def invite(browser: Browser, server: Server, name: str) -> str:
    """Let an administrator invite somebody; return the link."""
    page = browser.new_page(locale="nl-NL")
    page.goto(server.new_sign_in_link())
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    page.wait_for_url("**/gemeente/")
    page.goto(f"{server.url}/gemeente/medewerkers")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Controleur").check()
    page.get_by_role("button", name="Nodig uit").click()
    link = page.get_by_label("Aanmeldlink").input_value()
    page.context.close()
    return link


def give_device(page: Page) -> tuple[CDPSession, str]:
    """Give a browser a device that makes passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, str(device["authenticatorId"])


def sign_out(page: Page) -> None:
    """Sign out, which leads to the page for signing in."""
    page.get_by_role("button", name="Afmelden").click()
    page.wait_for_url("**/gemeente/aanmelden")


def test_from_the_invitation_to_signing_in_without_a_code(browser: Browser, server: Server) -> None:
    link = invite(browser, server, "Noor")
    complaints: list[str] = []
    page = browser.new_page(locale="nl-NL")
    watch_console(page, complaints)
    session, device = give_device(page)
    page.goto(link)
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    expect(page.locator("h1")).to_have_text("Mijn aanmelding")
    page.get_by_label("Naam, bijvoorbeeld van dit apparaat").fill("Laptop")
    page.get_by_role("button", name="Maak een passkey").click()
    expect(page.locator("main")).to_contain_text("De passkey is gemaakt.")
    (made,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert made["rpId"] == "localhost" and made["isResidentCredential"]

    counts = []
    for _ in range(2):
        sign_out(page)
        page.get_by_role("button", name="Gebruik een passkey").click()
        expect(page.locator("h1")).to_have_text("Overzicht")
        expect(page.locator("header")).to_contain_text("Noor")
        (known,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        counts.append(known["signCount"])
    assert made["signCount"] < counts[0] < counts[1]

    sign_out(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Gebruik een passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Het lukte niet met de passkey.")
    expect(page).to_have_url(f"{server.url}/gemeente/aanmelden")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Gebruik een passkey").click()
    expect(page.locator("h1")).to_have_text("Overzicht")

    page.get_by_role("link", name="Mijn aanmelding").click()
    page.get_by_role("button", name="Maak een passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("summary").click()
    page.get_by_role("button", name="Ja, haal Laptop weg").click()
    expect(page.locator("main")).to_contain_text("De passkey is weg.")
    assert complaints == []
    sign_out(page)
    page.get_by_role("button", name="Gebruik een passkey").click()
    expect(page.locator("h1")).to_have_text("Aanmelden met deze passkey lukt niet")


def test_a_browser_without_passkeys_is_offered_none(browser: Browser, server: Server) -> None:
    page = browser.new_page(locale="nl-NL")
    page.add_init_script("delete globalThis.PublicKeyCredential")
    page.goto(server.new_sign_in_link())
    expect(page.get_by_role("button", name="Gebruik een passkey")).to_be_hidden()
    page.get_by_role("button", name="Aanmelden", exact=True).click()
    expect(page.locator("h1")).to_have_text("Overzicht")
    page.goto(f"{server.url}/gemeente/mijn-aanmelding")
    expect(page.get_by_role("button", name="Maak een passkey")).to_be_hidden()
    expect(page.locator("main")).to_contain_text("Uw browser kan geen passkey maken.")
