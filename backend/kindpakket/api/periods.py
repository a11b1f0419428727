# SPDX-License-Identifier: EUPL-1.2
"""What a till may ask about its shop's payments: a day, or a period in pages or as a table."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import StringConstraints

from kindpakket import redemptions, trail
from kindpakket.categories import CATEGORIES
from kindpakket.csv_tables import write_rows
from kindpakket.errors import RequestInvalid
from kindpakket.registry.shops import Till
from kindpakket.units import day_of, format_plain_euros, format_time

from . import models, shop_models
from .access import CallingTill, UseServices
from .languages import choose_language
from .problems import PROBLEM_RESPONSES
from .shop_views import show_redemptions

router = APIRouter(tags=["merchant"], responses=PROBLEM_RESPONSES)

PAGE_ROWS = 100
CSV = "text/csv"
HEADERS = {
    "nl": ("kenmerk", "datum", "tijd", "soort", "bedrag", "teruggeboekt", "kassa"),
    "en": ("redemption id", "date", "time", "category", "amount", "refunded", "till"),
}

Place = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,17})-(0|[1-9][0-9]{0,8})$")]


@router.get(
    "/redemptions",
    operation_id="listRedemptions",
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
    response_model=models.ShopDay | shop_models.ShopPeriod,
)
def list_redemptions(
    services: UseServices,
    till: CallingTill,
    on: Annotated[models.Day | None, Query(description="A day of the Europe/Amsterdam calendar")] = None,
    first_on: Annotated[models.Day | None, Query(alias="from", description="Or the first day")] = None,
    last_on: Annotated[models.Day | None, Query(alias="until", description="and the last")] = None,
    before: Annotated[Place | None, Query(description="`next` of the page before")] = None,
    accept: Annotated[str, Header()] = "",
    accept_language: Annotated[str, Header()] = "",
) -> Any:
    """List the payments of the calling till's shop, newest first: of a day, or of a period of at most 366 days.

    A cashier's till sees those since it joined. A period comes in pages of 100, or, for who accepts text/csv, whole as
    a table.
    """
    if on is not None:
        _refuse_beside_day({"from": first_on, "until": last_on, "before": before})
        if CSV not in accept:
            return _day(services, till, on)
        first_on = last_on = on
    first, last = trail.read_days(first_on, last_on)
    if CSV in accept:
        return _table(services, till, first, last, language=choose_language(accept_language))
    return _page(services, till, first, last, before)


def _day(services: UseServices, till: Till, on: date) -> models.ShopDay:
    day = redemptions.day_of_shop(services, till=till, on=on)
    return models.ShopDay(
        on=on,
        count=len(day),
        total_cents=sum(one.amount_cents - one.refunded_cents for one in day),
        redemptions=show_redemptions(services, till.shop, day),
    )


def _page(
    services: UseServices, till: Till, first_on: date, last_on: date, before: str | None
) -> shop_models.ShopPeriod:
    block, _, log_index = (before or "").partition("-")
    period = redemptions.period_of_shop(
        services,
        till=till,
        first_on=first_on,
        last_on=last_on,
        before=(int(block), int(log_index)) if before else None,
        limit=PAGE_ROWS,
    )
    last = None if period.is_whole else period.redemptions[-1]
    turnover = period.turnover
    return shop_models.ShopPeriod(
        from_=first_on,
        until=last_on,
        count=turnover.count,
        redeemed_cents=turnover.redeemed_cents,
        refunded_cents=turnover.refunded_cents,
        total_cents=turnover.redeemed_cents - turnover.refunded_cents,
        redemptions=show_redemptions(services, till.shop, period.redemptions),
        next=None if last is None else f"{last.block}-{last.log_index}",
    )


def _table(services: UseServices, till: Till, first_on: date, last_on: date, *, language: str) -> Response:
    period = redemptions.period_of_shop(services, till=till, first_on=first_on, last_on=last_on)
    names = services.registry.shops.till_names(till.shop)
    rows = [
        (
            f"0x{one.ticket_id.hex()}",
            day_of(one.at).isoformat(),
            format_time(one.at),
            _category(one.category, language),
            format_plain_euros(one.amount_cents, language=language),
            format_plain_euros(one.refunded_cents, language=language),
            names.get(one.till, ""),
        )
        for one in period.redemptions
    ]
    name = f"{'betalingen' if language == 'nl' else 'payments'}-{first_on}-{last_on}.csv"
    return Response(
        write_rows(HEADERS[language], rows, delimiter=";" if language == "nl" else ","),
        media_type=f"{CSV}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _category(category: int, language: str) -> str:
    english, dutch = CATEGORIES.get(category, (f"{category}", f"{category}"))
    return dutch if language == "nl" else english


def _refuse_beside_day(others: dict[str, object]) -> None:
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise RequestInvalid(errors=[{"at": name, "message": "Not beside `on`"} for name in given])
