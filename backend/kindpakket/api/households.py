# SPDX-License-Identifier: EUPL-1.2
"""A lost phone at the desk: signed-in staff find a household by its row reference and give it one new letter."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from kindpakket import vouchers
from kindpakket.staff_log import Action, acting
from kindpakket.vouchers import ReplacementReason

from .access import HouseholdReader, Issuer, UseServices
from .models import Kept, Message
from .municipality_models import Letter
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

HouseholdId = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]


class HouseholdLookup(Message):
    """Which household, by the municipality's own reference."""

    programme: Annotated[int, Field(ge=1, le=0xFFFF, strict=True)]
    row_reference: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), Kept]


class HouseholdVoucher(Message):
    """A voucher of a household, and what holds it. `blockReason` is the contract's number; 0 when not blocked."""

    voucher: int
    activated: bool
    blocked: bool
    block_reason: int
    on_paper: bool


class Household(Message):
    """What the desk sees of a household."""

    household: int
    vouchers: list[HouseholdVoucher]
    replacement_count: int
    is_being_replaced: bool


class LetterReplacement(Message):
    """Why a household gets a new letter, and how many it got before, as the asker saw it."""

    reason: Literal["lost", "stolen", "broken", "letter", "other"]
    replacement_count: Annotated[int, Field(ge=0, strict=True)]


class ReplacementLetter(Message):
    """The new letter, told once."""

    letter: Letter


@router.post("/household-lookups", operation_id="lookUpHousehold")
def look_up_household(lookup: HouseholdLookup, services: UseServices, session: HouseholdReader) -> Household:
    """Find a household by its row reference. Issuers and auditors only; a reference is never in an address."""
    found = vouchers.find_household(services, programme=lookup.programme, row_reference=lookup.row_reference)
    return Household(
        household=found.household,
        vouchers=[
            HouseholdVoucher(
                voucher=one.voucher,
                activated=one.activated,
                blocked=one.blocked,
                block_reason=one.block_reason,
                on_paper=one.on_paper,
            )
            for one in found.vouchers
        ],
        replacement_count=found.replacement_count,
        is_being_replaced=found.is_being_replaced,
    )


@router.post(
    "/households/{household}/replacement-letters", status_code=201, operation_id="createReplacementLetter"
)
def create_replacement_letter(
    household: HouseholdId, replacement: LetterReplacement, services: UseServices, session: Issuer
) -> ReplacementLetter:
    """Give a household one new letter for all its vouchers; all former ones, and all codes, are dead. Issuers only."""
    deed = acting(
        services, session.author, Action.LETTER_REPLACED, reason=replacement.reason, household=household
    )
    with deed:
        letter = vouchers.replace_letter(
            services,
            household=household,
            reason=ReplacementReason[replacement.reason.upper()],
            replacement_count=replacement.replacement_count,
            staff=session.staff,
        )
    return ReplacementLetter(
        letter=Letter(
            row_reference=letter.row_reference,
            code=letter.code,
            url=letter.url,
            vouchers=list(letter.vouchers),
        )
    )
