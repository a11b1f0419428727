# SPDX-License-Identifier: EUPL-1.2
"""What came onto the chain past the server: an inspection names it, and nothing that was done in order.

given books in which all is right, with letters, shops, tills, a removed till and a payout
├── when somebody uses a role's key without the server: each voucher, shop and till that nobody registered is named
├── when another account has a role: it is named as long as it has it
└── when an import is under way, or broke off: nothing is named
"""

from __future__ import annotations

import pytest

from kindpakket import inspections, unregistered
from kindpakket.chain import calls
from kindpakket.chain.deploy import ROLES
from kindpakket.events import Allocation
from kindpakket.registry.letters import NewHousehold, NewVoucher
from kindpakket.services import Services
from tests.payout_runs.conftest import Shopping

OTHER = f"0x{'5' * 40}"


def told(services: Services) -> dict[str, str]:
    return {one.subject: one.found for one in unregistered.find(services)}


def test_what_is_done_in_order_is_all_registered(books: Services, earned: Shopping) -> None:
    town = earned.town
    till = town.new_till(town.shops[0])
    town.desk.ask("DELETE", f"/shops/{town.shops[0]}/tills/{till.address}")
    assert told(books) == {}


def test_what_came_past_the_server_is_named(books: Services) -> None:
    fund, accounts = books.fund, books.accounts
    before = fund.voucher_count()
    issue = calls.issue(programme=1, allocations=[Allocation(letter_key=OTHER, amount_cents=5000)] * 2)
    block = fund.execute(issue, sender=accounts.issuer).receipt.block
    for call in (
        calls.allow_shop(programme=1, shop=77, categories=2),
        calls.add_till(shop=77, till=OTHER),
        calls.add_till(shop=1, till=f"0x{'6' * 40}"),
    ):
        fund.execute(call, sender=accounts.shop_manager)
    assert told(books) == {
        f"voucher {before + 1}": f"5000 cents, issued in block {block}",
        f"voucher {before + 2}": f"5000 cents, issued in block {block}",
        "shop 77": f"let in in block {block + 1}",
        f"till {OTHER}": "of shop 77",
        f"till 0x{'6' * 40}": "of shop 1",
    }
    done = inspections.perform(books, inspections.ask(books, occasion="command"))
    subjects = {one.subject for one in inspections.report(books, done.inspection).findings}
    assert set(told(books)) <= subjects
    assert books.registry.inspections.alarm() is not None
    fund.execute(calls.remove_till(till=OTHER), sender=accounts.shop_manager)
    assert f"till {OTHER}" not in told(books)


def test_a_till_that_the_chain_has_at_another_shop_than_the_register_is_named(
    books: Services, earned: Shopping
) -> None:
    first, second = earned.town.shops
    till = earned.tills[first].address.lower()
    for call in (calls.remove_till(till=till), calls.add_till(shop=second, till=till)):
        books.fund.execute(call, sender=books.accounts.shop_manager)
    assert told(books) == {f"till {till}": f"of shop {second}, and of shop {first} in the register"}


@pytest.mark.parametrize("role", ROLES)
def test_another_account_with_a_role_is_named_as_long_as_it_has_it(books: Services, role: str) -> None:
    admin = books.accounts.admin
    books.fund.execute(calls.grant_role(role=ROLES[role], account=OTHER), sender=admin)
    assert told(books) == {f"role {role}": f"also {OTHER} has it"}
    books.fund.execute(calls.revoke_role(role=ROLES[role], account=OTHER), sender=admin)
    assert told(books) == {}


def test_vouchers_of_an_import_that_broke_off_are_no_strangers(books: Services) -> None:
    household = NewHousehold(
        line=1, row_reference="Z-1", letter_id="9" * 32, sealed_secret=b"x", vouchers=[NewVoucher(OTHER, 100)]
    )
    books.registry.letters.create_batch(1, [household], created_at=books.now())
    issue = calls.issue(programme=1, allocations=[Allocation(letter_key=OTHER, amount_cents=100)])
    books.fund.execute(issue, sender=books.accounts.issuer)
    assert told(books) == {}
