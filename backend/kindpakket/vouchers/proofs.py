# SPDX-License-Identifier: EUPL-1.2
"""Proofs: a phone's own payment, so that the phone can check it without anyone's word for it. Amounts in euro cents.

A block's header holds a filter that shows to who knows what to look for which numbered vouchers and shops are in that
block. So only the header of the payment's own block is given, to its own phone; days are covered by hashes.
"""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket import heads
from kindpakket.chain.evidence import EventProof, TicketWords, prove_event, read_ticket
from kindpakket.errors import PaymentUnknown
from kindpakket.registry.heads import Head
from kindpakket.services import Services

from .budgets import Payment, payments_of


@dataclass(frozen=True, slots=True)
class PaymentProof:
    """That a payment stands on the chain.

    Attributes:
        ticket: What the ticket said that it was paid with.
        event: The proof of its event, up to the hash of its block.
        head: The published head that covers the block; None as long as there is none.
        siblings: The way from the block's hash to the head's root, lowest first.
    """

    ticket: TicketWords
    event: EventProof
    head: Head | None
    siblings: tuple[bytes, ...]


def payment_of(services: Services, *, token_hash: bytes, ticket_id: bytes) -> Payment:
    """Return one of a phone's own payments.

    Raises:
        PaymentUnknown: This phone made no such payment, whoever else did.
    """
    for payment in payments_of(services, token_hash=token_hash):
        if payment.ticket_id == ticket_id:
            return payment
    raise PaymentUnknown


def prove_payment(services: Services, *, token_hash: bytes, ticket_id: bytes) -> PaymentProof:
    """Prove one of a phone's own payments.

    Raises:
        PaymentUnknown: This phone made no such payment, whoever else did.
        ProofUnavailable: The node does not tell enough.
        ChainUnreachable: No answer; safe to ask again.
    """
    payment = payment_of(services, token_hash=token_hash, ticket_id=ticket_id)
    event = prove_event(services.chain.sealed_block(payment.block), log_index=payment.log_index)
    head = services.registry.heads.covering(payment.block)
    return PaymentProof(
        ticket=read_ticket(event.input),
        event=event,
        head=head,
        siblings=tuple(heads.prove_block(services, head=head, block=payment.block)) if head else (),
    )
