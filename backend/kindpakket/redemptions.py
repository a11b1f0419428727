# SPDX-License-Identifier: EUPL-1.2
"""Redemptions: a till charges a ticket; the contract decides; a retry is told the same truth. Amounts in euro cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import structlog

from .chain import fund as fund_calls
from .errors import (
    ChainUnreachable,
    ContractRefusal,
    RedemptionUnknown,
    ShopNotAllowed,
    ShopSuspended,
    TicketAlreadyUsed,
    TicketIdWrong,
    TicketSignatureInvalid,
    TicketUnknown,
    TillUnknown,
    Unreadable,
)
from .events import Redeemed
from .ledger.figures import ShopTurnover
from .ledger.reports import Redemption
from .metrics import PAYMENTS, count_results
from .registry.shops import Till
from .services import Services
from .tickets import code, keys
from .units import day_ends_at, day_starts_at

__all__ = ["Charge", "Outcome", "Period", "Redemption", "day_of_shop", "find", "period_of_shop", "redeem"]

log = structlog.get_logger(__name__)

MAX_ROWS = 100_000
"""More payments than any shop has in a year."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a till asks of a ticket, signed by the till."""

    amount_cents: int
    category: int
    signature: keys.Signature


@dataclass(frozen=True, slots=True)
class Outcome:
    """A payment, and whether it was made now or before."""

    result: Literal["accepted", "already_redeemed"]
    redemption: Redemption


@dataclass(frozen=True, slots=True)
class Period:
    """Payments of some days, newest first. `is_whole` is false when older ones are left out."""

    turnover: ShopTurnover
    redemptions: list[Redemption]
    is_whole: bool


@count_results(PAYMENTS)
def redeem(services: Services, *, till: Till, ticket_id: bytes, ticket_text: str, charge: Charge) -> Outcome:
    """Charge a ticket once, however often it is asked.

    Raises:
        Unreadable: The text is not a ticket.
        TicketIdWrong: `ticket_id` is not this ticket's.
        ContractRefusal: The contract refuses; nothing was paid.
        ShopSuspended: The contract refuses, for the municipality took the shop out of the ticket's programme.
        ChainUnreachable: Not known what became of it; ask again with the same ticket.
    """
    try:
        outcome = _redeem(services, till, ticket_id, ticket_text, charge)
    except ContractRefusal as refusal:
        suspended = _suspension_behind(services, refusal)
        reason = (suspended or refusal).reason()
        log.info("refused", ticket_id=ticket_id.hex(), shop=till.shop, reason=reason)
        if suspended is not None:
            raise suspended from refusal
        raise
    log.info(
        outcome.result,
        ticket_id=ticket_id.hex(),
        shop=till.shop,
        amount_cents=charge.amount_cents,
        block=outcome.redemption.block,
    )
    return outcome


def find(services: Services, *, shop: int, ticket_id: bytes) -> Redemption:
    """Return what this shop was paid with a ticket.

    Raises:
        RedemptionUnknown: This shop was not paid with it.
    """
    services.follower.catch_up()
    redemption = services.ledger.reports.redemption(ticket_id)
    if redemption is None or redemption.shop != shop:
        raise RedemptionUnknown
    return redemption


def seen_from(till: Till) -> int:
    """Return from when on a till sees its shop's payments: an owner's all, a cashier's those since it joined."""
    return 0 if till.role == "owner" else till.paired_at


def day_of_shop(services: Services, *, till: Till, on: date) -> list[Redemption]:
    """Return the payments of a day of a till's shop that the till may see, newest first."""
    services.follower.catch_up()
    return services.ledger.reports.redemptions_of_shop(
        till.shop, first_at=max(day_starts_at(on), seen_from(till)), end_at=day_ends_at(on)
    )


