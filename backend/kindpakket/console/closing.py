# SPDX-License-Identifier: EUPL-1.2
"""Closing a programme: what can be done now and why not yet, sweeping, withdrawing, the statement as page and PDF."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import closing, programmes
from kindpakket.closing import paper
from kindpakket.staff_log import Action, acting

from . import programme_forms as forms
from .errors_shown import PageRoute
from .programmes import PAGES, ProgrammePath, Written
from .visits import NO_STORE, PayoutVisit, TreasurerForm, Visit

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

Done = Annotated[str, Query(alias="gedaan", pattern="^(leeg|verder|teruggestort)?$")]
FormCents = Annotated[int, Form(ge=0, le=10**12)]


@router.get("/{programme}/afsluiten")
def show_closing(visit: PayoutVisit, programme: ProgrammePath, done: Done = "") -> Response:
    """Show each step of closing, and which can be done now."""
    return _render_closing(visit, programme, done=done)


@router.post("/{programme}/afsluiten/leegmaken")
def sweep(visit: TreasurerForm, programme: ProgrammePath) -> Response:
    """Take back what is left on some of the vouchers."""
    with acting(visit.services, visit.member.author, Action.VOUCHERS_SWEPT, programme=programme) as deed:
        left = closing.sweep(visit.services, programme=programme)
        deed.note(left=left)
    return _to_closing(programme, "verder" if left else "leeg")


@router.post("/{programme}/afsluiten/rest")
def withdraw(
    visit: TreasurerForm, programme: ProgrammePath, amount_cents: FormCents = 0, reference: Written = ""
) -> Response:
    """Record that all that was left went back to the municipality."""
    line = forms.read_line(reference)
    if not line:
        return _render_closing(visit, programme, reference=reference, reference_wrong=True)
    with acting(visit.services, visit.member.author, Action.REST_WITHDRAWN, programme=programme) as deed:
        block = closing.withdraw_rest(
            visit.services, programme=programme, amount_cents=amount_cents, payment_reference=line
        )
        deed.note(block=block)
    return _to_closing(programme, "teruggestort")


@router.get("/{programme}/verantwoording")
def show_statement(visit: PayoutVisit, programme: ProgrammePath) -> Response:
    """Show where every cent of a programme went."""
    statement = closing.statement_of(visit.services, programme=programme)
    return visit.render(
        "closing_statement.html",
        here="programmes",
        programme=programme,
        statement=statement,
        amounts=paper.amounts_of(statement),
        on_chain={one.what: one.chain_cents for one in statement.lines},
        differing={one.what for one in statement.differences},
        faults=paper.faults_of(statement, visit.texts),
        sum_line=paper.sum_line(statement, visit.texts),
    )


@router.get("/{programme}/verantwoording.pdf")
def download_statement(visit: PayoutVisit, programme: ProgrammePath) -> Response:
    """Give the statement on paper."""
    statement = closing.statement_of(visit.services, programme=programme)
    content = paper.write(visit.services, statement, language=visit.texts.language)
    name = paper.file_name(statement)
    return Response(
        content,
        media_type="application/pdf",
        headers={**NO_STORE, "content-disposition": f'attachment; filename="{name}"'},
    )


def _render_closing(
    visit: Visit,
    programme: int,
    *,
    done: str = "",
    reference: str = "",
    reference_wrong: bool = False,
) -> Response:
    return visit.render(
        "closing.html",
        status_code=400 if reference_wrong else 200,
        here="programmes",
        programme=programmes.programme_named(visit.services, programme),
        closing=closing.closing_of(visit.services, programme=programme),
        days=closing.PAUSE_DAYS,
        done=done,
        reference=reference,
        reference_wrong=reference_wrong,
    )


def _to_closing(programme: int, done: str) -> Response:
    return RedirectResponse(f"{PAGES}/{programme}/afsluiten?gedaan={done}", status_code=303, headers=NO_STORE)
