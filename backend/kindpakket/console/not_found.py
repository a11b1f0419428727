# SPDX-License-Identifier: EUPL-1.2
"""Addresses below `/gemeente/` where nothing is: a page that says so. Comes after all others."""

from __future__ import annotations

from fastapi import APIRouter, Response

from kindpakket.errors import NotFound

from .errors_shown import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.api_route("/gemeente/{rest:path}", methods=["GET", "POST"])
def refuse(rest: str) -> Response:
    """Say that there is nothing here.

    Raises:
        NotFound: Always.
    """
    raise NotFound
