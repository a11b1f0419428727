# SPDX-License-Identifier: EUPL-1.2
"""Who reads English can walk every walk, from its first step to its last.

Given a browser that asks for English, and a town of its own
  every screen that a walk passes by is in English, the apps' and the municipality's
  on the municipality's pages axe finds nothing and everything fits; the apps are looked at in English by test_screens
"""

from __future__ import annotations

import pytest

from .stage import Stage, all_walks
from .test_screens import LOOKS_OF_WORDS, audit

WALKS = all_walks()


@pytest.mark.parametrize("name", sorted(WALKS))
def test_every_walk_can_be_walked_in_english(stage: Stage, name: str) -> None:
    stage.language = "en"
    spoken: dict[str, str | None] = {}
    faults: dict[str, list[str]] = {}
    for seen in WALKS[name](stage):
        spoken[seen.name] = seen.page.get_attribute("html", "lang")
        if name.startswith("municipality_"):
            # Axe sets styles to measure, which the page forbids: that is not the page's complaint.
            heard = [*stage.complaints]
            faults[seen.name] = audit(seen.page, LOOKS_OF_WORDS)
            stage.complaints[:] = heard
    assert set(spoken.values()) == {"en"}, spoken
    assert {screen: found for screen, found in faults.items() if found} == {}