def period_of_shop(
    services: Services,
    *,
    till: Till,
    first_on: date,
    last_on: date,
    before: tuple[int, int] | None = None,
    limit: int = MAX_ROWS,
) -> Period:
    """Return the newest payments of some days (both included) that a till may see of its shop, and what all add up to.

    Args:
        services: The parts.
        till: Who asks.
        first_on: The first day.
        last_on: The last day.
        before: Only the payments that stand before this block and place in it; the totals stay those of all.
        limit: The most to return.
    """
    services.follower.catch_up()
    first_at, end_at = max(day_starts_at(first_on), seen_from(till)), day_ends_at(last_on)
    reports = services.ledger.shop_reports
    found = reports.redemptions(till.shop, first_at=first_at, end_at=end_at, before=before, limit=limit + 1)
    return Period(
        turnover=reports.turnover(till.shop, first_at=first_at, end_at=end_at),
        redemptions=found[:limit],
        is_whole=len(found) <= limit,
    )


def _redeem(services: Services, till: Till, ticket_id: bytes, ticket_text: str, charge: Charge) -> Outcome:
    try:
        ticket = code.read(ticket_text)
    except code.TicketUnreadable as error:
        raise Unreadable from error
    identity = code.identify(ticket, services.fund.domain)
    if identity is None:
        raise TicketSignatureInvalid
    true_id, ticket_key = identity
    if true_id != ticket_id:
        raise TicketIdWrong
    charge_digest = services.fund.domain.charge_digest(
        ticket_id=ticket_id, amount_cents=charge.amount_cents, category=charge.category
    )
    # The contract pays the shop whose till signed; a token may only bring its own till's charges.
    signer = keys.recover(charge_digest, charge.signature)
    if signer is None or f"0x{signer.hex()}" != till.address:
        raise TillUnknown(till=f"0x{signer.hex()}" if signer else "0x" + "0" * 40)

    try:
        execution = _execute(services, ticket_key, ticket, charge)
    except ContractRefusal as refusal:
        # Whatever the contract says now (used, expired, renewed since, shop removed): a retry is told what was paid.
        before = _paid_before(services, till, ticket_id, charge)
        if before is None:
            _refuse_to_guess(services, refusal)
            raise
        return Outcome("already_redeemed", before)
    ((booked, redeemed),) = execution.events
    assert isinstance(redeemed, Redeemed), "a redemption emits one Redeemed"
    return Outcome("accepted", Redemption.of(booked, redeemed))


def _suspension_behind(services: Services, refusal: ContractRefusal) -> ShopSuspended | None:
    """Return why the contract knows the shop no longer, when staff said so; None for any other refusal."""
    if not isinstance(refusal, ShopNotAllowed):
        return None
    for one in services.registry.suspensions.of_shop(refusal.shop):
        if one.programme == refusal.programme:
            return ShopSuspended(because=one.because)
    return None


def _execute(
    services: Services, ticket_key: bytes, ticket: code.Ticket, charge: Charge
) -> fund_calls.Execution:
    place = _find_place(services, ticket_key)
    call = fund_calls.redeem(
        place=place,
        ticket=ticket,
        amount_cents=charge.amount_cents,
        category=charge.category,
        charge_signature=charge.signature,
    )
    services.fund.preview(call, sender=services.accounts.relayer)
    return services.fund.execute(call, sender=services.accounts.relayer)


def _find_place(services: Services, ticket_key: bytes) -> fund_calls.TicketPlace:
    """Return where a ticket key stands in which voucher's list."""
    found = services.registry.tickets.find_ticket_key(ticket_key)
    if found is None:
        raise TicketUnknown(ticket_key=f"0x{ticket_key.hex()}")
    return fund_calls.TicketPlace(
        voucher=found.voucher,
        number=found.number,
        holder=found.holder,
        siblings=tuple(services.tree_of(found.ticket_list).siblings(found.number & 0xFF)),
    )


def _refuse_to_guess(services: Services, refusal: ContractRefusal) -> None:
    """Say that it is not known yet what became of a ticket that was used in a block that is not final."""
    if isinstance(refusal, TicketAlreadyUsed) and not services.ledger.reports.is_ticket_used(
        voucher=refusal.voucher, number=refusal.number
    ):
        raise ChainUnreachable("the ticket was used, and that is not final yet") from refusal


def _paid_before(services: Services, till: Till, ticket_id: bytes, charge: Charge) -> Redemption | None:
    """Return the payment that this request asks for again: same ticket, same shop, same amount; None for another."""
    services.follower.catch_up()
    before = services.ledger.reports.redemption(ticket_id)
    if before is None or before.shop != till.shop or before.amount_cents != charge.amount_cents:
        return None
    return before
