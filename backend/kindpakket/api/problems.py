# SPDX-License-Identifier: EUPL-1.2
"""Errors as HTTP answers: one place, problem+json.

Source: RFC 9457; NLGov REST API Design Rules 2.2 (400 for a request of the wrong form, all faults at once).
"""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from kindpakket import errors
from kindpakket.requests import method_of, number_of, template_of

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"

PROBLEM_REFERENCE = "#/components/schemas/Problem"

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "reason", "result", "retry"],
    "properties": {
        "type": {"type": "string", "description": "urn:kindpakket:reason: and the reason"},
        "title": {"type": "string", "description": "One English sentence, the same for each of this reason"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The title, and the members below it as a text"},
        "reason": {"type": "string", "description": "From the closed list in docs/protocol.md"},
        "result": {"type": "string", "enum": ["refused", "failed"]},
        "retry": {"type": "boolean", "description": "Whether the same request may help later, unchanged"},
        "errors": {"type": "array", "items": {"type": "object"}},
        "instance": {
            "type": "string",
            "description": "urn:kindpakket:request: and the request's number, as in its X-Request-Id and in our log",
        },
    },
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {PROBLEM_JSON: {"schema": {"$ref": PROBLEM_REFERENCE}}}}
    for status, description in (
        (400, "The request does not have the form it must have: see `errors`."),
        ("4XX", "Refused: see `reason`."),
        ("5XX", "Failed: see `retry`."),
    )
}

_FORESEEN = (errors.ChainUnreachable, errors.DatabaseUnreachable)
"""Failures of what stands beside us: where in our code they were noticed tells nobody more than what they say."""

_METHODS = ("GET", "PUT", "POST", "DELETE")

_HTTP_REFUSALS: dict[int, errors.Refusal] = {
    401: errors.SignInRequired(),
    404: errors.NotFound(),
    405: errors.MethodNotAllowed(),
}


def camel(name: str) -> str:
    """Write a name of ours as it stands in JSON."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def problem(request: Request, error: errors.Refusal | errors.Failure) -> JSONResponse:
    """Return the answer to a request that ended in an error of ours."""
    title = (type(error).__doc__ or "").strip().splitlines()[0]
    members = {camel(name): value for name, value in error.public_details().items()}
    content: dict[str, Any] = {
        "type": f"urn:kindpakket:reason:{error.reason()}",
        "title": title,
        "status": error.status,
        "detail": _detail(title, members),
        "reason": error.reason(),
        "result": "refused" if isinstance(error, errors.Refusal) else "failed",
        "retry": error.retry,
    }
    content |= members
    if (number := number_of(request.scope)) is not None:
        content["instance"] = f"urn:kindpakket:request:{number}"
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.RateTooHigh):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return JSONResponse(content, status_code=error.status, headers=headers, media_type=PROBLEM_JSON)


async def answer_not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whatever is asked: there is nothing here."""
    await problem(Request(scope), errors.NotFound())(scope, receive, send)


def _detail(title: str, members: dict[str, Any]) -> str:
    """Say what is particular to this time in a text, for who shows a problem of any API alike."""
    told = ", ".join(
        f"{name}: {len(value)}, see there" if isinstance(value, list) else f"{name}: {value}"
        for name, value in members.items()
    )
    return f"{title} ({told})" if told else title


def _methods_at(request: Request) -> str:
    """Return what the address of a request does take: each of its operations is a route of its own."""
    return ", ".join(
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )


def install(app: FastAPI, *, max_body_bytes: int) -> None:
    """Answer every error of the app as a problem."""

    def of_ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, errors.Refusal | errors.Failure)
        if isinstance(error, errors.Failure):
            trace = None if isinstance(error, _FORESEEN) else error
            log.error(
                "request_failed", reason=error.reason(), because=str(error), exc_info=trace, **_about(request)
            )
        return problem(request, error)

    def of_form(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        faults = [
            {
                "at": ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0]),
                "message": fault["msg"],
            }
            for fault in error.errors()
        ]
        return problem(request, errors.RequestInvalid(errors=faults))

    def of_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 413:
            return problem(request, errors.BodyTooLarge(max_bytes=max_body_bytes))
        known = _HTTP_REFUSALS.get(error.status_code)
        if known is None:
            known = errors.RequestInvalid(errors=[{"at": "body", "message": str(error.detail)}])
        answer = problem(request, known)
        if known.status == 405:
            answer.headers["Allow"] = _methods_at(request)
        return answer

    def of_bugs(request: Request, error: Exception) -> JSONResponse:
        log.error("internal_error", exc_info=error, **_about(request))
        return problem(request, errors.InternalError())

    app.add_exception_handler(errors.Refusal, of_ours)
    app.add_exception_handler(errors.Failure, of_ours)
    app.add_exception_handler(RequestValidationError, of_form)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_bugs)


def _about(request: Request) -> dict[str, str]:
    """Return what a line of the log says of a request: the address itself may hold anything."""
    return {"method": method_of(request.scope), "route": template_of(request.scope)}
