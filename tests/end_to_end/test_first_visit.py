# SPDX-License-Identifier: EUPL-1.2
"""The first visit of an app is light, and the second needs no network.

Given a device that never visited an app
  it loads at most 150 kB, compressed, before the scanner's own; what HTTP puts around each file does not count
Given one that visited it once
  the app opens without a network, in each language that was used there
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from tests.apps.loading import APPS, App
from tests.support import Town
from tests.texts import languages_of

from .browsers import CHROMIUM_ARGUMENTS, find_chromium
from .conftest import Browsers
from .server import Server
from .test_journey import pair

MOST_BYTES = 150_000
FIRST_CONTROL = {"citizen": "letter-type", "merchant": "pair-submit"}


def visit(playwright: Playwright, served: Server, app: App, folder: Path) -> dict[str, float]:
    """Visit an app for the first time, and return what it loaded, in bytes by address."""
    context = playwright.chromium.launch_persistent_context(
        folder,
        executable_path=find_chromium(),
        args=[*CHROMIUM_ARGUMENTS],
        viewport={"width": 390, "height": 844},
        locale="nl-NL",
    )
    page = context.pages[0]
    session = context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    loaded: dict[str, float] = {}

    def note_address(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"].removeprefix(served.url)

    def note_size(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], "?")
        loaded[address] = loaded.get(address, 0) + event["encodedDataLength"]

    session.on("Network.requestWillBeSent", note_address)
    session.on("Network.dataReceived", note_size)
    session.send("Network.enable")
    page.goto(f"{served.url}{app.path}")
    expect(page.get_by_test_id(FIRST_CONTROL[app.name])).to_be_visible()
    page.wait_for_load_state("networkidle")
    context.close()
    return loaded


@pytest.fixture(autouse=True, scope="module")
def data_test_ids(playwright: Playwright) -> None:
    """Our hooks are called data-test."""
    playwright.selectors.set_test_id_attribute("data-test")


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_a_first_visit_is_light(
    playwright: Playwright, served: Server, town: Town, tmp_path: Path, app: App
) -> None:
    loaded = visit(playwright, served, app, tmp_path / "device")
    sizes = {address: size for address, size in loaded.items() if not address.endswith(".wasm")}
    print(f"{app.name}: {sum(sizes.values()) / 1000:.1f} kB")
    assert len(sizes) > 20
    assert sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda one: -one[1])[:8]


def test_the_parents_app_opens_without_a_network_in_every_language(
    served: Server, town: Town, browsers: Browsers
) -> None:
    parent = browsers.open("parent")
    parent.goto(f"{served.url}/ouder/")
    expect(parent.get_by_test_id("letter-type")).to_be_visible()
    parent.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # A language is kept once it was used here.
    for language in languages_of("citizen"):
        parent.get_by_test_id("language").select_option(language)
        expect(parent.locator("html")).to_have_attribute("lang", language)
    parent.context.set_offline(True)
    for language in languages_of("citizen"):
        parent.goto(f"{served.url}/ouder/")
        parent.get_by_test_id("language").select_option(language)
        expect(parent.locator("html")).to_have_attribute("lang", language)
        expect(parent.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        expect(parent.get_by_test_id("machine-made")).to_have_count(0 if language in ("nl", "en") else 1)
    parent.context.set_offline(False)


def test_the_till_opens_without_a_network_and_reads_a_code(
    served: Server, town: Town, browsers: Browsers
) -> None:
    till = browsers.open("till", width=800, height=900)
    pair(till, served, town, town.shops[0])
    till.evaluate("navigator.serviceWorker.ready.then(() => true)")
    till.context.set_offline(True)
    till.goto(f"{served.url}/winkel/")
    expect(till.get_by_test_id("camera-on")).to_be_visible()
    till.get_by_test_id("type-code").click()
    till.get_by_test_id("code-input").fill("KP1:DIT IS GEEN CODE")
    till.get_by_test_id("code-submit").click()
    expect(till.get_by_test_id("result")).to_have_attribute("data-reason", "unreadable")
    till.context.set_offline(False)
