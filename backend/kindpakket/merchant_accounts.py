# SPDX-License-Identifier: EUPL-1.2
"""Accounts that merchants are paid on: a change is proposed by one member of staff and approved by another.

A false request to change an account number is how payments are stolen. So nobody changes one alone, whoever decides
sees the old and the new one beside each other, and the log says who did what.
"""

from __future__ import annotations

import structlog

from .bank.accounts import IbanInvalid, mask_iban, read_iban
from .csv_tables import tidy
from .errors import RequestInvalid
from .registry.merchant_accounts import AccountChange, ChangedBecause
from .services import Services

__all__ = ["MOST_OF_NAME", "about", "approve", "mask_iban", "propose", "withdraw"]

log = structlog.get_logger(__name__)

MOST_OF_NAME = 70


def propose(
    services: Services, *, shop: int, name: str, iban: str, because: ChangedBecause, staff: int
) -> AccountChange:
    """Propose that the merchant of a shop is paid on another account. Nothing changes until another approves it.

    Raises:
        RequestInvalid: The name or the IBAN cannot be right, or is what it was.
        ShopUnknown: There is no such shop.
        AccountChangeOpen: Another change of this account waits.
        AccountOfAnotherMerchant: Another merchant is paid on it.
    """
    account = services.registry.merchant_accounts.of_shop(shop)
    holder, number = _read(name, iban)
    if (holder, number) == (account.name, account.iban):
        raise RequestInvalid(errors=[{"at": "iban", "fault": "same", "message": "must be another account"}])
    change = services.registry.merchant_accounts.propose(
        shop=shop, name=holder, iban=number, because=because, staff=staff, at=services.now()
    )
    log.info("account_proposed", shop=shop, change=change.change)
    return change


def approve(services: Services, *, shop: int, change: int, staff: int) -> AccountChange:
    """Let the new account count from the next payout run on, as another member of staff than the one who proposed it.

    Raises:
        AccountChangeUnknown: The shop has no such change.
        AccountChangeDecided: It was approved or withdrawn before.
        SamePerson: The one who proposed it.
        AccountChangeOutdated: The account is not what it was any more when it was proposed.
        AccountOfAnotherMerchant: Another merchant is paid on it by now.
        SignInRequired, RoleRequired: They may not approve any more by the time it is their turn.
    """
    # A payout run freezes its accounts under the same lock: it has the old one or the new one.
    with services.one_at_a_time:
        approved = services.registry.merchant_accounts.approve(
            change, shop=shop, staff=staff, at=services.now()
        )
    log.info("account_approved", shop=shop, change=change)
    return approved


def withdraw(services: Services, *, shop: int, change: int, staff: int) -> AccountChange:
    """Let go of a change; the account stays as it is. Anyone who may propose or approve may do that.

    Raises:
        AccountChangeUnknown: The shop has no such change.
        AccountChangeDecided: It was approved or withdrawn before.
    """
    withdrawn = services.registry.merchant_accounts.withdraw(
        change, shop=shop, staff=staff, at=services.now()
    )
    log.info("account_withdrawn", shop=shop, change=change)
    return withdrawn


def about(change: AccountChange) -> dict[str, int | str]:
    """Return what the log of staff says a change is about: numbers, and what tells its accounts apart."""
    return {
        "change": change.change,
        "merchant": change.merchant,
        "was": mask_iban(change.iban_before),
        "iban": mask_iban(change.iban),
    }


def _read(name: str, iban: str) -> tuple[str, str]:
    errors = []
    try:
        holder = tidy(name)
    except ValueError:
        holder = ""
    if not 1 <= len(holder) <= MOST_OF_NAME or holder.startswith(("=", "+", "-", "@")):
        message = f"must be a name of 1 to {MOST_OF_NAME} characters that does not begin as a formula"
        errors.append({"at": "name", "fault": "name", "message": message})
    number = ""
    try:
        number = read_iban(iban)
    except IbanInvalid as invalid:
        message = "must be an IBAN of a country in SEPA whose check digits fit"
        errors.append({"at": "iban", "fault": invalid.fault, "message": message})
    if errors:
        raise RequestInvalid(errors=errors)
    return holder, number
