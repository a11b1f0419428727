# SPDX-License-Identifier: EUPL-1.2
"""Who calls: a phone, a till or a member of staff, by bearer token. Tokens are kept as SHA-256 only.

Guessing is slowed, per kind of guess, for one network address. A pairing code has 40 bits only: guesses of those are
slowed further for all addresses as soon as many guess at once, so that who has ten thousand of them finds one no sooner
(tests/test_odds.py has the sums). For other guesses that would gain nothing, and lock out families who share an
address: a letter has 80 bits, a sign-in link 256, and a backup counts its wrong PINs itself. Opening a letter tells
whether there is one, as looking it up does: it is the same kind of guess.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from kindpakket import staff, tills, vouchers
from kindpakket.errors import (
    BackupLocked,
    BackupProofWrong,
    BackupUnknown,
    LetterUnknown,
    PairingCodeInvalid,
    RateTooHigh,
    SignInCodeInvalid,
    SignInRequired,
    TillRemoved,
)
from kindpakket.metrics import WRONG_GUESSES
from kindpakket.networks import network_of
from kindpakket.registry.shops import Till
from kindpakket.services import Services, hash_token
from kindpakket.staff import Role
from kindpakket.tries import Tries

_phone_scheme = HTTPBearer(scheme_name="phone", description="A phone's access token", auto_error=False)
_till_scheme = HTTPBearer(scheme_name="till", description="A till's token", auto_error=False)
staff_scheme = HTTPBearer(scheme_name="staff", description="A staff session's token", auto_error=False)
audit_key_scheme = HTTPBearer(
    scheme_name="auditKey", description="A key to read the chain with, from outside", auto_error=False
)

Credentials = HTTPAuthorizationCredentials | None

GUESSES_OF_ONE = parse("30/minute")
"""Wrong guesses of one kind from one address."""

GUESSES_OF_ALL = parse("300/hour")
"""Wrong pairing codes from all addresses together, from where on each has fewer."""

GUESSES_OF_ONE_AMONG_MANY = parse("3/hour")
"""What each address then has left: a mistake or two."""

_GUESSES = (
    BackupLocked,
    BackupProofWrong,
    BackupUnknown,
    LetterUnknown,
    PairingCodeInvalid,
    SignInCodeInvalid,
)


CALLERS: dict[Callable[..., Any], tuple[str, ...]] = {}
"""Whom each check of a caller lets in; what is not in here checks nobody."""

_Check = TypeVar("_Check", bound=Callable[..., Any])


def lets_in(*callers: str) -> Callable[[_Check], _Check]:
    """Say whom a check lets in, for the description of the operations that stand behind it."""

    def remember(check: _Check) -> _Check:
        CALLERS[check] = tuple(map(str, callers))
        return check

    return remember


async def services_of(request: Request) -> Services:
    """Return what the use cases work with."""
    services: Services = request.app.state.services
    return services


UseServices = Annotated[Services, Depends(services_of)]


@lets_in("phone")
async def bearer_token_hash(credentials: Annotated[Credentials, Depends(_phone_scheme)]) -> bytes:
    """Return the hash of a phone's token, whether a phone has it or not.

    Raises:
        SignInRequired: No token, or not one that a phone could have.
    """
    try:
        token = bytes.fromhex(credentials.credentials if credentials else "")
    except ValueError as error:
        raise SignInRequired from error
    if not token:
        raise SignInRequired
    return hashlib.sha256(token).digest()


@lets_in("phone")
def phone_token_hash(
    services: UseServices, token_hash: Annotated[bytes, Depends(bearer_token_hash)]
) -> bytes:
    """Return the hash under which the calling phone is registered.

    Raises:
        SignInRequired: No token, or one that no phone has.
        PhoneRetired: A token that no longer opens anything.
    """
    vouchers.refuse_unknown_phone(services, token_hash)
    return token_hash


@lets_in("cashier", "owner")
def calling_till(services: UseServices, credentials: Annotated[Credentials, Depends(_till_scheme)]) -> Till:
    """Return the calling till.

    Raises:
        SignInRequired: No token, or one of no till.
        TillRemoved: The token of a till that was removed.
    """
    token = credentials.credentials if credentials else ""
    if not token:
        raise SignInRequired
    token_hash = hash_token(token)
    till = services.registry.shops.till_by_token(token_hash)
    if till is None:
        raise TillRemoved if services.registry.tills.was_removed(token_hash) else SignInRequired
    tills.note_seen(services, till)
    return till


@lets_in("owner")
def calling_owner(till: Annotated[Till, Depends(calling_till)]) -> Till:
    """Return the calling till, an owner's.

    Raises:
        OwnerRequired: It is a cashier's.
    """
    tills.require_owner(till)
    return till


@lets_in(*Role)
def signed_in_staff(
    services: UseServices, credentials: Annotated[Credentials, Depends(staff_scheme)]
) -> staff.Session:
    """Return the calling member of staff's session.

    Raises:
        SignInRequired: No token, or a session that ended.
        WorkAccountRequired: They must tie a work account first.
    """
    session = staff.session_of(services, credentials.credentials) if credentials else None
    if session is None:
        raise SignInRequired
    staff.require_work_account(session)
    return session


SignedInStaff = Annotated[staff.Session, Depends(signed_in_staff)]


def staff_with(*roles: Role) -> Callable[[staff.Session], staff.Session]:
    """Return what lets a member of staff through who has one of these roles."""

    @lets_in(*roles)
    def require(session: SignedInStaff) -> staff.Session:
        staff.require_role(session, *roles)
        return session

    return require


BearingPhone = Annotated[bytes, Depends(bearer_token_hash)]
CallingPhone = Annotated[bytes, Depends(phone_token_hash)]
CallingTill = Annotated[Till, Depends(calling_till)]
CallingOwner = Annotated[Till, Depends(calling_owner)]
Issuer = Annotated[staff.Session, Depends(staff_with(Role.ISSUER))]
ShopManager = Annotated[staff.Session, Depends(staff_with(Role.SHOP_MANAGER))]
Treasurer = Annotated[staff.Session, Depends(staff_with(Role.TREASURER))]
Approver = Annotated[staff.Session, Depends(staff_with(Role.APPROVER))]
PayoutReader = Annotated[staff.Session, Depends(staff_with(Role.TREASURER, Role.APPROVER, Role.AUDITOR))]
Auditor = Annotated[staff.Session, Depends(staff_with(Role.AUDITOR))]
ApplicationReader = Annotated[
    staff.Session, Depends(staff_with(Role.SHOP_MANAGER, Role.APPROVER, Role.AUDITOR))
]
ShopManagerOrApprover = Annotated[staff.Session, Depends(staff_with(Role.SHOP_MANAGER, Role.APPROVER))]
HouseholdReader = Annotated[staff.Session, Depends(staff_with(Role.ISSUER, Role.AUDITOR))]


class Secret(StrEnum):
    """What can be guessed: each is counted apart."""

    LETTER = "letter"
    BACKUP = "backup"
    PAIRING_CODE = "pairing_code"
    SIGN_IN_CODE = "sign_in_code"


class GuessLimit:
    """Counts failed guesses by kind and by the caller's network address; one that is being made counts as failed."""

    def __init__(self) -> None:
        """Start with no failure counted."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._tries = Tries()

    @contextmanager
    def watch(self, request: Request, secret: Secret) -> Iterator[None]:
        """Let a guess be made; count it when it fails.

        Raises:
            RateTooHigh: This address failed too often in this minute; or many fail with pairing codes in this hour, and
                it did.
        """
        caller = (secret, network_of(request.client.host if request.client else "unknown"))
        with self._tries.one_more(caller, refuse=lambda: self._refuse_too_many(secret, caller)):
            try:
                yield
            except _GUESSES as wrong:
                WRONG_GUESSES.labels(wrong.reason()).inc()
                self._limiter.hit(GUESSES_OF_ONE, *caller)
                self._limiter.hit(GUESSES_OF_ONE_AMONG_MANY, *caller)
                self._limiter.hit(GUESSES_OF_ALL, secret)
                raise

    def _refuse_too_many(self, secret: Secret, caller: tuple[Secret, str]) -> None:
        trying = self._tries.of(caller)
        if self._left(GUESSES_OF_ONE, *caller) <= trying:
            raise RateTooHigh(retry_after_seconds=60)
        if secret is not Secret.PAIRING_CODE:
            return
        are_many = self._left(GUESSES_OF_ALL, secret) <= self._tries.of_kind(secret)
        if are_many and self._left(GUESSES_OF_ONE_AMONG_MANY, *caller) <= trying:
            raise RateTooHigh(retry_after_seconds=3600)

    def _left(self, limit: RateLimitItem, *identifiers: str) -> int:
        return self._limiter.get_window_stats(limit, *identifiers).remaining


async def guess_limit(request: Request) -> GuessLimit:
    """Return the app's counter of failed guesses."""
    limit: GuessLimit = request.app.state.guess_limit
    return limit


Guesses = Annotated[GuessLimit, Depends(guess_limit)]
