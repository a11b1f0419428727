# SPDX-License-Identifier: EUPL-1.2
"""What a walk walks on: a running demo, its town, browsers; and what it yields: a screen to look at."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Playwright, Request

from kindpakket.demo.people import domain_of, expiry
from tests.end_to_end.browsers import (
    CHROMIUM_ARGUMENTS,
    PATIENCE_MS,
    close_browser,
    find_chromium,
    watch_console,
)
from tests.end_to_end.server import Server
from tests.support import Town

PHONE = (390, 844)
DESK = (1280, 800)
#: A screen that closes by itself stays as long as it is looked at: what would wait for seconds waits for hours.
HOLD_STILL = """
const real = globalThis.setTimeout;
globalThis.setTimeout = (callback, wait, ...rest) => real(callback, wait >= 2500 ? 1e8 : wait, ...rest);
AbortSignal.timeout = () => new AbortController().signal;
"""


@dataclass(frozen=True)
class Seen:
    """A screen in a state. `name` is also that of its picture, if it gets one."""

    name: str
    page: Page
    picture: bool = True


@dataclass
class Stage:
    """A running demo with browsers.

    Attributes:
        languages: Which languages the walk is for, the first one first; the apps change while they are looked at.
        strangers: Addresses that were asked for and are not the server's.
        complaints: What the consoles of the browsers complained about.
    """

    server: Server
    town: Town
    playwright: Playwright
    folder: Path
    language: str = "nl"
    contexts: list[BrowserContext] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let the town's new tills be their shops' owners': the demo's own tills already are."""
        self.town.owners_code = self.server.owners_code

    @property
    def url(self) -> str:
        """Where the server is reached."""
        return self.server.url

    def open(
        self, profile: str, *, size: tuple[int, int] = PHONE, film: Path | None = None, hold: bool = False
    ) -> Page:
        """Open a browser with a profile of its own; with a film, its camera shows that.

        Args:
            profile: A name; the same name again is the same device, closed and opened.
            size: Width and height of the window.
            film: What the camera sees.
            hold: Keep screens that close by themselves.
        """
        arguments = [*CHROMIUM_ARGUMENTS]
        if film is not None:
            arguments.append(f"--use-file-for-fake-video-capture={film}")
        context = self.playwright.chromium.launch_persistent_context(
            self.folder / profile,
            executable_path=find_chromium(),
            args=arguments,
            locale={"nl": "nl-NL", "en": "en-GB"}.get(self.language, self.language),
            timezone_id="Europe/Amsterdam",
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=2,
            permissions=["camera"],
        )
        context.set_default_timeout(PATIENCE_MS)
        if hold:
            context.add_init_script(HOLD_STILL)
        context.on("request", self._note)
        self.contexts.append(context)
        page = context.pages[0]
        watch_console(page, self.complaints)
        return page

    def close(self, page: Page) -> None:
        """Close a browser; what it keeps stays."""
        self.contexts.remove(page.context)
        close_browser(page.context)

    def end(self) -> None:
        """Close all browsers."""
        for context in self.contexts:
            close_browser(context)
        self.contexts.clear()

    def take_letter(self, children: int = 2) -> dict[str, Any]:
        """A letter that nobody opened yet, for so many children."""
        found = next(one for one in self.town.letters if len(one["vouchers"]) == children)
        self.town.letters.remove(found)
        return found

    def letter(self, children: int = 2) -> str:
        """The code of such a letter."""
        return str(self.take_letter(children)["code"])

    def pairing_code(self, shop: int) -> str:
        """A fresh code to pair a till of a shop's owner with."""
        return self.server.owners_code(shop)

    def code(self, *, max_cents: int = 5000, seconds: int = 300) -> str:
        """The text of a code that some other family shows."""
        phone = self.town.new_phone(self.take_letter(1))
        voucher = next(iter(phone.next_numbers))
        return phone.show_code(
            voucher, max_cents=max_cents, expires_at=expiry(self.town.now(), seconds=seconds)
        )

    def _note(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != urlsplit(self.url).netloc:
            self.strangers.append(request.url)


Walk = Callable[[Stage], Iterator[Seen]]
_WALKS: dict[str, Walk] = {}


def walk(function: Walk) -> Walk:
    """Make a function one of the walks."""
    assert function.__name__ not in _WALKS, f"there are two walks called {function.__name__}"
    _WALKS[function.__name__] = function
    return function


def all_walks() -> dict[str, Walk]:
    """Every walk of this folder by name."""
    folder = Path(__file__).parent
    for module in pkgutil.iter_modules([str(folder)]):
        if not module.name.startswith("test_"):
            importlib.import_module(f"{__package__}.{module.name}")
    return dict(_WALKS)


def town_of(server: Server) -> Town:
    """The town of a running demo, its desk signed in, with the letters that are not opened yet."""
    desk = server.new_client()
    sign_in_code = server.new_sign_in_link().partition("#code=")[2]
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": sign_in_code})["token"]
    programme = desk.ask("GET", "/programmes")["programmes"][0]["programme"]
    return Town(
        new_client=server.new_client,
        desk=desk,
        domain=domain_of(desk.ask("GET", "/fund")),
        programme=programme,
        shops=sorted(one["shop"] for one in desk.ask("GET", "/shops")["shops"]),
        letters=json.loads((server.data_dir / "demo-letters.json").read_text("utf-8")),
    )
