# SPDX-License-Identifier: EUPL-1.2
"""The verb openProgramme.

openProgramme
├── when the caller is not the issuer
│   └── it refuses: AccessControlUnauthorizedAccount
├── when the period ends at its start
│   └── it refuses: ProgrammeTermsInvalid
├── when the period ends in this second, or ended before
│   └── it refuses: ProgrammeTermsInvalid
├── when it is for no kind of purchase
│   └── it refuses: ProgrammeTermsInvalid
├── when the maximum of a payment is nothing, or a cent more than a ticket's use can keep
│   └── it refuses: ProgrammeTermsInvalid
├── when 65,534 programmes were opened
│   └── it refuses, as arithmetic does
└── when the terms make sense
    ├── it emits ProgrammeOpened with all its fields
    ├── it keeps the terms, and no money yet
    ├── it numbers programmes from 1 and answers the number
    ├── it takes a period that started already and ends in the next second
    └── it takes the widest terms
"""

from __future__ import annotations

import pytest

from .fund import ISSUER, OVERFLOW, SHOP_MANAGER, Event, Fund, refused
from .storage import put_counts
from .town import CATEGORIES, ENDS_AT, MAX_REDEMPTION_CENTS, MOST_CENTS, POLICY_HASH, STARTS_AT

LAST_PROGRAMME = 2**16 - 2
"""The number after it has to fit too."""

TERMS = (STARTS_AT, ENDS_AT, CATEGORIES, MAX_REDEMPTION_CENTS, POLICY_HASH)


def test_open_programme_refuses_who_is_not_the_issuer(empty_fund: Fund) -> None:
    role = empty_fund.role("ISSUER_ROLE")
    with refused("AccessControlUnauthorizedAccount", SHOP_MANAGER.address, role):
        empty_fund.send("openProgramme", *TERMS, by=SHOP_MANAGER)


@pytest.mark.parametrize("ends_at", [STARTS_AT, STARTS_AT - 1, 0])
def test_open_programme_refuses_a_period_of_nothing(empty_fund: Fund, ends_at: int) -> None:
    with refused("ProgrammeTermsInvalid"):
        empty_fund.send("openProgramme", STARTS_AT, ends_at, *TERMS[2:], by=ISSUER)


@pytest.mark.parametrize("now_at", [ENDS_AT, ENDS_AT + 1, ENDS_AT + 86_400])
def test_open_programme_refuses_a_period_that_is_over(empty_fund: Fund, now_at: int) -> None:
    empty_fund.move_to(now_at)
    with refused("ProgrammeTermsInvalid"):
        empty_fund.send("openProgramme", *TERMS, by=ISSUER)


def test_open_programme_refuses_no_categories(empty_fund: Fund) -> None:
    with refused("ProgrammeTermsInvalid"):
        empty_fund.send("openProgramme", STARTS_AT, ENDS_AT, 0, *TERMS[3:], by=ISSUER)


@pytest.mark.parametrize("max_redemption_cents", [0, MOST_CENTS + 1, 2**24 - 1])
def test_open_programme_refuses_a_maximum_that_cannot_be(empty_fund: Fund, max_redemption_cents: int) -> None:
    with refused("ProgrammeTermsInvalid"):
        empty_fund.send("openProgramme", *TERMS[:3], max_redemption_cents, POLICY_HASH, by=ISSUER)


def test_open_programme_refuses_when_all_numbers_are_given(fund: Fund) -> None:
    put_counts(fund, programmes=LAST_PROGRAMME - 1, vouchers=3)
    assert fund.send("openProgramme", *TERMS, by=ISSUER).output == LAST_PROGRAMME
    with refused("Panic", OVERFLOW):
        fund.send("openProgramme", *TERMS, by=ISSUER)
    assert fund.read("programmeCount") == LAST_PROGRAMME
    assert fund.programme(LAST_PROGRAMME)["policyHash"] == POLICY_HASH


def test_open_programme_emits_programme_opened(empty_fund: Fund) -> None:
    fields = {
        "programme": 1,
        "startsAt": STARTS_AT,
        "endsAt": ENDS_AT,
        "categories": CATEGORIES,
        "maxRedemptionCents": MAX_REDEMPTION_CENTS,
        "policyHash": POLICY_HASH,
    }
    assert empty_fund.send("openProgramme", *TERMS, by=ISSUER).events == (Event("ProgrammeOpened", fields),)


def test_open_programme_keeps_the_terms(empty_fund: Fund) -> None:
    empty_fund.send("openProgramme", *TERMS, by=ISSUER)
    assert empty_fund.programme(1) == {
        "startsAt": STARTS_AT,
        "endsAt": ENDS_AT,
        "categories": CATEGORIES,
        "maxRedemptionCents": MAX_REDEMPTION_CENTS,
        "depositedCents": 0,
        "unallocatedCents": 0,
        "withdrawnCents": 0,
        "policyHash": POLICY_HASH,
    }


def test_open_programme_numbers_from_one(empty_fund: Fund) -> None:
    assert empty_fund.read("programmeCount") == 0
    assert empty_fund.send("openProgramme", *TERMS, by=ISSUER).output == 1
    assert empty_fund.send("openProgramme", *TERMS, by=ISSUER).output == 2
    assert empty_fund.read("programmeCount") == 2
    with refused("ProgrammeUnknown", 0):
        empty_fund.programme(0)
    with refused("ProgrammeUnknown", 3):
        empty_fund.programme(3)


def test_open_programme_takes_a_period_that_ends_in_the_next_second(empty_fund: Fund) -> None:
    empty_fund.move_to(ENDS_AT - 1)
    assert empty_fund.send("openProgramme", *TERMS, by=ISSUER).output == 1


def test_open_programme_takes_the_widest_terms(empty_fund: Fund) -> None:
    empty_fund.send("openProgramme", 0, 2**40 - 1, 2**32 - 1, MOST_CENTS, bytes(32), by=ISSUER)
    kept = empty_fund.programme(1)
    assert (kept["startsAt"], kept["endsAt"]) == (0, 2**40 - 1)
    assert (kept["categories"], kept["maxRedemptionCents"]) == (2**32 - 1, MOST_CENTS)
