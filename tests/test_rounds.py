# SPDX-License-Identifier: EUPL-1.2
"""What is done again and again.

Given rounds
  when one fails, whatever the reason, the next comes all the same
  when one is not finished, or failed, the wait before the next is twice as long, up to its most; then as ever
  when they are stopped, the round under way is waited for, and stopping again does nothing
  when they never began, stopping does nothing
"""

from __future__ import annotations

import threading

import pytest

from kindpakket.errors import ChainUnreachable
from kindpakket.rounds import Rounds

PATIENCE_SECONDS = 20


@pytest.mark.parametrize("fault", [ChainUnreachable(), OSError("the disk is full"), False])
def test_a_round_that_fails_or_is_not_finished_is_followed_by_another(fault: Exception | bool) -> None:
    done = threading.Event()
    outcomes = [fault, fault, True]

    def act() -> bool:
        outcome = outcomes.pop(0) if outcomes else True
        if not outcomes:
            done.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    rounds = Rounds("test", act, every_seconds=0.001)
    rounds.start()
    assert done.wait(PATIENCE_SECONDS)
    rounds.stop()


def test_waits_grow_up_to_their_most_and_are_as_ever_once_it_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    outcomes = [False, OSError("the disk is full"), False, False, None, False]

    class Closing:
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return not outcomes

        def set(self) -> None:
            """Nobody closes here."""

    def act() -> object:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(threading, "Event", Closing)
    rounds = Rounds("test", act, every_seconds=5, most_seconds=30)
    monkeypatch.undo()
    rounds._go_round()
    assert waits == [5, 10, 20, 30, 30, 5, 10]


def test_stopping_waits_for_the_round_under_way_and_may_be_done_twice() -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended: list[bool] = []

    def act() -> None:
        begun.set()
        go_on.wait(PATIENCE_SECONDS)
        ended.append(True)

    rounds = Rounds("test", act, every_seconds=0)
    rounds.start()
    assert begun.wait(PATIENCE_SECONDS)
    threading.Timer(0.05, go_on.set).start()
    rounds.stop()
    assert ended
    rounds.stop()


def test_what_never_began_can_be_stopped() -> None:
    Rounds("test", lambda: None, every_seconds=1).stop()
