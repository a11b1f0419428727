# SPDX-License-Identifier: EUPL-1.2
"""Requests that two readers could take for different things: refused before anything else is looked at."""

from __future__ import annotations

from fastapi import Request

from kindpakket.errors import RequestInvalid
from kindpakket.json_texts import MemberRepeatedError, read_json


async def refuse_unclear_queries(request: Request) -> None:
    """Refuse a query parameter that the operation does not have, or that stands twice.

    A mistyped `dryRun` must not run, and none of two is the one that was meant.

    Raises:
        RequestInvalid: Naming each.
    """
    known = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    names = [name for name, _ in request.query_params.multi_items()]
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    repeated = [name for name in dict.fromkeys(names) if name in known and names.count(name) > 1]
    if unknown or repeated:
        raise RequestInvalid(
            errors=[
                *({"at": name, "message": "There is no such parameter"} for name in unknown),
                *({"at": name, "message": "Stands more than once"} for name in repeated),
            ]
        )


async def refuse_unclear_bodies(request: Request) -> None:
    """Refuse a message in JSON in which a member stands twice, or a number is none.

    The framework has read it by now, and of two members kept the last.

    Raises:
        RequestInvalid: Naming the member.
    """
    body = await request.body()
    if request.scope["route"].body_field is None or not body:
        return
    try:
        read_json(body)
    except MemberRepeatedError as error:
        raise RequestInvalid(errors=[{"at": error.member, "message": "Stands more than once"}]) from error
    except (ValueError, RecursionError) as error:
        raise RequestInvalid(
            errors=[{"at": "body", "message": "This is not JSON that can be read in one way only"}]
        ) from error
