# SPDX-License-Identifier: EUPL-1.2
"""Staff of the municipality: one-time sign-in codes and sessions that end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import structlog

from .registry.store import Registry
from .services import Services, hash_token
from .settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in member of staff. `token` opens it; `csrf` must come with each form. `staff` is their number."""

    token: str
    staff: int
    name: str
    ends_at: int
    csrf: str


def create_sign_in_link(registry: Registry, settings: Settings, *, name: str, now: int) -> str:
    """Return a link with which this member of staff can sign in once. Its code has 256 bits and is kept as a hash."""
    sign_in_code = secrets.token_urlsafe(32)
    registry.staff.create_sign_in_code(
        hash_token(sign_in_code),
        staff=registry.staff.ensure_staff(name),
        ends_at=now + settings.sign_in_seconds,
    )
    return f"{settings.base_url}/gemeente/aanmelden#code={sign_in_code}"


def sign_in(services: Services, *, code: str) -> Session:
    """Open a session with a sign-in code, which is then used.

    Raises:
        SignInCodeInvalid: The code is wrong, used or too old.
    """
    token = secrets.token_urlsafe(32)
    csrf = secrets.token_urlsafe(32)
    now = services.now()
    ends_at = now + services.settings.session_seconds
    services.registry.staff.sign_in(
        hash_token(code), token_hash=hash_token(token), csrf=csrf, now=now, ends_at=ends_at
    )
    log.info("signed_in", ends_at=ends_at)
    opened = session_of(services, token)
    assert opened is not None, "a session that was just opened is open"
    return opened


def session_of(services: Services, token: str) -> Session | None:
    """Return the session that a token opens; None when there is none or it ended."""
    found = services.registry.staff.session(hash_token(token), now=services.now())
    if found is None:
        return None
    return Session(token=token, staff=found.staff, name=found.name, ends_at=found.ends_at, csrf=found.csrf)


def sign_out(services: Services, token: str) -> None:
    """End a session."""
    services.registry.staff.end_session(hash_token(token))
