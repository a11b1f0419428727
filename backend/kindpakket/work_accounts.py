# SPDX-License-Identifier: EUPL-1.2
"""Work accounts: where a provider is set, staff sign in there instead of with a passkey.

Being known to the provider opens nothing. A member signs in with the link of their invitation once, and ties their work
account to themselves; from then on the account alone signs them in. We keep a hash of the provider's number of them.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial

import structlog

from . import oidc
from .errors import SignInElsewhere, WorkAccountInvalid
from .oidc import Line, Question
from .registry.work_accounts import WorkAccount
from .services import Services, hash_token
from .settings import Settings
from .staff import Session, let_in

__all__ = [
    "Line",
    "WorkAccount",
    "ask",
    "list_accounts",
    "refuse_no_provider",
    "refuse_passkeys",
    "remove",
    "sign_in",
    "tie",
]

log = structlog.get_logger(__name__)

QUESTION_SECONDS = 10 * 60
WAY_BACK = "/gemeente/aanmelden/werkaccount/terug"


def refuse_passkeys(settings: Settings) -> None:
    """Let nobody sign in with a passkey where a provider is set: there, that is the provider's to decide.

    Raises:
        SignInElsewhere: A provider is set.
    """
    if settings.oidc_issuer:
        raise SignInElsewhere


def refuse_no_provider(settings: Settings) -> None:
    """Let nobody sign in at a provider where none is set.

    Raises:
        WorkAccountInvalid: None is set.
    """
    if not settings.oidc_issuer:
        raise WorkAccountInvalid


def list_accounts(services: Services, *, session: Session) -> list[WorkAccount]:
    """Return the work accounts of who is signed in, oldest first."""
    return services.registry.work_accounts.of_member(session.staff)


def ask(services: Services, line: Line) -> Question:
    """Return a new question to the provider.

    Raises:
        WorkAccountInvalid: No provider is set.
        ProviderUnreachable: The provider does not answer, or not as one.
    """
    settings = services.settings
    refuse_no_provider(settings)
    return oidc.ask(settings, line, redirect_uri=_redirect_uri(settings), now=services.now())


def tie(
    services: Services,
    line: Line,
    *,
    session: Session,
    question: Question,
    state: str,
    code: str,
    issuer: str,
) -> None:
    """Tie the work account that answered to who is signed in.

    Raises:
        WorkAccountInvalid: The answer is not to this question, or the account is another member's.
        ProviderUnreachable: The provider does not answer, or not as one.
        SignInRequired: The session ended while the provider was asked.
    """
    account_hash = _account_hash(services, line, question, state=state, code=code, issuer=issuer)
    services.registry.work_accounts.add(
        account_hash,
        staff=session.staff,
        session_hash=hash_token(session.token),
        by=session.author,
        at=services.now(),
    )
    log.info("work_account_tied", staff=session.staff)


def remove(services: Services, *, session: Session, account: int) -> None:
    """Untie a work account from who is signed in.

    Raises:
        WorkAccountUnknown: They have no such account.
    """
    services.registry.work_accounts.remove(account, staff=session.staff, by=session.author, at=services.now())
    log.info("work_account_removed", staff=session.staff)


def sign_in(
    services: Services, line: Line, *, question: Question, state: str, code: str, issuer: str
) -> Session:
    """Open a session for the member to whom the work account that answered is tied.

    Raises:
        WorkAccountInvalid: The answer is not to this question, or the account is nobody's here.
        ProviderUnreachable: The provider does not answer, or not as one.
    """
    account_hash = _account_hash(services, line, question, state=state, code=code, issuer=issuer)
    return let_in(services, partial(services.registry.work_accounts.sign_in, account_hash))


def _account_hash(
    services: Services, line: Line, question: Question, *, state: str, code: str, issuer: str
) -> bytes:
    """Return by what we know the account that answered: SHA-256 over provider and number, as JSON."""
    settings = services.settings
    refuse_no_provider(settings)
    subject = oidc.subject_in(
        settings,
        line,
        redirect_uri=_redirect_uri(settings),
        question=question,
        state=state,
        code=code,
        issuer=issuer,
        now=services.now(),
    )
    return hashlib.sha256(json.dumps([settings.oidc_issuer, subject]).encode()).digest()


def _redirect_uri(settings: Settings) -> str:
    return f"{settings.base_url}{WAY_BACK}"
