# SPDX-License-Identifier: EUPL-1.2
"""The API as one app: version in the address, documented problems, no 422.

Source: NLGov REST API Design Rules 2.2.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kindpakket.chain_queries import ChainQueries
from kindpakket.services import Services

from . import (
    backups,
    bookkeeping,
    callers,
    chain_queries,
    citizen,
    desk,
    figures,
    households,
    inspections,
    merchant,
    merchant_accounts,
    municipality,
    news,
    payout_runs,
    payouts,
    periods,
    problems,
    programmes,
    proofs,
    public,
    refunds,
    shop_applications,
    tills,
    trail,
)
from .access import GuessLimit
from .unclear import refuse_unclear_bodies, refuse_unclear_queries

API_VERSION = "1.0.0"

VERSION_HEADER = {
    "API-Version": {
        "description": "The version of this API",
        "schema": {"type": "string", "examples": [API_VERSION]},
    }
}


class ApiHeaders:
    """Puts the version on every answer, and keeps answers out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and mark its answer."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [
                    (b"api-version", API_VERSION.encode()),
                    (b"cache-control", b"no-store"),
                ]
            await send(message)

        await self._app(scope, receive, send_marked)


class Api(FastAPI):
    """An API that describes its refusals as problems, and none as the framework's 422."""

    def build_middleware_stack(self) -> ASGIApp:
        """Mark every answer, that of a bug too: the framework answers that outside what is added to it."""
        return ApiHeaders(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description."""
        if self.openapi_schema is None:
            description = super().openapi()
            # The framework would want a library to check this one.
            description["info"]["contact"]["email"] = self.state.services.settings.email
            for operations in description["paths"].values():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
                    for response in operation["responses"].values():
                        response["headers"] = VERSION_HEADER | response.get("headers", {})
            callers.describe(description, self.routes)
            schemas = description["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Problem"] = problems.PROBLEM_SCHEMA
        return super().openapi()


@cache
def _operations() -> list[BaseRoute]:
    """Every operation. What one needs is worked out when it is first asked for, once for all apps of a process."""
    router = APIRouter(redirect_slashes=False, generate_unique_id_function=_operation_id)
    for part in (
        # Payments first: a request is held against one route after the other.
        *(merchant, refunds, periods, tills, payouts),
        *(public, figures, citizen, news, proofs, backups),
        *(municipality, programmes, households, desk, payout_runs),
        *(shop_applications, merchant_accounts),
        *(inspections, trail, bookkeeping, chain_queries),
    ):
        router.include_router(
            part.router, dependencies=[Depends(refuse_unclear_queries), Depends(refuse_unclear_bodies)]
        )
    return router.routes


def create_api(services: Services) -> FastAPI:
    """Return the app that is served below `/api/v1`."""
    api = Api(
        title="Kindpakket",
        version=API_VERSION,
        description="A yearly budget for children, spent in shops, decided by a contract. See docs/protocol.md.",
        contact={
            "name": f"Gemeente {services.settings.municipality}",
            "url": services.settings.base_url,
        },
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        servers=[{"url": "/api/v1"}],
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        routes=_operations(),
    )
    api.state.services = services
    api.state.guess_limit = GuessLimit()
    api.state.chain_queries = ChainQueries(services)
    api.state.news = news.News(services)
    problems.install(api, max_body_bytes=services.settings.max_body_bytes)
    return api


#: What is beside the versions of the API that there are.
NOTHING_ELSE = ApiHeaders(problems.answer_not_found)


def _operation_id(route: APIRoute) -> str:
    return route.operation_id or route.name
