# SPDX-License-Identifier: EUPL-1.2
"""What a till may ask: to be paired, to charge a ticket, to learn the truth about it.

A till never learns a balance, a voucher or a name.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from kindpakket import redemptions, shops, suspensions

from . import models
from .access import CallingTill, Guesses, Secret, UseServices
from .problems import PROBLEM_RESPONSES
from .shop_views import show_payment

router = APIRouter(tags=["merchant"], responses=PROBLEM_RESPONSES)

TicketId = Annotated[models.Hash, Path(alias="ticketId", description="The ticket's id, 0x and 64 digits")]


@router.post("/tills", status_code=201, operation_id="pairTill")
def pair_till(
    pairing: models.Pairing, request: Request, services: UseServices, guesses: Guesses
) -> models.Paired:
    """Add a till to the shop whose pairing code it has. Guesses are limited."""
    with guesses.watch(request, Secret.PAIRING_CODE):
        paired = shops.pair_till(
            services, code=pairing.pairing_code, till=f"0x{pairing.till.hex()}", name=pairing.name
        )
    return models.Paired(
        token=paired.token,
        till=pairing.till,
        name=pairing.name,
        role=paired.role,
        shop=paired.shop.shop,
        shop_name=paired.shop.name,
    )


@router.get("/tills/me", operation_id="getTill")
def get_till(services: UseServices, till: CallingTill) -> models.Till:
    """Tell the calling till where it stands and what it may charge now."""
    terms = shops.terms_of(services, shop=till.shop)
    return models.Till(
        now=services.now(),
        till=bytes.fromhex(till.address[2:]),
        name=till.name,
        role=till.role,
        shop=till.shop,
        shop_name=terms.shop_name,
        categories=list(terms.categories),
        max_redemption_cents=terms.max_redemption_cents,
        standings=[
            models.ShopStanding(
                programme=one.programme,
                programme_name=one.name,
                categories=list(one.categories),
                suspended_at=one.suspension.suspended_at if one.suspension else None,
                because=one.suspension.because if one.suspension else None,
            )
            for one in suspensions.standings_of(services, shop=till.shop)
        ],
        phone=services.settings.phone,
    )


@router.put(
    "/redemptions/{ticketId}",
    operation_id="redeem",
    status_code=201,
    responses={200: {"model": models.RedemptionAnswer, "description": "This shop was already paid this."}},
)
def redeem(
    ticket_id: TicketId, charge: models.Charge, response: Response, services: UseServices, till: CallingTill
) -> models.RedemptionAnswer:
    """Charge a ticket. Send it again, unchanged, until it is answered: a ticket pays once."""
    outcome = redemptions.redeem(
        services,
        till=till,
        ticket_id=ticket_id,
        ticket_text=charge.ticket,
        charge=redemptions.Charge(
            amount_cents=charge.amount_cents,
            category=charge.category,
            signature=models.read_signature(charge.signature),
        ),
    )
    response.status_code = 201 if outcome.result == "accepted" else 200
    return models.RedemptionAnswer(
        result=outcome.result, redemption=show_payment(services, till, outcome.redemption)
    )


@router.get("/redemptions/{ticketId}", operation_id="getRedemption")
def get_redemption(ticket_id: TicketId, services: UseServices, till: CallingTill) -> models.RedemptionAnswer:
    """Tell whether the calling till's shop was paid with a ticket."""
    found = redemptions.find(services, shop=till.shop, ticket_id=ticket_id)
    return models.RedemptionAnswer(result="already_redeemed", redemption=show_payment(services, till, found))
