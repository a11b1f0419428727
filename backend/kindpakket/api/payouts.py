# SPDX-License-Identifier: EUPL-1.2
"""What an owner's till may ask about money: what its shop is owed, what it was paid out, and for which payments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import StringConstraints

from kindpakket import payouts, refunds

from . import shop_models
from .access import CallingOwner, UseServices
from .problems import PROBLEM_RESPONSES
from .shop_views import show_redemptions, show_refund

router = APIRouter(tags=["merchant"], responses=PROBLEM_RESPONSES)

PayoutId = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]{0,17})-(0|[1-9][0-9]{0,8})$"),
    Path(alias="payoutId", description="Its block and its place in it"),
]


@router.get("/payouts", operation_id="listPayouts")
def list_payouts(services: UseServices, owner: CallingOwner) -> shop_models.Payouts:
    """Tell what the shop is owed now, and what it was paid out, newest first. Owners only."""
    found = payouts.list_payouts(services, shop=owner.shop)
    return shop_models.Payouts(
        now=services.now(),
        owed_cents=sum(one.owed_cents for one in found.owed),
        held_back_cents=sum(one.held_back_cents for one in found.owed),
        owed=[
            shop_models.Owed(
                programme=one.programme,
                programme_name=one.programme_name,
                owed_cents=one.owed_cents,
                held_back_cents=one.held_back_cents,
            )
            for one in found.owed
        ],
        payouts=[_show(one) for one in found.payouts],
    )


@router.get("/payouts/{payoutId}", operation_id="getPayout")
def get_payout(payout_id: PayoutId, services: UseServices, owner: CallingOwner) -> shop_models.PayoutContent:
    """Tell which payments and refunds a payout was for. Owners only."""
    block, _, log_index = payout_id.partition("-")
    content = payouts.content_of(services, shop=owner.shop, payout_id=(int(block), int(log_index)))
    names = services.registry.shops.till_names(owner.shop)
    known = refunds.list_refunds(services, [one.ticket_id for one in content.refunds])
    booked = {(one.block, one.log_index) for one in content.refunds}
    return shop_models.PayoutContent(
        payout=_show(content.payout),
        carried_cents=content.carried_cents,
        redeemed_cents=content.redeemed_cents,
        refunded_cents=content.refunded_cents,
        left_cents=content.left_cents,
        redemptions=show_redemptions(services, owner.shop, content.redemptions),
        refunds=[
            shop_models.PayoutRefund(
                redemption_id=one.refund.ticket_id, **show_refund(one, names).model_dump()
            )
            for of_payment in known.values()
            for one in of_payment
            if (one.refund.block, one.refund.log_index) in booked
        ],
    )


def _show(payout: payouts.Payout) -> shop_models.Payout:
    settlement = payout.settlement
    return shop_models.Payout(
        payout_id=f"{settlement.block}-{settlement.log_index}",
        programme=settlement.programme,
        programme_name=payout.programme_name,
        amount_cents=settlement.amount_cents,
        payment_reference=settlement.payment_reference,
        bank_reference=payout.bank_reference,
        count=payout.redemption_count,
        at=settlement.at,
        block=settlement.block,
    )
