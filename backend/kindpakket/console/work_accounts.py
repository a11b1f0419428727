# SPDX-License-Identifier: EUPL-1.2
"""Signing in at the municipality's provider: to it, back from it, and the ties of who is signed in.

What a browser must keep on its way is in a cookie of its own for ten minutes. Who comes back from another site is first
shown a page of ours that goes on by itself: only then the browser sends the session along.
"""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import work_accounts
from kindpakket.errors import WorkAccountInvalid
from kindpakket.oidc import Question

from .errors_shown import PageRoute
from .passkeys import OWN_PASSKEYS
from .sign_in import OVERVIEW, SIGN_IN, let_in
from .sign_in_limits import SignIns, Way
from .strangers import address_of
from .visits import (
    NO_STORE,
    AnyVisit,
    OwnForm,
    OwnVisit,
    Visit,
    is_from_another_site,
    refuse_other_sites,
)

QUESTION_COOKIE = "kindpakket_vraag"
QUESTION_PATH = "/gemeente/aanmelden/werkaccount"
MOST_CHARACTERS = 4096

router = APIRouter(route_class=PageRoute, include_in_schema=False)

AnswerText = Annotated[str, Query(max_length=MOST_CHARACTERS)]
AnswerField = Annotated[str, Form(max_length=MOST_CHARACTERS)]
AccountNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get(QUESTION_PATH)
def go_to_sign_in(visit: AnyVisit, limit: SignIns) -> Response:
    """Send the browser to the provider to sign in; who comes from another site presses our own button first.

    Another site can have anybody's browser ask for this, as a picture, and so as often as it likes.
    """
    work_accounts.refuse_no_provider(visit.services.settings)
    if is_from_another_site(visit.request):
        return RedirectResponse(SIGN_IN, status_code=303, headers=NO_STORE)
    limit.ask(Way.WORK_ACCOUNT, address_of(visit.request))
    return _send_away(visit, staff=None)


@router.get(f"{OWN_PASSKEYS}/werkaccount")
def go_to_tie(visit: OwnVisit) -> Response:
    """Send the browser to the provider, to tie the account with which one signs in there."""
    return _send_away(visit, staff=visit.member.staff)


@router.get(work_accounts.WAY_BACK)
def come_back(
    visit: AnyVisit, state: AnswerText = "", code: AnswerText = "", iss: AnswerText = ""
) -> Response:
    """Show a page that goes on by itself with the provider's answer."""
    return visit.render("work_account_back.html", state=state, code=code, issuer=iss)


@router.post(f"{QUESTION_PATH}/afronden", dependencies=[Depends(refuse_other_sites)])
def finish(
    visit: AnyVisit,
    limit: SignIns,
    state: AnswerField = "",
    code: AnswerField = "",
    issuer: AnswerField = "",
) -> Response:
    """Take the provider's answer: open a session, or tie the account to who asked to."""
    work_accounts.refuse_no_provider(visit.services.settings)
    with limit.watch(Way.WORK_ACCOUNT, address_of(visit.request)):
        question, staff = _kept(visit)
        answer: dict[str, Any] = {"question": question, "state": state, "code": code, "issuer": issuer}
        if staff is None:
            response = let_in(visit, work_accounts.sign_in(visit.services, _line(visit), **answer), OVERVIEW)
        else:
            if visit.session is None or visit.session.staff != staff:
                raise WorkAccountInvalid
            work_accounts.tie(visit.services, _line(visit), session=visit.session, **answer)
            response = _back("werkaccount")
    response.delete_cookie(QUESTION_COOKIE, path=QUESTION_PATH)
    return response


@router.post(f"{OWN_PASSKEYS}/werkaccount/{{account}}/verwijderen")
def remove_account(visit: OwnForm, account: AccountNumber) -> Response:
    """Untie a work account of one's own."""
    work_accounts.remove(visit.services, session=visit.member, account=account)
    return _back("los")


def _line(visit: Visit) -> work_accounts.Line:
    """Return the app's line to the provider."""
    line: work_accounts.Line = visit.request.app.state.provider_line
    return line


def _send_away(visit: Visit, *, staff: int | None) -> Response:
    question = work_accounts.ask(visit.services, _line(visit))
    kept = [question.state, question.nonce, question.verifier, staff]
    response = RedirectResponse(question.address, status_code=303, headers=NO_STORE)
    response.set_cookie(
        QUESTION_COOKIE,
        base64.urlsafe_b64encode(json.dumps(kept).encode()).decode(),
        max_age=work_accounts.QUESTION_SECONDS,
        path=QUESTION_PATH,
        httponly=True,
        samesite="lax",
        secure=visit.services.settings.secure,
    )
    return response


def _kept(visit: Visit) -> tuple[Question, int | None]:
    """Return what this browser kept on its way, and for whom it asked."""
    try:
        kept = json.loads(base64.urlsafe_b64decode(visit.request.cookies.get(QUESTION_COOKIE, "")))
        state, nonce, verifier, staff = kept
    except (ValueError, TypeError, RecursionError) as error:
        raise WorkAccountInvalid from error
    texts = all(isinstance(one, str) and one and one.isascii() for one in (state, nonce, verifier))
    if not texts or not (staff is None or isinstance(staff, int)):
        raise WorkAccountInvalid
    return Question(address="", state=state, nonce=nonce, verifier=verifier), staff


def _back(done: str) -> Response:
    return RedirectResponse(f"{OWN_PASSKEYS}?gedaan={done}", status_code=303, headers=NO_STORE)
