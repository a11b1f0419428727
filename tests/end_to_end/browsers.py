# SPDX-License-Identifier: EUPL-1.2
"""Debian's Chromium, and what its console says."""

from __future__ import annotations

import shutil
import time

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)

#: How long a page may take to show what a test expects: a machine that is busy is not a fault of a screen.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


def find_chromium() -> str:
    """The installed Chromium: its headless shell if it is there, which starts in half the time, else the browser.

    Raises:
        AssertionError: There is none; scripts/test installs it.
    """
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise AssertionError("no Chromium on this machine: run scripts/test, which installs it")


def close_browser(context: BrowserContext) -> None:
    """Close a browser that may still be asking: an answer that it no longer hears is nobody's fault."""
    for page in context.pages:
        page.unroute_all(behavior="ignoreErrors")
    context.unroute_all(behavior="ignoreErrors")
    context.close()


def wait_until(page: Page, expression: str, *, timeout_seconds: float = PATIENCE_MS / 1000) -> None:
    """Wait until an expression is true in a page whose CSP forbids what Playwright's own way does: evaluating in it."""
    deadline = time.monotonic() + timeout_seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"it never was so: {expression}"
        page.wait_for_timeout(20)


def send_away(page: Page, key: str = "Escape", *, timeout_seconds: float = PATIENCE_MS / 1000) -> None:
    """Press a key until the till's result is gone: it takes none before it can be read."""
    result = page.locator('[data-test="result"]')
    deadline = time.monotonic() + timeout_seconds
    while result.count():
        assert time.monotonic() < deadline, "the result stays"
        page.keyboard.press(key)
        page.wait_for_timeout(50)


def watch_console(page: Page, complaints: list[str]) -> None:
    """Keep every error and warning of the page, but the browser's own lines about refusals and a cut network."""

    def hear(message: ConsoleMessage) -> None:
        is_of_network = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not is_of_network:
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
