# SPDX-License-Identifier: EUPL-1.2
"""Payouts: runs prepared by one and approved by another, the bank's file, its statement, a transfer that came back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import payout_runs, programmes
from kindpakket.bank.returns import reason_of
from kindpakket.errors import NotFound, RequestInvalid
from kindpakket.registry.merchant_accounts import Account
from kindpakket.registry.payout_rows import Payment, Run, Transfer
from kindpakket.staff_log import Action, acting

from .errors_shown import PageRoute
from .overview import WantedProgramme
from .uploads import UploadedFile
from .visits import NO_STORE, ApproverForm, PayoutVisit, TreasurerForm, TreasurerVisit, Visit

PAGES = "/gemeente/uitbetalingen"

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

RunNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
TransferNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
FileNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
FormProgramme = Annotated[int | None, Form(ge=1, le=0xFFFF)]
WrittenName = Annotated[str, Form(max_length=200)]
WrittenIban = Annotated[str, Form(max_length=60)]
SeenPayments = Annotated[str, Form()]
Done = Annotated[
    str, Query(alias="gedaan", pattern="^(klaargezet|ingetrokken|goedgekeurd|voorgesteld|opnieuw)?$")
]


@router.get("")
def list_runs(visit: PayoutVisit) -> Response:
    """Show all runs, newest first, and what can be done."""
    return visit.render(
        "payouts.html",
        here="payouts",
        runs=visit.services.registry.payout_runs.runs(),
        programmes=_programme_names(visit),
    )


@router.get("/nieuw")
def preview_run(visit: TreasurerVisit, programme: WantedProgramme = None) -> Response:
    """Show what a run would pay now, before anything is done."""
    return visit.render(
        "payout_new.html",
        here="payouts",
        outline=payout_runs.outline(visit.services, programme=programme),
        programmes=_programme_names(visit),
        shops=visit.services.registry.shops.names(),
        suspended=visit.services.registry.suspensions.open_reasons(),
    )


@router.post("/nieuw")
def prepare_run(visit: TreasurerForm, programme: FormProgramme = None) -> Response:
    """Prepare a run; someone else approves it."""
    with acting(visit.services, visit.member.author, Action.PAYOUT_PREPARED) as deed:
        run = payout_runs.prepare(visit.services, programme=programme, staff=visit.member.staff)
        deed.note(run=run.run)
    return _to_run(run.run, "klaargezet")


@router.get("/afschrift")
def ask_for_statement(visit: TreasurerVisit) -> Response:
    """Ask for a file of the bank."""
    return visit.render("payout_statement.html", here="payouts", outcome=None)


@router.post("/afschrift")
def import_statement(visit: TreasurerForm, file: UploadedFile = None) -> Response:
    """Read a file of the bank, and show what it changed."""
    content = file.file.read() if file is not None else b""
    with acting(visit.services, visit.member.author, Action.STATEMENT_READ):
        outcome = payout_runs.import_statement(visit.services, content=content, staff=visit.member.staff)
    return visit.render("payout_statement.html", here="payouts", outcome=outcome, reason_of=reason_of)


@router.get("/{run}")
def show_run(visit: PayoutVisit, run: RunNumber, done: Done = "") -> Response:
    """Show a run, and what can be done with it."""
    found = visit.services.registry.payout_runs.run(run)
    # What is paid already is not told by how its shops stand now.
    suspended = visit.services.registry.suspensions.open_reasons() if found.proposed else {}
    return visit.render(
        "payout.html",
        here="payouts",
        run=found,
        done=done,
        staff=visit.services.registry.payout_payments.staff_names(),
        shops=visit.services.registry.shops.names(),
        programmes=_programme_names(visit),
        reason_of=reason_of,
        suspended=suspended,
        proposed_by_me=any(one.proposed_by == visit.member.staff for one in found.proposed),
    )


@router.post("/{run}/goedkeuren")
def approve_run(visit: ApproverForm, run: RunNumber) -> Response:
    """Approve a run."""
    with acting(visit.services, visit.member.author, Action.PAYOUT_APPROVED, run=run):
        payout_runs.approve(visit.services, run=run, staff=visit.member.staff)
    return _to_run(run, "goedgekeurd")


@router.post("/{run}/intrekken")
def cancel_run(visit: TreasurerForm, run: RunNumber) -> Response:
    """Let go of a run that nobody approved."""
    with acting(visit.services, visit.member.author, Action.PAYOUT_CANCELLED, run=run):
        payout_runs.cancel(visit.services, run=run, staff=visit.member.staff)
    return _to_run(run, "ingetrokken")


@router.post("/{run}/opnieuw-goedkeuren")
def approve_again(visit: ApproverForm, run: RunNumber, payments: SeenPayments = "") -> Response:
    """Approve the payments that are to be made again, as they stood on the page."""
    with acting(visit.services, visit.member.author, Action.PAYOUT_APPROVED, run=run):
        payout_runs.approve_again(
            visit.services, run=run, payments=payments.split(), staff=visit.member.staff
        )
    return _to_run(run, "opnieuw")


@router.get("/{run}/bestanden/{file}")
def download_file(visit: PayoutVisit, run: RunNumber, file: FileNumber) -> Response:
    """Give the exact bytes for the bank."""
    found = payout_runs.file_of(visit.services, run=run, file=file)
    return Response(
        found.content,
        media_type="application/xml",
        headers={**NO_STORE, "content-disposition": f'attachment; filename="{found.name}"'},
    )


@router.get("/{run}/overboekingen/{transfer}")
def show_transfer(visit: TreasurerVisit, run: RunNumber, transfer: TransferNumber) -> Response:
    """Show a transfer that came back, and ask for the right account."""
    found = visit.services.registry.payout_runs.run(run)
    shown = _transfer_of(found, transfer)
    # What came back went to a wrong account, and the merchant may have another by now; a proposal is mended as it is.
    account: Account | Payment = shown.newest
    if shown.state == "returned" and shown.settlements:
        account = visit.services.registry.merchant_accounts.of_shop(shown.settlements[0].shop)
    return _render_transfer(visit, found, shown, name=account.name, iban=account.iban)


@router.post("/{run}/overboekingen/{transfer}")
def propose_again(
    visit: TreasurerForm,
    run: RunNumber,
    transfer: TransferNumber,
    name: WrittenName = "",
    iban: WrittenIban = "",
) -> Response:
    """Propose another account for a transfer that came back; someone else approves it."""
    try:
        with acting(visit.services, visit.member.author, Action.PAYOUT_PROPOSED, run=run, transfer=transfer):
            payout_runs.propose_again(
                visit.services, run=run, transfer=transfer, name=name, iban=iban, staff=visit.member.staff
            )
    except RequestInvalid as refusal:
        # The form is shown again with what was typed, and what is wrong with it.
        found = visit.services.registry.payout_runs.run(run)
        faults = {str(error["at"]) for error in refusal.errors}
        return _render_transfer(
            visit, found, _transfer_of(found, transfer), name=name, iban=iban, faults=faults
        )
    return _to_run(run, "voorgesteld")


def _render_transfer(
    visit: Visit, run: Run, transfer: Transfer, *, name: str, iban: str, faults: set[str] | None = None
) -> Response:
    return visit.render(
        "payout_transfer.html",
        status_code=400 if faults else 200,
        here="payouts",
        run=run,
        transfer=transfer,
        name=name,
        iban=iban,
        faults=faults or set(),
        staff=visit.services.registry.payout_payments.staff_names(),
        reason_of=reason_of,
    )


def _transfer_of(run: Run, transfer: int) -> Transfer:
    for one in run.transfers:
        if one.transfer == transfer:
            return one
    raise NotFound


def _programme_names(visit: Visit) -> dict[int, str]:
    return {one.programme: one.name for one in programmes.list_programmes(visit.services)}


def _to_run(run: int, done: str) -> Response:
    return RedirectResponse(f"{PAGES}/{run}?gedaan={done}", status_code=303, headers=NO_STORE)
