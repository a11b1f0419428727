# SPDX-License-Identifier: EUPL-1.2
"""Accounts that merchants are paid on: who may see them, and changing one by two people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path

from kindpakket import merchant_accounts
from kindpakket.registry.merchant_accounts import AccountChange
from kindpakket.services import Services
from kindpakket.staff_log import Action, acting

from . import application_models as models
from .access import ApplicationReader, Approver, ShopManager, ShopManagerOrApprover, UseServices
from .municipality import ShopId
from .problems import PROBLEM_RESPONSES
from .written import DIGITS

router = APIRouter(tags=["municipality"], responses=PROBLEM_RESPONSES)

ChangeNumber = Annotated[int, Path(ge=1, le=2**31 - 1), DIGITS]


@router.get("/shops/{shop}/account", operation_id="getShopAccount")
def get_account(shop: ShopId, services: UseServices, _session: ApplicationReader) -> models.ShopAccount:
    """Tell on which account a shop is paid, and how that changed. Shop managers, approvers and auditors."""
    account = services.registry.merchant_accounts.of_shop(shop)
    names = services.registry.payout_payments.staff_names()
    return models.ShopAccount(
        name=account.name,
        iban=account.iban,
        shops=list(account.shops),
        changes=[_show(one, names) for one in services.registry.merchant_accounts.changes(shop=shop)],
    )


@router.post("/shops/{shop}/account-changes", status_code=201, operation_id="proposeAccount")
def propose(
    shop: ShopId, proposal: models.AccountProposal, services: UseServices, session: ShopManager
) -> models.AccountChange:
    """Propose to pay a shop on another account. Someone else approves it. Shop managers only."""
    with acting(
        services, session.author, Action.ACCOUNT_PROPOSED, reason=proposal.because, shop=shop
    ) as deed:
        change = merchant_accounts.propose(
            services,
            shop=shop,
            name=proposal.name,
            iban=proposal.iban,
            because=proposal.because,
            staff=session.staff,
        )
        deed.note(**merchant_accounts.about(change))
    return _shown(services, change)


@router.post(
    "/shops/{shop}/account-changes/{change}/approvals", status_code=201, operation_id="approveAccount"
)
def approve(
    shop: ShopId, change: ChangeNumber, services: UseServices, session: Approver
) -> models.AccountChange:
    """Let the new account count; not as the one who proposed it. Approvers only."""
    with acting(services, session.author, Action.ACCOUNT_APPROVED, shop=shop, change=change) as deed:
        approved = merchant_accounts.approve(services, shop=shop, change=change, staff=session.staff)
        deed.note(**merchant_accounts.about(approved))
    return _shown(services, approved)


@router.delete("/shops/{shop}/account-changes/{change}", operation_id="withdrawAccount")
def withdraw(
    shop: ShopId, change: ChangeNumber, services: UseServices, session: ShopManagerOrApprover
) -> models.AccountChange:
    """Let go of a change that nobody approved. Shop managers and approvers."""
    with acting(services, session.author, Action.ACCOUNT_WITHDRAWN, shop=shop, change=change) as deed:
        withdrawn = merchant_accounts.withdraw(services, shop=shop, change=change, staff=session.staff)
        deed.note(**merchant_accounts.about(withdrawn))
    return _shown(services, withdrawn)


def _shown(services: Services, change: AccountChange) -> models.AccountChange:
    return _show(change, services.registry.payout_payments.staff_names())


def _show(change: AccountChange, names: Mapping[int, str]) -> models.AccountChange:
    return models.AccountChange(
        change=change.change,
        shop=change.shop,
        name=change.name,
        iban=change.iban,
        name_before=change.name_before,
        iban_before=change.iban_before,
        because=change.because,
        proposed_by=names[change.proposed_by],
        proposed_at=change.proposed_at,
        decided_by=None if change.decided_by is None else names[change.decided_by],
        decided_at=change.decided_at,
        decision=change.decision,
    )
