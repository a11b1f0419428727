# SPDX-License-Identifier: EUPL-1.2
"""The overview: a programme at a glance."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import vouchers, weekly_figures
from kindpakket.checks import Checks
from kindpakket.staff import PAYMENT_READERS
from kindpakket.weekly_figures import WeeklyFigures

from . import views
from .charts import bar_chart
from .errors_shown import PageRoute
from .told import named_categories, named_shops
from .views import Overview, Spent
from .visits import StaffVisit, Visit

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
    told_until = None
    if visit.member.roles.isdisjoint(PAYMENT_READERS):
        figures = weekly_figures.weekly_figures(visit.services, programme=choice.chosen.programme)
        overview = _as_told_to_all(visit, overview, figures)
        told_until = figures.stretches[-1].last_on if figures.stretches else None
    return visit.render(
        "overview.html",
        here="overview",
        choice=choice,
        use=vouchers.voucher_use(visit.services, programme=choice.chosen.programme),
        overview=overview,
        told_until=told_until,
    )


def _as_told_to_all(visit: Visit, overview: Overview, figures: WeeklyFigures) -> Overview:
    """Return the overview with kinds and shops as everyone may know them: nobody's payment can be worked out."""
    by_category = tuple(
        Spent(0, one.name, one.redeemed_cents, one.count) for one in named_categories(visit.texts, figures)
    )
    by_shop = tuple(Spent(0, one.name, one.redeemed_cents, one.count) for one in named_shops(visit, figures))
    return replace(
        overview,
        by_category=by_category,
        by_shop=by_shop,
        category_chart=bar_chart([(one.name, one.redeemed_cents) for one in by_category]),
        shop_chart=bar_chart([(one.name, one.redeemed_cents) for one in by_shop]),
    )
