# SPDX-License-Identifier: EUPL-1.2
"""Applications of shops as staff see them: a list, and one to assess by one and to decide by another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, get_args

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import programmes, shop_applications
from kindpakket.errors import RequestInvalid
from kindpakket.programmes import Programme
from kindpakket.registry.application_rows import Application, RefusedBecause, Terms
from kindpakket.shop_applications import FIELDS, MOST_OF_NOTE
from kindpakket.staff_log import Action, acting

from .errors_shown import PageRoute
from .visits import NO_STORE, ApplicationVisit, ApproverForm, ShopManagerForm, Visit

PAGES = "/gemeente/aanvragen"
REASONS = get_args(RefusedBecause)

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

ApplicationNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]
Chosen = Annotated[Sequence[str], Form()]
WrittenNote = Annotated[str, Form(max_length=4000)]
ChosenReason = Annotated[str, Form(max_length=40)]
Done = Annotated[str, Query(alias="gedaan", pattern="^(beoordeeld|gevraagd|goedgekeurd|afgewezen)?$")]


@router.get("")
def list_applications(visit: ApplicationVisit) -> Response:
    """Show all applications and all changes of accounts that wait."""
    return visit.render(
        "applications.html",
        here="applications",
        applications=visit.services.registry.shop_applications.all(),
        changes=visit.services.registry.merchant_accounts.open_changes(),
        staff=visit.services.registry.payout_payments.staff_names(),
    )


@router.get("/{application}")
def show_application(visit: ApplicationVisit, application: ApplicationNumber, done: Done = "") -> Response:
    """Show one application, and what can be done with it."""
    return _render(visit, visit.services.registry.shop_applications.application(application), done=done)


@router.post("/{application}/beoordelen")
def assess(
    visit: ShopManagerForm,
    application: ApplicationNumber,
    version: Version,
    terms: Chosen = (),
    remark: WrittenNote = "",
) -> Response:
    """Write down what the shop may take part in; a colleague decides."""
    try:
        with acting(
            visit.services, visit.member.author, Action.APPLICATION_ASSESSED, application=application
        ):
            shop_applications.assess(
                visit.services,
                application=application,
                version=version,
                terms=_read_terms(terms),
                remark=remark,
                staff=visit.member.staff,
            )
    except RequestInvalid as refusal:
        return _render_again(visit, application, refusal, remark=remark, terms=terms)
    return _back(application, "beoordeeld")


@router.post("/{application}/ontbreekt")
def ask(
    visit: ShopManagerForm,
    application: ApplicationNumber,
    version: Version,
    missing: Chosen = (),
    note: WrittenNote = "",
) -> Response:
    """Ask the applicant for some fields anew."""
    try:
        with acting(
            visit.services, visit.member.author, Action.APPLICATION_QUESTIONED, application=application
        ):
            shop_applications.ask(
                visit.services, application=application, version=version, missing=missing, note=note
            )
    except RequestInvalid as refusal:
        return _render_again(visit, application, refusal, note=note, missing=missing)
    return _back(application, "gevraagd")


@router.post("/{application}/goedkeuren")
def approve(visit: ApproverForm, application: ApplicationNumber, version: Version) -> Response:
    """Register the shop and let it take part."""
    with acting(
        visit.services, visit.member.author, Action.APPLICATION_APPROVED, application=application
    ) as deed:
        found = shop_applications.approve(
            visit.services, application=application, version=version, staff=visit.member.staff
        )
        deed.note(shop=found.shop or 0)
    return _back(application, "goedgekeurd")


@router.post("/{application}/afwijzen")
def refuse(
    visit: ApproverForm,
    application: ApplicationNumber,
    version: Version,
    because: ChosenReason = "",
    explanation: WrittenNote = "",
) -> Response:
    """Refuse the application, with a reason that the applicant reads."""
    chosen: RefusedBecause | None = next((one for one in REASONS if one == because), None)
    if chosen is None:
        found = visit.services.registry.shop_applications.application(application)
        return _render(visit, found, faults={"because": "empty"}, typed={"explanation": explanation})
    try:
        with acting(
            visit.services,
            visit.member.author,
            Action.APPLICATION_REFUSED,
            reason=chosen,
            application=application,
        ):
            shop_applications.refuse(
                visit.services,
                application=application,
                version=version,
                because=chosen,
                explanation=explanation,
                staff=visit.member.staff,
            )
    except RequestInvalid as refusal:
        return _render_again(visit, application, refusal, explanation=explanation, because=chosen)
    return _back(application, "afgewezen")


def _read_terms(chosen: Sequence[str]) -> list[Terms]:
    """Return what was ticked, each as `programme/category`.

    Raises:
        RequestInvalid: One of them is not of this form.
    """
    found: dict[int, set[int]] = {}
    for one in chosen:
        match = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,2})", one)
        if match is None:
            raise RequestInvalid(errors=[{"at": "terms", "fault": "choice", "message": "must be offered"}])
        found.setdefault(int(match[1]), set()).add(int(match[2]))
    return [
        Terms(programme=programme, categories=tuple(sorted(categories)))
        for programme, categories in sorted(found.items())
    ]


def _offered(visit: Visit) -> list[Programme]:
    """Return the programmes that a shop can still take part in."""
    now = visit.services.now()
    return [one for one in programmes.list_programmes(visit.services) if now < one.ends_at]


def _ticked(found: Application, offered: Sequence[Programme]) -> set[str]:
    """Return what is ticked before anyone touches the form: the assessment, else what was asked."""
    if found.assessed_at is not None:
        return {f"{one.programme}/{category}" for one in found.terms for category in one.categories}
    return {
        f"{one.programme}/{category}"
        for one in offered
        for category in one.categories
        if category in found.categories
    }


def _render_again(
    visit: Visit, application: int, refusal: RequestInvalid, **typed: str | Sequence[str]
) -> Response:
    found = visit.services.registry.shop_applications.application(application)
    faults = {str(error["at"]): str(error["fault"]) for error in refusal.errors}
    return _render(visit, found, faults=faults, typed=typed)


def _render(
    visit: Visit,
    found: Application,
    *,
    done: str = "",
    faults: dict[str, str] | None = None,
    typed: Mapping[str, str | Sequence[str]] = MappingProxyType({}),
) -> Response:
    offered = _offered(visit)
    return visit.render(
        "application.html",
        status_code=400 if faults else 200,
        here="applications",
        found=found,
        done=done,
        faults=faults or {},
        typed={"remark": found.remark, "note": "", "explanation": "", "because": "", "missing": (), **typed},
        ticked=set(typed["terms"]) if "terms" in typed else _ticked(found, offered),
        programmes=offered,
        programme_names={one.programme: one.name for one in programmes.list_programmes(visit.services)},
        staff=visit.services.registry.payout_payments.staff_names(),
        owner=visit.services.registry.merchant_accounts.owner_of(found.iban) if found.iban else None,
        shops=visit.services.registry.shops.names(),
        fields=FIELDS,
        reasons=REASONS,
        most_of_note=MOST_OF_NOTE,
    )


def _back(application: int, done: str) -> Response:
    return RedirectResponse(f"{PAGES}/{application}?gedaan={done}", status_code=303, headers=NO_STORE)
