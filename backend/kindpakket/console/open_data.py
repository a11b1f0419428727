# SPDX-License-Identifier: EUPL-1.2
"""Open data: the page for everyone, the tables, and what describes them. Any site may read them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from kindpakket import open_data
from kindpakket.open_data import FIELDS

from .errors_shown import PageRoute
from .visits import NO_STORE, AnyVisit

router = APIRouter(prefix="/open-data", route_class=PageRoute, include_in_schema=False)

#: For whoever asks from a page of another site.
OPEN = {**NO_STORE, "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}

TableName = Annotated[str, Path(pattern=f"^({'|'.join(FIELDS)})$")]


@router.get("")
def show_open_data(visit: AnyVisit) -> Response:
    """Say what there is, what it leaves out and why, and where the files are."""
    return visit.render("open_data.html", tables=list(FIELDS))


@router.get("/datapackage.json")
def describe_package(visit: AnyVisit) -> Response:
    """Describe the tables column by column."""
    return _json(open_data.describe_package(visit.services), "application/json")


@router.get("/dcat.jsonld")
def describe_for_catalogues(visit: AnyVisit) -> Response:
    """Describe the data set for catalogues."""
    return _json(open_data.describe_for_catalogues(visit.services), "application/ld+json")


@router.get("/{table}.csv")
def download_table(visit: AnyVisit, table: TableName) -> Response:
    """Give one table."""
    headers = {**OPEN, "content-disposition": f'attachment; filename="{table}.csv"'}
    content = open_data.write_tables(visit.services)[table]
    return Response(content.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _json(content: dict[str, Any], media_type: str) -> Response:
    written = json.dumps(content, ensure_ascii=False, indent=2)
    return Response(written.encode(), media_type=media_type, headers=OPEN)
