# SPDX-License-Identifier: EUPL-1.2
"""Who may call each operation, written into its description as `x-callers`: taken from what checks the caller.

An operation that checks nobody is for `anyone`. The names are in docs/protocol.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from .access import CALLERS

ANYONE = ("anyone",)


def callers_of(route: APIRoute) -> tuple[str, ...]:
    """Return who may call an operation: what its outermost check lets in."""
    checks = [CALLERS[call] for call in _calls(route.dependant) if call in CALLERS]
    return checks[0] if checks else ANYONE


def describe(description: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Write into an OpenAPI description who may call each operation."""
    callers = {
        route.operation_id or route.name: list(callers_of(route))
        for context in iter_route_contexts(routes)
        if isinstance(route := context.original_route, APIRoute)
    }
    for operations in description["paths"].values():
        for operation in operations.values():
            operation["x-callers"] = callers[operation["operationId"]]


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Go through what an operation depends on, from the outside in."""
    level = dependant.dependencies
    while level:
        yield from (one.call for one in level if one.call is not None)
        level = [inner for one in level for inner in one.dependencies]
