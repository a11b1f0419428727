# SPDX-License-Identifier: EUPL-1.2
"""The account that a shop is paid on: seen by who must, changed by two people, both accounts beside each other."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from kindpakket import merchant_accounts
from kindpakket.errors import RequestInvalid
from kindpakket.registry.merchant_accounts import ChangedBecause
from kindpakket.staff_log import Action, acting

from .errors_shown import PageRoute
from .shops import ShopNumber
from .visits import (
    NO_STORE,
    ApplicationVisit,
    ApproverForm,
    ShopManagerForm,
    ShopManagerOrApproverForm,
    Visit,
)

PAGES = "/gemeente/winkels/{shop}/rekening"
REASONS = get_args(ChangedBecause)

router = APIRouter(prefix=PAGES, route_class=PageRoute, include_in_schema=False)

Change = Annotated[int, Form(ge=1, le=2**31 - 1)]
WrittenName = Annotated[str, Form(max_length=1000)]
WrittenIban = Annotated[str, Form(max_length=1000)]
ChosenReason = Annotated[str, Form(max_length=40)]
Done = Annotated[str, Query(alias="gedaan", pattern="^(voorgesteld|goedgekeurd|ingetrokken)?$")]


@router.get("")
def show_account(visit: ApplicationVisit, shop: ShopNumber, done: Done = "") -> Response:
    """Show on which account a shop is paid, and what can be done with it."""
    return _render(visit, shop, done=done)


@router.post("")
def propose(
    visit: ShopManagerForm,
    shop: ShopNumber,
    name: WrittenName = "",
    iban: WrittenIban = "",
    because: ChosenReason = "",
) -> Response:
    """Propose another account; a colleague approves it."""
    chosen: ChangedBecause | None = next((one for one in REASONS if one == because), None)
    if chosen is None:
        return _render(visit, shop, name=name, iban=iban, faults={"because": "empty"})
    try:
        with acting(
            visit.services, visit.member.author, Action.ACCOUNT_PROPOSED, reason=chosen, shop=shop
        ) as deed:
            change = merchant_accounts.propose(
                visit.services, shop=shop, name=name, iban=iban, because=chosen, staff=visit.member.staff
            )
            deed.note(**merchant_accounts.about(change))
    except RequestInvalid as refusal:
        faults = {str(error["at"]): str(error["fault"]) for error in refusal.errors}
        return _render(visit, shop, name=name, iban=iban, because=because, faults=faults)
    return _back(shop, "voorgesteld")


@router.post("/goedkeuren")
def approve(visit: ApproverForm, shop: ShopNumber, change: Change) -> Response:
    """Let the new account count from now on."""
    with acting(
        visit.services, visit.member.author, Action.ACCOUNT_APPROVED, shop=shop, change=change
    ) as deed:
        approved = merchant_accounts.approve(
            visit.services, shop=shop, change=change, staff=visit.member.staff
        )
        deed.note(**merchant_accounts.about(approved))
    return _back(shop, "goedgekeurd")


@router.post("/intrekken")
def withdraw(visit: ShopManagerOrApproverForm, shop: ShopNumber, change: Change) -> Response:
    """Let go of a change; the account stays as it is."""
    with acting(
        visit.services, visit.member.author, Action.ACCOUNT_WITHDRAWN, shop=shop, change=change
    ) as deed:
        withdrawn = merchant_accounts.withdraw(
            visit.services, shop=shop, change=change, staff=visit.member.staff
        )
        deed.note(**merchant_accounts.about(withdrawn))
    return _back(shop, "ingetrokken")


def _render(
    visit: Visit,
    shop: int,
    *,
    done: str = "",
    name: str = "",
    iban: str = "",
    because: str = "",
    faults: dict[str, str] | None = None,
) -> Response:
    kept = visit.services.registry
    changes = kept.merchant_accounts.changes(shop=shop)
    return visit.render(
        "shop_account.html",
        status_code=400 if faults else 200,
        here="shops",
        shop=kept.shops.shop(shop),
        account=kept.merchant_accounts.of_shop(shop),
        open_change=next((one for one in changes if one.decision is None), None),
        decided=[one for one in changes if one.decision is not None],
        shops=kept.shops.names(),
        staff=kept.payout_payments.staff_names(),
        mask=merchant_accounts.mask_iban,
        most_of_name=merchant_accounts.MOST_OF_NAME,
        reasons=REASONS,
        done=done,
        typed={"name": name, "iban": iban, "because": because},
        faults=faults or {},
    )


def _back(shop: int, done: str) -> Response:
    return RedirectResponse(f"{PAGES.format(shop=shop)}?gedaan={done}", status_code=303, headers=NO_STORE)
