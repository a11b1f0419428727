# SPDX-License-Identifier: EUPL-1.2
"""Tills: how a shop's own people see and remove them. Pairing is in shops.py."""

from __future__ import annotations

import structlog

from .chain import fund as fund_calls
from .errors import ContractRefusal, NotFound, OwnerRequired, TillUnknown
from .registry.shops import Till
from .services import Services

log = structlog.get_logger(__name__)

PAIRING_SECONDS = 600
"""How long a code lasts that an owner's till shows to a new till beside it."""

SEEN_SECONDS = 300
"""How exactly it is known when a till was seen last: so seldom is it written down."""


def require_owner(till: Till) -> None:
    """Refuse a till that is not an owner's.

    Raises:
        OwnerRequired: It is a cashier's.
    """
    if till.role != "owner":
        raise OwnerRequired


def note_seen(services: Services, till: Till) -> None:
    """Write down that a till asked something, now and then."""
    now = services.now()
    if till.last_seen_at is None or now - till.last_seen_at >= SEEN_SECONDS:
        services.registry.tills.note_seen(till.address, at=now)


def list_tills(services: Services, *, shop: int) -> list[Till]:
    """Return the tills of a shop that were not removed, in the order in which they joined."""
    return [till for till in services.registry.shops.tills(shop) if till.removed_at is None]


def remove(services: Services, *, by: Till, till: str) -> Till:
    """Remove a till of the asking till's shop: its token ends at once, then the chain takes its key off the shop.

    A till may remove itself; any other, only an owner's till. The same again changes nothing.

    Raises:
        OwnerRequired: A cashier's till asked to remove another.
        NotFound: The shop has no such till.
        ChainUnreachable: Its token has ended, and its key is taken off as soon as the chain answers.
    """
    if till != by.address:
        require_owner(by)
    return remove_from_shop(services, shop=by.shop, till=till)


def remove_from_shop(services: Services, *, shop: int, till: str) -> Till:
    """Remove a till of a shop, as the municipality may: when its people cannot, or a till was stolen.

    Raises:
        NotFound: The shop has no such till.
        ChainUnreachable: As for `remove`.
    """
    removed = services.registry.tills.remove(till, shop=shop, now=services.now())
    if removed is None:
        raise NotFound
    _take_off(services, removed)
    log.info("till_removed", shop=shop, till=till)
    return removed


def resume_removals(services: Services) -> bool:
    """Take the keys of removed tills off their shops that a crash left there; return whether none is left.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    removed = services.registry.tills.removed()
    if not removed:
        return True
    services.follower.catch_up()
    added = services.ledger.shop_reports.added_tills()
    done = True
    for till in removed:
        if added.get(till.address) != till.shop:
            continue
        try:
            _take_off(services, till)
        except ContractRefusal as refusal:
            log.error("till_removal_refused", till=till.address, reason=refusal.reason())
            done = False
    return done


def _take_off(services: Services, till: Till) -> None:
    if services.fund.shop_of_till(till.address) != till.shop:
        return
    call = fund_calls.remove_till(till=till.address)
    try:
        services.fund.preview(call, sender=services.accounts.shop_manager)
        services.fund.execute(call, sender=services.accounts.shop_manager)
    except TillUnknown:
        # Another request took it off meanwhile.
        return
