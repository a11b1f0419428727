# SPDX-License-Identifier: EUPL-1.2
"""How a screen may be looked at: on a narrow phone, with large letters, in the dark, in colours of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Page

Look = Literal["as it is", "narrow", "at 200 %", "dark", "forced colours"]
LOOKS: tuple[Look, ...] = ("as it is", "narrow", "at 200 %", "dark", "forced colours")
NARROW = 320
LOOKS_OF_COLOURS: tuple[Look, ...] = ("dark", "forced colours")
#: Wider than this is a desk; there 200 % halves the page, on a phone it doubles the letters.
WIDEST_PHONE = 600
CHANGE_LANGUAGE = "(code) => import('/static/js/text.js').then((text) => text.setLanguage(code))"


@contextmanager
def look_at(page: Page, look: Look) -> Iterator[None]:
    """Show a page in one of the looks, and then as before."""
    size = page.viewport_size
    assert size is not None
    if look == "narrow":
        page.set_viewport_size({"width": NARROW, "height": size["height"]})
    elif look == "at 200 %" and size["width"] > WIDEST_PHONE:
        page.set_viewport_size({"width": size["width"] // 2, "height": size["height"] // 2})
    elif look == "at 200 %":
        page.evaluate("document.documentElement.style.fontSize = '225%'")
    elif look == "dark":
        page.emulate_media(color_scheme="dark")
    elif look == "forced colours":
        page.emulate_media(forced_colors="active")
    _settle(page)
    yield
    page.evaluate("document.documentElement.removeAttribute('style')")
    page.emulate_media(color_scheme="light", forced_colors="none")
    page.set_viewport_size(size)


@contextmanager
def in_language(page: Page, code: str, *, back_to: str) -> Iterator[None]:
    """Show an app in another language, and then in the one before."""
    page.evaluate(CHANGE_LANGUAGE, code)
    _settle(page)
    yield
    page.evaluate(CHANGE_LANGUAGE, back_to)
    _settle(page)


def _settle(page: Page) -> None:
    """Wait until the page has drawn what was changed."""
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
