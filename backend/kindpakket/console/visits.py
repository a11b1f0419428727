# SPDX-License-Identifier: EUPL-1.2
"""A visit: one request for a page, by whom and in which language, and how a page is drawn for it.

Pages are never kept by a browser or a proxy. Who is not signed in gets no further; a form counts only with the hidden
text of its own session, and not when another site sent it.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, get_origin
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kindpakket import inspections, staff
from kindpakket.errors import RequestInvalid, SignInRequired
from kindpakket.services import Services
from kindpakket.staff import Role
from kindpakket.typed import refuse_unkept

from .texts import LANGUAGES, Texts, texts_in

SESSION_COOKIE = "kindpakket_gemeente"
LANGUAGE_COOKIE = "kindpakket_taal"
LANGUAGE_SECONDS = 365 * 24 * 3600
NO_STORE = {"cache-control": "no-store"}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class FormRefused(Exception):
    """A form came without the hidden text of its session, or from another site."""


@dataclass(frozen=True)
class Visit:
    """One request for a page. `session` is None on the pages for which nobody signs in."""

    request: Request
    services: Services
    texts: Texts
    session: staff.Session | None

    @property
    def member(self) -> staff.Session:
        """The session of who is signed in, on the pages where somebody must be."""
        assert self.session is not None, "nobody comes here who is not signed in"
        return self.session

    @property
    def _is_let_in(self) -> bool:
        """Whether somebody is signed in who may do more than tie a work account."""
        return self.session is not None and not self.session.must_tie

    def render(self, template: str, *, status_code: int = 200, **context: object) -> HTMLResponse:
        """Draw a page."""
        page = _environment.get_template(template).render(
            t=self.texts,
            session=self.session,
            # A page offers only what its reader may do.
            roles=self.member.roles if self._is_let_in else frozenset(),
            settings=self.services.settings,
            # Until an auditor took note of what was found, nobody overlooks it.
            alarm=self.services.registry.inspections.alarm() if self._is_let_in else None,
            inspection_overdue=inspections.is_overdue(self.services) if self._is_let_in else False,
            path=self.request.url.path,
            # The page that a form led to cannot be asked for again in another language.
            other_languages=[
                (language, str(self.request.url.include_query_params(taal=language).query))
                for language in LANGUAGES
                if language != self.texts.language and self.request.method == "GET"
            ],
            **context,
        )
        response = HTMLResponse(page, status_code=status_code, headers=NO_STORE)
        if self.request.query_params.get("taal") == self.texts.language:
            response.set_cookie(
                LANGUAGE_COOKIE,
                self.texts.language,
                max_age=LANGUAGE_SECONDS,
                httponly=True,
                samesite="lax",
                secure=self.services.settings.secure,
            )
        return response


def visit_of(request: Request) -> Visit:
    """Return the visit that a request is, by someone who may be signed in."""
    visit = stranger_of(request)
    token = request.cookies.get(SESSION_COOKIE)
    return replace(visit, session=staff.session_of(visit.services, token)) if token else visit


def stranger_of(request: Request) -> Visit:
    """Return the visit that a request is, as if nobody were signed in: without asking the register."""
    services: Services = request.app.state.services
    wishes = (
        request.query_params.get("taal"),
        request.cookies.get(LANGUAGE_COOKIE),
        *_languages_of_browser(request.headers.get("accept-language", "")),
    )
    language = next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])
    return Visit(request=request, services=services, texts=texts_in(language), session=None)


def _languages_of_browser(accepted: str) -> list[str]:
    """Return the languages of an Accept-Language header, the most wanted first, each as its two letters."""
    weighed = []
    for part in accepted.split(","):
        language, _, weight = part.strip().partition(";q=")
        with contextlib.suppress(ValueError):
            weighed.append((-float(weight or 1), language[:2].lower()))
    return [language for _, language in sorted(weighed, key=lambda one: one[0])]


def own_visit(visit: Annotated[Visit, Depends(visit_of)]) -> Visit:
    """Return the visit of someone who is signed in, to their own ways to sign in and out.

    Raises:
        SignInRequired: Nobody is, or not any more.
    """
    if visit.session is None:
        raise SignInRequired
    return visit


def signed_in_visit(visit: Annotated[Visit, Depends(own_visit)]) -> Visit:
    """Return the visit of someone who is signed in and may do more than tie a work account.

    Raises:
        WorkAccountRequired: They must tie one first.
    """
    staff.require_work_account(visit.member)
    return visit


def is_from_another_site(request: Request) -> bool:
    """Return whether the browser says that another site sent it here."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def refuse_other_sites(request: Request) -> None:
    """Let a form through that one of our own pages sent.

    Raises:
        FormRefused: The browser says that another site sent it.
    """
    if is_from_another_site(request):
        raise FormRefused
    # Older browsers say only this. Our own pages send "null", because they tell nobody where somebody was.
    origin = request.headers.get("origin", "null")
    services: Services = request.app.state.services
    ours = {request.headers.get("host"), urlsplit(services.settings.base_url).netloc}
    # Taken apart by hand: anything may stand here, and the parser of addresses fails on what is none.
    if origin != "null" and origin.partition("://")[2] not in ours:
        raise FormRefused


