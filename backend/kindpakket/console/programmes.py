# SPDX-License-Identifier: EUPL-1.2
"""Programmes: all of them; opening one, or a copy of one; what is still to be done for it; its money and its period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from kindpakket import programmes, rules
from kindpakket.categories import CATEGORIES, from_bitmap, to_bitmap
from kindpakket.errors import PolicyTextInvalid
from kindpakket.policies import hash_policy
from kindpakket.staff_log import Action, acting
from kindpakket.units import MAX_REDEMPTION_CENTS, day_ends_at, day_of, day_starts_at

from . import programme_forms as forms
from .errors_shown import PageRoute
from .uploads import UploadedFile
from .visits import NO_STORE, IssuerForm, IssuerVisit, StaffVisit, TreasurerForm, Visit

PAGES = "/gemeente/regelingen"

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

ProgrammePath = Annotated[int, Path(ge=1, le=0xFFFF)]
CopyOf = Annotated[int | None, Query(alias="kopie", ge=1, le=0xFFFF)]
Done = Annotated[str, Query(alias="gedaan", pattern="^(geopend|gestort|verlengd)?$")]
Written = Annotated[str, Form(max_length=200)]
WrittenPolicy = Annotated[str, Form()]
OpeningKey = Annotated[str, Form(pattern="^[0-9a-f]{32}$")]
Categories = Annotated[Sequence[Annotated[int, Field(ge=0, le=31)]], Form()]


@router.get("")
def list_programmes(visit: StaffVisit) -> Response:
    """Show all programmes, newest first."""
    now = visit.services.now()
    lines = [(one, _state_of(one, now)) for one in programmes.list_programmes(visit.services)]
    return visit.render("programmes.html", here="programmes", programmes=lines[::-1])


@router.get("/nieuw")
def ask_for_programme(visit: IssuerVisit, copy_of: CopyOf = None) -> Response:
    """Ask for a programme's name, period, rules and text; those of another one when it is to be a copy."""
    if copy_of is None:
        return _render_form(visit, forms.new_form())
    source = rules.rules_of(visit.services, copy_of)
    return _render_form(visit, forms.copy_form(source), copy_of=source.name)


@router.post("/nieuw")
def preview_programme(
    visit: IssuerForm,
    opening_key: OpeningKey,
    name: Written = "",
    starts_on: Written = "",
    ends_on: Written = "",
    categories: Categories = (),
    maximum: Written = "",
    policy: WrittenPolicy = "",
    file: UploadedFile = None,
) -> Response:
    """Show what would be opened, before anything is done."""
    chosen = forms.sorted_categories(categories)
    typed = forms.Typed(opening_key, name, starts_on, ends_on, chosen, maximum, policy)
    try:
        typed = replace(
            typed, policy=forms.read_policy(policy, file.file.read() if file is not None else b"")
        )
    except PolicyTextInvalid as refusal:
        _, faults = forms.read_form(typed, now=visit.services.now())
        return _render_form(visit, typed, faults=faults | {"policy": refusal.because})
    return _render_preview(visit, typed)


def carried_form(
    opening_key: OpeningKey,
    name: Written = "",
    starts_on: Written = "",
    ends_on: Written = "",
    categories: Categories = (),
    maximum: Written = "",
    policy_base64: WrittenPolicy = "",
) -> forms.Typed:
    """Return what was typed before, which the preview carries on."""
    policy, chosen = forms.read_carried(policy_base64), forms.sorted_categories(categories)
    return forms.Typed(opening_key, name, starts_on, ends_on, chosen, maximum, policy)


CarriedForm = Annotated[forms.Typed, Depends(carried_form)]


@router.post("/nieuw/wijzigen")
def change_programme(visit: IssuerForm, typed: CarriedForm) -> Response:
    """Show the form again with what was typed."""
    return _render_form(visit, typed, status_code=200)


@router.post("/nieuw/bevestigen")
def open_programme(visit: IssuerForm, typed: CarriedForm) -> Response:
    """Open a confirmed programme. The same form again leads to the same programme."""
    terms, _ = forms.read_form(typed, now=visit.services.now())
    if terms is None:
        return _render_preview(visit, typed)
    with acting(visit.services, visit.member.author, Action.PROGRAMME_OPENED) as deed:
        opened = programmes.open_programme(
            visit.services,
            name=terms.name,
            starts_on=terms.starts_on,
            ends_on=terms.ends_on,
            categories=terms.categories,
            max_redemption_cents=terms.max_redemption_cents,
            policy_text=terms.policy_text,
            opening_key=typed.opening_key,
        )
        deed.note(programme=opened.programme)
    return _to_programme(opened.programme, "geopend")


@router.get("/{programme}")
def show_programme(visit: StaffVisit, programme: ProgrammePath, done: Done = "") -> Response:
    """Show a programme, what is still to be done for it, and its money."""
    return _render_programme(visit, programme, done=done)


