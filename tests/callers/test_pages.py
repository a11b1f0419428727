# SPDX-License-Identifier: EUPL-1.2
"""Pages change nothing by being looked at, and take forms from our own pages only.

Given every page and every GET of the API
  when each is opened, by somebody who may do everything: nothing has changed
Given every page and form of the municipality
  when a token of a phone, a till or an accountant, or of a session that ended, is all that comes along: it stays closed
Given every form, those for strangers too
  when another site sends it, in a browser in which somebody is signed in, with all that belongs in it: it is refused
  when what says that it is another site is no address at all: refused, and no bug of ours
  when our own page does, and the browser says so or cannot say: it gets further
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from kindpakket.console import PARTS
from kindpakket.console.visits import SESSION_COOKIE
from tests.console.browser import Browser
from tests.support import new_sign_in_code

from .kinds import Kind
from .streams import hear
from .test_another_familys_payment import every_place, public_pages
from .test_callers import everything_in
from .world import World

REFUSED = "Dit formulier is niet aangenomen"
OTHER_SITES: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "null"},
    {"sec-fetch-site": ""},
    {"origin": "https://elders.example"},
    {"origin": "http://testserver.elders.example"},
    {"origin": "http://testserver:8080"},
    {"origin": "file://"},
    {"origin": "https://["},
]
OWN_PAGES: list[dict[str, str]] = [
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"sec-fetch-site": "none"},
    {"origin": "http://testserver"},
    {"origin": "http://localhost:8000"},
    {},
]


@pytest.fixture(scope="module")
def clerk(world: World) -> Browser:
    """A browser in which somebody with every role signed in."""
    browser = Browser(TestClient(world.app, raise_server_exceptions=False))
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(world.services, name="Anna"))
    return browser


def addresses(method: str) -> list[str]:
    """The address of every page or form, about what exists."""
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    known: dict[str, Any] = {"place": "20-0", "till": f"0x{'a' * 40}", "file": 1, "rest:path": "niets"}
    return [
        re.sub(r"{([\w:]+)}", lambda place: str(known.get(place[1], 1)), route.path)
        for route in routes
        if method in (route.methods or ()) and "{table}" not in route.path
    ]


def test_looking_changes_nothing(world: World, clerk: Browser) -> None:
    client = clerk.client
    described = client.get("/api/v1/openapi.json").json()["paths"]
    reads = [path for path, operations in described.items() if "get" in operations]
    places = every_place(world, {"redemptionId": world.payment, "place": world.payout})
    places |= {name: [str(values[0])] for name, values in places.items()}
    before = everything_in(world)
    opened = 0
    for address in [*addresses("GET"), *public_pages()]:
        for method in ("GET", "HEAD"):
            answer = client.request(method, address, params={"regeling": 1}, follow_redirects=False)
            opened += answer.status_code == 200
    assert everything_in(world) == before, "pages"
    for path in reads:
        address = f"/api/v1{path.format(**{name: values[0] for name, values in places.items()})}"
        for kind in (Kind.PHONE, Kind.OWNER):
            if path == "/budgets/me/events":
                hear(world.app, address, token=world.tokens[kind])
                continue
            client.get(address, headers={"authorization": f"Bearer {world.tokens[kind]}"})
        client.get(address, headers={"authorization": f"Bearer {world.desk.token}"})
    assert everything_in(world) == before, "the API"
    assert opened > 80, "pages were there to be looked at"


@pytest.mark.parametrize(
    "kind",
    [Kind.PHONE, Kind.OWNER, Kind.AUDIT_KEY, Kind.SIGNED_OUT, Kind.EXPIRED_SESSION, Kind.REMOVED_MEMBER],
)
def test_no_page_is_opened_by_a_token_of_another_kind_or_one_that_ended(world: World, kind: Kind) -> None:
    client = TestClient(world.app, raise_server_exceptions=False)
    token = world.tokens[kind]
    headers = {"cookie": f"{SESSION_COOKIE}={token}", "authorization": f"Bearer {token}"}
    before = everything_in(world)
    asked = 0
    for method in ("GET", "POST"):
        for address in addresses(method):
            if address.startswith("/gemeente/") and not address.startswith(
                ("/gemeente/aanmelden", "/gemeente/niets")
            ):
                answer = client.request(
                    method, address, headers=headers, data={} if method == "POST" else None
                )
                assert answer.status_code == 401, (method, address)
                asked += 1
    assert asked > 80
    assert everything_in(world) == before


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
def test_no_form_is_taken_that_another_site_sent(
    world: World, clerk: Browser, headers: dict[str, str]
) -> None:
    clerk.open("/gemeente/")
    csrf = clerk.page.forms["/gemeente/afmelden"]["csrf"]
    forms = [address for address in addresses("POST") if "niets" not in address]
    assert len(forms) > 55
    before = everything_in(world)
    for address in forms:
        page = clerk.send(f"{address}?regeling=1", {"csrf": csrf}, headers=headers)
        assert (clerk.status, page.headings) == (403, [REFUSED]), address
    assert everything_in(world) == before
    clerk.open("/gemeente/")
    assert clerk.status == 200, "nobody was signed out either"


@pytest.mark.parametrize("headers", OWN_PAGES, ids=str)
def test_a_form_of_our_own_page_is_taken(clerk: Browser, headers: dict[str, str]) -> None:
    clerk.open("/gemeente/")
    csrf = clerk.page.forms["/gemeente/afmelden"]["csrf"]
    page = clerk.send("/gemeente/medewerkers", {"csrf": csrf}, headers=headers)
    assert (clerk.status, REFUSED in page.text) == (400, False), "it had no name in it, and was read"
