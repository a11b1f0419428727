# SPDX-License-Identifier: EUPL-1.2
"""The overview: a programme at a glance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket.checks import Checks

from . import views
from .errors_shown import PageRoute
from .visits import StaffVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)

WantedProgramme = Annotated[int | None, Query(alias="regeling", ge=1, le=0xFFFF)]


@router.get("/gemeente")
def find_overview() -> Response:
    """Lead to the overview."""
    return RedirectResponse("/gemeente/", status_code=308)


@router.get("/gemeente/")
def show_overview(visit: StaffVisit, programme: WantedProgramme = None) -> Response:
    """Show how much was made available, given out, spent and left, where it went, and whether it is right."""
    choice = views.choose_programme(visit.services, programme)
    if choice is None:
        return visit.render("no_programme.html", here="overview")
    checks: Checks = visit.request.app.state.checks
    overview = views.overview_of(visit.services, visit.texts, checks.latest(choice.chosen.programme))
    return visit.render("overview.html", here="overview", choice=choice, overview=overview)
