# SPDX-License-Identifier: EUPL-1.2
"""Bookkeeping over the API: a period's payments, refunds and payouts as a table or a workbook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from kindpakket import bookkeeping, trail
from kindpakket.bookkeeping_files import names_in, write_csv, write_xlsx

from . import models
from .access import PayoutReader, UseServices
from .languages import choose_language
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "/bookkeeping",
    operation_id="exportBookkeeping",
    response_class=Response,
    responses={
        200: {
            "content": {
                CSV: {"schema": {"type": "string"}},
                XLSX: {"schema": {"type": "string", "format": "binary"}},
            }
        }
    },
)
def export_bookkeeping(
    services: UseServices,
    _session: PayoutReader,
    programme: Annotated[int | None, Query(ge=1, le=0xFFFF), DIGITS] = None,
    first_on: Annotated[models.Day | None, Query(alias="from", description="The first day")] = None,
    last_on: Annotated[models.Day | None, Query(alias="until", description="and the last")] = None,
    accept: Annotated[str, Header()] = "",
    accept_language: Annotated[str, Header()] = "",
) -> Response:
    """Give all lines of a period, each equal to the chain's, as CSV; as XLSX for who accepts that.

    It is in Dutch or English, as `Accept-Language` wishes; Dutch when it wishes neither.
    """
    language = choose_language(accept_language)
    first, last = trail.read_days(first_on, last_on)
    books = bookkeeping.export(services, programme=programme, first_on=first, last_on=last)
    names = names_in(services, language)
    if XLSX in accept:
        return Response(write_xlsx(books, names, language=language), media_type=XLSX)
    return Response(write_csv(books, names, language=language), media_type=f"{CSV}; charset=utf-8")
