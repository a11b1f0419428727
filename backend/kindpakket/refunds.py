# SPDX-License-Identifier: EUPL-1.2
"""Refunds: a till gives back what its shop was paid; the contract decides; a retry is told the same truth.

Amounts in euro cents. What was left of the payment is signed, so one order is booked once, however often it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from . import redemptions
from .chain import fund as fund_calls
from .errors import ChainUnreachable, ContractRefusal, OwnerRequired, TillUnknown
from .ledger.figures import Redemption, Refund
from .metrics import REFUNDS, count_results
from .registry.shops import Till
from .registry.tills import RefundReason
from .services import Services
from .tickets import keys
from .units import day_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What a till gives back of a payment of which `remaining_cents` is left, signed by the till; and why."""

    amount_cents: int
    remaining_cents: int
    signature: keys.Signature
    reason: RefundReason


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """The payment as it is now, and whether the refund was made now or before."""

    result: Literal["accepted", "already_refunded"]
    redemption: Redemption


@dataclass(frozen=True, slots=True)
class KnownRefund:
    """A refund with the reason that its till gave; None for one that came past the backend."""

    refund: Refund
    reason: RefundReason | None


@count_results(REFUNDS)
def refund(services: Services, *, till: Till, ticket_id: bytes, order: RefundOrder) -> RefundOutcome:
    """Give back part or all of a payment once, however often it is asked.

    Raises:
        RedemptionUnknown: The till's shop was not paid with that ticket.
        TillUnknown: Another till signed.
        OwnerRequired: A cashier's till asked, and the payment is not of today, or from before it joined.
        ContractRefusal: The contract refuses; nothing was given back.
        ChainUnreachable: Not known what became of it; ask again, unchanged.
    """
    try:
        outcome = _refund(services, till, ticket_id, order)
    except (ContractRefusal, OwnerRequired) as refusal:
        log.info("refund_refused", ticket_id=ticket_id.hex(), shop=till.shop, reason=refusal.reason())
        raise
    log.info(
        "refunded" if outcome.result == "accepted" else outcome.result,
        ticket_id=ticket_id.hex(),
        shop=till.shop,
        amount_cents=order.amount_cents,
    )
    return outcome


def list_refunds(services: Services, ticket_ids: Sequence[bytes]) -> dict[bytes, list[KnownRefund]]:
    """Return what was given back of these payments, oldest first; a payment without refunds is left out."""
    refunds = services.ledger.shop_reports.refunds_of(ticket_ids)
    if not refunds:
        return {}
    reasons = services.registry.tills.reasons_of(list(refunds))
    amounts = services.ledger.shop_reports.amounts_of(list(refunds))
    known: dict[bytes, list[KnownRefund]] = {}
    for ticket_id, given in refunds.items():
        remaining_cents = amounts[ticket_id]
        for one in given:
            reason = reasons.get((ticket_id, remaining_cents, one.till))
            known.setdefault(ticket_id, []).append(KnownRefund(refund=one, reason=reason))
            remaining_cents -= one.amount_cents
    return known


def _refund(services: Services, till: Till, ticket_id: bytes, order: RefundOrder) -> RefundOutcome:
    redemption = redemptions.find(services, shop=till.shop, ticket_id=ticket_id)
    digest = services.fund.domain.refund_digest(
        ticket_id=ticket_id, amount_cents=order.amount_cents, remaining_cents=order.remaining_cents
    )
    # The contract asks for a till of the shop; a token may only bring its own till's refunds.
    signer = keys.recover(digest, order.signature)
    if signer is None or f"0x{signer.hex()}" != till.address:
        raise TillUnknown(till=f"0x{signer.hex()}" if signer else "0x" + "0" * 40)
    if _was_made(services, till, redemption, order):
        return RefundOutcome("already_refunded", redemption)
    now = services.now()
    if till.role != "owner" and (redemption.at < till.paired_at or day_of(redemption.at) != day_of(now)):
        raise OwnerRequired
    call = _call_of(services, redemption, order)
    try:
        services.fund.preview(call, sender=services.accounts.relayer)
        # The reason is there before the refund is: a crash in between leaves no refund without one.
        key = (ticket_id, order.remaining_cents, till.address)
        services.registry.tills.keep_reason(key, order.reason, now=now)
        services.fund.execute(call, sender=services.accounts.relayer)
    except ContractRefusal:
        # The same request may have come twice at once: this one is then told what the other did.
        redemption = redemptions.find(services, shop=till.shop, ticket_id=ticket_id)
        if not _was_made(services, till, redemption, order):
            raise
        return RefundOutcome("already_refunded", redemption)
    return RefundOutcome("accepted", redemptions.find(services, shop=till.shop, ticket_id=ticket_id))


def _was_made(services: Services, till: Till, redemption: Redemption, order: RefundOrder) -> bool:
    """Return whether this till's order was booked: of what was left then, this amount, signed by this till."""
    remaining_cents = redemption.amount_cents
    for made in services.ledger.shop_reports.refunds_of([redemption.ticket_id]).get(redemption.ticket_id, []):
        if remaining_cents == order.remaining_cents:
            return made.amount_cents == order.amount_cents and made.till == till.address
        remaining_cents -= made.amount_cents
    return False


def _call_of(services: Services, redemption: Redemption, order: RefundOrder) -> bytes:
    """Return the contract's call. The ticket is read back from the chain: a shop keeps no codes."""
    transaction_hash = services.ledger.shop_reports.transaction_of(redemption)
    found = services.fund.redeemed_ticket(transaction_hash)
    if found is None:
        raise ChainUnreachable("the chain does not tell the transaction of a payment that it made")
    ticket, place = found
    return fund_calls.refund(
        place=place,
        ticket=ticket,
        amount_cents=order.amount_cents,
        remaining_cents=order.remaining_cents,
        refund_signature=order.signature,
    )
