# SPDX-License-Identifier: EUPL-1.2
"""Deciding on an application: one member of staff assesses, another approves or refuses.

Approval registers the shop and notes in the same transaction what the chain is to allow. What a crash leaves between
the two is finished later; to allow a shop twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from kindpakket import programmes
from kindpakket.categories import to_bitmap
from kindpakket.chain import fund as fund_calls
from kindpakket.csv_tables import tidy
from kindpakket.errors import (
    ApplicationDecided,
    ApplicationNotAssessed,
    CategoryNotAllowed,
    ContractRefusal,
    Failure,
    RequestInvalid,
    SamePerson,
    ShopJoinsLater,
)
from kindpakket.registry.application_rows import Application, RefusedBecause, Terms
from kindpakket.registry.shops import JoiningShop
from kindpakket.rounds import Rounds
from kindpakket.services import Services

from .applying import sort_fields
from .fields import MESSAGES

log = structlog.get_logger(__name__)

MOST_OF_NOTE = 500
"""How many characters staff may write to an applicant or to a colleague."""

KEPT_SECONDS = 90 * 24 * 3600
"""How long after the decision an account, an address and an e-mail address are kept: six weeks to object, and as long
again for an answer."""

ERASE_EVERY_SECONDS = 300.0


def ask(
    services: Services, *, application: int, version: int, missing: Collection[str], note: str
) -> Application:
    """Tell the applicant what is missing or cannot be right. They give those fields anew, with their code.

    Raises:
        RequestInvalid: No field is named, or the note is too long.
        ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be asked about.
    """
    chosen = sort_fields(missing)
    errors = [] if chosen and len(chosen) == len(set(missing)) else [_fault("missing", "choice")]
    text = _read_note("note", note, errors, is_needed=False)
    if errors:
        raise RequestInvalid(errors=errors)
    services.registry.shop_applications.ask(application, version=version, missing=chosen, note=text)
    log.info("application_questioned", application=application)
    return services.registry.shop_applications.application(application)


def assess(
    services: Services,
    *,
    application: int,
    version: int,
    terms: Sequence[Terms],
    remark: str,
    staff: int,
) -> Application:
    """Write down what a shop may take part in; nothing is an advice to refuse, and needs a remark.

    Raises:
        RequestInvalid: The remark is missing or too long.
        ProgrammeUnknown, CategoryNotAllowed: There is no such programme, or it has no such category.
        ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be assessed.
    """
    errors: list[dict[str, str]] = []
    text = _read_note("remark", remark, errors, is_needed=not terms)
    if errors:
        raise RequestInvalid(errors=errors)
    for one in terms:
        allowed = programmes.programme_named(services, one.programme).categories
        for category in one.categories:
            if category not in allowed:
                raise CategoryNotAllowed(asked=category, allowed=to_bitmap(allowed))
    services.registry.shop_applications.assess(
        application, version=version, terms=terms, remark=text, staff=staff, at=services.now()
    )
    log.info("application_assessed", application=application, programmes=len(terms))
    return services.registry.shop_applications.application(application)


def approve(services: Services, *, application: int, version: int, staff: int) -> Application:
    """Register the shop and let it take part, as another member of staff than the one who assessed.

    Raises:
        ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be decided.
        ApplicationNotAssessed: Nobody said what it may take part in.
        SamePerson: The one who assessed it.
        ShopNameTaken: There is a shop of this name.
        SignInRequired, RoleRequired: They may not approve any more by the time it is their turn.
        ContractRefusal: The contract takes no such shop; nothing was done.
        ShopJoinsLater: It is approved, and some of it may not be on the chain yet; `resume` lets it.
    """
    kept = services.registry.shop_applications
    with services.one_at_a_time:
        found = kept.application(application)
        if found.decision is not None:
            raise ApplicationDecided(application=application)
        if found.assessed_by is None or not found.terms:
            raise ApplicationNotAssessed(application=application)
        if found.assessed_by == staff:
            raise SamePerson
        for one in found.terms:
            # Any number does: the contract knows shops by what it allows them.
            call = _allowing(JoiningShop(shop=1, programme=one.programme, categories=one.categories))
            services.fund.preview(call, sender=services.accounts.shop_manager)
        services.follower.catch_up()
        shop = kept.approve(
            application,
            version=version,
            staff=staff,
            at=services.now(),
            above=services.ledger.shop_reports.highest_shop(),
        )
        log.info("application_approved", application=application, shop=shop)
        try:
            _let_join(services, [one for one in kept.joining() if one.shop == shop])
        except (ContractRefusal, Failure) as error:
            log.error("application_unfinished", application=application, because=error.reason())
            raise ShopJoinsLater(shop=shop) from error
    return kept.application(application)


def refuse(
    services: Services,
    *,
    application: int,
    version: int,
    because: RefusedBecause,
    explanation: str,
    staff: int,
) -> Application:
    """Refuse an application, as another member of staff than the one who assessed. The applicant reads why.

    Raises:
        RequestInvalid: The explanation is missing or too long.
        ApplicationUnknown, ApplicationDecided, ApplicationChanged: It is not there to be decided.
        ApplicationNotAssessed: Nobody assessed it.
        SamePerson: The one who assessed it.
    """
    errors: list[dict[str, str]] = []
    text = _read_note("explanation", explanation, errors, is_needed=True)
    if errors:
        raise RequestInvalid(errors=errors)
    services.registry.shop_applications.refuse(
        application,
        version=version,
        because=because,
        explanation=text,
        staff=staff,
        at=services.now(),
    )
    log.info("application_refused", application=application, because=because)
    return services.registry.shop_applications.application(application)


def resume(services: Services) -> bool:
    """Let approved shops take part that a crash kept waiting; return whether none waits any more.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    with services.one_at_a_time:
        waiting = services.registry.shop_applications.joining()
        if waiting:
            log.warning("applications_resumed", count=len(waiting))
        try:
            _let_join(services, waiting)
        except ContractRefusal as refusal:
            log.error("application_join_refused", reason=refusal.reason())
            return False
    return True


