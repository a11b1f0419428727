# SPDX-License-Identifier: EUPL-1.2
"""A server with a town in it, and a browser of a phone's size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kindpakket.demo.people import Till
from tests.end_to_end.browsers import close_browser, find_chromium
from tests.end_to_end.server import Server, serving, town_on
from tests.support import Town

HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"P-{row};{1 + row % 2}\n" for row in range(30))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("citizen") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def town(server: Server) -> Town:
    return town_on(server, HOUSEHOLDS)


@pytest.fixture(scope="module")
def paired_till(town: Town) -> Till:
    return town.new_till(town.shops[0])


@pytest.fixture
def till(server: Server, paired_till: Till) -> Till:
    """The till of a shop, with a connection of this test's own: the server closes idle ones."""
    client = server.new_client()
    client.token = paired_till.client.token
    return dataclasses.replace(paired_till, client=client)


@pytest.fixture(scope="module")
def browser(paired_till: Till) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-NL")
    yield context
    close_browser(context)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; in the end nothing may have gone wrong in it that a test did not provoke."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    assert not faults


@pytest.fixture
def new_letter(town: Town) -> Callable[[int], dict[str, Any]]:
    """Gives out a letter for so many children."""

    def take(children: int) -> dict[str, Any]:
        found = next(one for one in town.letters if len(one["vouchers"]) == children)
        town.letters.remove(found)
        return found

    return take
