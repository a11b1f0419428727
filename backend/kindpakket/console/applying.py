# SPDX-License-Identifier: EUPL-1.2
"""The pages on which a shop asks to take part, sees how that stands, and gives what was missing. Nobody signs in.

What is refused comes back as it was typed. The code of an application is typed into a form, never into an address.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from fastapi import APIRouter, Depends, Response

from kindpakket import shop_applications
from kindpakket.errors import (
    ApplicationOpen,
    ApplicationUnknown,
    NothingMissing,
    RateTooHigh,
    RequestInvalid,
    SubmissionUsed,
)
from kindpakket.registry.application_rows import Application
from kindpakket.shop_applications import FIELDS, MOST_CHARACTERS, Written

from .errors_shown import PageRoute
from .strangers import BAIT, Form, Limit, StrangersForm, address_of, text_of
from .visits import AnyVisit, Visit, refuse_other_sites

PAGES = "/winkel-aanmelden"

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

_SUBMISSION = re.compile(r"[0-9a-f]{32}")


@router.get("")
def ask_for_application(visit: AnyVisit) -> Response:
    """Show the form."""
    return _render_form(visit, {"submission": [secrets.token_hex(16)]})


@router.post("", dependencies=[Depends(refuse_other_sites)])
def apply(visit: AnyVisit, form: StrangersForm, limit: Limit) -> Response:
    """Take an application in and show its code; or show the form again, with what is wrong in it."""
    submission = text_of(form, "submission")
    if not _SUBMISSION.fullmatch(submission):
        submission = secrets.token_hex(16)
    if text_of(form, BAIT):
        return _render_form(visit, form, {BAIT: "bait"})
    try:
        with limit.apply(address_of(visit.request)):
            receipt = shop_applications.apply(visit.services, _written(form), submission=submission)
    except RequestInvalid as refusal:
        return _render_form(visit, form, _faults(refusal))
    except (ApplicationOpen, SubmissionUsed, RateTooHigh) as refusal:
        return _render_form(visit, form, refused=refusal.reason(), status_code=refusal.status)
    return visit.render("apply_done.html", code=receipt.code)


@router.get("/stand")
def ask_for_code(visit: AnyVisit) -> Response:
    """Ask for the code of an application."""
    return _render_standing(visit)


@router.post("/stand", dependencies=[Depends(refuse_other_sites)])
def show_standing(visit: AnyVisit, form: StrangersForm, limit: Limit) -> Response:
    """Show how an application stands."""
    code = text_of(form, "code")
    try:
        with limit.guess(address_of(visit.request)):
            found = shop_applications.find(visit.services, code)
    except (ApplicationUnknown, RateTooHigh) as refusal:
        return _render_standing(visit, code=code, refused=refusal.reason(), status_code=refusal.status)
    return _render_standing(visit, found, code=code)


@router.post("/aanvullen", dependencies=[Depends(refuse_other_sites)])
def supplement(visit: AnyVisit, form: StrangersForm, limit: Limit) -> Response:
    """Take in what was missing; or show what is wrong with it."""
    code = text_of(form, "code")
    try:
        limit.count(address_of(visit.request))
        with limit.guess(address_of(visit.request)):
            found = shop_applications.supplement(visit.services, _written(form), code=code)
    except (ApplicationUnknown, RateTooHigh) as refusal:
        return _render_standing(visit, code=code, refused=refusal.reason(), status_code=refusal.status)
    except NothingMissing:
        # The same form again, after a lost answer: what it says was taken in.
        return _render_standing(visit, shop_applications.find(visit.services, code), code=code)
    except (RequestInvalid, ApplicationOpen) as refusal:
        return _render_standing(
            visit,
            shop_applications.find(visit.services, code),
            code=code,
            form=form,
            faults=_faults(refusal) if isinstance(refusal, RequestInvalid) else {},
            refused="" if isinstance(refusal, RequestInvalid) else refusal.reason(),
            status_code=refusal.status,
        )
    return _render_standing(visit, found, code=code, is_supplemented=True)


def _written(form: Form) -> Written:
    return Written(
        texts={field: text_of(form, field) for field in MOST_CHARACTERS},
        # What is no number is no category that is offered.
        categories=[
            int(one) if re.fullmatch(r"[0-9]{1,2}", one) else -1 for one in form.get("categories", [])
        ],
        consents=text_of(form, "consent") == "yes",
    )


def _faults(refusal: RequestInvalid) -> dict[str, str]:
    return {str(error["at"]): str(error["fault"]) for error in refusal.errors}


def _typed(form: Form) -> dict[str, str]:
    """Return the texts of a form as they were typed."""
    return {field: text_of(form, field) for field in (*MOST_CHARACTERS, "submission", "consent")}


def _render_form(
    visit: Visit,
    form: Form,
    faults: Mapping[str, str] | None = None,
    *,
    refused: str = "",
    status_code: int = 200,
) -> Response:
    return visit.render(
        "apply.html",
        status_code=400 if faults else status_code,
        typed=_typed(form),
        chosen=form.get("categories", []),
        faults=faults or {},
        refused=refused,
        offered=shop_applications.offered_categories(visit.services),
        fields=FIELDS,
        most_characters=MOST_CHARACTERS,
        bait=BAIT,
    )


def _render_standing(
    visit: Visit,
    found: Application | None = None,
    *,
    code: str = "",
    form: Form | None = None,
    faults: Mapping[str, str] | None = None,
    refused: str = "",
    is_supplemented: bool = False,
    status_code: int = 200,
) -> Response:
    return visit.render(
        "apply_standing.html",
        status_code=status_code,
        found=found,
        code=code,
        typed=_typed(form or {}),
        chosen=(form or {}).get("categories", []),
        faults=faults or {},
        refused=refused,
        is_supplemented=is_supplemented,
        offered=shop_applications.offered_categories(visit.services),
        most_characters=MOST_CHARACTERS,
    )
