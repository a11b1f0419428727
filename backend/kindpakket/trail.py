# SPDX-License-Identifier: EUPL-1.2
"""The trail: from a figure to the payments and refunds behind it, and from one of them to its event on the chain.

Amounts are euro cents. What is listed is the ledger's; what is shown of one payment is held against the chain then and
there. No household is looked up on the way, so nothing here says which vouchers are of one family.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from .chain.evidence import EventProof, TicketWords, prove_event, read_ticket
from .errors import NotFound, ProofUnavailable, RequestInvalid
from .ledger.figures import Redemption, Settlement
from .ledger.forks import hash_of
from .ledger.postings import describe
from .ledger.shop_reports import START, Position
from .ledger.trail_reports import BookedEvent, Filter, Line, Sums
from .registry.heads import Head
from .services import Services
from .units import day_ends_at, day_starts_at

__all__ = [
    "Filter",
    "Line",
    "Part",
    "Payout",
    "Position",
    "Step",
    "Sums",
    "Trail",
    "filter_of_days",
    "filter_of_payout",
    "follow",
    "list_part",
    "read_days",
]

PAGE_LINES = 50
MOST_DAYS = 366
FOR_AUDITORS = ("voucher", "number")
"""What an event says that only an auditor needs. What a ticket says is for them only, too: see `hide_from_others`."""
TRIES = 3
"""So often a difference is asked again: a refund may come in while one payment is read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the lines of a filter, newest first, and what all of them add up to."""

    lines: tuple[Line, ...]
    sums: Sums
    next: Position | None


@dataclass(frozen=True, slots=True)
class Payout:
    """A settlement and what was carried to it: carried + payments − refunds − paid out = left."""

    settlement: Settlement
    carried_cents: int
    bank_reference: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a payment's life, as booked. `is_on_chain`: the chain says the very same."""

    place: Position
    event: BookedEvent
    is_on_chain: bool


@dataclass(frozen=True, slots=True)
class Trail:
    """A payment up to the chain and up to its payout.

    Attributes:
        redemption: The payment.
        paid: Its event.
        given_back: The events of what was given back of it, oldest first.
        is_right: The contract's own record of the ticket agrees with what was paid and given back.
        block_hash: The hash of its block, as the chain has it now.
        proof: Its receipt and the way from there to the block's hash; None when the node does not tell enough.
        ticket: What the parent's phone, or a sheet of codes, allowed; None without a proof.
        head: The published head that covers the block; None as long as there is none.
        settlement: In which settlement it was reckoned with; None as long as there is none.
        bank_reference: What the shop's bank statement calls that; None when it is of no payout run.
    """

    redemption: Redemption
    paid: Step
    given_back: tuple[Step, ...]
    is_right: bool
    block_hash: bytes
    proof: EventProof | None
    ticket: TicketWords | None
    head: Head | None
    settlement: Settlement | None
    bank_reference: str | None

    @property
    def agrees(self) -> bool:
        """Whether ledger and chain agree on all of it."""
        return self.is_right and self.paid.is_on_chain and all(one.is_on_chain for one in self.given_back)


def filter_of_days(
    *,
    programme: int | None,
    shop: int | None,
    category: int | None,
    first_on: date | None,
    last_on: date | None,
) -> Filter:
    """Return the filter of a period of days, both included; without days, of all time.

    Raises:
        RequestInvalid: One day is missing, the last is before the first, or there are more than 366.
    """
    if first_on is None and last_on is None:
        return Filter(programme=programme, shop=shop, category=category)
    first, last = read_days(first_on, last_on)
    return Filter(
        programme=programme,
        shop=shop,
        category=category,
        first_at=day_starts_at(first),
        end_at=day_ends_at(last),
    )


def read_days(first_on: date | None, last_on: date | None) -> tuple[date, date]:
    """Return the first and the last day of a period.

    Raises:
        RequestInvalid: One is missing, the last is before the first, or there are more than 366.
    """
    if first_on is None or last_on is None:
        missing = [name for name, day in (("from", first_on), ("until", last_on)) if day is None]
        raise RequestInvalid(errors=[{"at": name, "message": "Field required"} for name in missing])
    if last_on < first_on:
        raise RequestInvalid(errors=[{"at": "until", "message": "Must not be before `from`"}])
    if (last_on - first_on).days >= MOST_DAYS:
        raise RequestInvalid(errors=[{"at": "until", "message": f"At most {MOST_DAYS} days"}])
    return first_on, last_on


