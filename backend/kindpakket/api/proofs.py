# SPDX-License-Identifier: EUPL-1.2
"""What lets people check for themselves: published heads for anyone, a payment's proof and receipt for its phone."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Response

from kindpakket import heads, vouchers
from kindpakket.head_totals import ShownHead, ShownTotals, list_with_totals
from kindpakket.registry.heads import Head as PublishedHead
from kindpakket.staff_log import Action, acting

from .access import CallingPhone, Treasurer, UseServices
from .languages import choose_language
from .models import Hash, Message
from .problems import PROBLEM_RESPONSES

router = APIRouter(responses=PROBLEM_RESPONSES)

RedemptionId = Annotated[Hash, Path(description="The payment: the id of its ticket")]
PDF = "application/pdf"


class Head(Message):
    """A day's published head, and which blocks it covers."""

    on: date
    first_block: int
    block: int
    hash: Hash
    root: Hash
    at: int


class HeadTotals(Message):
    """The money of all programmes together as of a head's block.

    deposited = unallocated + on vouchers + spent + withdrawn. Spent: what tickets paid, less what shops gave back.
    """

    deposited_cents: int
    unallocated_cents: int
    on_vouchers_cents: int
    spent_cents: int
    withdrawn_cents: int


class ListedHead(Head):
    """A head as everyone may know it. `version` 1 has no totals; 3 has, or null when they are withheld."""

    version: Literal[1, 3]
    totals: HeadTotals | None


class Heads(Message):
    """All published heads, oldest first."""

    now: int
    heads: list[ListedHead]


class TicketWords(Message):
    """What the ticket said that a payment was made with."""

    shop: int
    max_cents: int
    expires_at: int


class CoveringHead(Message):
    """The head that covers a block, and the way from the block's hash to its root."""

    head: Head
    siblings: list[Hash]


class PaymentProof(Message):
    """That a payment stands on the chain: from the ticket's words up to the block's hash, and the published head."""

    redemption_id: Hash
    ticket: TicketWords
    block: int
    hash: Hash
    header: str
    index: int
    receipt: str
    nodes: list[str]
    log_place: int
    covered: CoveringHead | None


@router.get("/heads", operation_id="listHeads", tags=["public"])
def list_heads(services: UseServices, response: Response) -> Heads:
    """List the head that was published each day. Anyone may ask, from any site."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return Heads(now=services.now(), heads=[_show_listed(one) for one in list_with_totals(services)])


@router.post(
    "/heads",
    status_code=201,
    operation_id="publishHead",
    tags=["municipality"],
    responses={
        200: {"model": ListedHead, "description": "Today's head was published before, or nothing is new."}
    },
)
def publish_head(services: UseServices, response: Response, session: Treasurer) -> ListedHead:
    """Publish today's head now; the server does so by itself when the day is over. It is never changed again.

    Treasurers only.
    """
    before = services.registry.heads.last()
    with acting(services, session.author, Action.HEAD_PUBLISHED) as deed:
        head = heads.publish(services)
        deed.note(block=head.block if head else 0)
    assert head is not None, "a chain has a block, so there is a head now"
    if head == before:
        response.status_code = 200
    return next(_show_listed(one) for one in list_with_totals(services) if one.head == head)


@router.get("/budgets/me/payments/{redemptionId}/proof", operation_id="provePayment", tags=["citizen"])
def prove_payment(services: UseServices, phone: CallingPhone, redemptionId: RedemptionId) -> PaymentProof:  # noqa: N803
    """Prove one of the calling phone's own payments. Only that phone may ask."""
    return show_proof(
        redemptionId, vouchers.prove_payment(services, token_hash=phone, ticket_id=redemptionId)
    )


@router.get(
    "/budgets/me/payments/{redemptionId}/receipt",
    operation_id="getReceipt",
    tags=["citizen"],
    response_class=Response,
    responses={
        200: {
            "description": "The payment on a sheet of paper.",
            "content": {PDF: {"schema": {"type": "string", "contentMediaType": PDF}}},
        }
    },
)
def get_receipt(
    services: UseServices,
    phone: CallingPhone,
    redemptionId: RedemptionId,  # noqa: N803
    accept_language: Annotated[str, Header()] = "",
) -> Response:
    """Give the receipt of one of the calling phone's own payments, in Dutch or English. Only that phone may ask."""
    language = choose_language(accept_language)
    content = vouchers.make_receipt(services, token_hash=phone, ticket_id=redemptionId, language=language)
    headers = {
        "Content-Language": language,
        "Content-Disposition": f'attachment; filename="kindpakket-{redemptionId.hex()[:8]}.pdf"',
    }
    return Response(content, media_type=PDF, headers=headers)


def show_proof(redemption_id: bytes, proof: vouchers.PaymentProof) -> PaymentProof:
    """Return a proof as its phone is told it."""
    event, ticket = proof.event, proof.ticket
    covered = None
    if proof.head is not None:
        covered = CoveringHead(head=_show_head(proof.head), siblings=list(proof.siblings))
    return PaymentProof(
        redemption_id=redemption_id,
        ticket=TicketWords(shop=ticket.shop, max_cents=ticket.max_cents, expires_at=ticket.expires_at),
        block=event.block,
        hash=event.hash,
        header=f"0x{event.header.hex()}",
        index=event.index,
        receipt=f"0x{event.receipt.hex()}",
        nodes=[f"0x{node.hex()}" for node in event.nodes],
        log_place=event.log_place,
        covered=covered,
    )


def _show_head(head: PublishedHead) -> Head:
    return Head(
        on=head.on,
        first_block=head.first_block,
        block=head.block,
        hash=head.hash,
        root=head.root,
        at=head.at,
    )


def _show_listed(shown: ShownHead) -> ListedHead:
    return ListedHead(
        **_show_head(shown.head).model_dump(),
        version=shown.version,
        totals=None if shown.totals is None else _show_totals(shown.totals),
    )


def _show_totals(totals: ShownTotals) -> HeadTotals:
    return HeadTotals(
        deposited_cents=totals.deposited_cents,
        unallocated_cents=totals.unallocated_cents,
        on_vouchers_cents=totals.on_vouchers_cents,
        spent_cents=totals.spent_cents,
        withdrawn_cents=totals.withdrawn_cents,
    )
