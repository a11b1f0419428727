# SPDX-License-Identifier: EUPL-1.2
"""What is looked for on a screen: faults that axe finds, what does not fit its width, what a keyboard cannot reach."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from kindpakket.main import ROOT

#: Small targets are not among what axe looks for by itself. Source: WCAG 2.5.8.
RUN_AXE = """axe.run(document, {
  preload: false, resultTypes: ['violations'], rules: {'target-size': {enabled: true}},
})"""
#: What is only painted otherwise is the same in all but its colours.
RUN_AXE_ON_COLOURS = """axe.run(document, {
  preload: false, resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'],
})"""
#: Who tabs on leaves the page once and comes back.
ROUNDS_MORE = 4
#: A date field stops for month and year too, and at its calendar.
STOPS_MORE_OF_A_DATE = 3


@cache
def _scripts() -> str:
    axe = (ROOT / "tests/node_modules/axe-core/axe.min.js").read_text("utf-8")
    return axe + Path(__file__).with_suffix(".js").read_text("utf-8")


def prepare(page: Page) -> None:
    """Put what looks from inside on the page, if it is not there."""
    if not page.evaluate("Boolean(globalThis.audits)"):
        page.evaluate(_scripts())


def find_violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """What axe finds: the rule and where, a line each."""
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE_ON_COLOURS if only_colours else RUN_AXE)["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"][:3]]


def find_wide(page: Page) -> list[str]:
    """What does not fit the width of the window."""
    found: list[str] = page.evaluate("audits.findWide()")
    return found


def find_unreachable(page: Page) -> list[str]:
    """What the Tab key does not reach, or reaches unseen."""
    controls: list[str] = page.evaluate("audits.listControls()")
    reached: set[int] = set()
    unseen: set[int] = set()
    dates = page.locator("input[type=date]").count()
    for _ in range(len(controls) + STOPS_MORE_OF_A_DATE * dates + ROUNDS_MORE):
        page.keyboard.press("Tab")
        focus = page.evaluate("audits.focus()")
        if focus["place"] >= 0:
            reached.add(focus["place"])
            if not focus["isSeen"]:
                unseen.add(focus["place"])
        if len(reached) == len(controls):
            break
    missed = [f"{name} is not reached" for place, name in enumerate(controls) if place not in reached]
    return missed + [f"{controls[place]} has the focus unseen" for place in sorted(unseen)]
