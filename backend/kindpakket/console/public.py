# SPDX-License-Identifier: EUPL-1.2
"""The pages for everyone: the start page with its three doors, and the heads that were published."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from kindpakket.head_totals import FIELDS, list_with_totals

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
    return visit.render("heads.html", heads=list_with_totals(visit.services)[::-1])


@router.get("/controlegetallen.csv")
def download_heads(visit: AnyVisit) -> Response:
    """Give the published heads as a file that an auditor keeps, oldest first."""
    rows = [",".join(("on,first_block,block,hash,root,at,version", *FIELDS))]
    for one in list_with_totals(visit.services):
        head = one.head
        hashes = (f"0x{head.hash.hex()}", f"0x{head.root.hex()}")
        money = ["" if one.totals is None else getattr(one.totals, name) for name in FIELDS]
        cells = [head.on, head.first_block, head.block, *hashes, head.at, one.version, *money]
        rows.append(",".join(map(str, cells)))
    headers = {**NO_STORE, "content-disposition": 'attachment; filename="controlegetallen.csv"'}
    return Response("\r\n".join([*rows, ""]), media_type="text/csv", headers=headers)


@router.get("/favicon.ico")
def find_icon() -> Response:
    """Lead browsers that ask for an icon by this old name to the one that there is."""
    return RedirectResponse("/ouder/icon-192.png", status_code=308)
