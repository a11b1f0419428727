# SPDX-License-Identifier: EUPL-1.2
"""A started server with a town, and real browsers: phones, tills with cameras, the municipality's desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.support import Town

from .browsers import CHROMIUM_ARGUMENTS, PATIENCE_MS, close_browser, find_chromium, watch_console
from .server import Server, serving, town_on

HOUSEHOLDS = "kenmerk;kinderen\nJ-1;2\nJ-2;1\nJ-3;1\nJ-4;1\nJ-5;1\nJ-6;1\n"
MANY_HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"K-{row};2\n" for row in range(24))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of a module."""
    with serving(tmp_path_factory.mktemp("served") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def town(served: Server) -> Town:
    """A running programme with two shops and letters, on that server."""
    return town_on(served, HOUSEHOLDS)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Drives Chromium."""
    with sync_playwright() as playwright:
        yield playwright


@dataclass
class Browsers:
    """Opens browsers with a profile each, and keeps what their consoles complain about."""

    playwright: Playwright
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(
        self,
        profile: str,
        *,
        film: Path | None = None,
        locale: str = "nl-NL",
        width: int = 390,
        height: int = 844,
    ) -> Page:
        """Open a profile's browser; with a film, its camera shows that."""
        arguments = [*CHROMIUM_ARGUMENTS]
        if film is not None:
            arguments.append(f"--use-file-for-fake-video-capture={film}")
        context = self.playwright.chromium.launch_persistent_context(
            self.folder / profile,
            executable_path=find_chromium(),
            args=arguments,
            locale=locale,
            timezone_id="Europe/Amsterdam",
            viewport={"width": width, "height": height},
            device_scale_factor=2,
            permissions=["camera"],
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.pages[0]
        watch_console(page, self.complaints)
        return page

    def close(self, page: Page) -> None:
        """Close a browser; its profile stays."""
        self.contexts.remove(page.context)
        close_browser(page.context)


@pytest.fixture
def browsers(playwright: Playwright, tmp_path: Path) -> Iterator[Browsers]:
    """Browsers of a test; it fails when a console complained of anything that the test did not expect."""
    browsers = Browsers(playwright, tmp_path)
    yield browsers
    for context in browsers.contexts:
        close_browser(context)
    assert browsers.complaints == []


@pytest.fixture(scope="module")
def large_town(served: Server) -> Town:
    """A running programme with many letters, each for two children."""
    return town_on(served, MANY_HOUSEHOLDS)


@pytest.fixture
def letter(large_town: Town) -> dict[str, Any]:
    """A letter for two children that nobody opened."""
    return large_town.letters.pop(0)


@pytest.fixture
def till(served: Server, large_town: Town, browsers: Browsers) -> Page:
    """A till of a shop, in a browser of its own."""
    page = browsers.open("till", width=800, height=900)
    code = large_town.pairing_code(large_town.shops[0])
    page.goto(f"{served.url}/winkel/")
    page.locator('[data-test="pair-code"]').fill(code)
    page.locator('[data-test="pair-submit"]').click()
    page.locator('[data-test="type-code"]').wait_for()
    return page
