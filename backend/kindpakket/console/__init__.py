# SPDX-License-Identifier: EUPL-1.2
"""The municipality's pages and the public start page: drawn by the server, usable without JavaScript.

They call the use cases and read the reports; they hold no rule and no SQL.
"""

from fastapi import APIRouter

from . import not_found, overview, public, shops, sign_in, vouchers

router = APIRouter()
for part in (public, sign_in, overview, shops, vouchers, not_found):
    router.include_router(part.router)

__all__ = ["router"]
