# SPDX-License-Identifier: EUPL-1.2
"""What staff may ask about payouts: prepare, approve, take the bank's file, bring the bank's statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from kindpakket import payout_runs
from kindpakket.bank.returns import reason_of
from kindpakket.registry.payout_rows import LeftOut, NewSettlement, Payment, Run, Transfer
from kindpakket.services import Services
from kindpakket.staff_log import Action, acting

from . import payout_models
from .access import Approver, PayoutReader, Treasurer, UseServices
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

RunNumber = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]
TransferNumber = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]
FileNumber = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]
XML_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}}
}
XML_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "pain.001.001.09", "content": {"application/xml": {}}}
}


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


@router.post("/payout-previews", operation_id="previewPayoutRun")
def preview_run(
    order: payout_models.PayoutRunOrder, services: UseServices, _session: Treasurer
) -> payout_models.PayoutPreview:
    """Tell what a run would pay now, and change nothing. Treasurers only."""
    found = payout_runs.outline(services, programme=order.programme)
    names = services.registry.shops.names()
    return payout_models.PayoutPreview(
        programme=found.programme,
        amount_cents=found.amount_cents,
        transfers=[
            payout_models.PayoutOutline(
                name=one.payee.name,
                iban=one.payee.iban,
                amount_cents=one.amount_cents,
                owed=[_show_owed(owed, names) for owed in one.settlements],
            )
            for one in found.transfers
        ],
        left_out=_show_left_out(found.left_out, names),
    )


@router.get("/payout-runs", operation_id="listPayoutRuns")
def list_runs(services: UseServices, _session: PayoutReader) -> payout_models.PayoutRuns:
    """List all runs, newest first. Treasurers, approvers and auditors."""
    return payout_models.PayoutRuns(
        runs=[_show(services, one) for one in services.registry.payout_runs.runs()]
    )


@router.post("/payout-runs", status_code=201, operation_id="preparePayoutRun")
def prepare_run(
    order: payout_models.PayoutRunOrder, services: UseServices, session: Treasurer
) -> payout_models.PayoutRun:
    """Prepare a run: freeze what shops are owed. Someone else approves it. Treasurers only."""
    with acting(services, session.author, Action.PAYOUT_PREPARED) as deed:
        run = payout_runs.prepare(services, programme=order.programme, staff=session.staff)
        deed.note(run=run.run)
    return _show(services, run)


@router.get("/payout-runs/{run}", operation_id="getPayoutRun")
def get_run(run: RunNumber, services: UseServices, _session: PayoutReader) -> payout_models.PayoutRun:
    """Tell how a run stands. Treasurers, approvers and auditors."""
    return _show(services, services.registry.payout_runs.run(run))


@router.delete("/payout-runs/{run}", operation_id="cancelPayoutRun")
def cancel_run(run: RunNumber, services: UseServices, session: Treasurer) -> payout_models.PayoutRun:
    """Cancel a run that nobody approved. Treasurers only."""
    with acting(services, session.author, Action.PAYOUT_CANCELLED, run=run):
        return _show(services, payout_runs.cancel(services, run=run, staff=session.staff))


@router.post("/payout-runs/{run}/approvals", status_code=201, operation_id="approvePayoutRun")
def approve_run(
    run: RunNumber,
    services: UseServices,
    session: Approver,
    approval: payout_models.PayoutApproval | None = None,
) -> payout_models.PayoutRun:
    """Approve a run; with a body, the payments of it that are to be made again. Approvers only, not who proposed it."""
    with acting(services, session.author, Action.PAYOUT_APPROVED, run=run):
        if approval is None:
            approved = payout_runs.approve(services, run=run, staff=session.staff)
        else:
            approved = payout_runs.approve_again(
                services, run=run, payments=approval.payments, staff=session.staff
            )
        return _show(services, approved)


@router.post(
    "/payout-runs/{run}/transfers/{transfer}/proposals", status_code=201, operation_id="proposePayoutAgain"
)
def propose_again(
    run: RunNumber,
    transfer: TransferNumber,
    proposal: payout_models.PayoutProposal,
    services: UseServices,
    session: Treasurer,
) -> payout_models.PayoutRun:
    """Propose to pay a transfer that came back to this account. Someone else approves it. Treasurers only."""
    with acting(services, session.author, Action.PAYOUT_PROPOSED, run=run, transfer=transfer):
        proposed = payout_runs.propose_again(
            services,
            run=run,
            transfer=transfer,
            name=proposal.name,
            iban=proposal.iban,
            staff=session.staff,
        )
    return _show(services, proposed)


@router.get(
    "/payout-runs/{run}/files/{file}",
    operation_id="getPayoutFile",
    response_class=Response,
    responses=XML_ANSWER,
)
def get_file(run: RunNumber, file: FileNumber, services: UseServices, _session: PayoutReader) -> Response:
    """Give the exact bytes for the bank. Treasurers, approvers and auditors."""
    found = payout_runs.file_of(services, run=run, file=file)
    return Response(
        found.content,
        media_type="application/xml",
        headers={"content-disposition": f'attachment; filename="{found.name}"'},
    )


@router.post("/bank-statements", operation_id="importStatement", openapi_extra=XML_BODY)
def import_statement(
    services: UseServices, content: Body, session: Treasurer
) -> payout_models.StatementImport:
    """Read a file of the bank (camt.053, pain.002): what is paid, came back or was rejected. Treasurers only."""
    with acting(services, session.author, Action.STATEMENT_READ):
        outcome = payout_runs.import_statement(services, content=content, staff=session.staff)
    staff = services.registry.payout_payments.staff_names()
    return payout_models.StatementImport(
        booked=[_show_payment(one, staff) for one in outcome.booked],
        returned=[_show_payment(one, staff) for one in outcome.returned],
        known_count=outcome.known_count,
        unmatched=[
            payout_models.UnmatchedEntry(
                end_to_end_id=one.end_to_end_id, amount_cents=one.amount_cents, why=one.why
            )
            for one in outcome.unmatched
        ],
        other_count=outcome.other_count,
    )


def _show_owed(one: NewSettlement, names: Mapping[int, str]) -> payout_models.OwedToShop:
    return payout_models.OwedToShop(
        programme=one.programme,
        shop=one.shop,
        shop_name=names.get(one.shop, f"{one.shop}"),
        owed_cents=one.amount_cents,
    )


def _show_left_out(left_out: Sequence[LeftOut], names: Mapping[int, str]) -> list[payout_models.LeftOutOfRun]:
    return [
        payout_models.LeftOutOfRun(
            programme=one.programme,
            shop=one.shop,
            shop_name=names.get(one.shop, f"{one.shop}"),
            owed_cents=one.owed_cents,
            why=one.why(left_out),
            owing_shops=list(one.owing(left_out)),
        )
        for one in left_out
    ]


def _show(services: Services, run: Run) -> payout_models.PayoutRun:
    names = services.registry.shops.names()
    staff = services.registry.payout_payments.staff_names()
    return payout_models.PayoutRun(
        run=run.run,
        programme=run.programme,
        state=run.state,
        amount_cents=run.amount_cents,
        prepared_by=staff[run.prepared_by],
        prepared_at=run.prepared_at,
        approved_by=_name_of(run.approved_by, staff),
        approved_at=run.approved_at,
        cancelled_by=_name_of(run.cancelled_by, staff),
        cancelled_at=run.cancelled_at,
        settled_at=run.settled_at,
        transfers=[_show_transfer(one, names, staff) for one in run.transfers],
        left_out=_show_left_out(run.left_out, names),
        files=[
            payout_models.PayoutFile(
                file=one.file,
                message_id=one.message_id,
                sha256=one.sha256,
                made_at=one.made_at,
                can_leave=run.can_leave(one),
                withdrawn_at=one.withdrawn_at,
            )
            for one in run.files
        ],
    )


def _show_transfer(
    transfer: Transfer, names: Mapping[int, str], staff: Mapping[int, str]
) -> payout_models.PayoutTransfer:
    return payout_models.PayoutTransfer(
        transfer=transfer.transfer,
        reference=transfer.reference,
        amount_cents=transfer.amount_cents,
        state=transfer.state,
        settlements=[
            payout_models.PayoutSettlement(
                programme=one.programme,
                shop=one.shop,
                shop_name=names.get(one.shop, f"{one.shop}"),
                amount_cents=one.amount_cents,
                payment_reference=one.payment_reference,
                block=one.block,
                refused_at=one.refused_at,
            )
            for one in transfer.settlements
        ],
        payments=[_show_payment(one, staff) for one in transfer.payments],
    )


def _show_payment(payment: Payment, staff: Mapping[int, str]) -> payout_models.PayoutPayment:
    return payout_models.PayoutPayment(
        end_to_end_id=payment.end_to_end_id,
        name=payment.name,
        iban=payment.iban,
        amount_cents=payment.amount_cents,
        state=payment.state,
        proposed_by=staff[payment.proposed_by],
        approved_by=_name_of(payment.approved_by, staff),
        file=payment.file,
        booked_on=payment.booked_on,
        return_reason=None if payment.return_code is None else reason_of(payment.return_code),
        return_code=payment.return_code,
        returned_by=payment.returned_by,
    )


def _name_of(number: int | None, staff: Mapping[int, str]) -> str | None:
    return None if number is None else staff[number]
