# SPDX-License-Identifier: EUPL-1.2
"""A household at the desk: found by the municipality's own reference, and given one new letter, shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import programmes, vouchers
from kindpakket.errors import HouseholdUnknown
from kindpakket.staff_log import Action, acting
from kindpakket.vouchers import ReplacementReason

from . import views
from .codes import draw_qr
from .errors_shown import PageRoute
from .shops import ProgrammeNumber
from .texts import texts_in
from .visits import NO_STORE, HouseholdForm, HouseholdVisit, IssuerForm, Visit

router = APIRouter(prefix="/gemeente/tegoeden/huishoudens", route_class=PageRoute, include_in_schema=False)

REASONS = tuple(reason.name.lower() for reason in ReplacementReason if reason is not ReplacementReason.PAPER)

HouseholdNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
ChosenReason = Annotated[str, Form(max_length=20)]
Done = Annotated[str, Query(alias="gedaan", pattern="^(blocked|unblocked|topped_up)?$")]


@router.post("")
def find_household(
    visit: HouseholdForm, programme: ProgrammeNumber, reference: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Go to the household of a reference, which is never in an address."""
    try:
        found = vouchers.find_household(visit.services, programme=programme, row_reference=reference)
    except HouseholdUnknown:
        return visit.render(
            "vouchers.html",
            status_code=404,
            here="vouchers",
            choice=views.choose_programme(visit.services, programme),
            report=programmes.report(visit.services, programme=programme),
            use=vouchers.voucher_use(visit.services, programme=programme),
            batches=views.batches_of(visit.services, programme=programme),
            new_batch=None,
            unknown_reference=reference,
        )
    return RedirectResponse(f"{router.prefix}/{found.household}", status_code=303, headers=NO_STORE)


@router.get("/{household}")
def show_household(visit: HouseholdVisit, household: HouseholdNumber, done: Done = "") -> Response:
    """Show what the desk may see of a household, and ask why it needs a new letter."""
    return _show(visit, household, done=done)


@router.post("/{household}/vervangen")
def ask_before_replacing(
    visit: IssuerForm, household: HouseholdNumber, reason: ChosenReason = ""
) -> Response:
    """Say what a new letter ends, and ask whether that is what is wanted."""
    if reason not in REASONS:
        return _show(visit, household, no_reason=True)
    found = vouchers.household_numbered(visit.services, household)
    programmes.refuse_ended(visit.services, found.programme)
    return visit.render(
        "household_ask.html",
        here="vouchers",
        household=found,
        reason=reason,
    )


@router.post("/{household}/vervangen/bevestigen")
def replace_letter(
    visit: IssuerForm,
    household: HouseholdNumber,
    replacement_count: Annotated[int, Form(ge=0)],
    reason: ChosenReason = "",
) -> Response:
    """Make the new letter and show it, to print."""
    if reason not in REASONS:
        return _show(visit, household, no_reason=True)
    programme = vouchers.household_numbered(visit.services, household).programme
    deed = acting(
        visit.services, visit.member.author, Action.LETTER_REPLACED, reason=reason, household=household
    )
    with deed:
        letter = vouchers.replace_letter(
            visit.services,
            household=household,
            reason=ReplacementReason[reason.upper()],
            replacement_count=replacement_count,
            staff=visit.member.staff,
        )
    return visit.render(
        "household_letter.html",
        # A letter is in Dutch, with a few lines of English, whatever the staff member reads.
        nl=texts_in("nl"),
        en=texts_in("en"),
        choice=views.choose_programme(visit.services, programme),
        letter=letter,
        qr=draw_qr(letter.url),
    )


def _show(visit: Visit, household: int, *, no_reason: bool = False, done: str = "") -> Response:
    found = vouchers.household_numbered(visit.services, household)
    return visit.render(
        "household.html",
        status_code=400 if no_reason else 200,
        here="vouchers",
        household=found,
        vouchers=[
            (one, views.voucher_state(visit.texts, one), place)
            for place, one in enumerate(found.vouchers, start=1)
        ],
        on_phone=sum(one.activated and not one.on_paper for one in found.vouchers),
        done=done,
        reasons=REASONS,
        no_reason=no_reason,
    )
