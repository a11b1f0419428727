# SPDX-License-Identifier: EUPL-1.2
"""Bookkeeping: a period's payments, refunds and payouts as a file, for who answers for the money."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from kindpakket import bookkeeping, programmes, trail
from kindpakket.bookkeeping_files import names_in, write_csv, write_xlsx
from kindpakket.errors import RequestInvalid
from kindpakket.units import day_of

from .errors_shown import PageRoute
from .trail import ChosenProgramme, FirstOn, LastOn, fault_of
from .visits import NO_STORE, PayoutVisit, Visit

router = APIRouter(prefix="/gemeente/boekhouding", route_class=PageRoute, include_in_schema=False)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Form = Annotated[Literal["csv", "xlsx"], Query(alias="bestand")]


@router.get("")
def ask_for_period(visit: PayoutVisit) -> Response:
    """Ask for the period, this month's to begin with."""
    today = day_of(visit.services.now())
    return _ask(visit, programme=None, first_on=today.replace(day=1), last_on=today)


@router.get("/bestand")
def download(
    visit: PayoutVisit,
    programme: ChosenProgramme = None,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    form: Form = "csv",
) -> Response:
    """Give the file, if ledger and chain agree on all of it."""
    try:
        first, last = trail.read_days(first_on, last_on)
    except RequestInvalid:
        fault = fault_of(first_on, last_on)
        return _ask(visit, programme=programme, first_on=first_on, last_on=last_on, fault=fault)
    books = bookkeeping.export(visit.services, programme=programme, first_on=first, last_on=last)
    language = visit.texts.language
    names = names_in(visit.services, language)
    content = (
        write_xlsx(books, names, language=language)
        if form == "xlsx"
        else write_csv(books, names, language=language).encode()
    )
    return Response(
        content,
        media_type=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
        headers={
            **NO_STORE,
            "content-disposition": f'attachment; filename="boekhouding-{first}-{last}.{form}"',
        },
    )


def _ask(
    visit: Visit, *, programme: int | None, first_on: date | None, last_on: date | None, fault: str = ""
) -> Response:
    return visit.render(
        "bookkeeping.html",
        status_code=400 if fault else 200,
        here="trail",
        programme=programme,
        first_on=first_on,
        last_on=last_on,
        fault=fault,
        programmes={one.programme: one.name for one in programmes.list_programmes(visit.services)},
    )
