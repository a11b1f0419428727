# SPDX-License-Identifier: EUPL-1.2
"""The pages for everyone: the start page with its three doors, and the heads that were published."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from kindpakket import heads

from .errors_shown import PageRoute
from .visits import NO_STORE, AnyVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
def start(visit: AnyVisit) -> Response:
    """Show the three doors: parent, shop, municipality."""
    return visit.render("start.html")


@router.get("/controlegetallen")
def show_heads(visit: AnyVisit) -> Response:
    """Show the published heads, newest first."""
    return visit.render("heads.html", heads=heads.list_heads(visit.services)[::-1])


@router.get("/controlegetallen.csv")
def download_heads(visit: AnyVisit) -> Response:
    """Give the published heads as a file that an auditor keeps, oldest first."""
    rows = ["on,first_block,block,hash,root,at"]
    rows += [
        f"{head.on},{head.first_block},{head.block},0x{head.hash.hex()},0x{head.root.hex()},{head.at}"
        for head in heads.list_heads(visit.services)
    ]
    headers = {**NO_STORE, "content-disposition": 'attachment; filename="controlegetallen.csv"'}
    return Response("\r\n".join([*rows, ""]), media_type="text/csv", headers=headers)


@router.get("/favicon.ico")
def find_icon() -> Response:
    """Lead browsers that ask for an icon by this old name to the one that there is."""
    return RedirectResponse("/ouder/icon-192.png", status_code=308)
