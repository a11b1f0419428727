# SPDX-License-Identifier: EUPL-1.2
"""The verb extend.

extend
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the programme does not exist
│   └── it refuses: ProgrammeUnknown
├── when the programme ends in this second
│   └── it refuses: ProgrammeEnded
├── when the end asked for is the end that was planned
│   └── it refuses: ExtensionTooShort
└── when the period grows
    ├── it emits ProgrammeExtended with all its fields
    ├── it changes the end and no other term
    ├── it takes one second more, in the last second
    └── it lets shops that take part go on without being allowed again
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, TREASURER, Event, Fund, refused
from .town import ENDS_AT, Town


def test_extend_refuses_who_is_not_the_issuer(fund: Fund) -> None:
    with refused("AccessControlUnauthorizedAccount", TREASURER.address, fund.role("ISSUER_ROLE")):
        fund.send("extend", 1, ENDS_AT + 1, by=TREASURER)


@pytest.mark.parametrize("programme", [0, 2])
def test_extend_refuses_an_unknown_programme(fund: Fund, programme: int) -> None:
    with refused("ProgrammeUnknown", programme):
        fund.send("extend", programme, ENDS_AT + 1, by=ISSUER)


def test_extend_refuses_at_the_end(fund: Fund) -> None:
    fund.move_to(ENDS_AT)
    with refused("ProgrammeEnded", ENDS_AT, ENDS_AT):
        fund.send("extend", 1, ENDS_AT + 1, by=ISSUER)


@pytest.mark.parametrize("ends_at", [ENDS_AT, ENDS_AT - 1, 0])
def test_extend_refuses_what_is_no_later(fund: Fund, ends_at: int) -> None:
    with refused("ExtensionTooShort", ends_at, ENDS_AT):
        fund.send("extend", 1, ends_at, by=ISSUER)


def test_extend_emits_programme_extended(fund: Fund) -> None:
    outcome = fund.send("extend", 1, ENDS_AT + 86_400, by=ISSUER)
    assert outcome.events == (Event("ProgrammeExtended", {"programme": 1, "endsAt": ENDS_AT + 86_400}),)


def test_extend_changes_nothing_but_the_end(fund: Fund) -> None:
    before = fund.programme(1)
    fund.send("extend", 1, 2**40 - 1, by=ISSUER)
    assert fund.programme(1) == {**before, "endsAt": 2**40 - 1}


def test_extend_takes_one_second_more_in_the_last_second(fund: Fund) -> None:
    fund.move_to(ENDS_AT - 1)
    fund.send("extend", 1, ENDS_AT + 1, by=ISSUER)
    assert fund.programme(1)["endsAt"] == ENDS_AT + 1


def test_extend_lets_shops_go_on(town: Town) -> None:
    town.fund.send("extend", 1, ENDS_AT + 86_400, by=ISSUER)
    town.fund.move_to(ENDS_AT + 3600)
    town.redeem(amount_cents=10_00)
    assert town.owed_cents() == 10_00
