# SPDX-License-Identifier: EUPL-1.2
"""Forks: where a chain that replaced blocks is still the one that was booked from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import structlog

from kindpakket.chain.client import Head
from kindpakket.errors import ChainMismatch, ChainUnreachable

from .undoing import Undoing

log = structlog.get_logger(__name__)

Booked = tuple[int, bytes]
"""A booked block and its hash then."""


class Hashes(Protocol):
    """What is asked of a chain here."""

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block, or raise LookupError."""


def find(
    chain: Hashes, head: Head, last: Booked | None, booked_blocks: Callable[[], Sequence[Booked]]
) -> Booked | None:
    """Return the last booked block that the chain still has, when it replaced later ones; None when it replaced none.

    A chain that is shorter than what was booked, and no other as far as is known, is behind, or will bring again what
    it lost: it replaced nothing yet.

    Args:
        chain: Asked for hashes.
        head: Its newest final block.
        last: The last booked block.
        booked_blocks: Gives those that are remembered, oldest first.

    Raises:
        ChainMismatch: It has none of the blocks that are remembered: it is another chain.
        ChainUnreachable: No answer; safe to ask again.
    """
    if last is None or (last[0] <= head.number and _has(chain, last)):
        return None
    known = [booked for booked in booked_blocks() if booked[0] <= head.number]
    kept = bisect_left(known, True, key=lambda booked: not _has(chain, booked))
    if kept == len(known) and head.number < last[0]:
        return None
    if kept == 0:
        raise ChainMismatch(
            f"block {last[0]} is not the one that this ledger was booked from, nor is any other that it remembers; "
            "check the chain, then rebuild the ledger"
        )
    return known[kept - 1]


def hash_of(chain: Hashes, number: int) -> bytes:
    """Return the hash of a block that the chain had a moment ago.

    Raises:
        ChainUnreachable: It has it no more: the node is about to go another way, or not one node. Safe to ask again.
    """
    try:
        return chain.block_hash(number)
    except LookupError:
        raise ChainUnreachable(f"the node does not have its own block {number}") from None


def refuse_another(chain: Hashes, expected: Iterable[Booked | None]) -> None:
    """Refuse to go on when one of these is not on the chain any more.

    Raises:
        ChainUnreachable: The chain went another way just now; safe to ask again.
    """
    for booked in expected:
        if booked is not None and not _has(chain, booked):
            raise ChainUnreachable("the chain replaced its newest blocks just now")


def tell(undone: Undoing) -> None:
    """Say loudly that final blocks were not final."""
    log.critical(
        "final_blocks_replaced",
        first_block=undone.first_block,
        last_block=undone.last_block,
        events=undone.event_count,
        redemptions=undone.redemption_count,
        redeemed_cents=undone.redeemed_cents,
    )


def _has(chain: Hashes, booked: Booked) -> bool:
    number, block_hash = booked
    return hash_of(chain, number) == block_hash
