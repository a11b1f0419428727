# SPDX-License-Identifier: EUPL-1.2
"""Heads: once a day the chain's newest block is published, with a root over all blocks since the head before it.

A chain that one operator runs could be made anew with another past. What was published cannot: whoever kept a head
sees that the new chain does not lead to it. A head covers a day's blocks by their hashes only, so that a payment can be
shown to be among them without showing any other.

With a head the totals of all money as of its block are kept. `head_totals` knows which of them everyone may know.
"""

from __future__ import annotations

from datetime import date, timedelta

import structlog

from .errors import ChainMismatch, ChainUnreachable
from .ledger.forks import hash_of
from .ledger.reports import FundTotals
from .registry.heads import Head, HeadTotals
from .rounds import Rounds
from .services import Services
from .tickets.heads import HeadTree
from .units import day_of, day_starts_at

__all__ = [
    "Head",
    "HeadTotals",
    "list_heads",
    "prove_block",
    "publish",
    "publish_due",
    "publish_or_tell",
    "publisher",
]

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 30.0


def list_heads(services: Services) -> list[Head]:
    """Return all published heads, oldest first."""
    return services.registry.heads.all()


def publish(services: Services, *, on: date | None = None) -> Head | None:
    """Publish the head of a day, today's unless another is named; return the newest head.

    What the chain has now is covered; what comes later, by the next head. When the day has its head, or there is no
    block that is not covered, nothing is published. Returns None when there is no head at all.

    Raises:
        ChainUnreachable: No answer; safe to ask again.
        ChainMismatch: The chain replaced blocks that a head was published of; the day's head stays out.
        LedgerStopped: The ledger does not know the totals.
    """
    day = on or day_of(services.now())
    with services.one_at_a_time:
        last = services.registry.heads.last()
        services.follower.catch_up()
        money = services.ledger.reports.fund_totals()
        first_block = 0 if last is None else last.block + 1
        if (last is not None and last.on >= day) or money.block < first_block:
            return last
        _refuse_another_past(services, last)
        hashes = services.chain.block_hashes(first_block, money.block)
        if hashes[-1] != money.block_hash:
            raise ChainUnreachable(
                "the chain replaced its newest blocks just now; the totals are of the old ones"
            )
        head = services.registry.heads.publish(
            Head(
                on=day,
                first_block=first_block,
                block=money.block,
                hash=hashes[-1],
                root=HeadTree(hashes, first_block=first_block).root,
                at=services.now(),
            ),
            _totals_of(money),
        )
    log.info("head_published", on=str(head.on), block=head.block, hash=head.hash.hex(), root=head.root.hex())
    return head


def _refuse_another_past(services: Services, last: Head | None) -> None:
    """Refuse to publish a head that does not lead back to the one before it."""
    if last is not None and hash_of(services.chain, last.block) != last.hash:
        log.critical("published_head_replaced", on=str(last.on), block=last.block)
        raise ChainMismatch(f"block {last.block}, whose hash was published on {last.on}, was replaced")


def _totals_of(money: FundTotals) -> HeadTotals:
    return HeadTotals(
        deposited_cents=money.deposited_cents,
        unallocated_cents=money.unallocated_cents,
        on_vouchers_cents=money.on_vouchers_cents,
        owed_cents=money.owed_cents,
        settled_cents=money.settled_cents,
        withdrawn_cents=money.withdrawn_cents,
        movement_count=money.movement_count,
        withheld=True,
    )


def publish_due(services: Services) -> Head | None:
    """Publish the head of yesterday if something was booked until then that no head covers; return it, if so.

    A head of a wrong day stays: after a leap of the clock nothing is due.
    """
    if services.holds_still():
        return None
    today_starts_at = day_starts_at(day_of(services.now()))
    services.follower.catch_up()
    last = services.registry.heads.last()
    first_block = 0 if last is None else last.block + 1
    if not services.ledger.reports.has_events(first_block=first_block, before_at=today_starts_at):
        return None
    head = publish(services, on=day_of(today_starts_at) - timedelta(days=1))
    return head if head != last else None


def prove_block(services: Services, *, head: Head, block: int) -> list[bytes]:
    """Return the neighbours on the way from a block's hash to the root of the head that covers it, lowest first.

    Raises:
        ChainMismatch: The chain is not the one that was published.
        ChainUnreachable: No answer; safe to ask again.
    """
    return services.head_tree_of(head).siblings(block)


def publish_or_tell(services: Services, told: set[date]) -> Head | None:
    """Publish what is due; or tell, once a day, that the last head is of a later day, so that nothing is for so long.

    `told`: the days on which that was told.
    """
    today, last = day_of(services.now()), services.registry.heads.last()
    if last is not None and last.on > today and today not in told:
        told.add(today)
        log.error("published_head_of_later_day", on=str(last.on), block=last.block, today=str(today))
    return publish_due(services)


def publisher(services: Services) -> Rounds:
    """Return what publishes what is due while the server runs."""
    told = set[date]()
    return Rounds("head-publisher", lambda: publish_or_tell(services, told), every_seconds=LOOK_AGAIN_SECONDS)
