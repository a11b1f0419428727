# SPDX-License-Identifier: EUPL-1.2
"""Payments and refunds behind a figure, in pages, and one payment down to its event; for who answers for the money.

Voucher and ticket are shown to an auditor only: with a payment's moment they tell more than paying out needs.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BeforeValidator, Field, StringConstraints

from kindpakket import programmes, trail
from kindpakket.errors import NotFound, RequestInvalid
from kindpakket.ledger.trail_reports import Filter
from kindpakket.staff import Role
from kindpakket.trail import Payout, Position, Step

from .errors_shown import PageRoute
from .visits import PayoutVisit, Visit

PAGES = "/gemeente/betalingen"

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

PLACE = r"^[0-9]{1,15}-[0-9]{1,9}$"
Number16 = Annotated[int, Field(ge=1, le=0xFFFF)]
# A form sends what was left open as an empty text.
_or_none = BeforeValidator(lambda value: value or None)
ChosenProgramme = Annotated[Number16 | None, _or_none, Query(alias="regeling")]
ChosenShop = Annotated[Number16 | None, _or_none, Query(alias="winkel")]
ChosenCategory = Annotated[Annotated[int, Field(ge=0, le=31)] | None, _or_none, Query(alias="soort")]
FirstOn = Annotated[date | None, _or_none, Query(alias="van")]
LastOn = Annotated[date | None, _or_none, Query(alias="tot")]
PayoutReference = Annotated[
    Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None, _or_none, Query(alias="uitbetaling")
]
Before = Annotated[Annotated[str, StringConstraints(pattern=PLACE)] | None, _or_none, Query(alias="voor")]
LinePlace = Annotated[str, Path(pattern=PLACE)]


@router.get("")
def list_lines(
    visit: PayoutVisit,
    programme: ChosenProgramme = None,
    shop: ChosenShop = None,
    category: ChosenCategory = None,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    payout: PayoutReference = None,
    before: Before = None,
) -> Response:
    """Show the payments and refunds of a filter, newest first, and what all of them add up to."""
    fault = ""
    settled: Payout | None = None
    try:
        wanted = trail.filter_of_days(
            programme=programme, shop=shop, category=category, first_on=first_on, last_on=last_on
        )
    except RequestInvalid:
        # The form is shown again with what is wrong with it, above what is there without these days.
        fault = fault_of(first_on, last_on)
        wanted = Filter(programme=programme, shop=shop, category=category)
    if payout is not None:
        if programme is None or shop is None:
            raise NotFound
        wanted, settled = trail.filter_of_payout(
            visit.services, bytes.fromhex(payout), programme=programme, shop=shop
        )
    known = programmes.list_programmes(visit.services)
    part = trail.list_part(visit.services, wanted, before=_place_of(before) if before else None)
    chosen: dict[str, Any] = {
        "regeling": programme,
        "winkel": shop,
        "soort": category,
        "van": first_on,
        "tot": last_on,
    }
    return visit.render(
        "trail.html",
        status_code=400 if fault else 200,
        here="trail",
        part=part,
        payout=settled,
        chosen=chosen,
        query=_query(chosen | {"uitbetaling": payout}),
        fault=fault,
        before=before,
        programmes={one.programme: one.name for one in known},
        categories=sorted({category for one in known for category in one.categories}),
        shops=visit.services.registry.shops.names(),
    )


@router.get("/{place}")
def show_line(visit: PayoutVisit, place: LinePlace) -> Response:
    """Show one payment: its event and transaction, what was given back of it, its payout; held against the chain."""
    found = trail.follow(visit.services, _place_of(place))
    if Role.AUDITOR not in visit.member.roles:
        found = trail.hide_from_others(found)
    return visit.render(
        "trail_line.html",
        here="trail",
        trail=found,
        words=[_words(visit, step) for step in (found.paid, *found.given_back)],
        programmes={one.programme: one.name for one in programmes.list_programmes(visit.services)},
        shops=visit.services.registry.shops.names(),
    )


def _words(visit: Visit, step: Step) -> list[tuple[str, str]]:
    """Return what an event says, name by name."""
    t = visit.texts
    names = visit.services.registry.shops.names()
    words: list[tuple[str, str]] = []
    for name, value in step.event.arguments.items():
        match name:
            case "amount_cents":
                written = t.euros(value)
            case "shop":
                written = f"{value} ({names.get(value, value)})"
            case "category":
                written = f"{value} ({t.category(value)})"
            case "to_programme":
                written = t("trail.yes" if value else "trail.no")
            case _:
                written = f"{value}"
        words.append((t(f"trail.event.{name}"), written))
    return words


def fault_of(first_on: date | None, last_on: date | None) -> str:
    """Return what is wrong with the days of a period, as the texts name it."""
    if first_on is None or last_on is None:
        return "one_day"
    return "order" if last_on < first_on else "long"


def _query(chosen: dict[str, Any]) -> str:
    return "&".join(f"{name}={value}" for name, value in chosen.items() if value is not None)


def _place_of(text: str) -> Position:
    block, _, log_index = text.partition("-")
    place = int(block), int(log_index)
    if max(place) >= 2**31:
        raise NotFound
    return place
