# SPDX-License-Identifier: EUPL-1.2
"""The municipality's OpenID Connect provider: where a browser is sent to sign in, and who its answer says that it was.

Authorization code flow with PKCE, state and nonce. Only the provider's own number of a person (`sub`) is asked for: no
name, no e-mail address. What the provider says of itself is kept for some minutes; its keys are fetched anew with each
word it signed, so that one it took back counts no more.

Sources: OpenID Connect Core 1.0 with errata set 2, sections 3.1.2 and 3.1.3; Discovery 1.0, section 4.3; RFC 7636; RFC
9207.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from .errors import ProviderUnreachable, WorkAccountInvalid
from .settings import Settings

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 10
#: How far the provider's clock may be off.
LEEWAY_SECONDS = 60
#: Keys of the provider's own; a secret that both know would let whoever has ours sign as the provider.
ALGORITHMS = ("RS256", "PS256", "ES256")
MOST_SUBJECT_CHARACTERS = 255
#: So long counts what the provider said of itself.
KEPT_SECONDS = 5 * 60
CALLS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is sent away with, and keeps until it is back.

    Attributes:
        address: The provider's page to sign in on.
        state: Comes back with the answer, and so says that this browser asked.
        nonce: Stands in the provider's signed word, and so says that it was given for this question.
        verifier: Redeems the code of the answer; the address carries only its hash.
    """

    address: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Line:
    """This server's line to its provider: few calls at once, and what the provider said of itself last.

    Anybody may begin to sign in. A provider that answers slowly then holds some threads, and not all with which shops
    are served.
    """

    def __init__(self) -> None:
        """Begin without having asked."""
        self._calls = threading.BoundedSemaphore(CALLS_AT_ONCE)
        self._told: dict[str, Any] = {}
        self._told_until = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold one of the calls that there may be at once. Nobody waits for one: waiting takes a thread as well.

        Raises:
            ProviderUnreachable: All are held.
        """
        if not self._calls.acquire(blocking=False):
            log.warning("provider_busy")
            raise ProviderUnreachable
        try:
            yield
        finally:
            self._calls.release()

    def describe(self, settings: Settings, *, now: int) -> dict[str, Any]:
        """Return what the provider says of itself, as of the last minutes."""
        told = self._told
        if now >= self._told_until or told.get("issuer") != settings.oidc_issuer:
            told = _describe(settings)
            self._told, self._told_until = told, now + KEPT_SECONDS
        return told


def ask(settings: Settings, line: Line, *, redirect_uri: str, now: int) -> Question:
    """Return a new question to the provider, whose answer comes to `redirect_uri`.

    Raises:
        ProviderUnreachable: The provider does not answer, or not as one, or is asked too much at once.
    """
    with line.hold():
        provider = line.describe(settings, now=now)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client(settings, redirect_uri) as client:
        address, _ = client.create_authorization_url(
            _endpoint(settings, provider, "authorization_endpoint"),
            state=state,
            nonce=nonce,
            code_verifier=verifier,
        )
    return Question(address=address, state=state, nonce=nonce, verifier=verifier)


def subject_in(
    settings: Settings,
    line: Line,
    *,
    redirect_uri: str,
    question: Question,
    state: str,
    code: str,
    issuer: str,
    now: int,
) -> str:
    """Return the provider's number of who signed in, from the answer to a question.

    Args:
        settings: Which provider, and who we are to it.
        line: Over which it is asked.
        redirect_uri: The one that was asked with.
        question: What this browser kept.
        state: The answer's.
        code: The answer's.
        issuer: Who the answer says that it is from; empty where a provider does not say so.
        now: The time, in seconds since 1970.

    Raises:
        WorkAccountInvalid: The answer is not to this question, is not this provider's, was used or is too old.
        ProviderUnreachable: The provider does not answer, or not as one, or is asked too much at once.
    """
    if not hmac.compare_digest(state.encode(), question.state.encode()) or not code:
        raise WorkAccountInvalid
    with line.hold():
        provider = line.describe(settings, now=now)
        says_who = provider.get("authorization_response_iss_parameter_supported") is True
        if (issuer or says_who) and issuer != settings.oidc_issuer:
            raise WorkAccountInvalid
        word = _redeem(settings, provider, redirect_uri=redirect_uri, code=code, verifier=question.verifier)
        keys = _fetch(_endpoint(settings, provider, "jwks_uri"))
    return _subject(settings, keys, word, nonce=question.nonce, now=now)


def _redeem(
    settings: Settings, provider: dict[str, Any], *, redirect_uri: str, code: str, verifier: str
) -> str:
    """Return the provider's signed word for the code of an answer."""
    try:
        with _client(settings, redirect_uri) as client:
            token = client.fetch_token(
                _endpoint(settings, provider, "token_endpoint"), code=code, code_verifier=verifier
            )
    except AuthlibBaseError as error:
        log.warning("work_account_refused", why=str(error.error))
        raise WorkAccountInvalid from error
    except (requests.RequestException, ValueError) as error:
        raise ProviderUnreachable from error
    return str(token.get("id_token", ""))


def _subject(settings: Settings, keys: dict[str, Any], word: str, *, nonce: str, now: int) -> str:
    """Return the subject of the provider's signed word, when all of it is right."""
    expected = jwt.JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        claims = jwt.decode(word, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=ALGORITHMS).claims
        expected.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        log.warning("work_account_refused", why=type(error).__name__)
        raise WorkAccountInvalid from error
    audience, party = claims["aud"], claims.get("azp", settings.oidc_client_id)
    is_for_others = isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    subject = claims["sub"]
    is_subject = isinstance(subject, str) and 0 < len(subject) <= MOST_SUBJECT_CHARACTERS
    if is_for_others or party != settings.oidc_client_id or not is_subject:
        raise WorkAccountInvalid
    return str(subject)


def _describe(settings: Settings) -> dict[str, Any]:
    """Fetch what the provider says of itself; it must call itself what we call it."""
    provider = _fetch(f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration")
    if provider.get("issuer") != settings.oidc_issuer:
        log.error("provider_calls_itself_another")
        raise ProviderUnreachable
    return provider


def _fetch(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=PATIENCE_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        told = answer.json()
    except (requests.RequestException, ValueError) as error:
        log.error("provider_unreachable", why=type(error).__name__)
        raise ProviderUnreachable from error
    if not isinstance(told, dict) or answer.status_code != requests.codes.ok:
        raise ProviderUnreachable
    return told


def _endpoint(settings: Settings, provider: dict[str, Any], name: str) -> str:
    """Return an address of the provider's: nothing secret goes unencrypted, but on one machine."""
    address = str(provider.get(name, ""))
    allowed = ("https",) if urlsplit(settings.oidc_issuer).scheme == "https" else ("http", "https")
    try:
        scheme = urlsplit(address).scheme
    except ValueError as error:
        raise ProviderUnreachable from error
    if scheme not in allowed:
        raise ProviderUnreachable
    return address


def _client(settings: Settings, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        client_id=settings.oidc_client_id,
        client_secret=settings.client_secret() or None,
        token_endpoint_auth_method="client_secret_basic" if settings.client_secret() else "none",
        scope="openid",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        default_timeout=PATIENCE_SECONDS,
    )
