# SPDX-License-Identifier: EUPL-1.2
"""People who are not signed in: their forms, read by ourselves so that what is too long is told and not lost."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from kindpakket.shop_applications import ApplicationLimit

MOST_BODY_BYTES = 32 * 1024
MOST_FIELDS = 100

#: The name of a field that people do not see and programs fill in.
BAIT = "website"

Form = dict[str, list[str]]


async def read_form(request: Request) -> Form:
    """Return what a form without files holds, each field with all its values.

    Raises:
        HTTPException: It is larger than such a form can be (413), or none (400).
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise HTTPException(413)
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error


def text_of(form: Form, name: str) -> str:
    """Return the first value of a field; empty when it is not there."""
    return form.get(name, [""])[0]


def application_limit(request: Request) -> ApplicationLimit:
    """Return the app's counter of what strangers send to its pages."""
    limit: ApplicationLimit = request.app.state.application_limit
    return limit


def address_of(request: Request) -> str:
    """Return the network address that a request came from."""
    return request.client.host if request.client else "unknown"


StrangersForm = Annotated[Form, Depends(read_form)]
Limit = Annotated[ApplicationLimit, Depends(application_limit)]
