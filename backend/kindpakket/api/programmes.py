# SPDX-License-Identifier: EUPL-1.2
"""A programme's rules, for anyone; extending and closing it, for staff."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from kindpakket import closing, programmes, rules
from kindpakket.closing import paper
from kindpakket.staff_log import Action, acting

from . import models, municipality_models, programme_models
from .access import Issuer, PayoutReader, Treasurer, UseServices
from .municipality import ProgrammeId
from .problems import PROBLEM_RESPONSES
from .public import show_programme

router = APIRouter(responses=PROBLEM_RESPONSES)

PDF_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "The statement on paper", "content": {"application/pdf": {}}}
}
Language = Annotated[Literal["nl", "en"], Query()]


@router.get("/programmes/{programme}/rules", operation_id="getProgrammeRules", tags=["public"])
def get_rules(programme: ProgrammeId, services: UseServices) -> programme_models.ProgrammeRules:
    """Tell a programme's rules as the contract has them, with the policy text. Anyone may ask."""
    found = rules.rules_of(services, programme)
    return programme_models.ProgrammeRules(
        programme=found.programme,
        name=found.name,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        categories=list(found.categories),
        max_redemption_cents=found.max_redemption_cents,
        policy_text=found.policy_text,
        policy_hash=found.policy_hash,
        policy_genuine=found.is_policy_genuine,
    )


@router.post(
    "/programmes/{programme}/extensions",
    status_code=201,
    operation_id="extendProgramme",
    tags=["municipality"],
)
def extend(
    programme: ProgrammeId,
    extension: programme_models.ProgrammeExtension,
    services: UseServices,
    session: Issuer,
) -> models.Programme:
    """Let a programme end later. Issuers only."""
    with acting(services, session.author, Action.PROGRAMME_EXTENDED, programme=programme) as deed:
        extended = programmes.extend(services, programme=programme, ends_on=extension.ends_on)
        deed.note(until=f"{extension.ends_on}")
    return show_programme(extended)


@router.post(
    "/programmes/{programme}/sweeps", status_code=201, operation_id="sweepProgramme", tags=["municipality"]
)
def sweep(
    programme: ProgrammeId, services: UseServices, session: Treasurer
) -> programme_models.SweepProgress:
    """Take back what is left on some of the vouchers, after the pause. Treasurers only."""
    with acting(services, session.author, Action.VOUCHERS_SWEPT, programme=programme) as deed:
        left = closing.sweep(services, programme=programme)
        deed.note(left=left)
    return programme_models.SweepProgress(vouchers_left=left)


@router.post(
    "/programmes/{programme}/withdrawals",
    status_code=201,
    operation_id="withdrawRest",
    tags=["municipality"],
)
def withdraw(
    programme: ProgrammeId, body: programme_models.Withdrawal, services: UseServices, session: Treasurer
) -> municipality_models.Mined:
    """Record that all that was left went back to the municipality. Treasurers only."""
    with acting(services, session.author, Action.REST_WITHDRAWN, programme=programme) as deed:
        block = closing.withdraw_rest(
            services,
            programme=programme,
            amount_cents=body.amount_cents,
            payment_reference=body.payment_reference,
        )
        deed.note(block=block)
    return municipality_models.Mined(block=block)


@router.get(
    "/programmes/{programme}/closing-statement", operation_id="getClosingStatement", tags=["municipality"]
)
def get_statement(
    programme: ProgrammeId, services: UseServices, _session: PayoutReader
) -> programme_models.ClosingStatement:
    """Account for every cent of a programme, closed or not. Treasurers, approvers and auditors."""
    found = closing.statement_of(services, programme=programme)
    figures = found.figures
    return programme_models.ClosingStatement(
        programme=programme,
        name=found.name,
        block=figures.block,
        at=found.at,
        starts_at=found.closing.starts_at,
        ends_at=found.closing.ends_at,
        possible_at=found.closing.possible_at,
        closed=found.closing.is_closed,
        agrees=found.agrees,
        lines=[
            programme_models.StatementLine(
                what=one.what, ledger_cents=one.ledger_cents, chain_cents=one.chain_cents
            )
            for one in found.lines
        ],
        redeemed_cents=figures.redeemed_cents,
        refunded_to_vouchers_cents=figures.refunded_to_vouchers_cents,
        refunded_to_programme_cents=figures.refunded_to_programme_cents,
        swept_cents=figures.swept_cents,
        to_shops_cents=figures.to_shops_cents,
        from_shops_cents=figures.from_shops_cents,
        held_back_cents=found.closing.held_back_cents,
        voucher_count=figures.voucher_count,
        vouchers_left=figures.unswept_count,
        faults=list(figures.faults),
        shop_differences=[
            programme_models.ShopDifference(
                shop=one.shop,
                name=one.name,
                what=one.what,
                ledger_cents=one.ledger_cents,
                chain_cents=one.chain_cents,
            )
            for one in found.shop_differences
        ],
        open_shops=[
            programme_models.OpenShop(shop=one.shop, name=one.name, owed_cents=one.owed_cents)
            for one in found.open_shops
        ],
    )


@router.get(
    "/programmes/{programme}/closing-statement/paper",
    operation_id="getClosingStatementPaper",
    tags=["municipality"],
    response_class=Response,
    responses=PDF_ANSWER,
)
def get_statement_paper(
    programme: ProgrammeId, services: UseServices, _session: PayoutReader, language: Language = "nl"
) -> Response:
    """Give the statement as a PDF. Treasurers, approvers and auditors."""
    found = closing.statement_of(services, programme=programme)
    content = paper.write(services, found, language=language)
    return Response(
        content,
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{paper.file_name(found)}"'},
    )