def filter_of_payout(
    services: Services, payment_reference: bytes, *, programme: int, shop: int
) -> tuple[Filter, Payout]:
    """Return the filter of what a settlement was for, and that settlement.

    Raises:
        NotFound: There is no settlement of this reference, of this programme with this shop.
    """
    services.follower.catch_up()
    settlement = services.ledger.trail_reports.settlement_of(
        payment_reference, programme=programme, shop=shop
    )
    if settlement is None:
        raise NotFound
    place = (settlement.block, settlement.log_index)
    reports = services.ledger.shop_reports
    earlier = [
        (one.block, one.log_index)
        for one in reports.settlements(shop)
        if one.programme == programme and (one.block, one.log_index) < place
    ]
    after = max(earlier, default=START)
    return Filter(programme=programme, shop=shop, after=after, until=place), Payout(
        settlement=settlement,
        carried_cents=reports.owed_at(shop, programme, after),
        bank_reference=_bank_reference(services, settlement),
    )


def list_part(services: Services, wanted: Filter, *, before: Position | None = None) -> Part:
    """Return a page of the payments and refunds of a filter, and the sums of all of them."""
    services.follower.catch_up()
    reports = services.ledger.trail_reports
    found = reports.lines(wanted, before=before, limit=PAGE_LINES + 1)
    shown = tuple(found[:PAGE_LINES])
    return Part(
        lines=shown,
        sums=reports.sums(wanted),
        next=shown[-1].place if len(found) > PAGE_LINES else None,
    )


def follow(services: Services, place: Position) -> Trail:
    """Return the payment whose event, or whose refund's event, stands here, held against the chain.

    Raises:
        NotFound: No payment and no refund stands there.
        ChainUnreachable: No answer; nothing is known.
    """
    trail = _follow(services, place)
    for _ in range(TRIES - 1):
        if trail.agrees:
            break
        trail = _follow(services, place)
    return trail


def hide_from_others(found: Trail) -> Trail:
    """Return the payment as others than auditors see it: without voucher, ticket number and what the ticket says.

    A ticket on paper is valid until the programme ends, one of a phone for minutes: its words would tell, and so link,
    the payments of the few families that pay with paper.
    """
    return replace(
        found,
        paid=_hide(found.paid),
        given_back=tuple(map(_hide, found.given_back)),
        ticket=None,
    )


def _hide(step: Step) -> Step:
    told = {name: value for name, value in step.event.arguments.items() if name not in FOR_AUDITORS}
    return replace(step, event=replace(step.event, arguments=told))


def _follow(services: Services, place: Position) -> Trail:
    services.follower.catch_up()
    reports = services.ledger.trail_reports
    redemption = reports.redemption_at(place)
    if redemption is None:
        raise NotFound
    at = (redemption.block, redemption.log_index)
    settlement = reports.settlement_after(redemption.shop, redemption.programme, at)
    proof = _proof_of(services, at)
    return Trail(
        redemption=redemption,
        paid=_step(services, at),
        given_back=tuple(_step(services, one) for one in reports.refunds_of(redemption)),
        is_right=_is_right(services, redemption),
        block_hash=hash_of(services.chain, redemption.block),
        proof=proof,
        ticket=read_ticket(proof.input) if proof else None,
        head=services.registry.heads.covering(redemption.block),
        settlement=settlement,
        bank_reference=_bank_reference(services, settlement) if settlement else None,
    )


def _step(services: Services, place: Position) -> Step:
    block, log_index = place
    booked = services.ledger.trail_reports.event_at(place)
    on_chain = [
        BookedEvent(
            name=type(event).__name__,
            at=found.at,
            transaction_hash=found.transaction_hash,
            arguments=describe(event),
        )
        for found, event in services.fund.events(block, block)
        if found.log_index == log_index
    ]
    # The driver of PostgreSQL gives bytes of its own kind.
    booked = replace(booked, transaction_hash=bytes(booked.transaction_hash))
    return Step(place=place, event=booked, is_on_chain=on_chain == [booked])


def _is_right(services: Services, redemption: Redemption) -> bool:
    use = services.fund.ticket_use(redemption.voucher, redemption.number)
    left_cents = redemption.amount_cents - redemption.refunded_cents
    event = services.ledger.trail_reports.event_at((redemption.block, redemption.log_index))
    same_amount = event.arguments["amount_cents"] == redemption.amount_cents
    return same_amount and (use.shop, use.remaining_cents) == (redemption.shop, left_cents)


def _proof_of(services: Services, place: Position) -> EventProof | None:
    block, log_index = place
    try:
        return prove_event(services.chain.sealed_block(block), log_index=log_index)
    except ProofUnavailable:
        return None


def _bank_reference(services: Services, settlement: Settlement) -> str | None:
    reference = settlement.payment_reference
    return services.registry.payout_runs.transfer_references([reference]).get(reference)
