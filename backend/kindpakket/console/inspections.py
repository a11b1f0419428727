# SPDX-License-Identifier: EUPL-1.2
"""The inspection of the books: every figure by the ledger and by the chain, the last nights, and what was found."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import inspections, programmes
from kindpakket.inspections import AcknowledgeReason
from kindpakket.staff_log import Action, acting

from .errors_shown import PageRoute
from .visits import NO_STORE, AuditorForm, StaffVisit, Visit

PAGES = "/gemeente/controle"
SHOWN = 30
"""So many of the last inspections are listed."""

REASONS = tuple(reason.value for reason in AcknowledgeReason)

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

InspectionNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
ChosenReason = Annotated[str, Form(max_length=20)]
Done = Annotated[str, Query(alias="gedaan", pattern="^(gevraagd|gezien)?$")]


@router.get("")
def show_inspections(visit: StaffVisit, done: Done = "") -> Response:
    """Show the figures with both values as of the last inspection, and how the last ones ended."""
    kept = visit.services.registry.inspections
    last = kept.last_done()
    listed = kept.newest(SHOWN)
    return visit.render(
        "inspections.html",
        here="inspections",
        done=done,
        last=inspections.report_to(visit.services, last.inspection, roles=visit.member.roles)
        if last
        else None,
        listed=listed,
        waiting=next((one for one in reversed(listed) if one.ended_at is None), None),
        programmes=_programme_names(visit),
        shops=_shop_names(visit),
        staff=visit.services.registry.payout_payments.staff_names(),
    )


@router.post("/nu")
def ask_now(visit: AuditorForm) -> Response:
    """Ask for an inspection now; the server does it beside its other work."""
    with acting(visit.services, visit.member.author, Action.INSPECTION_ASKED) as deed:
        deed.note(inspection=inspections.ask(visit.services, occasion="staff"))
    return RedirectResponse(f"{PAGES}?gedaan=gevraagd", status_code=303, headers=NO_STORE)


@router.get("/{inspection}")
def show_inspection(visit: StaffVisit, inspection: InspectionNumber, done: Done = "") -> Response:
    """Show what an inspection found."""
    return _show(visit, inspection, done=done)


@router.post("/{inspection}/gezien")
def acknowledge(visit: AuditorForm, inspection: InspectionNumber, reason: ChosenReason = "") -> Response:
    """Take note of what was found, for a reason; the banner then goes."""
    if reason not in REASONS:
        return _show(visit, inspection, no_reason=True)
    author = visit.member.author
    with acting(visit.services, author, Action.INSPECTION_ACKNOWLEDGED, reason=reason, inspection=inspection):
        inspections.acknowledge(
            visit.services, inspection, staff=visit.member.staff, reason=AcknowledgeReason(reason)
        )
    return RedirectResponse(f"{PAGES}/{inspection}?gedaan=gezien", status_code=303, headers=NO_STORE)


def _show(visit: Visit, inspection: int, *, done: str = "", no_reason: bool = False) -> Response:
    return visit.render(
        "inspection.html",
        status_code=400 if no_reason else 200,
        here="inspections",
        done=done,
        report=inspections.report_to(visit.services, inspection, roles=visit.member.roles),
        reasons=REASONS,
        no_reason=no_reason,
        programmes=_programme_names(visit),
        shops=_shop_names(visit),
        staff=visit.services.registry.payout_payments.staff_names(),
    )


def _programme_names(visit: Visit) -> dict[int, str]:
    return {one.programme: one.name for one in programmes.list_programmes(visit.services)}


def _shop_names(visit: Visit) -> dict[int, str]:
    return {shop.shop: shop.name for shop in visit.services.registry.shops.shops()}
