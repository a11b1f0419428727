# SPDX-License-Identifier: EUPL-1.2
"""Members of staff: an administrator invites them with roles, changes those, and removes them.

An invitation is a sign-in link that is shown once. Nobody changes themselves, so that another gave every role that one
has; only whoever runs the server can make a member beside this.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from .errors import MemberIsOneself
from .registry.members import Member
from .services import Services, hash_token
from .staff import Role, Session, link_with

__all__ = [
    "Invitation",
    "Member",
    "change_roles",
    "invite",
    "list_members",
    "member_numbered",
    "remove",
    "renew_link",
]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link with which a member can sign in once, before `ends_at`. It is not kept."""

    staff: int
    name: str
    link: str
    ends_at: int


def list_members(services: Services) -> list[Member]:
    """Return all who are members of staff now."""
    return services.registry.members.all(now=services.now())


def member_numbered(services: Services, staff: int) -> Member:
    """Return a member of staff.

    Raises:
        StaffUnknown: There is none of this number now.
    """
    return services.registry.members.member(staff, now=services.now())


def invite(services: Services, *, name: str, roles: Collection[Role], by: Session) -> Invitation:
    """Make someone a member with these roles; return their link. Who was removed comes back under the former number.

    Raises:
        StaffNameTaken: There is a member of this name.
    """
    code, ends_at = _new_code(services)
    staff = services.registry.members.invite(
        name,
        roles=roles,
        code_hash=hash_token(code),
        ends_at=ends_at,
        by=by.author,
        at=services.now(),
    )
    log.info("member_invited", staff=staff, by=by.staff)
    return Invitation(staff=staff, name=name, link=_link(services, code), ends_at=ends_at)


def change_roles(services: Services, *, staff: int, roles: Collection[Role], by: Session) -> None:
    """Give a member these roles and no others, from their next request on.

    Raises:
        MemberIsOneself: Another administrator must do it.
        StaffUnknown: There is no such member.
        LastAdministrator: Nobody would be one any more.
    """
    _refuse_oneself(staff, by)
    services.registry.members.change_roles(staff, roles, by=by.author, at=services.now())
    log.info("roles_changed", staff=staff, by=by.staff)


def renew_link(services: Services, *, staff: int, by: Session) -> Invitation:
    """Return a new link for a member who cannot sign in any more. All former ways in, and all sessions, end.

    So whoever signs in with such a link in somebody's place is noticed: that one is out.

    Raises:
        MemberIsOneself: Another administrator must do it.
        StaffUnknown: There is no such member.
    """
    _refuse_oneself(staff, by)
    member = member_numbered(services, staff)
    code, ends_at = _new_code(services)
    services.registry.members.renew_code(
        staff, code_hash=hash_token(code), ends_at=ends_at, by=by.author, at=services.now()
    )
    log.info("link_renewed", staff=staff, by=by.staff)
    return Invitation(staff=staff, name=member.name, link=_link(services, code), ends_at=ends_at)


def remove(services: Services, *, staff: int, by: Session) -> None:
    """Make someone no member any more. Their sessions and all their ways in end at once.

    Raises:
        MemberIsOneself: Another administrator must do it.
        StaffUnknown: There is no such member.
        LastAdministrator: Nobody would be one any more.
    """
    _refuse_oneself(staff, by)
    services.registry.members.remove(staff, by=by.author, at=services.now())
    log.info("member_removed", staff=staff, by=by.staff)


def _new_code(services: Services) -> tuple[str, int]:
    return secrets.token_urlsafe(32), services.now() + services.settings.sign_in_seconds


def _link(services: Services, code: str) -> str:
    """Return the link of an invitation: who used it is asked to add a passkey."""
    return link_with(services.settings, code, query="?uitnodiging=ja")


def _refuse_oneself(staff: int, by: Session) -> None:
    if staff == by.staff:
        raise MemberIsOneself
