# SPDX-License-Identifier: EUPL-1.2
"""Heads: once a day the chain's newest block is published, with a root over all blocks since the head before it.

A chain that one operator runs could be made anew with another past. What was published cannot: whoever kept a head
sees that the new chain does not lead to it. A head covers a day's blocks by their hashes only, so that a payment can be
shown to be among them without showing any other.
"""

from __future__ import annotations

from datetime import date, timedelta

import structlog

from .registry.heads import Head
from .rounds import Rounds
from .services import Services
from .tickets.heads import HeadTree
from .units import day_of, day_starts_at

__all__ = ["Head", "list_heads", "prove_block", "publish", "publish_due", "publisher"]

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
    """
    day = on or day_of(services.now())
    with services.one_at_a_time:
        last = services.registry.heads.last()
        newest = services.chain.head()
        first_block = 0 if last is None else last.block + 1
        if (last is not None and last.on >= day) or newest.number < first_block:
            return last
        hashes = services.chain.block_hashes(first_block, newest.number)
        head = services.registry.heads.publish(
            Head(
                on=day,
                first_block=first_block,
                block=newest.number,
                hash=newest.hash,
                root=HeadTree(hashes, first_block=first_block).root,
                at=services.now(),
            )
        )
    log.info("head_published", on=str(head.on), block=head.block, hash=head.hash.hex(), root=head.root.hex())
    return head


def publish_due(services: Services) -> Head | None:
    """Publish the head of yesterday if something was booked until then that no head covers; return it, if so."""
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


def publisher(services: Services) -> Rounds:
    """Return what publishes what is due while the server runs."""
    return Rounds("head-publisher", lambda: publish_due(services), every_seconds=LOOK_AGAIN_SECONDS)
