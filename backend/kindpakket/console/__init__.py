# SPDX-License-Identifier: EUPL-1.2
"""The municipality's pages and the public start page: drawn by the server, usable without JavaScript.

They call the use cases and read the reports; they hold no rule and no SQL.
"""

from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from kindpakket.checks import Checks
from kindpakket.services import Services
from kindpakket.work_accounts import Line

from . import (
    accounts,
    applications,
    applying,
    bookkeeping,
    closing,
    desk,
    households,
    inspections,
    letters,
    members,
    not_found,
    open_data,
    overview,
    passkeys,
    payouts,
    programmes,
    public,
    reports,
    rules,
    shops,
    sign_in,
    staff_log,
    trail,
    vouchers,
    work_accounts,
)
from .errors_shown import show_http_error
from .sign_in_limits import SignInLimit

PARTS = (
    public,
    open_data,
    applying,
    sign_in,
    overview,
    reports,
    shops,
    accounts,
    applications,
    vouchers,
    letters,
    households,
    desk,
    payouts,
    inspections,
    trail,
    bookkeeping,
    programmes,
    closing,
    rules,
    members,
    passkeys,
    work_accounts,
    staff_log,
    not_found,
)


@cache
def _pages() -> list[BaseRoute]:
    """Every page. What one needs is worked out when it is first asked for, once for all apps of a process."""
    router = APIRouter(redirect_slashes=False)
    for part in PARTS:
        router.include_router(part.router)
    return router.routes


def install(app: FastAPI, services: Services) -> None:
    """Add the pages, and pages for addresses where nothing is. To be called when all else of the app is there."""
    app.state.checks = Checks(services)
    app.state.sign_in_limit = SignInLimit()
    app.state.provider_line = Line()
    app.router.routes.extend(_pages())
    app.add_exception_handler(HTTPException, show_http_error)


__all__ = ["PARTS", "install"]
