# SPDX-License-Identifier: EUPL-1.2
"""The verb anchor.

anchor
├── when the caller has no role
│   └── it refuses: RoleMissing
├── when the caller's role was taken away
│   └── it refuses: RoleMissing
└── when the caller has any role
    └── it emits Anchored with the hash and the caller
"""

from __future__ import annotations

import pytest

from kindpakket.hashes import keccak

from .fund import ADMIN, ISSUER, OUTSIDER, SHOP_MANAGER, TREASURER, Account, Event, Fund, refused

HEAD = keccak(b"the staff log's head")


def test_anchor_refuses_who_has_no_role(fund: Fund) -> None:
    with refused("RoleMissing", OUTSIDER.address):
        fund.send("anchor", HEAD, by=OUTSIDER)


def test_anchor_refuses_whose_role_was_taken_away(fund: Fund) -> None:
    fund.send("revokeRole", fund.role("ISSUER_ROLE"), ISSUER.address, by=ADMIN)
    with refused("RoleMissing", ISSUER.address):
        fund.send("anchor", HEAD, by=ISSUER)


@pytest.mark.parametrize("account", [ADMIN, ISSUER, SHOP_MANAGER, TREASURER])
def test_anchor_emits_anchored(fund: Fund, account: Account) -> None:
    fields = {"hash": HEAD, "by": account.address}
    assert fund.send("anchor", HEAD, by=account).events == (Event("Anchored", fields),)
