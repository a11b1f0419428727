# SPDX-License-Identifier: EUPL-1.2
"""The one place where an error becomes a page: what happened, whether anything was done, and what to do now."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from kindpakket.csv_tables import Fault
from kindpakket.errors import CsvInvalid, DatabaseUnreachable, Failure, Refusal, RoleRequired, SignInRequired
from kindpakket.requests import method_of, template_of

from .visits import FormRefused, Visit, stranger_of, visit_of

log = structlog.get_logger(__name__)

Answering = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route whose errors are pages, not problems in JSON. What can be read can be asked for with HEAD."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Take a route."""
        super().__init__(*arguments, **named)
        if self.methods and "GET" in self.methods:
            self.methods.add("HEAD")

    def get_route_handler(self) -> Answering:
        """Wrap the route's own handler."""
        answer = super().get_route_handler()

        async def answer_with_a_page(request: Request) -> Response:
            try:
                return await answer(request)
            except (Refusal, Failure, FormRefused, RequestValidationError, HTTPException) as error:
                return await run_in_threadpool(show_error, request, error)
            except Exception as error:
                log.error(
                    "internal_error",
                    method=method_of(request.scope),
                    route=template_of(request.scope),
                    exc_info=error,
                )
                return await run_in_threadpool(show_error, request, error)

        return answer_with_a_page


async def show_http_error(request: Request, error: Exception) -> Response:
    """Draw the page of an address where nothing is, or that does not take this method."""
    assert isinstance(error, HTTPException), "this answers for HTTPException only"
    response = await run_in_threadpool(show_error, request, error)
    response.headers.update(error.headers or {})
    return response


def show_error(request: Request, error: Exception) -> Response:
    """Draw the page of an error."""
    try:
        return _draw(visit_of(request), error)
    except DatabaseUnreachable:
        # Who is signed in stands in the database, too.
        return _draw(stranger_of(request), error)


def _draw(visit: Visit, error: Exception) -> Response:
    request = visit.request
    if isinstance(error, CsvInvalid):
        again = f"{request.url.path.removesuffix('/bevestigen')}?{request.url.query}"
        faults = [Fault(**fault) for fault in error.errors]
        return visit.render("faults.html", status_code=error.status, faults=faults, again=again)
    reason, status_code = _reason_of(error)
    roles = error.roles if isinstance(error, RoleRequired) else []
    known = reason if visit.texts.has(f"refused.{reason}.title") else _kind_of(error)
    return visit.render(
        "refused.html",
        status_code=status_code,
        title=visit.texts(f"refused.{known}.title"),
        explanation=visit.texts(
            f"refused.{known}.text",
            phone=visit.services.settings.phone,
            roles=", ".join(visit.texts(f"role.{role}") for role in roles),
        ),
        reason=reason,
    )


def _kind_of(error: Exception) -> str:
    """Return the texts for an error that has none of its own: a refusal changed nothing, a failure perhaps did."""
    return "refusal" if isinstance(error, Refusal) else "internal_error"


def _reason_of(error: Exception) -> tuple[str, int]:
    match error:
        case SignInRequired():
            return "sign_in_required", 401
        case Refusal() | Failure():
            return error.reason(), error.status
        case FormRefused():
            return "form_refused", 403
        case HTTPException(status_code=413):
            return "body_too_large", 413
        case HTTPException(status_code=404):
            return "not_found", 404
        case HTTPException(status_code=405):
            return "method_not_allowed", 405
        case RequestValidationError() | HTTPException():
            return "request_invalid", 400
        case _:
            return "internal_error", 500