async def refuse_unclear_forms(request: Request) -> None:
    """Let a form through that can be read in one way only, and whose texts can be kept.

    Raises:
        RequestInvalid: Naming each field that stands twice and can be one thing only, or holds a control character or
            half a character.
    """
    fields = (await request.form()).multi_items()
    names = [field for field, _ in fields]
    several = _fields_of_several(request.scope["route"].dependant)
    errors = [
        {"at": field, "message": "Stands more than once"}
        for field in dict.fromkeys(names)
        if names.count(field) > 1 and field not in several
    ]
    for field, typed in fields:
        try:
            refuse_unkept(typed if isinstance(typed, str) else "")
        except ValueError as error:
            errors.append({"at": field, "message": f"{error}"})
    if errors:
        raise RequestInvalid(errors=errors)


def _fields_of_several(dependant: Dependant) -> set[str]:
    """Return the form fields of an operation that may stand more than once: its choices of several."""
    own = {
        field.alias
        for field in dependant.body_params
        if get_origin(field.field_info.annotation) in (Sequence, list)
    }
    return own.union(*(_fields_of_several(one) for one in dependant.dependencies))


def own_form(
    visit: Annotated[Visit, Depends(own_visit)],
    _same_site: Annotated[None, Depends(refuse_other_sites)],
    _kept: Annotated[None, Depends(refuse_unclear_forms)],
    csrf: Annotated[str, Form()] = "",
) -> Visit:
    """Return the visit of someone who is signed in and sent a form of ours, about their own ways to sign in and out.

    Raises:
        FormRefused: The form's hidden text is not this session's.
    """
    if not hmac.compare_digest(visit.member.csrf.encode(), csrf.encode()):
        raise FormRefused
    return visit


def signed_in_form(visit: Annotated[Visit, Depends(own_form)]) -> Visit:
    """Return the visit of someone who sent a form of ours and may do more than tie a work account.

    Raises:
        WorkAccountRequired: They must tie one first.
    """
    staff.require_work_account(visit.member)
    return visit


AnyVisit = Annotated[Visit, Depends(visit_of)]
OwnVisit = Annotated[Visit, Depends(own_visit)]
OwnForm = Annotated[Visit, Depends(own_form)]
StaffVisit = Annotated[Visit, Depends(signed_in_visit)]
StaffForm = Annotated[Visit, Depends(signed_in_form)]


def page_for(*roles: Role) -> Callable[[Visit], Visit]:
    """Return what lets a visit through of a member of staff who has one of these roles."""

    def require(visit: StaffVisit) -> Visit:
        staff.require_role(visit.member, *roles)
        return visit

    return require


def form_for(*roles: Role) -> Callable[[Visit], Visit]:
    """Return what lets a form of ours through that a member of staff sent who has one of these roles."""

    def require(visit: StaffForm) -> Visit:
        staff.require_role(visit.member, *roles)
        return visit

    return require


IssuerVisit = Annotated[Visit, Depends(page_for(Role.ISSUER))]
IssuerForm = Annotated[Visit, Depends(form_for(Role.ISSUER))]
ShopManagerVisit = Annotated[Visit, Depends(page_for(Role.SHOP_MANAGER))]
ShopManagerForm = Annotated[Visit, Depends(form_for(Role.SHOP_MANAGER))]
TreasurerVisit = Annotated[Visit, Depends(page_for(Role.TREASURER))]
TreasurerForm = Annotated[Visit, Depends(form_for(Role.TREASURER))]
ApproverForm = Annotated[Visit, Depends(form_for(Role.APPROVER))]
PayoutVisit = Annotated[Visit, Depends(page_for(Role.TREASURER, Role.APPROVER, Role.AUDITOR))]
AuditorForm = Annotated[Visit, Depends(form_for(Role.AUDITOR))]
ApplicationVisit = Annotated[Visit, Depends(page_for(Role.SHOP_MANAGER, Role.APPROVER, Role.AUDITOR))]
ShopManagerOrApproverForm = Annotated[Visit, Depends(form_for(Role.SHOP_MANAGER, Role.APPROVER))]
HouseholdVisit = Annotated[Visit, Depends(page_for(Role.ISSUER, Role.AUDITOR))]
HouseholdForm = Annotated[Visit, Depends(form_for(Role.ISSUER, Role.AUDITOR))]
