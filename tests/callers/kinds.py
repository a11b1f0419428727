# SPDX-License-Identifier: EUPL-1.2
"""Every kind of caller, and what the API calls those that it knows (`x-callers`)."""

from __future__ import annotations

from enum import StrEnum

from kindpakket.staff import Role


class Kind(StrEnum):
    """A kind of caller. The tills of shop 1 are a cashier's and an owner's; the other till is the owner's of shop 2."""

    NOBODY = "nobody"
    MADE_UP_TOKEN = "made_up_token"
    SIGNED_OUT = "signed_out"
    EXPIRED_SESSION = "expired_session"
    REMOVED_MEMBER = "removed_member"
    ENDED_AUDIT_KEY = "ended_audit_key"
    AUDIT_KEY = "audit_key"
    PHONE = "phone"
    OTHER_PHONE = "other_phone"
    RETIRED_PHONE = "retired_phone"
    CASHIER = "cashier"
    OWNER = "owner"
    OTHER_TILL = "other_till"
    REMOVED_TILL = "removed_till"
    ISSUER = "issuer"
    SHOP_MANAGER = "shop_manager"
    TREASURER = "treasurer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLES = {Kind(role.value): role for role in Role}

#: What each kind is called in the API's own description; those that are nothing there are missing.
CALLED = {
    Kind.AUDIT_KEY: "audit_key",
    Kind.PHONE: "phone",
    Kind.OTHER_PHONE: "phone",
    Kind.CASHIER: "cashier",
    Kind.OWNER: "owner",
    Kind.OTHER_TILL: "owner",
    **{kind: kind.value for kind in ROLES},
}


def may_call(kind: Kind, callers: tuple[str, ...]) -> bool:
    """Whether an operation for these callers lets this kind in."""
    return callers == ("anyone",) or CALLED.get(kind) in callers


def refusal_of(kind: Kind, callers: tuple[str, ...]) -> tuple[int, str]:
    """What a kind that may not call an operation for these callers is answered."""
    if kind is Kind.REMOVED_TILL and "owner" in callers:
        return 401, "till_removed"
    if kind is Kind.CASHIER and "owner" in callers:
        return 403, "owner_required"
    if kind is Kind.RETIRED_PHONE and "phone" in callers:
        return 401, "phone_retired"
    if kind in ROLES and any(caller in {*Role} for caller in callers):
        return 403, "role_required"
    return 401, "sign_in_required"
