# SPDX-License-Identifier: EUPL-1.2
"""Applying: what anyone may do for their own shop, with no account and no sign-in.

Who applied has a code, and with it sees how the application stands and gives what was missing. The code opens nothing
else, and shows nothing of what was filled in.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from kindpakket import programmes
from kindpakket.categories import CATEGORIES
from kindpakket.errors import ApplicationUnknown, NothingMissing, SubmissionUsed
from kindpakket.registry.application_rows import Application
from kindpakket.services import Services, hash_token
from kindpakket.tickets import keys, letter

from . import fields
from .fields import Written

log = structlog.get_logger(__name__)

RULES = "2026-11"
"""Which text of the rules the form shows; an application says to which one its applicant agreed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An application that was taken in. The code is told to the applicant, and kept as a hash."""

    application: int
    code: str = field(repr=False)


def offered_categories(services: Services) -> tuple[int, ...]:
    """Return the kinds of purchase that can be asked for: those of the programmes that are not over, else all."""
    now = services.now()
    running = {
        category
        for one in programmes.list_programmes(services)
        if now < one.ends_at
        for category in one.categories
        if category in CATEGORIES
    }
    return tuple(sorted(running or CATEGORIES))


def apply(services: Services, written: Written, *, submission: str | None = None) -> Receipt:
    """Take an application in.

    Args:
        services: The parts.
        written: What the applicant wrote.
        submission: What the sender made up for this one application: sent again with the same, nothing is doubled and
            the same code comes back. It must be impossible to guess, as the code is made from it.

    Raises:
        RequestInvalid: Names every field that cannot be right.
        SubmissionUsed: Something else came in under this submission, and stays as it is.
        ApplicationOpen: The same business applied for the same shop, which is not decided yet.
    """
    code = _new_code(services, submission)
    try:
        known = find(services, code)
    except ApplicationUnknown:
        values = fields.read(written, offered=offered_categories(services), taken=_taken_names(services))
        application = services.registry.shop_applications.create(
            _hash(code), values, rules=RULES, at=services.now()
        )
        log.info("application_received", application=application)
        # The same form may have come twice at once: of two that differ, one is refused.
        known = find(services, code)
    _refuse_other_content(known, written)
    return Receipt(application=known.application, code=code)


def find(services: Services, code: str) -> Application:
    """Return the application that a code is for, however it is typed.

    Raises:
        ApplicationUnknown: There is none.
    """
    return services.registry.shop_applications.by_code(_hash(code))


def supplement(services: Services, written: Written, *, code: str) -> Application:
    """Take in what was missing of an application, and nothing else; it then waits for staff again.

    Raises:
        ApplicationUnknown: There is none with this code.
        NothingMissing: Nothing is asked of it.
        RequestInvalid: Names every field that cannot be right.
        ApplicationOpen: The same business applied meanwhile for a shop of the name that it now gives.
    """
    found = find(services, code)
    if not found.missing:
        raise NothingMissing
    values = fields.read(
        written,
        offered=offered_categories(services),
        taken=_taken_names(services),
        only=found.missing,
        needs_consent=False,
    )
    services.registry.shop_applications.supplement(found.application, values, version=found.version)
    log.info("application_supplemented", application=found.application)
    return find(services, code)


def _refuse_other_content(known: Application, written: Written) -> None:
    """Let pass what is sent again after a lost answer, and no correction: that would seem to be taken over."""
    if known.erased_at is not None:
        return
    # It may have become a shop by now, whose name is taken, and its programme may be over.
    values = fields.read(written, offered=tuple(CATEGORIES), taken=(), needs_consent=False)
    if any(getattr(known, field) != value for field, value in values.items()):
        raise SubmissionUsed


def _taken_names(services: Services) -> set[str]:
    return {shop.name for shop in services.registry.shops.shops()}


def _new_code(services: Services, submission: str | None) -> str:
    """Return a code of 80 bits and a check character."""
    if submission is None:
        return letter.format_code(secrets.token_bytes(letter.SECRET_BYTES))
    told = f"shop application/{submission}"
    return letter.format_code(keys.derive(services.sealing_key, told, letter.SECRET_BYTES))


def _hash(code: str) -> bytes:
    try:
        return hash_token(letter.format_code(letter.parse_code(code)))
    except ValueError as error:
        raise ApplicationUnknown from error


def sort_fields(chosen: Iterable[str]) -> tuple[str, ...]:
    """Return fields in the order of the form, each once."""
    wanted = set(chosen)
    return tuple(one for one in fields.FIELDS if one in wanted)
