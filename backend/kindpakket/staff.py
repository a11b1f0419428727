# SPDX-License-Identifier: EUPL-1.2
"""Staff of the municipality: what each may do, one-time sign-in codes and sessions that end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Protocol

import structlog

from .errors import RoleRequired, WorkAccountRequired
from .registry.staff import StaffSession
from .registry.staff_log import COMMAND_LINE, Author
from .registry.store import Registry
from .services import Services, hash_token
from .settings import Settings

log = structlog.get_logger(__name__)


class Role(StrEnum):
    """What a member of staff may do. One may have several roles, and every one may read.

    The contract knows the first three, each with a key of its own; the others are the municipality's.
    """

    ISSUER = "issuer"
    SHOP_MANAGER = "shop_manager"
    TREASURER = "treasurer"
    #: Approves what another prepared.
    APPROVER = "approver"
    #: Reads all, asks for inspections and takes note of what they found; changes nothing else.
    AUDITOR = "auditor"
    #: Invites and removes people; by itself nothing else.
    ADMINISTRATOR = "administrator"


ALL_ROLES = frozenset(Role)

PAYMENT_READERS = frozenset((Role.TREASURER, Role.APPROVER, Role.AUDITOR))
"""Who answers for the money sees single payments; to all others figures are told as to everyone: see suppression."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in member of staff. `token` opens it; `csrf` must come with each form.

    Attributes:
        staff: The member's number, which a later name does not change.
        roles: What they may do, as of this request.
        must_tie: Before they tied a work account they may do nothing else: see `require_work_account`.
    """

    token: str = field(repr=False)
    staff: int
    name: str
    roles: frozenset[Role]
    ends_at: int
    csrf: str = field(repr=False)
    must_tie: bool = False

    @property
    def author(self) -> Author:
        """Who the log says did what this session does."""
        return Author(staff=self.staff, name=self.name)


class OpenSession(Protocol):
    """What the registry opens a session with, once it knows whose."""

    def __call__(self, *, token_hash: bytes, csrf: str, now: int, ends_at: int) -> StaffSession:
        """Open it until `ends_at`."""


def require_role(session: Session, *roles: Role) -> None:
    """Let a member of staff through who has one of these roles.

    Raises:
        RoleRequired: They have none of them. It names the roles that may.
    """
    if session.roles.isdisjoint(roles):
        raise RoleRequired(roles=[role.value for role in roles])


def require_work_account(session: Session) -> None:
    """Let a session through that may do more than tie a work account.

    Where a provider is set, a member acts only after one was tied to them: else whoever invites a second self needs no
    second account. A link of whoever runs the server is let through: it is the way in for the very first member, and
    while the provider is down.

    Raises:
        WorkAccountRequired: None is tied to them.
    """
    if session.must_tie:
        raise WorkAccountRequired


def create_sign_in_link(registry: Registry, settings: Settings, *, name: str, now: int) -> str:
    """Return a link with which this member of staff can sign in once. Its code has 256 bits and is kept as a hash.

    For whoever runs the server: who is no member yet becomes one with every role, and needs no work account.
    """
    sign_in_code = secrets.token_urlsafe(32)
    registry.staff.create_sign_in_code(
        hash_token(sign_in_code),
        staff=registry.staff.ensure_member(name, roles=ALL_ROLES),
        ends_at=now + settings.sign_in_seconds,
        by=COMMAND_LINE,
        at=now,
    )
    return link_with(settings, sign_in_code)


def link_with(settings: Settings, sign_in_code: str, *, query: str = "") -> str:
    """Return the link that carries a sign-in code where no server and no log sees it."""
    return f"{settings.base_url}/gemeente/aanmelden{query}#code={sign_in_code}"


def sign_in(services: Services, *, code: str) -> Session:
    """Open a session with a sign-in code, which is then used.

    Raises:
        SignInCodeInvalid: The code is wrong, used or too old.
    """
    return let_in(services, partial(services.registry.staff.sign_in, hash_token(code)))


def let_in(services: Services, open_session: OpenSession) -> Session:
    """Open a session in the registry for whoever it lets in, with a new token that only its bearer has."""
    token = secrets.token_urlsafe(32)
    now = services.now()
    opened = open_session(
        token_hash=hash_token(token),
        csrf=secrets.token_urlsafe(32),
        now=now,
        ends_at=now + services.settings.session_seconds,
    )
    log.info("signed_in", staff=opened.staff, ends_at=opened.ends_at)
    return _session_from(services.settings, token, opened)


def session_of(services: Services, token: str) -> Session | None:
    """Return the session that a token opens; None when there is none or it ended."""
    found = services.registry.staff.session(hash_token(token), now=services.now())
    return None if found is None else _session_from(services.settings, token, found)


def sign_out(services: Services, token: str) -> None:
    """End a session."""
    services.registry.staff.end_session(hash_token(token))


def _session_from(settings: Settings, token: str, found: StaffSession) -> Session:
    """Return a session of the registry with the token that opens it."""
    return Session(
        token=token,
        staff=found.staff,
        name=found.name,
        roles=frozenset(Role(role) for role in found.roles),
        ends_at=found.ends_at,
        csrf=found.csrf,
        must_tie=bool(settings.oidc_issuer) and not found.by_operator and not found.has_work_account,
    )
