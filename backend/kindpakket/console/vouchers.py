# SPDX-License-Identifier: EUPL-1.2
"""Vouchers: how many there are, giving them out from a file, and the letters, which are shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import programmes, vouchers
from kindpakket.staff_log import Action, acting

from . import views
from .codes import draw_qr
from .errors_shown import PageRoute
from .overview import WantedProgramme
from .shops import ProgrammeNumber
from .texts import texts_in
from .uploads import ConfirmedText, UploadedFile, WrittenAmount, read_amount, read_upload
from .visits import NO_STORE, IssuerForm, IssuerVisit, StaffVisit

router = APIRouter(prefix="/gemeente/tegoeden", route_class=PageRoute, include_in_schema=False)

BatchNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
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
    return visit.render(
        "vouchers_preview.html",
        here="vouchers",
        choice=choice,
        check=check,
        text=text,
        amount=amount,
        unallocated_cents=programmes.report(visit.services, programme=programme).totals.unallocated_cents,
    )


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


@router.get("/brieven/{batch}")
def ask_before_letters(visit: IssuerVisit, batch: BatchNumber) -> Response:
    """Say that the codes are shown once, and ask whether now is the time."""
    line = views.batch_named(visit.services, batch)
    return visit.render(
        "letters_ask.html",
        here="vouchers",
        choice=views.choose_programme(visit.services, line.programme),
        batch=line,
    )


@router.post("/brieven/{batch}")
def show_letters(visit: IssuerForm, batch: BatchNumber) -> Response:
    """Show the letters of a batch, to print or to merge; then their codes are forgotten."""
    line = views.batch_named(visit.services, batch)
    choice = views.choose_programme(visit.services, line.programme)
    with acting(visit.services, visit.member.author, Action.LETTERS_SHOWN, batch=batch):
        letters = vouchers.disclose_letters(visit.services, batch=batch)
    amounts = views.amounts_of(visit.services, letters)
    return visit.render(
        "letters.html",
        # Letters are in Dutch, with a few lines of English, whatever the staff member reads.
        nl=texts_in("nl"),
        en=texts_in("en"),
        choice=choice,
        batch=line,
        letters=[
            (letter, draw_qr(letter.url), amount_cents)
            for letter, amount_cents in zip(letters, amounts, strict=True)
        ],
        merge_file=views.merge_file(letters, amounts),
    )
