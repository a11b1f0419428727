# SPDX-License-Identifier: EUPL-1.2
"""What an owner's till may ask about the tills of its shop: to see them, to pair one, to remove one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from kindpakket import shops, tills

from . import models, municipality_models, shop_models, shop_views
from .access import CallingOwner, CallingTill, UseServices
from .problems import PROBLEM_RESPONSES

router = APIRouter(tags=["merchant"], responses=PROBLEM_RESPONSES)

TillAddress = Annotated[
    models.Address, Path(alias="till", description="The till's address, 0x and 40 digits")
]


@router.get("/tills", operation_id="listTills")
def list_tills(services: UseServices, owner: CallingOwner) -> shop_models.Tills:
    """List the tills of the calling till's shop. Owners only."""
    return shop_views.show_tills(tills.list_tills(services, shop=owner.shop), now=services.now())


@router.post("/tills/me/pairing-codes", status_code=201, operation_id="createOwnPairingCode")
def create_pairing_code(
    order: shop_models.PairingCodeOrder, services: UseServices, owner: CallingOwner
) -> municipality_models.PairingCode:
    """Give out a code for one more till of this shop, for ten minutes. Owners only."""
    code = shops.create_pairing_code(
        services, shop=owner.shop, role=order.role, seconds=tills.PAIRING_SECONDS
    )
    return municipality_models.PairingCode(pairing_code=code.code, expires_at=code.ends_at)


@router.delete("/tills/{till}", operation_id="removeTill")
def remove_till(address: TillAddress, services: UseServices, till: CallingTill) -> shop_models.RemovedTill:
    """Remove a till of this shop at once: itself, or, for an owner, any."""
    removed = tills.remove(services, by=till, till=f"0x{address.hex()}")
    return shop_views.show_removed_till(removed)
