# SPDX-License-Identifier: EUPL-1.2
"""Spending in whole weeks, for anyone, and for staff what may be left of a programme."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from kindpakket import weekly_figures

from . import figure_models
from .access import SignedInStaff, UseServices
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["public"], responses=PROBLEM_RESPONSES)

ProgrammeId = Annotated[int, Path(ge=1, le=0xFFFF), DIGITS]


@router.get("/weekly-figures/{programme}", operation_id="getWeeklyFigures")
def get_weekly_figures(
    programme: ProgrammeId, services: UseServices, response: Response
) -> figure_models.WeeklyFigures:
    """Tell what was spent in weeks that are over; no group of fewer than 5 payments. Anyone may ask, from any site."""
    response.headers["access-control-allow-origin"] = "*"
    found = weekly_figures.weekly_figures(services, programme=programme)
    return figure_models.WeeklyFigures(
        programme=programme,
        name=found.programme.name,
        weeks=[
            figure_models.Weeks(
                first_on=run.first_on,
                last_on=run.last_on,
                week_count=run.week_count,
                count=run.count,
                redeemed_cents=run.redeemed_cents,
            )
            for run in found.runs
        ],
        stretches=[
            figure_models.SpendingStretch(
                first_on=stretch.first_on,
                last_on=stretch.last_on,
                groups=[
                    figure_models.SpendingGroup(
                        category=group.category,
                        shop=group.shop,
                        count=group.count,
                        redeemed_cents=group.redeemed_cents,
                    )
                    for group in stretch.groups
                ],
            )
            for stretch in found.stretches
        ],
    )


@router.get("/programmes/{programme}/outlook", operation_id="getOutlook", tags=["municipality"])
def get_outlook(
    programme: ProgrammeId, services: UseServices, _session: SignedInStaff
) -> figure_models.Outlook:
    """Tell how many vouchers are not used, and what may be left at the end. Staff only."""
    found = weekly_figures.outlook(services, weekly_figures.weekly_figures(services, programme=programme))
    return figure_models.Outlook(
        programme=programme,
        voucher_count=found.voucher_count,
        used_count=found.used_count,
        unused_count=found.unused_count,
        never_activated_count=found.never_activated_count,
        issued_cents=found.issued_cents,
        left_cents=found.left_cents,
        expected_left_cents=found.expected_left_cents,
    )
