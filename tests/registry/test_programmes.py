# SPDX-License-Identifier: EUPL-1.2
"""Programmes: a name and a text are written down before there is a number, and given to it once; so is the order.

Given an order that is announced
  when nothing is attached to its text: it waits, and what it opened is not known
  when it is forgotten: it may come again
  when a programme is attached: the order opened that one, for good
"""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket.registry.programmes import Announced, Opened, Order
from kindpakket.registry.store import Registry
from tests.ledger.databases import connect

POLICY, OTHER_POLICY = b"\x01" * 32, b"\x02" * 32
TERMS = b"\x03" * 32


def order(key: str = "a", *, policy_hash: bytes = POLICY, before: int = 0) -> Order:
    return Order(key * 32, terms_hash=TERMS, policy_hash=policy_hash, programmes_before=before)


def policy_texts(url: str) -> dict[int, str]:
    with connect(url) as connection:
        rows = connection.execute(text("SELECT programme, policy_text FROM programme_text"))
        return {row.programme: row.policy_text for row in rows}


def test_an_order_that_nobody_gave_is_not_known(registry: Registry) -> None:
    assert registry.programmes.opened_by("a" * 32) is None
    assert registry.programmes.policy_text(1) is None


def test_what_was_not_announced_is_given_to_none(registry: Registry) -> None:
    registry.programmes.announce(order(before=4), name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.attach(OTHER_POLICY, [5])
    registry.programmes.attach(POLICY, [])
    assert registry.programmes.names() == {}
    assert registry.programmes.announced() == [Announced(POLICY, 4)]
    assert registry.programmes.opened_by("a" * 32) == Opened(TERMS, None)


def test_what_the_contract_refused_is_forgotten_and_may_come_again(registry: Registry) -> None:
    registry.programmes.announce(order(), name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.forget(POLICY)
    registry.programmes.forget(POLICY)
    registry.programmes.attach(POLICY, [1])
    assert (registry.programmes.names(), registry.programmes.announced()) == ({}, [])
    assert registry.programmes.opened_by("a" * 32) is None
    registry.programmes.announce(order(), name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.attach(POLICY, [1])
    assert registry.programmes.opened_by("a" * 32) == Opened(TERMS, 1)


def test_an_order_that_opened_a_programme_is_not_forgotten(registry: Registry) -> None:
    registry.programmes.announce(order(), name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.attach(POLICY, [1])
    registry.programmes.forget(POLICY)
    assert registry.programmes.opened_by("a" * 32) == Opened(TERMS, 1)
    with pytest.raises(IntegrityError):
        registry.programmes.announce(order(), name="Kindpakket", policy_text="Iedereen.")


def test_a_programme_that_has_a_name_keeps_it(registry: Registry, url: str) -> None:
    registry.programmes.announce(order("a"), name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.attach(POLICY, [1])
    registry.programmes.announce(order("b", before=1), name="Zwemlessen", policy_text="Iedereen.")
    registry.programmes.attach(POLICY, [2])
    registry.programmes.attach(POLICY, [3])
    assert registry.programmes.names() == {1: "Kindpakket", 2: "Zwemlessen"}
    assert policy_texts(url) == {1: "Iedereen.", 2: "Iedereen."}
    assert registry.programmes.policy_text(2) == "Iedereen."
    assert registry.programmes.opened_by("b" * 32) == Opened(TERMS, 2)


def test_what_an_earlier_version_announced_waits_too(registry: Registry, url: str) -> None:
    with connect(url) as connection:
        connection.execute(
            text("INSERT INTO programme_opening VALUES (:policy, 'Kindpakket', 'Iedereen.')"),
            {"policy": POLICY},
        )
    assert registry.programmes.announced() == [Announced(POLICY, 0)]
    registry.programmes.attach(POLICY, [1])
    assert registry.programmes.names() == {1: "Kindpakket"}


@pytest.mark.parametrize(
    ("key", "before", "programme"),
    [("'a'", 0, 1), (f"'{'a' * 32}'", -1, 1), (f"'{'a' * 32}'", 3, 3)],
    ids=["a short key", "fewer than none before", "a programme that was there before"],
)
def test_an_order_that_makes_no_sense_is_refused(
    registry: Registry, url: str, key: str, before: int, programme: int
) -> None:
    with pytest.raises(IntegrityError), connect(url) as connection:
        connection.execute(
            text(f"INSERT INTO programme_order VALUES ({key}, :hash, :hash, {before}, {programme})"),
            {"hash": TERMS},
        )


def test_two_orders_cannot_have_opened_one_programme(registry: Registry) -> None:
    for key, before in (("a", 0), ("b", 0)):
        registry.programmes.announce(order(key, before=before), name="Kindpakket", policy_text="Iedereen.")
        if key == "a":
            registry.programmes.attach(POLICY, [1])
    with pytest.raises(IntegrityError):
        registry.programmes.attach(POLICY, [1])
