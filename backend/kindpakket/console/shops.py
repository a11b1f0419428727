# SPDX-License-Identifier: EUPL-1.2
"""Shops: who takes part and what it earned, allowing and removing, its tills, codes for tills, a file of shops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, get_args

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from kindpakket import shops, suspensions, tills
from kindpakket.errors import ShopUnknown
from kindpakket.registry.suspensions import SuspendedBecause
from kindpakket.staff_log import Action, acting

from . import views
from .codes import draw_qr
from .errors_shown import PageRoute
from .overview import WantedProgramme
from .uploads import ConfirmedText, UploadedFile, read_upload
from .visits import NO_STORE, ShopManagerForm, ShopManagerVisit, StaffVisit, Visit

REASONS = get_args(SuspendedBecause)

router = APIRouter(prefix="/gemeente/winkels", route_class=PageRoute, include_in_schema=False)

ShopNumber = Annotated[int, Path(ge=1, le=0xFFFF)]
TillAddress = Annotated[str, Path(pattern="^0x[0-9a-f]{40}$")]
ProgrammeNumber = Annotated[int, Query(alias="regeling", ge=1, le=0xFFFF)]
Categories = Annotated[Sequence[Annotated[int, Field(ge=0, le=31)]], Form()]
ChosenReason = Annotated[str, Form(max_length=40)]
Done = Annotated[str, Query(alias="gedaan", pattern="^(toegelaten|verwijderd|toegevoegd|kassa-weg)?$")]


@router.get("")
def list_shops(visit: StaffVisit, programme: WantedProgramme = None, done: Done = "") -> Response:
    """Show the shops of the register and how they do in a programme."""
    choice = views.choose_programme(visit.services, programme)
    if choice is None:
        return visit.render("no_programme.html", here="shops")
    lines = views.shop_lines(visit.services, programme=choice.chosen.programme)
    return visit.render("shops.html", here="shops", choice=choice, shops=lines, done=done)


@router.get("/toevoegen")
def ask_for_shops(visit: ShopManagerVisit, programme: ProgrammeNumber) -> Response:
    """Ask for a file of shops."""
    choice = views.choose_programme(visit.services, programme)
    return visit.render("shops_upload.html", here="shops", choice=choice)


@router.post("/toevoegen")
def preview_shops(visit: ShopManagerForm, programme: ProgrammeNumber, file: UploadedFile = None) -> Response:
    """Show what a file would add, before anything is done."""
    text = read_upload(file)
    check = shops.check_shops(visit.services, programme=programme, text=text)
    check.faults.refuse()
    choice = views.choose_programme(visit.services, programme)
    return visit.render("shops_preview.html", here="shops", choice=choice, check=check, text=text)


@router.post("/toevoegen/bevestigen")
def add_shops(visit: ShopManagerForm, programme: ProgrammeNumber, text: ConfirmedText = "") -> Response:
    """Register the shops of a confirmed file and let them take part."""
    check = shops.check_shops(visit.services, programme=programme, text=text)
    check.faults.refuse()
    with acting(visit.services, visit.member.author, Action.SHOPS_IMPORTED, programme=programme) as deed:
        deed.note(shops=len(shops.import_shops(visit.services, check)))
    return _back("/gemeente/winkels", programme, "toegevoegd")


@router.get("/{shop}")
def show_shop(
    visit: StaffVisit, shop: ShopNumber, programme: WantedProgramme = None, done: Done = ""
) -> Response:
    """Show one shop, and what can be done with it."""
    choice = views.choose_programme(visit.services, programme)
    if choice is None:
        return visit.render("no_programme.html", here="shops")
    line = _line_of(visit, choice.chosen.programme, shop)
    return _render_shop(visit, choice, line, done=done)


@router.post("/{shop}/toelaten")
def allow_shop(
    visit: ShopManagerForm, shop: ShopNumber, programme: ProgrammeNumber, categories: Categories = ()
) -> Response:
    """Let a shop take part for the kinds of purchase that were ticked."""
    if not categories:
        line = _line_of(visit, programme, shop)
        choice = views.choose_programme(visit.services, programme)
        assert choice is not None, "the programme is known"
        return _render_shop(visit, choice, line, no_category=True, status_code=400)
    with acting(visit.services, visit.member.author, Action.SHOP_ALLOWED, programme=programme, shop=shop):
        shops.allow(visit.services, programme=programme, shop=shop, categories=categories)
    return _back(f"/gemeente/winkels/{shop}", programme, "toegelaten")


@router.post("/{shop}/verwijderen")
def suspend_shop(
    visit: ShopManagerForm, shop: ShopNumber, programme: ProgrammeNumber, because: ChosenReason = ""
) -> Response:
    """Suspend a shop: it no longer takes part, and is told why."""
    chosen: SuspendedBecause | None = next((one for one in REASONS if one == because), None)
    if chosen is None:
        line = _line_of(visit, programme, shop)
        choice = views.choose_programme(visit.services, programme)
        assert choice is not None, "the programme is known"
        return _render_shop(visit, choice, line, no_reason=True, status_code=400)
    with acting(
        visit.services,
        visit.member.author,
        Action.SHOP_SUSPENDED,
        reason=chosen,
        programme=programme,
        shop=shop,
    ):
        suspensions.suspend(
            visit.services, programme=programme, shop=shop, because=chosen, staff=visit.member.staff
        )
    return _back(f"/gemeente/winkels/{shop}", programme, "verwijderd")


@router.post("/{shop}/koppelcode")
def create_pairing_code(visit: ShopManagerForm, shop: ShopNumber, programme: ProgrammeNumber) -> Response:
    """Make a code for one till and show it, once."""
    line = _line_of(visit, programme, shop)
    with acting(visit.services, visit.member.author, Action.PAIRING_CODE_MADE, shop=shop) as deed:
        pairing = shops.create_pairing_code(visit.services, shop=shop)
        deed.note(role=pairing.role)
    url = f"{visit.services.settings.base_url}/winkel/#koppel={pairing.code}"
    return visit.render(
        "pairing_code.html",
        here="shops",
        choice=views.choose_programme(visit.services, programme),
        shop=line,
        pairing=pairing,
        url=url,
        qr=draw_qr(url),
    )


@router.post("/{shop}/kassas/{till}/verwijderen")
def remove_till(
    visit: ShopManagerForm, shop: ShopNumber, till: TillAddress, programme: ProgrammeNumber
) -> Response:
    """Take a till off a shop: it can take no payment from then on."""
    with acting(visit.services, visit.member.author, Action.TILL_REMOVED, shop=shop, till=till):
        tills.remove_from_shop(visit.services, shop=shop, till=till)
    return _back(f"/gemeente/winkels/{shop}", programme, "kassa-weg")


def _render_shop(
    visit: Visit,
    choice: views.ProgrammeChoice,
    line: views.ShopLine,
    *,
    done: str = "",
    no_category: bool = False,
    no_reason: bool = False,
    status_code: int = 200,
) -> Response:
    return visit.render(
        "shop.html",
        status_code=status_code,
        here="shops",
        choice=choice,
        shop=line,
        tills=tills.list_tills(visit.services, shop=line.shop),
        done=done,
        no_category=no_category,
        no_reason=no_reason,
        reasons=REASONS,
    )


def _line_of(visit: Visit, programme: int, shop: int) -> views.ShopLine:
    for line in views.shop_lines(visit.services, programme=programme):
        if line.shop == shop:
            return line
    raise ShopUnknown(shop=shop)


def _back(path: str, programme: int, done: str) -> Response:
    return RedirectResponse(f"{path}?regeling={programme}&gedaan={done}", status_code=303, headers=NO_STORE)
