# SPDX-License-Identifier: EUPL-1.2
"""Published heads in the registry: one a day, each after the one before, never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kindpakket.registry.heads import Head
from kindpakket.registry.store import Registry

FIRST = Head(on=date(2026, 11, 23), first_block=0, block=40, hash=b"\1" * 32, root=b"\2" * 32, at=100)
SECOND = Head(on=date(2026, 11, 25), first_block=41, block=41, hash=b"\3" * 32, root=b"\4" * 32, at=200)


@pytest.mark.parametrize(
    "next_one",
    [
        replace(SECOND, first_block=40),
        replace(SECOND, first_block=42, block=50),
        replace(SECOND, on=date(2026, 11, 22)),
    ],
    ids=["covers a block again", "leaves a block out", "is of an earlier day"],
)
def test_a_head_that_does_not_follow_the_last_one_is_refused(registry: Registry, next_one: Head) -> None:
    registry.heads.publish(FIRST)
    with pytest.raises(ValueError, match="does not follow"):
        registry.heads.publish(next_one)
    assert registry.heads.all() == [FIRST]


def test_a_second_head_of_a_day_changes_nothing(registry: Registry) -> None:
    registry.heads.publish(FIRST)
    assert registry.heads.publish(replace(FIRST, block=50, hash=b"\5" * 32)) == FIRST
    assert registry.heads.all() == [FIRST]


def test_heads_are_told_oldest_first_and_found_by_the_blocks_they_cover(registry: Registry) -> None:
    assert registry.heads.last() is None
    assert registry.heads.covering(0) is None
    registry.heads.publish(FIRST)
    registry.heads.publish(SECOND)
    assert registry.heads.all() == [FIRST, SECOND]
    assert registry.heads.last() == SECOND
    found = {block: registry.heads.covering(block) for block in (0, 40, 41, 42)}
    assert found == {0: FIRST, 40: FIRST, 41: SECOND, 42: None}
