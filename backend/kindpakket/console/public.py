# SPDX-License-Identifier: EUPL-1.2
"""The pages for everyone: the start page with its three doors."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from .errors_shown import PageRoute
from .visits import AnyVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
def start(visit: AnyVisit) -> Response:
    """Show the three doors: parent, shop, municipality."""
    return visit.render("start.html")


@router.get("/favicon.ico")
def find_icon() -> Response:
    """Lead browsers that ask for an icon by this old name to the one that there is."""
    return RedirectResponse("/ouder/icon-192.png", status_code=308)
