# SPDX-License-Identifier: EUPL-1.2
"""Signing in: required on every page, once per code; and forms count only from the session that drew them."""

from __future__ import annotations

from fastapi.routing import APIRoute

from kindpakket import staff
from kindpakket.chain.tester import TesterChain
from kindpakket.console import PARTS
from kindpakket.console.visits import SESSION_COOKIE
from kindpakket.services import Services
from tests.support import Town, new_sign_in_code

from .browser import Browser

OPEN = {
    "/gemeente",
    "/gemeente/aanmelden",
    "/gemeente/aanmelden/passkey",
    "/gemeente/aanmelden/passkey/vraag",
    "/gemeente/aanmelden/werkaccount",
    "/gemeente/aanmelden/werkaccount/terug",
    "/gemeente/aanmelden/werkaccount/afronden",
    "/gemeente/{rest:path}",
}
PLACES = {
    "{passkey}": "1",
    "{programme}": "1",
    "{staff}": "1",
    "{shop}": "1",
    "{batch}": "1",
    "{household}": "1",
    "{voucher}": "1",
    "{inspection}": "1",
    "{run}": "1",
    "{transfer}": "1",
    "{file}": "1",
    "{account}": "1",
    "{place}": "1-0",
    "{application}": "1",
    "{till}": f"0x{'a' * 40}",
}


def _closed_pages() -> list[tuple[str, str]]:
    """Return method and address of every page that is for staff only."""
    routes = [
        route
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, APIRoute) and route.path.startswith("/gemeente") and route.path not in OPEN
    ]
    return sorted((method, _fill_in(route.path)) for route in routes for method in route.methods)


def _fill_in(path: str) -> str:
    for place, value in PLACES.items():
        path = path.replace(place, value)
    return path


def test_every_page_for_staff_refuses_who_is_not_signed_in(browser: Browser) -> None:
    pages = _closed_pages()
    assert len(pages) == 136
    for method, address in pages:
        answer = browser.client.request(method, f"{address}?regeling=1")
        assert answer.status_code == 401, (method, address)
        assert method == "HEAD" or "U bent niet aangemeld" in answer.text
        assert answer.headers["cache-control"] == "no-store"


def test_a_wrong_code_is_refused_with_a_page(browser: Browser) -> None:
    browser.open("/gemeente/aanmelden")
    page = browser.submit("/gemeente/aanmelden", code="verzonnen")
    assert browser.status == 401
    assert page.headings == ["Deze aanmeldlink werkt niet"]
    assert SESSION_COOKIE not in browser.client.cookies


def test_a_code_works_once(services: Services, browser: Browser) -> None:
    code = new_sign_in_code(services, name="Anna")
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=code)
    assert browser.status == 200
    assert "Anna" in browser.page.text
    browser.client.cookies.clear()
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=code)
    assert browser.status == 401


def test_a_code_in_the_part_of_the_address_that_is_sent_does_nothing(
    services: Services, browser: Browser
) -> None:
    browser.open(f"/gemeente/aanmelden?code={new_sign_in_code(services, name='Anna')}")
    assert browser.page.forms["/gemeente/aanmelden"]["code"] == ""
    browser.submit("/gemeente/aanmelden")
    assert browser.status == 401


def test_the_whole_link_may_be_pasted_as_it_is(services: Services, browser: Browser) -> None:
    link = staff.create_sign_in_link(services.registry, services.settings, name="Anna", now=services.now())
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=f"  {link}\n")
    assert browser.status == 200
    assert "Anna" in browser.page.text


def test_who_is_signed_in_is_told_so_and_not_led_on(clerk: Browser) -> None:
    answer = clerk.client.get("/gemeente/aanmelden", follow_redirects=False)
    assert answer.status_code == 200, "a browser would carry the code of the link into the next address"
    assert "U bent al aangemeld als Anna." in answer.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    services: Services, browser: Browser
) -> None:
    code = new_sign_in_code(services, name="Anna")
    answer = browser.client.post("/gemeente/aanmelden", data={"code": code}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/gemeente" in cookie
    assert "secure" not in cookie, "the tests' base address is http"


def test_a_session_ends_with_its_time(services: Services, chain: TesterChain, clerk: Browser) -> None:
    chain.travel_to(services.now() + services.settings.session_seconds - 1)
    clerk.open("/gemeente/")
    assert clerk.status == 200
    chain.travel_to(services.now() + 1)
    clerk.open("/gemeente/")
    assert clerk.status == 401


def test_signing_out_ends_the_session_on_the_server_too(clerk: Browser) -> None:
    token = clerk.client.cookies[SESSION_COOKIE]
    clerk.open("/gemeente/")
    clerk.submit("/gemeente/afmelden")
    assert SESSION_COOKIE not in clerk.client.cookies
    answer = clerk.client.get("/gemeente/", headers={"cookie": f"{SESSION_COOKIE}={token}"})
    assert answer.status_code == 401


def test_every_form_without_the_text_of_its_session_is_refused(town: Town, clerk: Browser) -> None:
    for method, address in _closed_pages():
        if method != "POST":
            continue
        for csrf in ({}, {"csrf": "geraden"}):
            page = clerk.send(f"{address}?regeling={town.programme}", dict(csrf))
            assert clerk.status == 403, address
            assert page.headings == ["Dit formulier is niet aangenomen"]
    clerk.open("/gemeente/")
    assert clerk.status == 200, "nobody was signed out either"


def test_a_form_that_another_site_sent_is_refused(services: Services, clerk: Browser) -> None:
    clerk.open("/gemeente/")
    fields = clerk.page.forms["/gemeente/afmelden"]
    clerk.send("/gemeente/afmelden", fields, headers={"sec-fetch-site": "cross-site"})
    assert clerk.status == 403
    code = new_sign_in_code(services, name="Iemand anders")
    clerk.send("/gemeente/aanmelden", {"code": code}, headers={"sec-fetch-site": "cross-site"})
    assert clerk.status == 403
