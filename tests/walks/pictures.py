# SPDX-License-Identifier: EUPL-1.2
"""Take the pictures in docs/screens: every walk in Dutch, some screens in other languages and looks. `scripts/screens`.

`scripts/screens parent_pays shop_sells` takes those of the named walks only.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from kindpakket.main import ROOT
from tests.end_to_end.server import Server

from .looks import Look, in_language, look_at
from .stage import Seen, Stage, Walk, all_walks, town_of

FOLDER = ROOT / "docs" / "screens"
#: Of these there are more pictures: in another language, or looked at in another way.
IN_LANGUAGES = {
    "parent-start": ("en", "ar", "tr", "uk", "pl"),
    "parent-budget": ("en", "ar"),
    "parent-code": ("en", "ar"),
    "parent-payments": ("ar",),
    "parent-help": ("ar",),
    "shop-amount": ("en",),
    "shop-refused": ("en",),
}
IN_LOOKS: dict[str, tuple[Look, ...]] = {
    "parent-budget": ("dark", "narrow", "at 200 %"),
    "parent-code": ("dark", "narrow"),
    "shop-amount": ("narrow",),
    "municipality-overview": ("narrow", "dark"),
    "municipality-shops": ("narrow",),
}
SETTLED_MS = 400


def main() -> None:
    """Walk all walks, or those that are named."""
    walks = all_walks()
    named = sys.argv[1:] or sorted(walks)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        server = Server(Path(folder) / "data", command="demo")
        server.start()
        server.wait_for_line(r"Municipality\s+(\S+)")
        complaints: list[str] = []
        town = town_of(server)
        try:
            for name in named:
                stage = Stage(server, town, playwright, Path(folder) / name)
                _take_all(stage, walks[name])
                complaints += stage.complaints + stage.strangers
        finally:
            server.end()
    if complaints:
        sys.exit("\n".join(complaints))


def _take_all(stage: Stage, walk: Walk) -> None:
    try:
        for seen in walk(stage):
            if seen.picture:
                _take(seen, stage.language)
    finally:
        stage.end()


def _take(seen: Seen, language: str) -> None:
    _shoot(seen.page, seen.name)
    for code in IN_LANGUAGES.get(seen.name, ()):
        with in_language(seen.page, code, back_to=language):
            _shoot(seen.page, f"{seen.name}-{code}")
    for look in IN_LOOKS.get(seen.name, ()):
        with look_at(seen.page, look):
            _shoot(seen.page, f"{seen.name}-{look.replace(' %', '').replace(' ', '-')}")


def _shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/screens/{name}.png", file=sys.stderr)


if __name__ == "__main__":
    main()
