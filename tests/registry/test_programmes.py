# SPDX-License-Identifier: EUPL-1.2
"""Programmes: a name and a text are written down before there is a number, and given to it once."""

from __future__ import annotations

from sqlalchemy import text

from kindpakket.registry.store import Registry
from tests.ledger.databases import connect

POLICY, OTHER_POLICY = b"\x01" * 32, b"\x02" * 32


def policy_texts(url: str) -> dict[int, str]:
    with connect(url) as connection:
        rows = connection.execute(text("SELECT programme, policy_text FROM programme_text"))
        return {row.programme: row.policy_text for row in rows}


def test_what_was_not_announced_is_given_to_none(registry: Registry) -> None:
    registry.programmes.announce(POLICY, name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.attach(OTHER_POLICY, [1])
    registry.programmes.attach(POLICY, [])
    assert registry.programmes.names() == {}
    assert registry.programmes.announced() == [POLICY]


def test_what_the_contract_refused_is_forgotten(registry: Registry) -> None:
    registry.programmes.announce(POLICY, name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.forget(POLICY)
    registry.programmes.forget(POLICY)
    registry.programmes.attach(POLICY, [1])
    assert (registry.programmes.names(), registry.programmes.announced()) == ({}, [])


def test_a_programme_that_has_a_name_keeps_it(registry: Registry, url: str) -> None:
    registry.programmes.announce(POLICY, name="Kindpakket", policy_text="Iedereen.")
    registry.programmes.attach(POLICY, [1])
    registry.programmes.announce(POLICY, name="Zwemlessen", policy_text="Iedereen.")
    registry.programmes.attach(POLICY, [1, 2])
    registry.programmes.attach(POLICY, [3])
    assert registry.programmes.names() == {1: "Kindpakket", 2: "Zwemlessen"}
    assert policy_texts(url) == {1: "Iedereen.", 2: "Iedereen."}


def test_what_is_announced_again_is_kept_once(registry: Registry) -> None:
    for name in ("Kindpakket", "Kindpakket 2026"):
        registry.programmes.announce(POLICY, name=name, policy_text="Iedereen.")
    assert registry.programmes.announced() == [POLICY]
    registry.programmes.attach(POLICY, [1])
    assert registry.programmes.names() == {1: "Kindpakket 2026"}
