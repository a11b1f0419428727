# SPDX-License-Identifier: EUPL-1.2
"""Members of staff: who they are and what they may do. Administrators invite, change and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import members
from kindpakket.staff import Role

from .errors_shown import PageRoute
from .visits import NO_STORE, Visit, form_for, page_for

router = APIRouter(prefix="/gemeente/medewerkers", route_class=PageRoute, include_in_schema=False)

MOST_CHARACTERS = 60

StaffNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
ChosenRoles = Annotated[Sequence[Role], Form(alias="roles")]
Done = Annotated[str, Query(alias="gedaan", pattern="^(gewijzigd|verwijderd)?$")]
MembersVisit = Annotated[Visit, Depends(page_for(Role.ADMINISTRATOR, Role.AUDITOR))]
AdministratorForm = Annotated[Visit, Depends(form_for(Role.ADMINISTRATOR))]


@router.get("")
def list_members(visit: MembersVisit, done: Done = "") -> Response:
    """Show who works with this, and a form to invite someone."""
    return _list(visit, done=done)


@router.post("")
def invite(
    visit: AdministratorForm,
    name: Annotated[str, Form(max_length=400)] = "",
    chosen: ChosenRoles = (),
) -> Response:
    """Invite someone, and show the link, once."""
    name = " ".join(name.split())
    name_wrong = not 1 <= len(name) <= MOST_CHARACTERS or not name.isprintable()
    if name_wrong or not chosen:
        return _list(
            visit, name=name, name_wrong=name_wrong, chosen=chosen, no_role=not chosen, status_code=400
        )
    invitation = members.invite(visit.services, name=name, roles=chosen, by=visit.member)
    return visit.render("member_link.html", here="members", invitation=invitation)


@router.get("/{staff}")
def show_member(visit: MembersVisit, staff: StaffNumber) -> Response:
    """Show a member, and what can be done."""
    return _show(visit, staff)


@router.post("/{staff}/rollen")
def change_roles(
    visit: AdministratorForm,
    staff: StaffNumber,
    chosen: ChosenRoles = (),
) -> Response:
    """Give a member the roles that were ticked, and no others."""
    if not chosen:
        return _show(visit, staff, no_role=True)
    members.change_roles(visit.services, staff=staff, roles=chosen, by=visit.member)
    return _back("gewijzigd")


@router.post("/{staff}/aanmeldlink")
def renew_link(visit: AdministratorForm, staff: StaffNumber) -> Response:
    """Make a new link for a member who cannot sign in any more, and show it, once."""
    invitation = members.renew_link(visit.services, staff=staff, by=visit.member)
    return visit.render("member_link.html", here="members", invitation=invitation)


@router.post("/{staff}/verwijderen")
def remove(visit: AdministratorForm, staff: StaffNumber) -> Response:
    """Remove a member, at once."""
    members.remove(visit.services, staff=staff, by=visit.member)
    return _back("verwijderd")


def _list(
    visit: Visit,
    *,
    done: str = "",
    name: str = "",
    name_wrong: bool = False,
    chosen: Sequence[Role] = (),
    no_role: bool = False,
    status_code: int = 200,
) -> Response:
    return visit.render(
        "members.html",
        status_code=status_code,
        here="members",
        members=members.list_members(visit.services),
        all_roles=tuple(Role),
        done=done,
        name=name,
        name_wrong=name_wrong,
        most_characters=MOST_CHARACTERS,
        chosen=chosen,
        no_role=no_role,
    )


def _show(visit: Visit, staff: int, *, no_role: bool = False) -> Response:
    return visit.render(
        "member.html",
        status_code=400 if no_role else 200,
        here="members",
        member=members.member_numbered(visit.services, staff),
        all_roles=tuple(Role),
        no_role=no_role,
    )


def _back(done: str) -> Response:
    return RedirectResponse(f"{router.prefix}?gedaan={done}", status_code=303, headers=NO_STORE)
