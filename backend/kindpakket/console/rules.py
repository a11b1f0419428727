# SPDX-License-Identifier: EUPL-1.2
"""The rules of each programme, for everyone: said in words from the contract's own values, with the published text."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from kindpakket import programmes, rules
from kindpakket.errors import NotFound

from .errors_shown import PageRoute
from .visits import NO_STORE, AnyVisit

router = APIRouter(prefix="/regelingen", route_class=PageRoute, include_in_schema=False)

ProgrammePath = Annotated[int, Path(ge=1, le=0xFFFF)]


@router.get("")
def list_rules(visit: AnyVisit) -> Response:
    """Show which programmes there are, newest first."""
    return visit.render("rules_list.html", programmes=programmes.list_programmes(visit.services)[::-1])


@router.get("/{programme}")
def show_rules(visit: AnyVisit, programme: ProgrammePath) -> Response:
    """Show what holds in a programme now."""
    return visit.render(
        "rules.html", rules=rules.rules_of(visit.services, programme), now=visit.services.now()
    )


@router.get("/{programme}/tekst.md")
def download_policy(visit: AnyVisit, programme: ProgrammePath) -> Response:
    """Give the policy text as the file whose hash the chain has."""
    found = rules.rules_of(visit.services, programme)
    if found.policy_text is None:
        raise NotFound
    headers = {**NO_STORE, "content-disposition": f'attachment; filename="regeling-{programme}.md"'}
    return Response(found.policy_text.encode(), media_type="text/markdown", headers=headers)
