# SPDX-License-Identifier: EUPL-1.2
"""Fixtures for the municipality's pages: a browser without JavaScript, signed in or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kindpakket.main import create_app
from kindpakket.services import Services
from tests.support import new_sign_in_code

from .browser import Browser


@pytest.fixture
def browser(services: Services) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield Browser(client)


@pytest.fixture
def clerk(services: Services, browser: Browser) -> Browser:
    """A browser in which Anna of the municipality signed in with her link."""
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name="Anna"))
    return browser
