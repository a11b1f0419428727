# SPDX-License-Identifier: EUPL-1.2
"""What a till may ask about giving back."""

from __future__ import annotations

from fastapi import APIRouter, Response

from kindpakket import refunds

from . import models, shop_models
from .access import CallingTill, UseServices
from .merchant import TicketId
from .problems import PROBLEM_RESPONSES
from .shop_views import show_redemptions

router = APIRouter(tags=["merchant"], responses=PROBLEM_RESPONSES)


@router.post(
    "/redemptions/{ticketId}/refunds",
    operation_id="refund",
    status_code=201,
    responses={200: {"model": shop_models.RefundAnswer, "description": "This order was booked before."}},
)
def refund(
    ticket_id: TicketId,
    order: shop_models.RefundOrder,
    response: Response,
    services: UseServices,
    till: CallingTill,
) -> shop_models.RefundAnswer:
    """Give back part or all of a payment. Send it again, unchanged, until it is answered: it is booked once."""
    outcome = refunds.refund(
        services,
        till=till,
        ticket_id=ticket_id,
        order=refunds.RefundOrder(
            amount_cents=order.amount_cents,
            remaining_cents=order.remaining_cents,
            signature=models.read_signature(order.signature),
            reason=order.reason,
        ),
    )
    response.status_code = 201 if outcome.result == "accepted" else 200
    (redemption,) = show_redemptions(services, till.shop, [outcome.redemption])
    return shop_models.RefundAnswer(result=outcome.result, redemption=redemption)
