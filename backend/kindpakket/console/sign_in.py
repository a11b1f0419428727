# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a passkey or a one-time link, and signing out.

The link's code stands behind its `#`: browsers do not send that, so no proxy and no log of addresses has it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import passkeys, staff, work_accounts

from .errors_shown import PageRoute
from .passkeys import MOST_ANSWER_CHARACTERS, OWN_PASSKEYS
from .sign_in_limits import SignIns, Way
from .strangers import address_of
from .visits import NO_STORE, SESSION_COOKIE, AnyVisit, OwnForm, Visit, refuse_other_sites

router = APIRouter(prefix="/gemeente", route_class=PageRoute, include_in_schema=False)

OVERVIEW = "/gemeente/"
SIGN_IN = "/gemeente/aanmelden"
Invited = Annotated[str, Query(alias="uitnodiging", pattern="^(ja)?$")]


@router.get("/aanmelden")
def show_sign_in(visit: AnyVisit, invited: Invited = "") -> Response:
    """Ask for a press on the button: a mail scanner that only opens the link does not use it up."""
    # Who is signed in is not led on: a browser would carry the code into the next address.
    return visit.render("sign_in.html", invited=bool(invited))


@router.post("/aanmelden", dependencies=[Depends(refuse_other_sites)])
def sign_in(
    visit: AnyVisit,
    limit: SignIns,
    code: Annotated[str, Form(max_length=400)] = "",
    invited: Invited = "",
) -> Response:
    """Use the code, once, and open a session in this browser. The whole link may be given too."""
    with limit.watch(Way.LINK, address_of(visit.request)):
        session = staff.sign_in(visit.services, code=code.rpartition("#code=")[2].strip())
    return let_in(visit, session, OWN_PASSKEYS if invited or session.must_tie else OVERVIEW)


@router.post("/aanmelden/passkey/vraag", dependencies=[Depends(refuse_other_sites)])
def ask_for_passkey(visit: AnyVisit, limit: SignIns) -> Response:
    """Give what a browser asks a device to sign in with. Each question writes a row, so how often is limited."""
    work_accounts.refuse_passkeys(visit.services.settings)
    limit.ask(Way.PASSKEY, address_of(visit.request))
    return Response(passkeys.ask_to_sign_in(visit.services), media_type="application/json", headers=NO_STORE)


@router.post("/aanmelden/passkey", dependencies=[Depends(refuse_other_sites)])
def sign_in_with_passkey(
    visit: AnyVisit,
    limit: SignIns,
    credential: Annotated[str, Form(max_length=MOST_ANSWER_CHARACTERS)] = "",
) -> Response:
    """Open a session in this browser for who has the passkey that answered."""
    work_accounts.refuse_passkeys(visit.services.settings)
    with limit.watch(Way.PASSKEY, address_of(visit.request)):
        session = passkeys.sign_in(visit.services, credential=credential)
    return let_in(visit, session, OVERVIEW)


@router.post("/afmelden")
def sign_out(visit: OwnForm) -> Response:
    """End the session."""
    staff.sign_out(visit.services, visit.member.token)
    response = RedirectResponse(SIGN_IN, status_code=303, headers=NO_STORE)
    response.delete_cookie(
        SESSION_COOKIE,
        path="/gemeente",
        httponly=True,
        samesite="strict",
        secure=visit.services.settings.secure,
    )
    return response


def let_in(visit: Visit, session: staff.Session, address: str) -> Response:
    """Lead a browser on with its new session."""
    response = RedirectResponse(address, status_code=303, headers=NO_STORE)
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
