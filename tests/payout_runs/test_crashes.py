# SPDX-License-Identifier: EUPL-1.2
"""A payout run that is killed between any two steps loses nothing and doubles nothing.

Given a run of two settlements
  when the process dies before or after any write to the registry or any call on the chain, and starts again
  then it is as if nothing had happened: each settlement once, one file, the same bytes, one payment a merchant
  also when it dies at every step in turn
  also when the chain falls silent, and later does what it was told last
Given a payment that came back and is made again
  the same holds, and nothing is settled again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from kindpakket import payout_runs, unfinished
from kindpakket.bank import pain
from kindpakket.errors import (
    Failure,
    PayoutFileNotReady,
    PayoutRunDecided,
    PayoutRunOpen,
    PayoutUnfinished,
)
from kindpakket.events import Settled
from kindpakket.services import Services
from tests.api.test_imports import FallingSilent
from tests.support import Town

from .bank import entry, paid, payments_in, statement
from .conftest import Shopping, approve_again

When = Literal["before", "after"]


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass(frozen=True)
class Step:
    """A step that the process dies at: the nth call of a method of a part."""

    part: str
    method: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.method} {self.nth}"


APPROVING = [
    Step("registry.payout_runs", "approve"),
    Step("chain", "send", 1),
    Step("registry.payout_runs", "mark_anchored"),
    Step("chain", "send", 2),
    Step("chain", "send", 3),
    Step("registry.payout_runs", "mark_on_chain"),
    Step("registry.payout_runs", "finish"),
]
APPROVING_AGAIN = [
    Step("registry.payout_payments", "approve_again"),
    Step("chain", "send", 1),
    Step("registry.payout_runs", "mark_anchored"),
]
WHEN: list[When] = ["before", "after"]


def die_at(services: Services, monkeypatch: pytest.MonkeyPatch, step: Step, when: When) -> None:
    """Let the process die there."""
    part: Any = services
    for name in step.part.split("."):
        part = getattr(part, name)
    real = getattr(part, step.method)
    calls = 0

    def call(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != step.nth:
            return real(*arguments, **named)
        if when == "after":
            real(*arguments, **named)
        raise Killed

    monkeypatch.setattr(part, step.method, call)


@pytest.fixture
def chain() -> Iterator[FallingSilent]:
    """An empty chain that can be made silent."""
    chain = FallingSilent()
    yield chain
    chain.close()


def settled(services: Services) -> list[int]:
    """What was settled on the chain, euro cents."""
    events = services.fund.events(0, services.chain.head().number)
    return sorted(event.amount_cents for _, event in events if isinstance(event, Settled))


def refuse_files_that_are_not_settled(services: Services, run: int) -> None:
    """Whatever happened, no file leaves before all of it is on the chain."""
    if settled(services) != [1200, 3745] or services.registry.payout_runs.run(run).state != "settled":
        with pytest.raises((PayoutFileNotReady, payout_runs.files.NotFound)):
            payout_runs.file_of(services, run=run, file=1)


def expect_all_once(services: Services, run: int) -> bytes:
    """Each settlement once, one file, one payment a merchant; return the file."""
    assert settled(services) == [1200, 3745]
    found = services.registry.payout_runs.run(run)
    assert found.state == "settled"
    assert [one.block is not None for one in found.settlements] == [True, True]
    assert [len(one.payments) for one in found.transfers] == [1, 1]
    content = payout_runs.file_of(services, run=run, file=1).content
    assert [one.cents for one in payments_in(content)] == [3745, 1200]
    with pytest.raises(payout_runs.preparing.NothingOwed):
        payout_runs.prepare(services, programme=None, staff=found.prepared_by)
    return content


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", APPROVING, ids=str)
def test_a_run_that_dies_while_it_is_approved_is_finished_once(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    when: When,
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    written: list[bytes] = []
    real_write = pain.write
    monkeypatch.setattr(pain, "write", lambda order: written.append(real_write(order)) or written[-1])
    with monkeypatch.context() as dying:
        die_at(services, dying, step, when)
        with pytest.raises(Killed):
            payout_runs.approve(services, run=run, staff=bram)

    again = open_services()
    refuse_files_that_are_not_settled(again, run)
    assert unfinished.finish(again)
    if (step.method, when) == ("approve", "before"):
        assert again.registry.payout_runs.run(run).state == "prepared", "nobody approved it"
        payout_runs.approve(again, run=run, staff=bram)
    else:
        with pytest.raises(PayoutRunDecided):
            payout_runs.approve(again, run=run, staff=bram)
    content = expect_all_once(again, run)
    assert content == written[-1]
    assert unfinished.finish(again), "there is nothing more to finish"
    assert expect_all_once(again, run) == content


def test_a_run_that_dies_at_every_step_in_turn_is_finished_once(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    with monkeypatch.context() as dying:
        die_at(services, dying, APPROVING[0], "after")
        with pytest.raises(Killed):
            payout_runs.approve(services, run=run, staff=bram)
    deaths = 0
    for method, part in (
        ("send", "chain"),
        ("mark_anchored", "registry.payout_runs"),
        ("send", "chain"),
        ("mark_on_chain", "registry.payout_runs"),
        ("send", "chain"),
        ("mark_on_chain", "registry.payout_runs"),
        ("finish", "registry.payout_runs"),
    ):
        for when in WHEN:
            services = open_services()
            refuse_files_that_are_not_settled(services, run)
            with monkeypatch.context() as dying:
                die_at(services, dying, Step(part, method), when)
                try:
                    unfinished.finish(services)
                except Killed:
                    deaths += 1
    assert deaths >= 10
    services = open_services()
    assert unfinished.finish(services)
    expect_all_once(services, run)


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_a_chain_that_falls_silent_and_does_later_what_it_was_told_settles_once(
    services: Services,
    chain: FallingSilent,
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
    answers: int,
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    chain.answers_left = answers
    with pytest.raises(PayoutUnfinished):
        payout_runs.approve(services, run=run, staff=bram)
    assert services.registry.payout_runs.run(run).state == "approved"
    with pytest.raises(PayoutFileNotReady):
        payout_runs.file_of(services, run=run, file=1)
    with pytest.raises(PayoutRunOpen):
        payout_runs.prepare(services, programme=None, staff=anna)
    assert not unfinished.finish(services), "still silent"
    chain.come_back()
    for _ in range(2):
        if unfinished.finish(services):
            break
    expect_all_once(services, run)


@pytest.mark.parametrize("when", WHEN)
def test_a_run_that_dies_while_it_is_prepared_is_there_or_is_not(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
    monkeypatch: pytest.MonkeyPatch,
    when: When,
) -> None:
    with monkeypatch.context() as dying:
        die_at(services, dying, Step("registry.payout_runs", "prepare"), when)
        with pytest.raises(Killed):
            payout_runs.prepare(services, programme=None, staff=anna)
    again = open_services()
    assert unfinished.finish(again)
    assert settled(again) == []
    runs = again.registry.payout_runs.runs()
    assert [one.state for one in runs] == ([] if when == "before" else ["prepared"])
    run = runs[0].run if runs else payout_runs.prepare(again, programme=None, staff=anna).run
    payout_runs.approve(again, run=run, staff=bram)
    expect_all_once(again, run)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", APPROVING_AGAIN, ids=str)
def test_a_repeated_payment_that_dies_while_it_is_approved_is_in_one_file_and_settled_once(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    when: When,
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    came_back = statement(entry(f"KP-{run}-1-1", "37.45", returned="AC04"))
    payout_runs.import_statement(services, content=came_back, staff=anna)
    payout_runs.propose_again(
        services, run=run, transfer=1, name="Fietsen Jansen", iban="NL02ABNA0123456789", staff=anna
    )
    with monkeypatch.context() as dying:
        die_at(services, dying, step, when)
        with pytest.raises(Killed):
            approve_again(services, run=run, staff=bram)

    again = open_services()
    assert unfinished.finish(again)
    if (step.method, when) == ("approve_again", "before"):
        approve_again(again, run=run, staff=bram)
    else:
        with pytest.raises(PayoutRunDecided):
            approve_again(again, run=run, staff=bram)
    assert settled(again) == [1200, 3745], "the settlement stands"
    (payment,) = payments_in(payout_runs.file_of(again, run=run, file=2).content)
    assert (payment.end_to_end_id, payment.iban) == (f"KP-{run}-1-2", "NL02ABNA0123456789")
    assert len(again.registry.payout_runs.run(run).files) == 2


@pytest.mark.parametrize("when", WHEN)
def test_a_statement_that_dies_half_way_is_read_again_with_the_same_end(
    services: Services,
    open_services: Callable[[], Services],
    town: Town,
    earned: Shopping,
    anna: int,
    bram: int,
    monkeypatch: pytest.MonkeyPatch,
    when: When,
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    payout_runs.approve(services, run=run, staff=bram)
    content = paid(payout_runs.file_of(services, run=run, file=1).content)
    with monkeypatch.context() as dying:
        die_at(services, dying, Step("registry.payout_payments", "record"), when)
        with pytest.raises(Killed):
            payout_runs.import_statement(services, content=content, staff=anna)
    again = open_services()
    outcome = payout_runs.import_statement(again, content=content, staff=anna)
    assert (len(outcome.booked), outcome.known_count) == ((2, 0) if when == "before" else (0, 2))
    assert again.registry.payout_runs.run(run).state == "done"


def test_a_run_that_cannot_be_finished_does_not_keep_the_others_from_it(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    with monkeypatch.context() as dying:
        die_at(services, dying, APPROVING[0], "after")
        with pytest.raises(Killed):
            payout_runs.approve(services, run=run, staff=bram)
    asked: list[int] = []

    def fail(_services: Services, asked_run: int) -> None:
        asked.append(asked_run)
        raise Failure("no")

    monkeypatch.setattr(services.registry.payout_runs, "unfinished", lambda: [run, 99])
    monkeypatch.setattr(payout_runs.settling, "finish_run", fail)
    assert payout_runs.resume(services) is False
    assert asked == [run, 99]
