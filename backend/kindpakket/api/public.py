# SPDX-License-Identifier: EUPL-1.2
"""What anyone may ask: where signatures count, which programmes there are, which shops take part."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from kindpakket import programmes, shops
from kindpakket.tickets import signing

from . import models
from .access import UseServices
from .problems import PROBLEM_RESPONSES

router = APIRouter(tags=["public"], responses=PROBLEM_RESPONSES)


@router.get("/openapi.json", include_in_schema=False)
def describe(request: Request) -> JSONResponse:
    """Describe this API to anyone, from any site."""
    return JSONResponse(request.app.openapi(), headers={"Access-Control-Allow-Origin": "*"})


@router.get("/fund", operation_id="getFund")
def get_fund(services: UseServices) -> models.Fund:
    """Tell where signatures count, and whom to call. Anyone may ask."""
    return models.Fund(
        name=signing.NAME,
        version=signing.VERSION,
        chain_id=services.fund.domain.chain_id,
        contract=services.fund.address,
        municipality=services.settings.municipality,
        phone=services.settings.phone,
        now=services.now(),
    )


@router.get("/programmes", operation_id="listProgrammes")
def list_programmes(services: UseServices) -> models.Programmes:
    """List the programmes. Anyone may ask."""
    return models.Programmes(
        programmes=[show_programme(programme) for programme in programmes.list_programmes(services)]
    )


@router.get("/shops", operation_id="listShops")
def list_shops(services: UseServices) -> models.Shops:
    """List the shops that take part now. Anyone may ask."""
    return models.Shops(
        shops=[
            models.Shop(
                shop=shop.shop,
                name=shop.name,
                categories=list(shop.categories),
                street=shop.street,
                town=shop.town,
                opening=shop.opening,
            )
            for shop in shops.list_taking_part(services)
        ]
    )


def show_programme(programme: programmes.Programme) -> models.Programme:
    """Return a programme as everyone may know it."""
    return models.Programme(
        programme=programme.programme,
        name=programme.name,
        starts_at=programme.starts_at,
        ends_at=programme.ends_at,
        categories=list(programme.categories),
        max_redemption_cents=programme.max_redemption_cents,
    )
