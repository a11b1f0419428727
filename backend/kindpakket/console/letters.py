# SPDX-License-Identifier: EUPL-1.2
"""The letters of a batch: taken as a PDF or a CSV until whoever took them has them, made anew when they got lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse

from kindpakket import vouchers
from kindpakket.registry.disclosures import SHOWN_SECONDS
from kindpakket.staff_log import Action, acting
from kindpakket.vouchers import Letter

from . import views
from .errors_shown import PageRoute
from .visits import NO_STORE, IssuerForm, IssuerVisit, Visit

router = APIRouter(prefix="/gemeente/tegoeden/brieven", route_class=PageRoute, include_in_schema=False)

BatchNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/{batch}")
def show_batch(visit: IssuerVisit, batch: BatchNumber) -> Response:
    """Say what becomes of the codes, and ask whether now is the time; then offer the letters as files."""
    vouchers.forget_letters(visit.services)
    line = views.batch_named(visit.services, batch)
    ends_at = None if line.opened_at is None else line.opened_at + SHOWN_SECONDS
    is_open = ends_at is not None and line.shown_at is None
    return visit.render(
        "letters.html",
        here="vouchers",
        choice=views.choose_programme(visit.services, line.programme),
        batch=line,
        ends_at=ends_at,
        lost_count=0 if is_open else vouchers.lost_letters(visit.services, batch=batch),
    )


@router.post("/{batch}")
def open_letters(visit: IssuerForm, batch: BatchNumber) -> Response:
    """Begin the hour in which the letters can be taken."""
    _disclose(visit, batch)
    return RedirectResponse(f"{router.prefix}/{batch}", status_code=303, headers=NO_STORE)


@router.post("/{batch}/pdf")
def print_letters(visit: IssuerForm, batch: BatchNumber) -> Response:
    """Give the letters as a PDF to print."""
    letters = _disclose(visit, batch)
    programme = views.batch_named(visit.services, batch).programme
    content = vouchers.draw_letters(visit.services, letters, programme=programme)
    return views.as_file(content, name=f"brieven-{batch}.pdf", media_type="application/pdf")


@router.post("/{batch}/csv")
def write_letters(visit: IssuerForm, batch: BatchNumber) -> Response:
    """Give the codes as a CSV to merge."""
    content = vouchers.write_letters(visit.services, _disclose(visit, batch))
    return views.as_file(content, name=f"brieven-{batch}.csv", media_type="text/csv; charset=utf-8")


@router.post("/{batch}/klaar")
def confirm_letters(visit: IssuerForm, batch: BatchNumber) -> Response:
    """Forget the codes, because they were taken."""
    with acting(visit.services, visit.member.author, Action.LETTERS_FORGOTTEN, batch=batch):
        vouchers.confirm_letters(visit.services, batch=batch)
    return RedirectResponse(f"{router.prefix}/{batch}", status_code=303, headers=NO_STORE)


@router.post("/{batch}/opnieuw")
def reissue_letters(visit: IssuerForm, batch: BatchNumber) -> Response:
    """Make new letters in the place of those that nobody opened."""
    with acting(visit.services, visit.member.author, Action.LETTERS_REISSUED, batch=batch) as deed:
        count = vouchers.reissue_letters(visit.services, batch=batch, staff=visit.member.staff)
        deed.note(letters=count)
    return RedirectResponse(f"{router.prefix}/{batch}", status_code=303, headers=NO_STORE)


def _disclose(visit: Visit, batch: int) -> list[Letter]:
    with acting(visit.services, visit.member.author, Action.LETTERS_SHOWN, batch=batch):
        return vouchers.disclose_letters(visit.services, batch=batch)
