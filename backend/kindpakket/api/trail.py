# SPDX-License-Identifier: EUPL-1.2
"""What is behind a figure: payments and refunds by filter, and one payment down to its event on the chain."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import StringConstraints

from kindpakket import trail
from kindpakket.errors import RequestInvalid
from kindpakket.ledger.trail_reports import Line
from kindpakket.staff import Role

from . import models, trail_models
from .access import PayoutReader, UseServices
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

Place = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,9})-(0|[1-9][0-9]{0,8})$")]
PayoutReference = Annotated[
    models.Hash | None,
    Query(alias="payout", description="The payment reference of a settlement, of `programme` with `shop`"),
]


@router.get("/payment-lines", operation_id="listPaymentLines")
def list_payment_lines(
    services: UseServices,
    _session: PayoutReader,
    programme: Annotated[int | None, Query(ge=1, le=0xFFFF), DIGITS] = None,
    shop: Annotated[int | None, Query(ge=1, le=0xFFFF), DIGITS] = None,
    category: Annotated[int | None, Query(ge=0, le=31), DIGITS] = None,
    first_on: Annotated[models.Day | None, Query(alias="from", description="The first day")] = None,
    last_on: Annotated[models.Day | None, Query(alias="until", description="and the last")] = None,
    payout: PayoutReference = None,
    before: Annotated[Place | None, Query(description="`next` of the page before")] = None,
) -> trail_models.PaymentLines:
    """List payments and refunds, newest first, with the sums of all of the filter. For who reads payouts."""
    wanted = trail.filter_of_days(
        programme=programme, shop=shop, category=category, first_on=first_on, last_on=last_on
    )
    if payout is not None:
        if programme is None or shop is None or wanted != trail.Filter(programme=programme, shop=shop):
            raise RequestInvalid(errors=[{"at": "payout", "message": "Beside `programme` and `shop` only"}])
        wanted, _ = trail.filter_of_payout(services, payout, programme=programme, shop=shop)
    part = trail.list_part(services, wanted, before=_read(before) if before else None)
    return trail_models.PaymentLines(
        redemption_count=part.sums.redemption_count,
        redeemed_cents=part.sums.redeemed_cents,
        refund_count=part.sums.refund_count,
        refunded_cents=part.sums.refunded_cents,
        net_cents=part.sums.net_cents,
        lines=[_show_line(line) for line in part.lines],
        next=_write(part.next) if part.next else None,
    )


@router.get("/payment-lines/{place}", operation_id="getPaymentTrail")
def get_payment_trail(
    place: Annotated[Place, Path(description="The block of a payment or a refund, and its place in it")],
    services: UseServices,
    session: PayoutReader,
) -> trail_models.PaymentTrail:
    """Follow one payment to its event and its payout; the chain is asked. Auditors are told voucher and ticket, too."""
    found = trail.follow(services, _read(place))
    if Role.AUDITOR not in session.roles:
        found = trail.hide_from_others(found)
    payment = found.redemption
    return trail_models.PaymentTrail(
        agrees=found.agrees,
        payment=trail_models.PaymentLine(
            place=_write((payment.block, payment.log_index)),
            kind="redemption",
            at=payment.at,
            programme=payment.programme,
            shop=payment.shop,
            category=payment.category,
            redemption_id=payment.ticket_id,
            amount_cents=payment.amount_cents,
            refunded_cents=payment.refunded_cents,
        ),
        events=[
            trail_models.ChainEvent(
                place=_write(step.place),
                name=step.event.name,
                at=step.event.at,
                transaction_hash=step.event.transaction_hash,
                arguments=step.event.arguments,
                is_on_chain=step.is_on_chain,
            )
            for step in (found.paid, *found.given_back)
        ],
        block_hash=found.block_hash,
        receipt=None
        if found.proof is None
        else trail_models.PaymentReceipt(
            transaction_index=found.proof.index,
            log_place=found.proof.log_place,
            ticket_max_cents=found.ticket.max_cents if found.ticket else None,
            ticket_expires_at=found.ticket.expires_at if found.ticket else None,
        ),
        head_on=None if found.head is None else found.head.on,
        payment_reference=found.settlement.payment_reference if found.settlement else None,
        bank_reference=found.bank_reference,
    )


def _show_line(line: Line) -> trail_models.PaymentLine:
    assert line.kind != "settlement" and line.category is not None and line.ticket_id is not None
    return trail_models.PaymentLine(
        place=_write(line.place),
        kind=line.kind,
        at=line.at,
        programme=line.programme,
        shop=line.shop,
        category=line.category,
        redemption_id=bytes(line.ticket_id),
        amount_cents=line.amount_cents,
        refunded_cents=line.refunded_cents,
    )


def _write(place: trail.Position) -> str:
    return f"{place[0]}-{place[1]}"


def _read(place: str) -> trail.Position:
    block, _, log_index = place.partition("-")
    return int(block), int(log_index)
