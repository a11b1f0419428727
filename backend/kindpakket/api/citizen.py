# SPDX-License-Identifier: EUPL-1.2
"""What a phone may ask: to open its letter, to read its own budget and payments, to renew its tickets."""

from __future__ import annotations

from fastapi import APIRouter, Request

from kindpakket import vouchers

from . import models
from .access import BearingPhone, CallingPhone, Guesses, Secret, UseServices
from .problems import PROBLEM_RESPONSES

router = APIRouter(tags=["citizen"], responses=PROBLEM_RESPONSES)


@router.post("/letter-lookups", operation_id="lookUpLetter")
def look_up_letter(
    lookup: models.LetterLookup, request: Request, services: UseServices, guesses: Guesses
) -> models.LetterVouchers:
    """Tell what a letter opens. Whoever has the letter's id may ask; guesses are limited."""
    with guesses.watch(request, Secret.LETTER):
        opened = vouchers.look_up_letter(services, letter_id=lookup.letter_id)
    return models.LetterVouchers(
        vouchers=[
            models.LetterVoucher(
                voucher=one.voucher,
                position=one.position,
                programme=one.programme,
                issued_cents=one.issued_cents,
                generation=one.generation,
                activated=one.activated,
            )
            for one in opened
        ]
    )


@router.post("/activations", status_code=201, operation_id="activate")
def activate(
    activation: models.Activation, request: Request, services: UseServices, guesses: Guesses
) -> models.Activated:
    """Hand all vouchers of a letter over to a phone, but for blocked ones. The letter's signatures say who may."""
    # Only whether there is such a letter can be guessed: many who share an address may open theirs at once.
    with guesses.watch(request, Secret.LETTER):
        vouchers.look_up_letter(services, letter_id=activation.letter_id)
    activated = vouchers.activate(
        services,
        letter_id=activation.letter_id,
        token_hash=activation.token_hash,
        handovers=[
            vouchers.Handover(
                voucher=one.voucher,
                holder=one.holder,
                ticket_keys=tuple(one.ticket_keys),
                signature=models.read_signature(one.signature),
            )
            for one in activation.vouchers
        ],
    )
    return models.Activated(
        vouchers=[models.ActivatedVoucher(voucher=voucher, block=block) for voucher, block in activated.done],
        blocked=list(activated.blocked),
    )


@router.get("/budgets/me", operation_id="getBudget")
def get_budget(services: UseServices, phone: CallingPhone) -> models.Budget:
    """Tell what is left on the calling phone's vouchers. Only that phone may ask."""
    budget = vouchers.budget_of(services, token_hash=phone)
    return models.Budget(
        now=services.now(),
        block=budget.block,
        vouchers=[
            models.BudgetVoucher(
                voucher=one.voucher,
                programme=one.programme,
                programme_name=one.programme_name,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                max_redemption_cents=one.max_redemption_cents,
                issued_cents=one.issued_cents,
                balance_cents=one.balance_cents,
                generation=one.generation,
                blocked=one.blocked,
                numbers_used=list(one.numbers_used),
            )
            for one in budget.vouchers
        ],
    )


@router.get("/budgets/me/payments", operation_id="listPayments")
def list_payments(services: UseServices, phone: CallingPhone) -> models.Payments:
    """List the calling phone's payments, newest first. Only that phone may ask."""
    return models.Payments(
        now=services.now(),
        payments=[
            models.Payment(
                redemption_id=one.ticket_id,
                voucher=one.voucher,
                number=one.number,
                shop=one.shop,
                shop_name=one.shop_name,
                category=one.category,
                amount_cents=one.amount_cents,
                refunded_cents=one.refunded_cents,
                at=one.at,
                block=one.block,
                refunds=[
                    models.PaymentRefund(
                        amount_cents=refund.amount_cents, at=refund.at, to_budget=refund.to_budget
                    )
                    for refund in one.refunds
                ],
            )
            for one in vouchers.payments_of(services, token_hash=phone)
        ],
    )


@router.post("/ticket-renewals", status_code=201, operation_id="renewTickets")
def renew_tickets(renewal: models.Renewal, services: UseServices, phone: BearingPhone) -> models.Renewed:
    """Replace the ticket keys of one of the calling phone's vouchers, or move it; its holder must have signed."""
    block = vouchers.renew_tickets(
        services,
        token_hash=phone,
        renewal=vouchers.Renewal(
            voucher=renewal.voucher,
            generation=renewal.generation,
            old_root=renewal.old_root,
            holder=renewal.holder,
            ticket_keys=tuple(renewal.ticket_keys),
            signature=models.read_signature(renewal.signature),
            new_token_hash=renewal.token_hash,
        ),
    )
    return models.Renewed(voucher=renewal.voucher, generation=renewal.generation, block=block)
