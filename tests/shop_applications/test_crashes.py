# SPDX-License-Identifier: EUPL-1.2
"""An approval or a suspension that is killed between any two steps loses nothing and doubles nothing.

Given an application that is being approved for two programmes
  when the process dies before or after any write to the registry or any call on the chain, and starts again
  then the shop is there once, and takes part in both
Given a shop that is being suspended
  when the process dies anywhere, and starts again
  then it is either as before, or out with its reason
Given a shop that was approved and waits to be let in, that is being suspended
  when the chain does not answer: nothing changes, and it is let in
  when it answers, whatever became of the call that lets it in: the shop is out with its reason, and stays out
Given a chain that falls silent
  the one who approved or suspended is told that it goes on by itself, and it does
  the log of staff names the shop that an approval made
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kindpakket import shop_applications, shops, staff_log, suspensions, unfinished
from kindpakket.demo.api_client import Refused
from kindpakket.errors import (
    ApplicationDecided,
    ChainUnreachable,
    ShopJoinsLater,
    ShopNotAllowed,
    SuspensionUnfinished,
)
from kindpakket.events import ShopAllowed, ShopRemoved
from kindpakket.registry.application_rows import Application, Terms
from kindpakket.services import Services
from kindpakket.staff import Role
from tests.api.test_imports import FallingSilent
from tests.payout_runs.test_crashes import WHEN, Killed, Step, When, die_at
from tests.support import InProcess, Town, sign_in

from .conftest import SPORT, TEXTS, TOYS

APPROVING = [
    Step("registry.shop_applications", "approve"),
    Step("chain", "send", 1),
    Step("registry.shop_applications", "mark_joined", 1),
    Step("chain", "send", 2),
    Step("registry.shop_applications", "mark_joined", 2),
]
SUSPENDING = [
    Step("registry.suspensions", "begin"),
    Step("chain", "send", 1),
    Step("registry.suspensions", "mark_done"),
]


@pytest.fixture
def chain() -> Iterator[FallingSilent]:
    """An empty chain that can be made silent."""
    chain = FallingSilent()
    yield chain
    chain.close()


@pytest.fixture
def for_two(services: Services, town: Town, received: Application, anna: int) -> Application:
    """An application that was assessed for two programmes."""
    terms = {
        "name": "Zwemlessen",
        "startsOn": "2026-01-01",
        "endsOn": "2030-12-31",
        "categories": [SPORT],
        "maxRedemptionCents": 10_000,
        "policyText": "Zwemmen.",
    }
    other = town.desk.ask("POST", "/programmes", terms)["programme"]
    return shop_applications.assess(
        services,
        application=received.application,
        version=received.version,
        terms=[Terms(town.programme, (TOYS,)), Terms(other, (SPORT,))],
        remark="",
        staff=anna,
    )


def approve(services: Services, found: Application, staff: int) -> None:
    shop_applications.approve(services, application=found.application, version=found.version, staff=staff)


def expect_joined_once(services: Services, before: set[int]) -> None:
    """One new shop, in both programmes, with nothing that waits."""
    (shop,) = {one.shop for one in services.registry.shops.shops()} - before
    assert services.registry.shops.shop(shop).name == TEXTS["name"]
    assert [one.categories for one in suspensions.standings_of(services, shop=shop)] == [(TOYS,), (SPORT,)]
    assert services.registry.shop_applications.joining() == []


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", APPROVING, ids=str)
def test_an_approval_that_was_killed_is_finished_and_made_once(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    for_two: Application,
    bram: int,
    step: Step,
    when: When,
) -> None:
    before = {one.shop for one in services.registry.shops.shops()}
    with monkeypatch.context() as dying:
        die_at(services, dying, step, when)
        with pytest.raises(Killed):
            approve(services, for_two, bram)
    assert unfinished.finish(services)
    if step == APPROVING[0] and when == "before":
        assert {one.shop for one in services.registry.shops.shops()} == before
        approve(services, for_two, bram)
    else:
        with pytest.raises(ApplicationDecided):
            approve(services, for_two, bram)
    expect_joined_once(services, before)
    assert unfinished.finish(services)
    expect_joined_once(services, before)


def test_an_approval_over_a_silent_chain_goes_on_by_itself(
    services: Services, chain: FallingSilent, for_two: Application, bram: int
) -> None:
    before = {one.shop for one in services.registry.shops.shops()}
    chain.answers_left = 1
    with pytest.raises(ShopJoinsLater):
        approve(services, for_two, bram)
    assert not unfinished.finish(services)
    chain.come_back()
    assert unfinished.finish(services)
    expect_joined_once(services, before)


def test_the_log_names_the_shop_of_an_approval_that_goes_on_by_itself(
    services: Services, chain: FallingSilent, client: TestClient, for_two: Application
) -> None:
    approver = InProcess(client)
    sign_in(services, approver, name="Carla", roles=[Role.APPROVER])
    chain.answers_left = 0
    path = f"/shop-applications/{for_two.application}/approvals"
    with pytest.raises(Refused, match="shop_joins_later"):
        approver.ask("POST", path, {"version": for_two.version})
    shop = max(one.shop for one in services.registry.shops.shops())
    (line,) = staff_log.list_lines(services, before=None, limit=1)
    assert line.about == f"application={for_two.application} shop={shop}"
    assert line.outcome_reason == "shop_joins_later"


def test_a_shop_that_staff_suspended_while_it_waited_stays_out(
    services: Services, chain: FallingSilent, for_two: Application, bram: int
) -> None:
    chain.answers_left = 0
    with pytest.raises(ShopJoinsLater):
        approve(services, for_two, bram)
    chain.come_back()
    shop = max(one.shop for one in services.registry.shops.shops())
    # The call that the chain kept while it was silent comes first: the shop takes part in the first programme.
    services.fund.execute(
        shops.fund_calls.allow_shop(programme=1, shop=shop, categories=1 << TOYS),
        sender=services.accounts.shop_manager,
    )
    suspensions.suspend(services, programme=1, shop=shop, because="under_review", staff=bram)
    assert unfinished.finish(services)
    found = {one.programme: one.categories for one in suspensions.standings_of(services, shop=shop)}
    assert found == {1: (), 2: (SPORT,)}


@pytest.fixture
def waiting(services: Services, chain: FallingSilent, for_two: Application, bram: int) -> int:
    """A shop that was approved for two programmes while the chain was silent; it kept the call for the first."""
    chain.answers_left = 0
    with pytest.raises(ShopJoinsLater):
        approve(services, for_two, bram)
    return max(one.shop for one in services.registry.shops.shops())


def test_a_suspension_that_nobody_answers_leaves_a_waiting_shop_waiting(
    services: Services, chain: FallingSilent, waiting: int, bram: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise ChainUnreachable("silent")

    before = services.registry.shop_applications.joining()
    with monkeypatch.context() as patch:
        patch.setattr(services.fund, "preview", silent)
        with pytest.raises(ChainUnreachable):
            suspensions.suspend(services, programme=1, shop=waiting, because="under_review", staff=bram)
    assert services.registry.suspensions.of_shop(waiting) == []
    assert services.registry.shop_applications.joining() == before
    chain.come_back()
    assert unfinished.finish(services)
    assert [one.categories for one in suspensions.standings_of(services, shop=waiting)] == [(TOYS,), (SPORT,)]


@pytest.mark.parametrize("became", ["the chain has it later", "it was lost", "the chain is silent still"])
def test_a_shop_that_is_suspended_while_it_waits_is_out_with_its_reason_and_stays_out(
    services: Services, chain: FallingSilent, waiting: int, bram: int, became: str
) -> None:
    if became == "it was lost":
        chain.forget()
    if became == "the chain is silent still":
        with pytest.raises(SuspensionUnfinished):
            suspensions.suspend(services, programme=1, shop=waiting, because="under_review", staff=bram)
        chain.come_back()
    else:
        chain.come_back()
        suspensions.suspend(services, programme=1, shop=waiting, because="under_review", staff=bram)
    for _ in range(2):
        assert unfinished.finish(services)
        first, second = suspensions.standings_of(services, shop=waiting)
        assert (first.categories, second.categories) == ((), (SPORT,))
        assert first.suspension is not None and first.suspension.because == "under_review"
        assert first.suspension.block is not None


def test_a_shop_that_neither_takes_part_nor_waits_to_is_not_suspended(
    services: Services, waiting: int, bram: int
) -> None:
    with pytest.raises(ShopNotAllowed):
        suspensions.suspend(services, programme=9, shop=waiting, because="closed", staff=bram)
    assert services.registry.suspensions.of_shop(waiting) == []


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", SUSPENDING, ids=str)
def test_a_suspension_that_was_killed_is_finished_with_its_reason(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    town: Town,
    bram: int,
    step: Step,
    when: When,
) -> None:
    def suspend() -> None:
        suspensions.suspend(
            services, programme=town.programme, shop=town.shops[0], because="closed", staff=bram
        )

    with monkeypatch.context() as dying:
        die_at(services, dying, step, when)
        with pytest.raises(Killed):
            suspend()
    assert unfinished.finish(services)
    if step == SUSPENDING[0] and when == "before":
        suspend()
    else:
        with pytest.raises(ShopNotAllowed):
            suspend()
    (standing,) = suspensions.standings_of(services, shop=town.shops[0])
    assert standing.categories == () and standing.suspension is not None
    assert standing.suspension.because == "closed"
    events = [event for _, event in services.fund.events(0, services.chain.head().number)]
    removed = [one for one in events if isinstance(one, ShopRemoved) and one.shop == town.shops[0]]
    assert len(removed) == 1

    shops.allow(services, programme=town.programme, shop=town.shops[0], categories=[3])
    assert unfinished.finish(services)
    (standing,) = suspensions.standings_of(services, shop=town.shops[0])
    assert (standing.categories, standing.suspension) == ((3,), None)
    allowed = [one for one in events if isinstance(one, ShopAllowed)]
    assert len(allowed) == len(town.shops)


def test_a_suspension_over_a_silent_chain_goes_on_by_itself(
    services: Services, chain: FallingSilent, town: Town, bram: int
) -> None:
    chain.answers_left = 0
    with pytest.raises(SuspensionUnfinished):
        suspensions.suspend(
            services, programme=town.programme, shop=town.shops[0], because="closed", staff=bram
        )
    assert not unfinished.finish(services)
    chain.come_back()
    assert unfinished.finish(services)
    (standing,) = suspensions.standings_of(services, shop=town.shops[0])
    assert standing.suspension is not None and standing.suspension.block is not None