def erase_due(services: Services) -> int:
    """Erase what is kept no longer of the applications that were decided; return of how many.

    What is erased is gone: after a leap of the clock nothing is due.
    """
    if services.holds_still():
        return 0
    now = services.now()
    count = services.registry.shop_applications.erase(decided_before=now - KEPT_SECONDS, at=now)
    if count:
        log.info("applications_erased", count=count)
    return count


def eraser(services: Services) -> Rounds:
    """Return what erases what is due while the server runs."""
    return Rounds("application-eraser", lambda: erase_due(services), every_seconds=ERASE_EVERY_SECONDS)


def _let_join(services: Services, waiting: Sequence[JoiningShop]) -> None:
    for one in waiting:
        services.fund.execute(_allowing(one), sender=services.accounts.shop_manager)
        services.registry.shop_applications.mark_joined(one.shop, programme=one.programme)


def _allowing(shop: JoiningShop) -> bytes:
    return fund_calls.allow_shop(
        programme=shop.programme, shop=shop.shop, categories=to_bitmap(shop.categories)
    )


def _fault(at: str, fault: str) -> dict[str, str]:
    return {"at": at, "fault": fault, "message": MESSAGES[fault]}


def _read_note(at: str, written: str, errors: list[dict[str, str]], *, is_needed: bool) -> str:
    """Return a text of staff, its lines as they are; what is wrong with it is added to the errors."""
    try:
        text = "\n".join(tidy(line) for line in written.splitlines()).strip()
    except ValueError:
        errors.append(_fault(at, "invisible"))
        return ""
    if is_needed and not text:
        errors.append(_fault(at, "empty"))
    if len(text) > MOST_OF_NOTE:
        errors.append(_fault(at, "long"))
    return text
