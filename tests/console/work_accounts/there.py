# SPDX-License-Identifier: EUPL-1.2
"""There and back: a browser that goes to the provider, signs in there, and comes back to us."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from pydantic import SecretStr

from kindpakket.services import Services
from tests.console.browser import Browser
from tests.console.test_members import another_browser

from .provider import Provider

GO = "/gemeente/aanmelden/werkaccount"
TIE = "/gemeente/mijn-aanmelding/werkaccount"
FINISH = f"{GO}/afronden"
REFUSED = "Aanmelden met dit werkaccount lukt niet"


def use(services: Services, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Set a provider."""
    monkeypatch.setattr(services.settings, "oidc_issuer", url)
    monkeypatch.setattr(services.settings, "oidc_client_id", "kindpakket")
    monkeypatch.setattr(services.settings, "oidc_client_secret", SecretStr("a secret of ours"))


def leave(browser: Browser, address: str = GO) -> str:
    """Go to the provider; return its address with the question."""
    answer = browser.client.get(address, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sign_in_there(address: str, subject: str = "anna@example.test") -> dict[str, str]:
    """Sign in at the provider, and return with what it sends the browser back."""
    provider = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}"
    requests.put(f"{provider}/users/{quote(subject)}", json={}, timeout=10).raise_for_status()
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["location"])
    assert back.path == "/gemeente/aanmelden/werkaccount/terug"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def come_back(browser: Browser, answer: dict[str, str]) -> None:
    """Come back to us with an answer, and go on."""
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in answer.items())
    browser.open(f"{GO}/terug?{query}")
    browser.submit(FINISH)


def tie(browser: Browser, subject: str = "anna@example.test") -> None:
    """Tie an account to who is signed in."""
    come_back(browser, sign_in_there(leave(browser, TIE), subject))


def sign_in(services: Services, subject: str = "anna@example.test") -> Browser:
    """Sign in at the provider with a browser in which nobody is signed in."""
    browser = another_browser(services)
    come_back(browser, sign_in_there(leave(browser), subject))
    return browser


def is_let_in(browser: Browser) -> bool:
    """Whether somebody is signed in."""
    return browser.open("/gemeente/").headings == ["Overzicht"]


def finish(browser: Browser, wrong: Provider, **answer: str) -> None:
    """Ask this provider, and come back with its answer."""
    asked = parse_qs(urlsplit(leave(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid"], "no name and no e-mail address is asked for"
    wrong.nonce = asked["nonce"][0]
    come_back(browser, {"state": asked["state"][0], "code": "c", **answer})


def known(services: Services, clerk: Browser, wrong: Provider) -> Browser:
    """Tie the provider's person to Anna, and return another browser."""
    asked = parse_qs(urlsplit(leave(clerk, TIE)).query)
    wrong.nonce = asked["nonce"][0]
    come_back(clerk, {"state": asked["state"][0], "code": "c"})
    assert "gekoppeld" in clerk.page.text
    return another_browser(services)
