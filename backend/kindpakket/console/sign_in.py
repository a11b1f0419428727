# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a one-time link, and signing out.

The link's code stands behind its `#`: browsers do not send that, so no proxy and no log of addresses has it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from kindpakket import staff

from .errors_shown import PageRoute
from .visits import NO_STORE, SESSION_COOKIE, AnyVisit, StaffForm, refuse_other_sites

router = APIRouter(prefix="/gemeente", route_class=PageRoute, include_in_schema=False)

OVERVIEW = "/gemeente/"


@router.get("/aanmelden")
def show_sign_in(visit: AnyVisit) -> Response:
    """Ask for a press on the button: a mail scanner that only opens the link does not use it up."""
    # Who is signed in is not led on: a browser would carry the code into the next address.
    return visit.render("sign_in.html")


@router.post("/aanmelden", dependencies=[Depends(refuse_other_sites)])
def sign_in(visit: AnyVisit, code: Annotated[str, Form(max_length=400)] = "") -> Response:
    """Use the code, once, and open a session in this browser. The whole link may be given too."""
    session = staff.sign_in(visit.services, code=code.rpartition("#code=")[2].strip())
    response = RedirectResponse(OVERVIEW, status_code=303, headers=NO_STORE)
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=session.ends_at - visit.services.now(),
        path="/gemeente",
        httponly=True,
        samesite="strict",
        secure=visit.services.settings.secure,
    )
    return response


@router.post("/afmelden")
def sign_out(visit: StaffForm) -> Response:
    """End the session."""
    staff.sign_out(visit.services, visit.member.token)
    response = RedirectResponse("/gemeente/aanmelden", status_code=303, headers=NO_STORE)
    response.delete_cookie(SESSION_COOKIE, path="/gemeente")
    return response
