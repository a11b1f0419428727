# SPDX-License-Identifier: EUPL-1.2
"""Providers that do wrong: what they say opens nothing, ties nothing and never leads elsewhere.

Given a provider whose word is not signed, is signed by another or with a shared secret, is old, is for others, for
another question, or says nothing about who
  it is refused
Given an answer that says it is by another provider
  it is refused
Given someone who was removed, got a new link or signed out while the provider was asked
  no account is tied
Given a provider that does not answer, calls itself another, or names addresses without encryption
  the page says so, and the link still works
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from kindpakket import members, staff
from kindpakket.services import Services
from tests.console.browser import Browser
from tests.console.test_members import another_browser, invite, number_of
from tests.ledger.databases import connect
from tests.support import new_sign_in_code

from .provider import Provider, not_signed, signed_by_another, signed_with_the_clients_name
from .there import GO, REFUSED, TIE, come_back, finish, is_let_in, known, leave, use


def test_a_right_word_opens_and_its_code_was_redeemed_with_what_the_browser_kept(
    services: Services, clerk: Browser, wrong: Provider
) -> None:
    browser = known(services, clerk, wrong)
    finish(browser, wrong, iss=wrong.url)
    assert is_let_in(browser)
    assert len(wrong.asked[-1]["code_verifier"][0]) >= 43


@pytest.mark.parametrize("how", ["removed", "new link", "signed out"])
def test_an_account_is_not_tied_to_who_is_out_before_the_provider_answered(
    services: Services, clerk: Browser, wrong: Provider, how: str
) -> None:
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=invite(clerk, "Bram", ["auditor"]))
    number = number_of(services, "Bram")
    anna = staff.sign_in(services, code=new_sign_in_code(services, name="Anna"))

    def put_out(_claims: dict[str, Any]) -> None:
        if how == "removed":
            members.remove(services, staff=number, by=anna)
        elif how == "new link":
            members.renew_link(services, staff=number, by=anna)
        else:
            staff.sign_out(services, bram.client.cookies["kindpakket_gemeente"])

    asked = parse_qs(urlsplit(leave(bram, TIE)).query)
    wrong.nonce, wrong.twist = asked["nonce"][0], put_out
    come_back(bram, {"state": asked["state"][0], "code": "c"})
    assert (bram.status, bram.page.headings) == (401, ["U bent niet aangemeld"])
    assert services.registry.work_accounts.of_member(number) == []


def test_an_account_that_is_left_of_who_was_removed_opens_nothing(
    services: Services, clerk: Browser, wrong: Provider
) -> None:
    browser = known(services, clerk, wrong)
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE staff SET removed_at = 1 WHERE name = 'Anna'"))
    finish(browser, wrong)
    assert (browser.status, browser.page.headings) == (401, [REFUSED])
    assert not is_let_in(browser)


TWISTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "of another provider": lambda claims: claims.update(iss="https://elsewhere.example.test"),
    "for another client": lambda claims: claims.update(aud="another"),
    "for several and for none by name": lambda claims: claims.update(aud=["kindpakket", "another"]),
    "given to another party": lambda claims: claims.update(azp="another"),
    "for another question": lambda claims: claims.update(nonce="x"),
    "for no question": lambda claims: claims.pop("nonce"),
    "too old": lambda claims: claims.update(exp=claims["iat"] - 61, iat=claims["iat"] - 400),
    "without an end": lambda claims: claims.pop("exp"),
    "from the future": lambda claims: claims.update(iat=claims["iat"] + 3600),
    "about nobody": lambda claims: claims.pop("sub"),
    "about an empty person": lambda claims: claims.update(sub=""),
    "about a number": lambda claims: claims.update(sub=1),
    "about a very long person": lambda claims: claims.update(sub="a" * 256),
}


@pytest.mark.parametrize("twist", TWISTS.values(), ids=TWISTS)
def test_a_word_that_is_not_right_is_refused(
    services: Services, clerk: Browser, wrong: Provider, twist: Callable[[dict[str, Any]], Any]
) -> None:
    browser = known(services, clerk, wrong)
    wrong.twist = twist
    finish(browser, wrong)
    assert browser.page.headings == [REFUSED]
    assert not is_let_in(browser)


@pytest.mark.parametrize("sign", [not_signed, signed_by_another, signed_with_the_clients_name])
def test_a_word_that_the_provider_did_not_sign_is_refused(
    services: Services,
    clerk: Browser,
    wrong: Provider,
    sign: Callable[[Provider, dict[str, Any]], str],
) -> None:
    browser = known(services, clerk, wrong)
    wrong.sign = sign
    finish(browser, wrong)
    assert browser.page.headings == [REFUSED]
    assert not is_let_in(browser)


@pytest.mark.parametrize("said", ["https://elsewhere.example.test", ""])
def test_an_answer_that_says_it_is_of_another_provider_is_refused(
    services: Services, clerk: Browser, wrong: Provider, said: str
) -> None:
    browser = known(services, clerk, wrong)
    wrong.itself = {"authorization_response_iss_parameter_supported": True}
    finish(browser, wrong, iss=said)
    assert browser.page.headings == [REFUSED]


@pytest.mark.parametrize(
    "itself",
    [
        {"issuer": "http://localhost:1"},
        {"authorization_endpoint": "ftp://localhost/"},
        {"authorization_endpoint": "https://["},
    ],
)
def test_a_provider_that_is_not_what_was_set_is_not_gone_to(
    browser: Browser, wrong: Provider, itself: dict[str, Any]
) -> None:
    wrong.itself = itself
    browser.open(GO)
    assert browser.status == 503
    assert browser.page.headings == ["Aanmelden lukt nu niet"]


def test_without_its_provider_the_link_still_works(
    services: Services, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(services, monkeypatch, "http://localhost:9")
    browser.open(GO)
    assert browser.status == 503
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services))
    assert is_let_in(browser)
