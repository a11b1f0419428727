# SPDX-License-Identifier: EUPL-1.2
"""Which account holds which role in the tests, and each role's verbs with words that its holder could use."""

from __future__ import annotations

from typing import Any

from kindpakket.tickets import keys

from .fund import ISSUER, SHOP_MANAGER, TREASURER
from .town import (
    CATEGORIES,
    ENDS_AT,
    MAX_REDEMPTION_CENTS,
    POLICY_HASH,
    REFERENCE,
    SHOP,
    STARTS_AT,
    UNPAIRED_TILL,
)

STRANGER = keys.address_of(UNPAIRED_TILL)
ROLES = {"ISSUER_ROLE": ISSUER, "SHOP_MANAGER_ROLE": SHOP_MANAGER, "TREASURER_ROLE": TREASURER}
VERBS: list[tuple[str, str, tuple[Any, ...]]] = [
    ("ISSUER_ROLE", "openProgramme", (STARTS_AT, ENDS_AT, CATEGORIES, MAX_REDEMPTION_CENTS, POLICY_HASH)),
    ("ISSUER_ROLE", "extend", (1, ENDS_AT + 1)),
    ("ISSUER_ROLE", "issue", (1, [(STRANGER, 1)])),
    ("ISSUER_ROLE", "topUp", (1, 1)),
    ("ISSUER_ROLE", "replaceHolder", (1, STRANGER, 1)),
    ("ISSUER_ROLE", "blockVoucher", (1, 1)),
    ("ISSUER_ROLE", "unblockVoucher", (1,)),
    ("SHOP_MANAGER_ROLE", "allowShop", (1, SHOP, CATEGORIES)),
    ("SHOP_MANAGER_ROLE", "removeShop", (1, SHOP)),
    ("SHOP_MANAGER_ROLE", "addTill", (SHOP, STRANGER)),
    ("SHOP_MANAGER_ROLE", "removeTill", (STRANGER,)),
    ("TREASURER_ROLE", "deposit", (1, 1, REFERENCE)),
    ("TREASURER_ROLE", "withdraw", (1, 1, REFERENCE)),
    ("TREASURER_ROLE", "settle", (1, SHOP, 1, REFERENCE)),
    ("TREASURER_ROLE", "sweep", ([1],)),
]
