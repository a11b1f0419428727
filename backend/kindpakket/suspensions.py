# SPDX-License-Identifier: EUPL-1.2
"""Suspending shops: out of a programme at once, with a reason that the shop is told. `shops.allow` lets one in again.

The reason is written down before the chain is told, so that no shop is ever out without one; a crash in between is
finished later. Only the chain says whether a shop takes part.

A shop that was let in may not be in yet: the call waits, or was lost. It is suspended all the same. Calls of one sender
are executed in their order, so that taking it out comes after all that was sent to let it in.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from . import programmes
from .categories import from_bitmap
from .chain import fund as fund_calls
from .errors import ContractRefusal, Failure, ShopNotAllowed, SuspensionUnfinished
from .registry.suspensions import SuspendedBecause, Suspension
from .services import Services

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shop stands in a programme that is not over: for what it may be paid, or since when and why not.

    Attributes:
        categories: None of them when it takes no part.
        suspension: None when it takes part.
    """

    programme: int
    name: str
    categories: tuple[int, ...]
    suspension: Suspension | None


def suspend(services: Services, *, programme: int, shop: int, because: SuspendedBecause, staff: int) -> int:
    """Take a shop out of a programme; return the block. What it is owed stays owed.

    Raises:
        ShopUnknown: The register has no such shop.
        ShopNotAllowed: It does not take part, and does not wait to.
        ChainUnreachable: No answer; nothing was done.
        SuspensionUnfinished: It is written down, and the chain follows by itself.
    """
    services.registry.shops.shop(shop)
    kept = services.registry.suspensions
    with services.one_at_a_time:
        call = fund_calls.remove_shop(programme=programme, shop=shop)
        try:
            services.fund.preview(call, sender=services.accounts.shop_manager)
        except ShopNotAllowed:
            if not _is_joining(services, programme=programme, shop=shop):
                raise
        suspension = kept.begin(
            shop=shop, programme=programme, because=because, staff=staff, at=services.now()
        )
        try:
            block = _take_out(services, call)
        except Failure as error:
            log.error("suspension_unfinished", shop=shop, because=error.reason())
            raise SuspensionUnfinished(f"shop {shop} is taken out by itself") from error
        kept.mark_done(suspension, block=block)
    log.info("shop_suspended", shop=shop, programme=programme, because=because, block=block)
    return block


def resume(services: Services) -> bool:
    """Take the shops out whose suspension a crash left half done; return whether none is left.

    Raises:
        ChainUnreachable: No answer; safe to call again.
    """
    done = True
    with services.one_at_a_time:
        for one in services.registry.suspensions.unfinished():
            call = fund_calls.remove_shop(programme=one.programme, shop=one.shop)
            try:
                block = _take_out(services, call)
            except ContractRefusal as refusal:
                log.error("suspension_refused", shop=one.shop, reason=refusal.reason())
                done = False
                continue
            services.registry.suspensions.mark_done(one.suspension, block=block)
            log.warning("suspension_resumed", shop=one.shop, programme=one.programme, block=block)
    return done


def _is_joining(services: Services, *, programme: int, shop: int) -> bool:
    waiting = services.registry.shops.joining_shops() + services.registry.shop_applications.joining()
    return any((one.programme, one.shop) == (programme, shop) for one in waiting)


def _take_out(services: Services, call: bytes) -> int:
    """Take a shop out; return the block from which it is out. A preview does not see what was sent and waits."""
    try:
        return services.fund.execute(call, sender=services.accounts.shop_manager).receipt.block
    except ShopNotAllowed:
        # It was out before, or never came in.
        return services.chain.head().number


def standings_of(services: Services, *, shop: int) -> list[Standing]:
    """Return how a shop stands in the programmes that are not over and know it, by their number."""
    services.follower.catch_up()
    now = services.now()
    suspended = {one.programme: one for one in services.registry.suspensions.of_shop(shop)}
    found = []
    for programme in programmes.list_programmes(services):
        if now >= programme.ends_at:
            continue
        accounts = services.ledger.reports.shop_accounts(programme.programme)
        categories = next((from_bitmap(one.categories) for one in accounts if one.shop == shop), ())
        suspension = None if categories else suspended.get(programme.programme)
        if categories or suspension:
            found.append(
                Standing(
                    programme=programme.programme,
                    name=programme.name,
                    categories=categories,
                    suspension=suspension,
                )
            )
    return found
