# SPDX-License-Identifier: EUPL-1.2
"""Passkeys: a member of staff adds one after signing in with a link, and signs in with it from then on, without a code.

The device asks for a finger, a face or a PIN each time. It signs what we ask, once, within minutes, for our address
only: a page elsewhere gets nothing that works here. Who signs in is told by the passkey; no name is typed.

Source: W3C, Web Authentication, level 3, sections 7.1 and 7.2.
"""

from __future__ import annotations

import json
import secrets
from functools import partial
from urllib.parse import urlsplit

import structlog
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .errors import PasskeyInvalid
from .registry.passkeys import Passkey
from .services import Services, hash_token
from .settings import Settings
from .staff import Session, let_in

__all__ = ["Passkey", "add", "ask_to_add", "ask_to_sign_in", "list_passkeys", "remove", "sign_in"]

log = structlog.get_logger(__name__)

CHALLENGE_BYTES = 32
CHALLENGE_SECONDS = 5 * 60
HANDLE_BYTES = 8


def list_passkeys(services: Services, *, session: Session) -> list[Passkey]:
    """Return the passkeys of who is signed in, oldest first."""
    return services.registry.passkeys.of_member(session.staff)


def ask_to_add(services: Services, *, session: Session) -> str:
    """Return what a browser asks a device for a new passkey of who is signed in, as JSON."""
    settings = services.settings
    options = generate_registration_options(
        rp_id=_site(settings),
        rp_name=f"Kindpakket {settings.municipality}",
        user_id=_handle(session.staff),
        user_name=session.name,
        challenge=_open_challenge(services, session.staff),
        timeout=CHALLENGE_SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=known.credential_id)
            for known in list_passkeys(services, session=session)
        ],
    )
    return options_to_json(options)


def add(services: Services, *, session: Session, credential: str, name: str) -> None:
    """Add the passkey that a device made for who is signed in. `credential` is its answer, as JSON.

    Raises:
        PasskeyInvalid: The answer is not to what was asked of this member, or is wrong, or the passkey is known.
        SignInRequired: The session ended since the request began.
    """
    challenge = _challenge_in(credential)
    services.registry.passkeys.use_challenge(challenge, staff=session.staff, now=services.now())
    site, origin = _site(services.settings), _origin(services.settings)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site,
            expected_origin=origin,
            require_user_verification=True,
        )
    except Exception as error:
        # It only reads what a browser sent, and what is malformed lets it fail in any way that Python has.
        log.warning("passkey_not_added", staff=session.staff, why=type(error).__name__)
        raise PasskeyInvalid from error
    services.registry.passkeys.add(
        staff=session.staff,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        session_hash=hash_token(session.token),
        by=session.author,
        at=services.now(),
    )
    log.info("passkey_added", staff=session.staff)


def remove(services: Services, *, session: Session, passkey: int) -> None:
    """Remove a passkey of who is signed in.

    Raises:
        PasskeyUnknown: They have no such passkey.
    """
    services.registry.passkeys.remove(passkey, staff=session.staff, by=session.author, at=services.now())
    log.info("passkey_removed", staff=session.staff)


def ask_to_sign_in(services: Services) -> str:
    """Return what a browser asks any device that has a passkey for this site, as JSON."""
    options = generate_authentication_options(
        rp_id=_site(services.settings),
        challenge=_open_challenge(services, None),
        timeout=CHALLENGE_SECONDS * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def sign_in(services: Services, *, credential: str) -> Session:
    """Open a session for who has the passkey that answered. `credential` is its answer, as JSON.

    Raises:
        PasskeyInvalid: The passkey is not known, or its answer is wrong, used or too late, or its count went back: it
            was copied.
    """
    now = services.now()
    challenge = _challenge_in(credential)
    services.registry.passkeys.use_challenge(challenge, staff=None, now=now)
    known = services.registry.passkeys.by_credential(_text_in(credential, "id"))
    if known is None or _text_in(credential, "response", "userHandle") != _handle(known.staff):
        raise PasskeyInvalid
    site, origin = _site(services.settings), _origin(services.settings)
    try:
        answered = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site,
            expected_origin=origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except Exception as error:
        # As in `add`.
        log.warning("passkey_refused", staff=known.staff, passkey=known.passkey, why=type(error).__name__)
        raise PasskeyInvalid from error
    return let_in(
        services,
        partial(services.registry.passkeys.sign_in, known, sign_count=answered.new_sign_count),
    )


def _open_challenge(services: Services, staff: int | None) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    now = services.now()
    services.registry.passkeys.open_challenge(
        challenge, staff=staff, now=now, ends_at=now + CHALLENGE_SECONDS
    )
    return challenge


def _challenge_in(credential: str) -> bytes:
    """Return the challenge that an answer says it is to; the signature over it is checked later."""
    try:
        return base64url_to_bytes(json.loads(_text_in(credential, "response", "clientDataJSON"))["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyInvalid from error


def _text_in(credential: str, *path: str) -> bytes:
    """Return the bytes at a place in an answer."""
    try:
        found = json.loads(credential)
        for name in path:
            found = found[name]
        return base64url_to_bytes(found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyInvalid from error


def _handle(staff: int) -> bytes:
    """Return by what a device knows a member: the number, and so nothing that says who it is."""
    return staff.to_bytes(HANDLE_BYTES, "big")


def _site(settings: Settings) -> str:
    """Return the name that passkeys are bound to: the host of our address."""
    host = urlsplit(settings.base_url).hostname
    assert host, "the base URL names a host"
    return host


def _origin(settings: Settings) -> str:
    address = urlsplit(settings.base_url)
    return f"{address.scheme}://{address.netloc}"
