# SPDX-License-Identifier: EUPL-1.2
"""What takes long to make is made once.

Given a value that was made
  when asked again for what it was made from, and by ten at a time: the same, made once
  when asked for what changed: made anew; another name has its own
  when making it fails: whoever asks next makes it
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kindpakket.newest import Newest


def test_it_is_made_once_by_many_at_a_time_and_anew_from_something_else() -> None:
    newest = Newest()
    made: list[str] = []
    all_there = threading.Barrier(10)

    def make(value: str) -> str:
        made.append(value)
        return value

    def ask(_: int) -> str:
        all_there.wait()
        return newest.of("weeks", 1, lambda: make("first"))

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(ask, range(10))) == {"first"}
    assert made == ["first"]
    assert newest.of("days", 1, lambda: make("other")) == "other"
    assert newest.of("weeks", 2, lambda: make("second")) == "second"
    assert newest.of("weeks", 2, lambda: make("third")) == "second"
    assert made == ["first", "other", "second"]


def test_what_could_not_be_made_is_made_by_whoever_asks_next() -> None:
    newest = Newest()
    with pytest.raises(ZeroDivisionError):
        newest.of("weeks", 1, lambda: 1 // 0)
    assert newest.of("weeks", 1, lambda: 2) == 2
