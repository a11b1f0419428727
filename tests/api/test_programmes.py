# SPDX-License-Identifier: EUPL-1.2
"""Programmes that are opened over the API: what is refused or cut off leaves no name behind that is another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kindpakket import unfinished
from kindpakket.demo.api_client import Refused
from kindpakket.registry.programmes import Order
from kindpakket.services import Services
from tests.support import Town

from .test_imports import FallingSilent

TERMS = {
    "name": "Zwemlessen",
    "startsOn": "2026-01-01",
    "endsOn": "2030-12-31",
    "categories": [2],
    "maxRedemptionCents": 5000,
    "policyText": "Elk kind leert zwemmen.",
}


@pytest.fixture
def chain() -> Iterator[FallingSilent]:
    """A chain that can fall silent."""
    chain = FallingSilent()
    yield chain
    chain.close()


def names(town: Town) -> list[str]:
    return [one["name"] for one in town.desk.ask("GET", "/programmes")["programmes"]]


def test_a_programme_that_the_contract_refuses_leaves_nothing_behind(services: Services, town: Town) -> None:
    with pytest.raises(Refused, match="programme_terms_invalid"):
        town.desk.ask("POST", "/programmes", TERMS | {"endsOn": "2025-01-01"})
    assert services.registry.programmes.announced() == []


def test_a_programme_whose_opening_was_cut_off_gets_its_name_later(
    services: Services, town: Town, chain: FallingSilent
) -> None:
    chain.answers_left = 0
    with pytest.raises(Refused, match="chain_unreachable"):
        town.desk.ask("POST", "/programmes", TERMS)
    chain.come_back()
    # The chain executes what it kept before what comes next.
    deposit = {"amountCents": 1, "paymentReference": "besluit 8"}
    town.desk.ask("POST", f"/programmes/{town.programme}/deposits", deposit)
    assert names(town) == ["Kindpakket", "2"], "nobody gave it its name yet"
    assert unfinished.finish(services)
    assert names(town) == ["Kindpakket", "Zwemlessen"]
    assert services.registry.programmes.announced() == []


def test_what_was_announced_and_never_opened_does_not_name_another_programme(
    services: Services, town: Town
) -> None:
    order = Order("a" * 32, terms_hash=b"\2" * 32, policy_hash=b"\1" * 32, programmes_before=1)
    services.registry.programmes.announce(order, name="Nooit", policy_text="Nooit.")
    town.desk.ask("POST", "/programmes", TERMS)
    assert unfinished.finish(services)
    assert names(town) == ["Kindpakket", "Zwemlessen"]


def test_two_programmes_may_have_one_policy_text(town: Town) -> None:
    town.desk.ask("POST", "/programmes", TERMS)
    town.desk.ask("POST", "/programmes", TERMS | {"name": "Zwemlessen 2"})
    assert names(town) == ["Kindpakket", "Zwemlessen", "Zwemlessen 2"]
