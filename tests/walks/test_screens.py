# SPDX-License-Identifier: EUPL-1.2
"""Every screen in every state can be used by everybody.

Given a screen in a state, in Dutch, English or Arabic
  axe finds nothing: as it is, 320 px wide, at 200 %; nor anything of its colours in the dark and in forced colours
  everything on it fits its width
  the Tab key reaches everything on it, and it is seen where the focus is
  nothing on it comes from elsewhere
All walks together pass by every screen that there is
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from kindpakket.main import ROOT

from .audits import find_unreachable, find_violations, find_wide, prepare
from .looks import LOOKS, LOOKS_OF_COLOURS, Look, in_language, look_at
from .stage import Stage, all_walks

WALKS = all_walks()
APPS = {"parent": "citizen", "shop": "merchant"}
MORE_LANGUAGES = {"/ouder/": ("en", "ar"), "/winkel/": ("en",)}
#: In which looks words of another length or direction may not fit.
LOOKS_OF_WORDS: tuple[Look, ...] = ("as it is", "narrow", "at 200 %")
FIND_SCREENS = "[...document.querySelectorAll('*')].map((one) => one.localName)"

#: The elements that each walk passed by, once it was walked.
_seen_on: dict[str, set[str]] = {}


def audit(page: Page, looks: tuple[Look, ...] = LOOKS) -> list[str]:
    """What is wrong with a screen in the language of now."""
    faults: list[str] = []
    prepare(page)
    for look in looks:
        with look_at(page, look):
            violations = find_violations(page, only_colours=look in LOOKS_OF_COLOURS)
            faults += [f"{look}: {fault}" for fault in [*violations, *find_wide(page)]]
    return faults


def audit_in_all_languages(stage: Stage, page: Page) -> list[str]:
    """What is wrong with a screen; with that of an app in its other languages, too."""
    faults = audit(page) + find_unreachable(page)
    for language in MORE_LANGUAGES.get(urlsplit(page.url).path, ()):
        with in_language(page, language, back_to=stage.language):
            faults += [f"{language}: {fault}" for fault in audit(page, LOOKS_OF_WORDS)]
    return faults


@pytest.mark.parametrize("name", sorted(WALKS))
def test_every_screen_can_be_used_by_everybody(stage: Stage, name: str) -> None:
    found: dict[str, list[str]] = {}
    for seen in WALKS[name](stage):
        # Axe sets styles to measure, which the page forbids: that is not the page's complaint.
        heard = [*stage.complaints]
        found[seen.name] = audit_in_all_languages(stage, seen.page)
        stage.complaints[:] = heard
        _seen_on.setdefault(name, set()).update(seen.page.evaluate(FIND_SCREENS))
    assert found
    assert {screen: faults for screen, faults in found.items() if faults} == {}


@pytest.mark.parametrize("part", sorted(APPS))
def test_the_walks_pass_by_every_screen_of_an_app(stage: Stage, part: str) -> None:
    defined = {
        name
        for file in (ROOT / f"{APPS[part]}_app").rglob("*.js")
        for name in re.findall(r"customElements\.define\('([\w-]+)'", file.read_text("utf-8"))
    }
    walked: set[str] = set()
    for name in (name for name in sorted(WALKS) if name.startswith(f"{part}_")):
        if name not in _seen_on:
            _seen_on[name] = {one for seen in WALKS[name](stage) for one in seen.page.evaluate(FIND_SCREENS)}
        walked |= _seen_on[name]
    assert len(defined) > 5
    assert defined - walked == set(), "add a walk that passes by"
