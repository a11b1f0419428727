# SPDX-License-Identifier: EUPL-1.2
"""The municipality's pages and the public start page: drawn by the server, usable without JavaScript.

They call the use cases and read the reports; they hold no rule and no SQL.
"""

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from kindpakket.checks import Checks
from kindpakket.services import Services

from . import (
    closing,
    households,
    members,
    not_found,
    overview,
    passkeys,
    payouts,
    programmes,
    public,
    rules,
    shops,
    sign_in,
    staff_log,
    vouchers,
)
from .errors_shown import show_http_error

PARTS = (
    public,
    sign_in,
    overview,
    shops,
    vouchers,
    households,
    payouts,
    programmes,
    closing,
    rules,
    members,
    passkeys,
    staff_log,
    not_found,
)


def install(app: FastAPI, services: Services) -> None:
    """Add the pages, and pages for addresses where nothing is. To be called when all else of the app is there."""
    app.state.checks = Checks(services)
    for part in PARTS:
        app.include_router(part.router)
    app.add_exception_handler(HTTPException, show_http_error)


__all__ = ["PARTS", "install"]
