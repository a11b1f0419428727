# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of applications: what a shop writes, and two members of staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket import shop_applications
from kindpakket.main import create_app
from kindpakket.registry.application_rows import Application, Terms
from kindpakket.services import Services
from kindpakket.shop_applications import Written
from kindpakket.staff import ALL_ROLES
from tests.console.browser import Browser
from tests.support import Town, new_sign_in_code

TEXTS = {
    "name": "Het Speelhuis",
    "kvk": "12345678",
    "street": "Dorpsstraat 1",
    "postcode": "9801 AA",
    "town": "Zuidhorn",
    "opening": "ma-za 9 tot 17 uur",
    "iban": "NL91ABNA0417164300",
    "holder": "Speelhuis B.V.",
    "email": "info@speelhuis.example",
}
TOYS, SPORT = 6, 2


def written(*, categories: tuple[int, ...] = (TOYS,), consents: bool = True, **texts: str) -> Written:
    """A whole application, with some of it written otherwise."""
    return Written(texts={**TEXTS, **texts}, categories=categories, consents=consents)


def form(**fields: Any) -> dict[str, Any]:
    """The fields of the public form, with some of them filled in otherwise."""
    return {**TEXTS, "categories": [f"{TOYS}"], "consent": "yes", **fields}


@pytest.fixture
def anna(services: Services) -> int:
    """Who assesses."""
    return services.registry.staff.ensure_member("Anna", roles=ALL_ROLES)


@pytest.fixture
def bram(services: Services) -> int:
    """Who decides."""
    return services.registry.staff.ensure_member("Bram", roles=ALL_ROLES)


@pytest.fixture
def received(services: Services, town: Town) -> Application:
    """An application that just came in."""
    receipt = shop_applications.apply(services, written())
    return services.registry.shop_applications.application(receipt.application)


@pytest.fixture
def assessed(services: Services, town: Town, received: Application, anna: int) -> Application:
    """One that Anna assessed: for toys in the town's programme."""
    return shop_applications.assess(
        services,
        application=received.application,
        version=received.version,
        terms=[Terms(programme=town.programme, categories=(TOYS,))],
        remark="In het register gezien.",
        staff=anna,
    )


@pytest.fixture
def browser_of(services: Services) -> Iterator[Callable[[str], Browser]]:
    """Makes a browser in which someone signed in; nobody for an empty name."""
    with ExitStack() as opened:

        def open_browser(name: str) -> Browser:
            client = TestClient(create_app(services), raise_server_exceptions=False)
            browser = Browser(opened.enter_context(client))
            if name:
                browser.open("/gemeente/aanmelden")
                browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name=name))
            return browser

        yield open_browser
