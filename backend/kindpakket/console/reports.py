# SPDX-License-Identifier: EUPL-1.2
"""Reports: a programme's spending over time, by kind and by shop; who did not use it, and what may be left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Response

from kindpakket import weekly_figures
from kindpakket.suppression import Run, week_of
from kindpakket.units import day_of
from kindpakket.weekly_figures import WeeklyFigures

from . import views
from .charts import bar_chart, parts_of
from .errors_shown import PageRoute
from .overview import WantedProgramme
from .told import named_categories, named_shops
from .visits import StaffVisit
from .week_charts import budget_chart, week_chart

router = APIRouter(prefix="/gemeente/cijfers", route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run of weeks in the table, with what was spent up to its end."""

    run: Run
    spent_cents: int


@router.get("")
def show_reports(visit: StaffVisit, programme: WantedProgramme = None) -> Response:
    """Show the weeks that are over, from which nobody's payment can be worked out, and the outlook."""
    choice = views.choose_programme(visit.services, programme)
    if choice is None:
        return visit.render("no_programme.html", here="reports")
    figures = weekly_figures.weekly_figures(visit.services, programme=choice.chosen.programme)
    outlook = weekly_figures.outlook(visit.services, figures)
    first_on = week_of(day_of(choice.chosen.starts_at))
    end_on = week_of(day_of(choice.chosen.ends_at - 1)) + timedelta(days=7)
    expected_cents = (
        None
        if outlook.expected_left_cents is None
        else max(0, outlook.issued_cents - outlook.expected_left_cents)
    )
    by_category = named_categories(visit.texts, figures)
    by_shop = named_shops(visit, figures)
    return visit.render(
        "reports.html",
        here="reports",
        choice=choice,
        figures=figures,
        outlook=outlook,
        lines=_lines(figures),
        weeks=week_chart(figures.runs, first_on=first_on, end_on=end_on),
        budget=budget_chart(
            figures.runs,
            first_on=first_on,
            end_on=end_on,
            budget_cents=outlook.issued_cents,
            expected_cents=expected_cents,
        ),
        by_category=by_category,
        by_shop=by_shop,
        category_chart=bar_chart([(one.name, one.redeemed_cents) for one in by_category]),
        shop_chart=bar_chart([(one.name, one.redeemed_cents) for one in by_shop]),
        use=parts_of(
            outlook.voucher_count,
            [
                ("spent", outlook.used_count),
                ("left", outlook.unused_count),
                ("unallocated", outlook.never_activated_count),
            ],
        ),
    )


def _lines(figures: WeeklyFigures) -> list[RunLine]:
    lines: list[RunLine] = []
    spent_cents = 0
    for run in figures.runs:
        spent_cents += run.redeemed_cents
        lines.append(RunLine(run=run, spent_cents=spent_cents))
    return lines
