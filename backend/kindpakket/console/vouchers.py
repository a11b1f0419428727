# SPDX-License-Identifier: EUPL-1.2
"""Vouchers: how many there are and what is done with them, giving them out from a file or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import JSONResponse, RedirectResponse

from kindpakket import programmes, vouchers
from kindpakket.errors import CsvInvalid
from kindpakket.staff_log import Action, acting
from kindpakket.vouchers import HouseholdCheck

from . import views
from .errors_shown import PageRoute
from .overview import WantedProgramme
from .shops import ProgrammeNumber
from .uploads import ConfirmedText, UploadedFile, WrittenAmount, read_amount, read_upload
from .visits import NO_STORE, IssuerForm, IssuerVisit, StaffVisit, Visit

router = APIRouter(prefix="/gemeente/tegoeden", route_class=PageRoute, include_in_schema=False)

NewBatch = Annotated[int | None, Query(alias="nieuw", ge=1, le=2**31 - 1)]


@router.get("")
def show_vouchers(
    visit: StaffVisit, programme: WantedProgramme = None, new_batch: NewBatch = None
) -> Response:
    """Show how many vouchers were given out and used, and the batches of letters."""
    choice = views.choose_programme(visit.services, programme)
    if choice is None:
        return visit.render("no_programme.html", here="vouchers")
    return visit.render(
        "vouchers.html",
        here="vouchers",
        choice=choice,
        report=programmes.report(visit.services, programme=choice.chosen.programme),
        use=vouchers.voucher_use(visit.services, programme=choice.chosen.programme),
        batches=views.batches_of(visit.services, programme=choice.chosen.programme),
        new_batch=new_batch,
        unknown_reference="",
    )


@router.get("/toekennen")
def ask_for_households(visit: IssuerVisit, programme: ProgrammeNumber) -> Response:
    """Ask for a file of households and the amount for each child."""
    choice = views.choose_programme(visit.services, programme)
    return visit.render("vouchers_upload.html", here="vouchers", choice=choice, amount="", amount_wrong=False)


@router.post("/toekennen")
def preview_households(
    visit: IssuerForm, programme: ProgrammeNumber, amount: WrittenAmount = "", file: UploadedFile = None
) -> Response:
    """Show what a file would give out, before anything is done."""
    choice = views.choose_programme(visit.services, programme)
    amount_cents = read_amount(amount)
    if amount.strip() and amount_cents is None:
        return visit.render(
            "vouchers_upload.html",
            status_code=400,
            here="vouchers",
            choice=choice,
            amount=amount,
            amount_wrong=True,
        )
    text = read_upload(file)
    check = vouchers.check_households(
        visit.services, programme=programme, text=text, amount_cents=amount_cents
    )
    check.faults.refuse()
    return _show_preview(visit, programme, check, text=text, amount=amount)


@router.post("/toekennen/bevestigen")
def give_out(
    visit: IssuerForm, programme: ProgrammeNumber, amount: WrittenAmount = "", text: ConfirmedText = ""
) -> Response:
    """Give out the vouchers of a confirmed file."""
    check = vouchers.check_households(
        visit.services, programme=programme, text=text, amount_cents=read_amount(amount)
    )
    check.faults.refuse()
    with acting(visit.services, visit.member.author, Action.HOUSEHOLDS_IMPORTED, programme=programme) as deed:
        result = vouchers.import_households(visit.services, check)
        deed.note(batch=result.batch)
    return RedirectResponse(
        f"/gemeente/tegoeden?regeling={programme}&nieuw={result.batch}", status_code=303, headers=NO_STORE
    )


@router.get("/toekennen/voortgang")
def tell_progress(visit: IssuerVisit, programme: ProgrammeNumber) -> Response:
    """Tell the page of a file that was confirmed how many of its vouchers were given out."""
    progress = visit.services.registry.letters.issue_progress(programme)
    content = {"issued": progress.issued, "total": progress.total} if progress else {}
    return JSONResponse(content, headers=NO_STORE)


@router.get("/een")
def ask_for_one(visit: IssuerVisit, programme: ProgrammeNumber) -> Response:
    """Ask for one household by hand."""
    return _show_one(visit, programme)


@router.post("/een")
def preview_one(
    visit: IssuerForm,
    programme: ProgrammeNumber,
    reference: Annotated[str, Form(max_length=200)] = "",
    children: Annotated[str, Form(max_length=20)] = "",
    amount: WrittenAmount = "",
) -> Response:
    """Show what one household would get, before anything is done: a file of one line, checked as any file."""
    text = vouchers.write_household(row_reference=reference, children=children, amount=amount)
    check = vouchers.check_households(visit.services, programme=programme, text=text)
    try:
        check.faults.refuse()
    except CsvInvalid as refusal:
        return _show_one(
            visit, programme, reference=reference, children=children, amount=amount, faults=refusal.errors
        )
    return _show_preview(visit, programme, check, text=text, amount="")


@router.post("/herinneringen")
def list_unopened(visit: IssuerForm, programme: ProgrammeNumber) -> Response:
    """Give the references of the households that opened no letter as a CSV."""
    with acting(visit.services, visit.member.author, Action.REMINDERS_LISTED, programme=programme):
        content = vouchers.write_reminders(visit.services, programme=programme)
    return views.as_file(content, name="herinneren.csv", media_type="text/csv; charset=utf-8")


def _show_one(
    visit: Visit,
    programme: int,
    *,
    reference: str = "",
    children: str = "1",
    amount: str = "",
    faults: Sequence[Mapping[str, Any]] = (),
) -> Response:
    return visit.render(
        "vouchers_one.html",
        status_code=400 if faults else 200,
        here="vouchers",
        choice=views.choose_programme(visit.services, programme),
        written={"reference": reference, "children": children, "amount": amount},
        faults={one["column"]: one["expected"] for one in faults},
    )


def _show_preview(visit: Visit, programme: int, check: HouseholdCheck, *, text: str, amount: str) -> Response:
    return visit.render(
        "vouchers_preview.html",
        here="vouchers",
        choice=views.choose_programme(visit.services, programme),
        check=check,
        text=text,
        amount=amount,
        unallocated_cents=programmes.report(visit.services, programme=programme).totals.unallocated_cents,
    )
