# SPDX-License-Identifier: EUPL-1.2
"""An account that a shop is paid on changes by two people, and by no one alone.

Given a change that cannot be right
  it is refused, and says what is wrong
Given a change that one proposed
  the account is as it was, until another approves
  who proposed it does not approve it, also past the use case by the database
  it is decided once, and no other waits beside it
  when the account is not what it was any more, it is refused
Given a change that was approved
  a payout run that was prepared before is refused, and the next one pays the new account
The log of staff shows of accounts only what tells them apart
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket import merchant_accounts, payout_runs, staff_log
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.errors import (
    AccountChangeDecided,
    AccountChangeOpen,
    AccountChangeOutdated,
    AccountChangeUnknown,
    AccountOfAnotherMerchant,
    PayoutRunOutdated,
    RequestInvalid,
    SamePerson,
    ShopUnknown,
)
from kindpakket.registry.merchant_accounts import AccountChange
from kindpakket.services import Services
from kindpakket.settings import Settings
from kindpakket.staff import Role
from tests.ledger.databases import connect
from tests.payout_runs.bank import OUR_IBAN
from tests.support import InProcess, Town, sign_in

OLD, NEW, OTHERS = "NL90INGB0009000000", "DE89370400440532013000", "NL95INGB0009000007"


def propose(
    services: Services, town: Town, staff: int, *, name: str = "Jansen", iban: str = NEW
) -> AccountChange:
    """Propose an account for the first shop."""
    return merchant_accounts.propose(
        services, shop=town.shops[0], name=name, iban=iban, because="asked_by_shop", staff=staff
    )


def iban_of(services: Services, town: Town) -> str:
    return services.registry.merchant_accounts.of_shop(town.shops[0]).iban


@pytest.mark.parametrize(
    "name, iban, faults",
    [
        ("", NEW, {"name": "name"}),
        ("x" * 71, NEW, {"name": "name"}),
        ("=1+1", NEW, {"name": "name"}),
        ("Jan\u200bsen", NEW, {"name": "name"}),
        ("Jansen", "NL91INGB0009000000", {"iban": "check"}),
        ("Jansen", "NL90ING10009000000", {"iban": "bank"}),
        ("Jansen", "BR1800360305000010009795493C1", {"iban": "sepa"}),
        ("", "", {"name": "name", "iban": "check"}),
        ("Fietsen Jansen", OLD, {"iban": "same"}),
    ],
)
def test_a_change_that_cannot_be_right_says_what_is_wrong(
    services: Services, town: Town, anna: int, name: str, iban: str, faults: dict[str, str]
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        propose(services, town, anna, name=name, iban=iban)
    assert {error["at"]: error["fault"] for error in refused.value.errors} == faults


def test_an_account_of_another_merchant_is_refused_also_when_it_became_so(
    services: Services, town: Town, anna: int, bram: int
) -> None:
    with pytest.raises(AccountOfAnotherMerchant):
        propose(services, town, anna, iban=OTHERS)
    change = propose(services, town, anna)
    other = merchant_accounts.propose(
        services, shop=town.shops[1], name="Sport", iban=NEW, because="mistake", staff=anna
    )
    merchant_accounts.approve(services, shop=town.shops[1], change=other.change, staff=bram)
    with pytest.raises(AccountOfAnotherMerchant):
        merchant_accounts.approve(services, shop=town.shops[0], change=change.change, staff=bram)
    assert iban_of(services, town) == OLD


def test_who_proposed_an_account_does_not_approve_it(services: Services, town: Town, anna: int) -> None:
    change = propose(services, town, anna)
    with pytest.raises(SamePerson):
        merchant_accounts.approve(services, shop=town.shops[0], change=change.change, staff=anna)
    assert iban_of(services, town) == OLD
    values = f"decided_by = {anna}, decided_at = 1, decision = 'approved', open = NULL"
    with connect(services.settings.registry_address) as connection, pytest.raises(IntegrityError):
        connection.execute(text(f"UPDATE account_change SET {values}"))


@pytest.mark.parametrize("changed", ["iban = 'BE68539007547034'", "name = 'Jansen'"])
def test_a_change_is_refused_when_the_account_is_not_what_it_was(
    services: Services, town: Town, anna: int, bram: int, changed: str
) -> None:
    change = propose(services, town, anna)
    with connect(services.settings.registry_address) as connection:
        connection.execute(text(f"UPDATE merchant SET {changed} WHERE merchant = {change.merchant}"))
    before = services.registry.merchant_accounts.of_shop(town.shops[0])
    with pytest.raises(AccountChangeOutdated) as refused:
        merchant_accounts.approve(services, shop=town.shops[0], change=change.change, staff=bram)
    assert refused.value.change == change.change
    assert services.registry.merchant_accounts.of_shop(town.shops[0]) == before
    merchant_accounts.withdraw(services, shop=town.shops[0], change=change.change, staff=bram)
    again = propose(services, town, anna)
    assert (again.name_before, again.iban_before) == (before.name, before.iban)


def test_one_change_waits_at_a_time_and_is_decided_once(
    services: Services, town: Town, anna: int, bram: int
) -> None:
    change = propose(services, town, anna)
    with pytest.raises(AccountChangeOpen):
        propose(services, town, bram, iban="BE68539007547034")
    merchant_accounts.withdraw(services, shop=town.shops[0], change=change.change, staff=anna)
    for decide in (merchant_accounts.approve, merchant_accounts.withdraw):
        with pytest.raises(AccountChangeDecided):
            decide(services, shop=town.shops[0], change=change.change, staff=bram)
    assert iban_of(services, town) == OLD
    assert propose(services, town, bram, iban="BE68539007547034").change != change.change


def test_a_change_belongs_to_its_shop(services: Services, town: Town, anna: int, bram: int) -> None:
    change = propose(services, town, anna)
    for shop, number in ((town.shops[1], change.change), (town.shops[0], 99)):
        with pytest.raises(AccountChangeUnknown):
            merchant_accounts.approve(services, shop=shop, change=number, staff=bram)
    with pytest.raises(ShopUnknown):
        merchant_accounts.propose(services, shop=99, name="Jansen", iban=NEW, because="mistake", staff=anna)


@pytest.fixture
def settings_of_payer(services: Services) -> Settings:
    """The installation knows which account pays."""
    services.settings = services.settings.model_copy(update={"payout_iban": OUR_IBAN})
    return services.settings


def test_a_run_of_before_the_change_is_refused_and_the_next_one_pays_the_new_account(
    services: Services, town: Town, anna: int, bram: int, settings_of_payer: Settings
) -> None:
    till, phone = town.new_till(town.shops[0]), town.new_phone()
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=30_000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=1_000, category=3)
    run = payout_runs.prepare(services, programme=town.programme, staff=anna)
    change = propose(services, town, anna)
    merchant_accounts.approve(services, shop=town.shops[0], change=change.change, staff=bram)
    assert [one.iban for one in services.registry.payout_runs.run(run.run).proposed] == [OLD]
    with pytest.raises(PayoutRunOutdated) as refused:
        payout_runs.approve(services, run=run.run, staff=bram)
    assert refused.value.shop == town.shops[0]
    assert services.registry.payout_runs.run(run.run).state == "prepared"
    payout_runs.cancel(services, run=run.run, staff=anna)
    again = payout_runs.prepare(services, programme=town.programme, staff=anna)
    assert [(one.name, one.iban) for one in again.proposed] == [("Jansen", NEW)]
    assert payout_runs.approve(services, run=again.run, staff=bram).state == "settled"


def test_over_the_api_it_takes_two_people_and_the_log_shows_masked_accounts(
    services: Services, town: Town, new_client: Any
) -> None:
    manager, approver = new_client(), new_client()
    sign_in(services, manager, name="Mia", roles=[Role.SHOP_MANAGER, Role.APPROVER])
    sign_in(services, approver, name="Ada", roles=[Role.APPROVER])
    path = f"/shops/{town.shops[0]}"
    order = {"name": "Jansen", "iban": NEW, "because": "new_owner"}
    with pytest.raises(Refused, match="request_invalid"):
        manager.ask("POST", f"{path}/account-changes", order | {"because": "zomaar"})
    change = manager.ask("POST", f"{path}/account-changes", order)
    assert (change["proposedBy"], change["decision"], change["ibanBefore"]) == ("Mia", None, OLD)
    with pytest.raises(Refused, match="same_person"):
        manager.ask("POST", f"{path}/account-changes/{change['change']}/approvals")
    assert _ask_account(approver, path)["iban"] == OLD
    approver.ask("POST", f"{path}/account-changes/{change['change']}/approvals")
    account = _ask_account(approver, path)
    assert (account["iban"], account["changes"][0]["decidedBy"]) == (NEW, "Ada")
    with pytest.raises(Refused, match="account_change_decided"):
        approver.ask("DELETE", f"{path}/account-changes/{change['change']}")

    lines = staff_log.list_lines(services, before=None, limit=50)
    told = {one.entry.action: one for one in reversed(lines) if one.outcome == "done"}
    assert told["account_approved"].about == (
        f"shop={town.shops[0]} change={change['change']} merchant=1 was=NL..0000 iban=DE..3000"
    )
    assert told["account_proposed"].entry.reason == "new_owner"
    assert not [one for one in lines if NEW in f"{one}" or OLD in f"{one}"]
    assert [one.outcome_reason for one in lines if one.outcome == "refused"] == [
        "account_change_decided",
        "same_person",
    ]


def _ask_account(client: InProcess, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.ask("GET", f"{path}/account")
    return answer
