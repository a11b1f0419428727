# SPDX-License-Identifier: EUPL-1.2
"""A visit of each app on a slow phone: how long until its first button works, and how much comes over the line.

The processor is slowed four times. Without a limit on the line the wait is the phone's own; on a slow line each journey
to the server and back takes 150 ms and a second brings 1.6 megabits, as Lighthouse has it for a phone. The second
visit has no network at all.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from .browser import CHROMIUM_ARGUMENTS, find_chromium
from .figures import Figures, latencies
from .server import running_server

SLOWER = 4
VISITS = 7
FIRST_BUTTONS = {"/ouder/": "letter-type", "/winkel/": "pair-submit"}
SLOW_LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
#: Notes when the button is there, painted, and nothing else keeps the page busy.
_WATCH = """(button) => {
  const look = () => {
    if (!document.querySelector(`[data-test="${button}"]`)) requestAnimationFrame(look);
    else requestAnimationFrame(() => setTimeout(() => { globalThis.usableAt = performance.now(); }));
  };
  look();
}"""


def measure() -> Figures:
    """Visit each app, each time with a browser that has never seen it, and once more without network."""
    with running_server() as (base_url, _), sync_playwright() as playwright:
        apps = {
            path.strip("/"): _measure_app(playwright, base_url + path, button)
            for path, button in FIRST_BUTTONS.items()
        }
    return {"bench": "visit", "processor_slowed_times": SLOWER, "apps": apps}


def _measure_app(playwright: Playwright, address: str, button: str) -> Figures:
    waits: dict[str, list[float]] = {"first": [], "first_on_a_slow_line": [], "second_without_network": []}
    sizes: tuple[int, int, int] = (0, 0, 0)
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*CHROMIUM_ARGUMENTS])
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-NL")
        wait, sizes = _visit(context, address, button)
        waits["first"].append(wait)
        context.pages[0].evaluate("navigator.serviceWorker.ready.then(() => true)")
        context.set_offline(True)
        waits["second_without_network"].append(_visit(context, address, button)[0])
        context.close()
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-NL")
        waits["first_on_a_slow_line"].append(_visit(context, address, button, slow_line=True)[0])
        context.close()
    browser.close()
    return {
        "files": sizes[0],
        "bytes": sizes[1],
        "bytes_with_headers": sizes[2],
        **{name: latencies(seconds) for name, seconds in waits.items()},
    }


def _visit(
    context: BrowserContext, address: str, button: str, *, slow_line: bool = False
) -> tuple[float, tuple[int, int, int]]:
    """Return the seconds until the button works; and what came: files, their bytes, those with headers."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Network.enable")
    if slow_line:
        session.send("Network.emulateNetworkConditions", SLOW_LINE)
    bodies: list[float] = []
    wholes: list[float] = []

    def note_body(event: dict[str, Any]) -> None:
        bodies.append(event["encodedDataLength"])

    def note_whole(event: dict[str, Any]) -> None:
        wholes.append(event["encodedDataLength"])

    session.on("Network.dataReceived", note_body)
    session.on("Network.loadingFinished", note_whole)
    page.add_init_script(f"({_WATCH})({button!r})")
    page.goto(address)
    while (usable_at := page.evaluate("globalThis.usableAt ?? null")) is None:
        page.wait_for_timeout(20)
    page.wait_for_load_state("networkidle")
    return usable_at / 1000, (len(wholes), round(sum(bodies)), round(sum(wholes)))
