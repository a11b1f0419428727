# SPDX-License-Identifier: EUPL-1.2
"""A running demo for all walks of a module, and a stage for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.end_to_end.server import Server
from tests.support import Town

from .stage import Stage, town_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("walks") / "data", command="demo")
    server.start()
    server.wait_for_line(r"Municipality\s+(\S+)")
    yield server
    server.end()


@pytest.fixture(scope="module")
def demo_town(demo: Server) -> Town:
    return town_of(demo)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        yield playwright


@pytest.fixture
def stage(demo: Server, demo_town: Town, playwright: Playwright, tmp_path: Path) -> Iterator[Stage]:
    """Browsers on the demo; nothing may complain, and nobody else may be asked."""
    stage = Stage(demo, demo_town, playwright, tmp_path)
    yield stage
    stage.end()
    assert stage.complaints == []
    assert stage.strangers == []
