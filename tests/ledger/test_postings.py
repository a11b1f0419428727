# SPDX-License-Identifier: EUPL-1.2
"""Postings: which event moves how many cents from where to where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from kindpakket.events import EVENTS, Event, Place, Swept, ToppedUp, Withdrawn
from kindpakket.ledger.booking import _EFFECTS
from kindpakket.ledger.postings import describe, post

from .source import (
    activated,
    allowed,
    deposited,
    issued,
    opened,
    place_of,
    redeemed,
    refunded,
    settled,
    whole_story,
)


def everything() -> Sequence[tuple[Place, Event]]:
    story = whole_story()
    return story.events(0, story.head().number)


@pytest.mark.parametrize("event", [opened(), activated(1), allowed(3), issued()])
def test_an_event_that_moves_no_money_has_no_entries(event: Event) -> None:
    assert post(place_of(5, 0), event) == []


@pytest.mark.parametrize(
    ("event", "from_account", "to_account", "cents"),
    [
        (deposited(100_000), "bank", "programme/1", 100_000),
        (
            Withdrawn(programme=1, amount_cents=70, payment_reference=b"\x01" * 32),
            "programme/1",
            "bank",
            70,
        ),
        (ToppedUp(voucher=12, programme=1, amount_cents=5_000), "programme/1", "voucher/12", 5_000),
        (redeemed(12, 0, 3_745), "voucher/12", "programme/1/shop/3", 3_745),
        (refunded(12, 0, 1_000), "programme/1/shop/3", "voucher/12", 1_000),
        (refunded(12, 0, 1_000, to_programme=True), "programme/1/shop/3", "programme/1", 1_000),
        (settled(2_745), "programme/1/shop/3", "bank", 2_745),
        (Swept(voucher=12, programme=1, amount_cents=9), "voucher/12", "programme/1", 9),
    ],
)
def test_an_event_moves_its_amount_once(event: Event, from_account: str, to_account: str, cents: int) -> None:
    place = place_of(5, 2)
    (entry,) = post(place, event)
    assert (entry.from_account, entry.to_account, entry.cents) == (from_account, to_account, cents)
    assert (entry.at, entry.block, entry.log_index, entry.part) == (place.at, 5, 2, 0)


def test_each_issued_voucher_has_its_own_entry() -> None:
    entries = post(place_of(5, 0), issued(30_000, 15_000, first=12))
    assert [(entry.part, entry.to_account, entry.cents) for entry in entries] == [
        (0, "voucher/12", 30_000),
        (1, "voucher/13", 15_000),
    ]
    assert {entry.from_account for entry in entries} == {"programme/1"}


def test_all_entries_of_a_story_add_up_to_nothing() -> None:
    balances: Counter[str] = Counter()
    for place, event in everything():
        for entry in post(place, event):
            balances[entry.from_account] -= entry.cents
            balances[entry.to_account] += entry.cents
    assert sum(balances.values()) == 0
    assert balances["bank"] == -(100_000 + 1_000) + 8_000 + 7_000


def test_every_kind_of_event_has_a_known_effect() -> None:
    assert set(_EFFECTS) == set(EVENTS.values())


def test_the_story_has_every_kind_of_event() -> None:
    assert {type(event) for _, event in everything()} == set(EVENTS.values())


def test_arguments_are_described_in_plain_json() -> None:
    assert describe(issued(30_000)) == {
        "programme": 1,
        "first": 1,
        "allocations": [{"letter_key": f"0x{1_001:040x}", "amount_cents": 30_000}],
    }
    assert describe(redeemed(1, 0, 5))["ticket_id"] == "0x" + "0" * 59 + "186a0"
