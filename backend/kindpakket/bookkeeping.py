# SPDX-License-Identifier: EUPL-1.2
"""Bookkeeping: all payments, refunds and settlements of a period, equal to the chain's or not given out. Euro cents.

At each export the chain is read again for the whole period. Every line must be an event there, and every event a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import structlog

from .errors import ChainMismatch
from .events import Event, Place, Redeemed, Refunded, Settled
from .ledger.forks import hash_of
from .ledger.trail_reports import Filter, Line
from .services import Services
from .units import day_ends_at, day_starts_at

log = structlog.get_logger(__name__)

BLOCKS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Booked:
    """A line with the transaction that it came by."""

    line: Line
    transaction_hash: bytes


@dataclass(frozen=True, slots=True)
class Books:
    """A period's lines, oldest first, as the chain has them up to a block.

    Attributes:
        block: The newest block that was read.
        block_hash: Its hash: who has it can tell whether the chain is still the one that was exported from.
    """

    programme: int | None
    first_on: date
    last_on: date
    lines: tuple[Booked, ...]
    block: int
    block_hash: bytes

    def total_cents(self, kind: str) -> int:
        """Return what the lines of a kind add up to."""
        return sum(one.line.amount_cents for one in self.lines if one.line.kind == kind)


def export(services: Services, *, programme: int | None, first_on: date, last_on: date) -> Books:
    """Return the books of these days (both included), compared with the chain line by line.

    Raises:
        ChainMismatch: Ledger and chain do not agree on this period; nothing is given out.
        ChainUnreachable: No answer; safe to ask again.
    """
    first_at, end_at = day_starts_at(first_on), day_ends_at(last_on)
    block = services.follower.catch_up()
    reports = services.ledger.trail_reports
    wanted = Filter(programme=programme, first_at=first_at, end_at=end_at, until=(block, 2**31 - 1))
    lines = reports.all_lines(wanted)
    before, after = reports.blocks_around(first_at=first_at, end_at=end_at)
    first_block = services.fund.deployed_block if before is None else before
    last_block = block if after is None else min(after, block)
    on_chain = {
        (place.block, place.log_index): (place, event)
        for place, event in _events(services, first_block, last_block)
        if first_at <= place.at < end_at
        and isinstance(event, Redeemed | Refunded | Settled)
        and programme in (None, event.programme)
    }
    if {line.place for line in lines} != on_chain.keys():
        raise ChainMismatch("the ledger and the chain do not have the same payments in this period")
    booked = [Booked(line, on_chain[line.place][0].transaction_hash) for line in lines]
    for one in booked:
        _refuse_difference(one.line, *on_chain[one.line.place])
    log.info("bookkeeping_exported", lines=len(booked), block=block)
    return Books(
        programme=programme,
        first_on=first_on,
        last_on=last_on,
        lines=tuple(booked),
        block=block,
        block_hash=hash_of(services.chain, block),
    )


def _events(services: Services, first_block: int, last_block: int) -> Iterable[tuple[Place, Event]]:
    for start in range(first_block, last_block + 1, BLOCKS_AT_ONCE):
        yield from services.fund.events(start, min(start + BLOCKS_AT_ONCE - 1, last_block))


def _refuse_difference(line: Line, place: Place, event: Event) -> None:
    said: tuple[str, int, int, int, bytes | None]
    match event:
        case Redeemed():
            said = ("redemption", event.shop, event.programme, event.amount_cents, event.ticket_id)
            same_category = line.category == event.category
        case Refunded():
            said = ("refund", event.shop, event.programme, event.amount_cents, event.ticket_id)
            same_category = True
        case Settled():
            said = ("settlement", event.shop, event.programme, event.amount_cents, None)
            same_category = True
        case _:
            raise AssertionError("only what moves a shop's money is compared")
    ticket_id = None if line.ticket_id is None else bytes(line.ticket_id)
    has = (line.kind, line.shop, line.programme, line.amount_cents, ticket_id)
    if (has, line.at, same_category) != (said, place.at, True):
        raise ChainMismatch(f"the ledger and the chain do not agree on block {place.block}")
