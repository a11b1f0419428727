# SPDX-License-Identifier: EUPL-1.2
"""Fixtures of programmes: an installation that can be opened again, shops that earned, a programme that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from kindpakket import staff
from kindpakket.closing import closing_of
from kindpakket.main import create_app
from kindpakket.services import Services
from tests.api.test_imports import FallingSilent
from tests.console.browser import Browser
from tests.payout_runs.conftest import Shopping, earned, open_services, services, shopping
from tests.support import Town, new_sign_in_code

__all__ = ["Shopping", "earned", "open_services", "services", "shopping"]

BrowserOf = Callable[..., Browser]


@pytest.fixture
def chain() -> Iterator[FallingSilent]:
    """An empty chain whose clock tests move, and that can be made silent."""
    chain = FallingSilent()
    yield chain
    chain.close()


@pytest.fixture
def browser_of(services: Services) -> Iterator[BrowserOf]:
    """Makes a browser in which someone with these roles signed in."""
    with ExitStack() as opened:

        def sign_in(name: str, *roles: staff.Role) -> Browser:
            client = TestClient(create_app(services), raise_server_exceptions=False)
            browser = Browser(opened.enter_context(client))
            browser.open("/gemeente/aanmelden")
            code = new_sign_in_code(services, name=name, roles=roles or staff.ALL_ROLES)
            browser.submit("/gemeente/aanmelden", code=code)
            return browser

        yield sign_in


@pytest.fixture
def end(services: Services, chain: FallingSilent, town: Town) -> Callable[[], None]:
    """Moves the clock to the programme's end."""
    return lambda: chain.travel_to(services.fund.programme(town.programme).ends_at)


@pytest.fixture
def pause(services: Services, chain: FallingSilent, town: Town) -> Callable[[], None]:
    """Moves the clock to the first second in which the programme can be closed."""
    return lambda: chain.travel_to(closing_of(services, programme=town.programme).possible_at)