@router.post("/{programme}/storten")
def deposit(
    visit: TreasurerForm, programme: ProgrammePath, amount: Written = "", reference: Written = ""
) -> Response:
    """Record money that came in, once for each reference."""
    amount_cents = forms.read_cents(amount, most_cents=forms.MOST_DEPOSIT_CENTS)
    line = forms.read_line(reference)
    if amount_cents is None or not line:
        faults = {} if amount_cents else {"amount": "wrong"}
        return _render_programme(
            visit,
            programme,
            typed={"amount": amount, "reference": reference},
            faults=faults if line else faults | {"reference": "wrong"},
        )
    with acting(visit.services, visit.member.author, Action.DEPOSIT_RECORDED, programme=programme) as deed:
        block = programmes.deposit(
            visit.services, programme=programme, amount_cents=amount_cents, payment_reference=line
        )
        deed.note(block=block)
    return _to_programme(programme, "gestort")


@router.post("/{programme}/verlengen")
def extend(visit: IssuerForm, programme: ProgrammePath, ends_on: Written = "") -> Response:
    """Let a programme end later."""
    day = forms.read_day(ends_on)
    if day is None:
        return _render_programme(visit, programme, typed={"ends_on": ends_on}, faults={"ends_on": "wrong"})
    with acting(visit.services, visit.member.author, Action.PROGRAMME_EXTENDED, programme=programme) as deed:
        programmes.extend(visit.services, programme=programme, ends_on=day)
        deed.note(until=f"{day}")
    return _to_programme(programme, "verlengd")


def _render_form(
    visit: Visit,
    typed: forms.Typed,
    *,
    faults: forms.Faults | None = None,
    copy_of: str = "",
    status_code: int | None = None,
) -> Response:
    return visit.render(
        "programme_new.html",
        status_code=status_code or (400 if faults else 200),
        here="programmes",
        typed=typed,
        faults=faults or {},
        copy_of=copy_of,
        categories=list(CATEGORIES),
        most_cents=MAX_REDEMPTION_CENTS,
    )


def _render_preview(visit: Visit, typed: forms.Typed) -> Response:
    """Show what would be opened; the form again when something is wrong with it."""
    terms, faults = forms.read_form(typed, now=visit.services.now())
    if terms is None:
        return _render_form(visit, typed, faults=faults)
    twin = programmes.opened_before(
        visit.services,
        name=terms.name,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        categories=terms.categories,
        max_redemption_cents=terms.max_redemption_cents,
        policy_text=terms.policy_text,
    )
    return visit.render(
        "programme_preview.html",
        here="programmes",
        typed=typed,
        twin=twin,
        rules=rules.Rules(
            programme=0,
            name=terms.name,
            starts_at=day_starts_at(terms.starts_on),
            ends_at=day_ends_at(terms.ends_on),
            categories=from_bitmap(to_bitmap(terms.categories)),
            max_redemption_cents=terms.max_redemption_cents,
            policy_text=terms.policy_text,
            policy_hash=hash_policy(terms.policy_text),
        ),
        now=visit.services.now(),
    )


def _render_programme(
    visit: Visit,
    programme: int,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    faults: forms.Faults | None = None,
) -> Response:
    shown = programmes.programme_named(visit.services, programme)
    report = programmes.report(visit.services, programme=programme)
    ledger, now = visit.services.ledger, visit.services.now()
    accounts = ledger.reports.shop_accounts(programme)
    return visit.render(
        "programme.html",
        status_code=400 if faults else 200,
        here="programmes",
        programme=shown,
        state=_state_of(shown, now),
        totals=report.totals,
        payments=ledger.closing_reports.payments(programme),
        todo=[
            ("opened", True, "", ""),
            ("deposit", report.totals.deposited_cents > 0, "#storten", "treasurer"),
            (
                "shops",
                any(one.categories for one in accounts),
                f"/gemeente/winkels?regeling={programme}",
                "shop_manager",
            ),
            (
                "vouchers",
                report.totals.voucher_count > 0,
                f"/gemeente/tegoeden/toekennen?regeling={programme}",
                "issuer",
            ),
        ],
        done=done,
        typed={"amount": "", "reference": "", "ends_on": ""} | (typed or {}),
        faults=faults or {},
        most_cents=forms.MOST_DEPOSIT_CENTS,
        first_later_day=f"{day_of(shown.ends_at)}",
    )


def _state_of(programme: programmes.Programme, now: int) -> str:
    if now < programme.starts_at:
        return "soon"
    return "running" if now < programme.ends_at else "over"


def _to_programme(programme: int, done: str) -> Response:
    return RedirectResponse(f"{PAGES}/{programme}?gedaan={done}", status_code=303, headers=NO_STORE)
