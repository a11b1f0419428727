# SPDX-License-Identifier: EUPL-1.2
"""The log of what staff did, for auditors and administrators: newest first, in pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from kindpakket import staff_log
from kindpakket.staff import Role

from .errors_shown import PageRoute
from .visits import Visit, page_for

router = APIRouter(prefix="/gemeente/logboek", route_class=PageRoute, include_in_schema=False)

LINES = 100

Before = Annotated[int | None, Query(alias="voor", ge=1, le=2**31 - 1)]
LogVisit = Annotated[Visit, Depends(page_for(Role.AUDITOR, Role.ADMINISTRATOR))]


@router.get("")
def show_log(visit: LogVisit, before: Before = None) -> Response:
    """Show what was done by whom, about what, and what became of it."""
    lines = staff_log.list_lines(visit.services, before=before, limit=LINES)
    return visit.render(
        "staff_log.html",
        here="log",
        lines=lines,
        older=lines[-1].entry.entry if len(lines) == LINES else None,
        before=before,
        anchor=staff_log.last_anchor(visit.services),
    )
