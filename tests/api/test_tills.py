# SPDX-License-Identifier: EUPL-1.2
"""A shop's tills: who may pair, see and remove them; a removed till is out at once, on the chain too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kindpakket import tills
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.errors import ChainUnreachable
from kindpakket.registry.shops import MOST_OPEN_CODES
from kindpakket.services import Services
from kindpakket.unfinished import finish
from kindpakket.units import day_of
from tests.support import Town

BICYCLES = 3


@pytest.fixture
def owner(town: Town) -> Till:
    return town.new_till(town.shops[0], name="Kantoor")


@pytest.fixture
def cashier(town: Town, owner: Till) -> Till:
    return join(town, owner, role="cashier")


def join(town: Town, owner: Till, *, role: str, name: str = "Kassa 2") -> Till:
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": role})["pairingCode"]
    till = Till(town.new_client(), town.domain)
    assert till.pair(code, name=name)["role"] == role
    return till


def names(owner: Till) -> list[str]:
    return [one["name"] for one in owner.client.ask("GET", "/tills")["tills"]]


OWNERS_MESSAGES = [
    ("GET", "/tills", None),
    ("POST", "/tills/me/pairing-codes", {"role": "cashier"}),
    ("POST", "/tills/me/pairing-codes", {"role": "owner"}),
    ("GET", "/payouts", None),
    ("GET", "/payouts/1-0", None),
]


@pytest.mark.parametrize("method, path, body", OWNERS_MESSAGES)
def test_what_is_an_owners_is_refused_to_a_cashier(
    cashier: Till, method: str, path: str, body: object
) -> None:
    with pytest.raises(Refused) as refused:
        cashier.client.ask(method, path, body)
    assert (refused.value.status, refused.value.reason) == (403, "owner_required")


@pytest.mark.parametrize("method, path, body", OWNERS_MESSAGES)
def test_what_is_an_owners_is_refused_to_strangers_phones_and_staff(
    town: Town, owner: Till, method: str, path: str, body: object
) -> None:
    phone = town.new_phone()
    for token in ("", phone.client.token, town.desk.token):
        owner.client.token = token
        with pytest.raises(Refused) as refused:
            owner.client.ask(method, path, body)
        assert (refused.value.status, refused.value.reason) == (401, "sign_in_required")


@pytest.mark.parametrize("role", ["admin", "Owner", "", None, 1])
def test_a_role_that_there_is_not_is_refused(owner: Till, role: object) -> None:
    with pytest.raises(Refused) as refused:
        owner.client.ask("POST", "/tills/me/pairing-codes", {"role": role})
    assert refused.value.content["errors"][0]["at"] == "role"


def test_a_cashier_removes_no_other_till(town: Town, owner: Till, cashier: Till) -> None:
    with pytest.raises(Refused, match="owner_required"):
        cashier.client.ask("DELETE", f"/tills/{owner.address}")
    assert names(owner) == ["Kantoor", "Kassa 2"]


def test_an_owner_removes_no_till_of_another_shop(town: Town, owner: Till) -> None:
    other = town.new_till(town.shops[1])
    with pytest.raises(Refused, match="not_found"):
        owner.client.ask("DELETE", f"/tills/{other.address}")
    assert other.client.ask("GET", "/tills/me")["shopName"] == "Sport en Spel"


def test_an_owner_removes_no_till_that_never_was(owner: Till) -> None:
    with pytest.raises(Refused, match="not_found"):
        owner.client.ask("DELETE", f"/tills/0x{'12' * 20}")


def test_an_owners_code_works_for_ten_minutes_and_no_longer(
    town: Town, owner: Till, chain: TesterChain
) -> None:
    given = [owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"}) for _ in range(2)]
    assert given[0]["expiresAt"] == town.now() + 600
    chain.travel_to(given[0]["expiresAt"] - 1)
    Till(town.new_client(), town.domain).pair(given[0]["pairingCode"])
    chain.travel_to(given[0]["expiresAt"])
    with pytest.raises(Refused, match="pairing_code_invalid"):
        Till(town.new_client(), town.domain).pair(given[1]["pairingCode"])


def test_an_owner_who_makes_codes_without_end_has_the_newest_open(
    town: Town, owner: Till, chain: TesterChain
) -> None:
    given = []
    for _ in range(MOST_OPEN_CODES + 1):
        chain.travel_to(town.now() + 1)
        given.append(owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"])
    oldest, second, *_, newest = given
    with pytest.raises(Refused, match="pairing_code_invalid"):
        Till(town.new_client(), town.domain).pair(oldest)
    for name, code in (("Kassa 2", second), ("Kassa 3", newest)):
        assert Till(town.new_client(), town.domain).pair(code, name=name)["role"] == "cashier"


def test_a_code_of_a_till_that_was_removed_meanwhile_is_still_its_shops(town: Town, owner: Till) -> None:
    second = join(town, owner, role="owner")
    code = second.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    owner.client.ask("DELETE", f"/tills/{second.address}")
    joined = Till(town.new_client(), town.domain).pair(code)
    assert (joined["role"], joined["shop"]) == ("cashier", town.shops[0])


def test_a_name_that_a_till_of_the_shop_has_is_refused_and_a_free_one_proposed(
    town: Town, owner: Till, cashier: Till
) -> None:
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    third = Till(town.new_client(), town.domain)
    with pytest.raises(Refused) as refused:
        third.pair(code, name=" kassa  2 ")
    assert (refused.value.status, refused.value.reason) == (409, "till_name_taken")
    assert refused.value.content["freeName"] == "kassa 3"
    assert names(owner) == ["Kantoor", "Kassa 2"]
    # The same code still pairs it.
    assert third.pair(code, name="kassa 3")["name"] == "kassa 3"
    # A cashier's till that pairs again under its own name takes nobody's.
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    assert cashier.pair(code, name="Kassa 2")["name"] == "Kassa 2"


@pytest.mark.parametrize(
    "name",
    ["Kassa\u200b 2", "\u202eKassa 2", "K\u0430ssa 2", "Kassa 2\ue000", "\u00ad", "k\u0958" * 30],
    ids=ascii,
)
def test_a_name_that_is_not_what_people_see_is_refused_and_its_code_still_pairs(
    town: Town, owner: Till, name: str
) -> None:
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    till = Till(town.new_client(), town.domain)
    with pytest.raises(Refused) as refused:
        till.pair(code, name=name)
    assert (refused.value.status, refused.value.reason) == (400, "request_invalid")
    assert [fault["at"] for fault in refused.value.content["errors"]] == ["name"]
    assert till.pair(code, name=" Kassa\u00a0 2 ")["name"] == "Kassa 2"


def test_a_taken_name_is_told_to_nobody_without_a_code(town: Town, owner: Till) -> None:
    with pytest.raises(Refused, match="pairing_code_invalid"):
        Till(town.new_client(), town.domain).pair("AAAA-AAAA-A", name="Kantoor")


def join_by_the_municipality(town: Town, *, name: str = "Kassa 9") -> Till:
    code = town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    till = Till(town.new_client(), town.domain)
    till.pair(code, name=name)
    return till


def pay(town: Town, phone: Phone, till: Till, cents: int) -> str:
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5000, expires_at=expiry(town.now()))
    return str(till.redeem(shown, amount_cents=cents, category=BICYCLES)["redemption"]["redemptionId"])


def test_the_municipalitys_invitation_makes_an_owner_of_the_first_till_only(town: Town, owner: Till) -> None:
    assert owner.client.ask("GET", "/tills/me")["role"] == "owner"
    assert join_by_the_municipality(town).client.ask("GET", "/tills/me")["role"] == "cashier"
    owner.client.ask("DELETE", f"/tills/{owner.address}")
    again = join_by_the_municipality(town, name="Kassa 10")
    assert again.client.ask("GET", "/tills/me")["role"] == "owner"


def test_a_shop_manager_with_a_till_of_their_own_sees_and_refunds_nothing_of_before(
    town: Town, owner: Till, chain: TesterChain
) -> None:
    phone = town.new_phone()
    before = pay(town, phone, owner, 1000)
    chain.travel_to(town.now() + 60)
    theirs = join_by_the_municipality(town)
    day = day_of(town.now())
    for question in (f"on={day}", f"from={day - timedelta(days=30)}&until={day}"):
        seen = theirs.client.ask("GET", f"/redemptions?{question}")
        assert (seen["redemptions"], seen["count"], seen["totalCents"]) == ([], 0, 0)
    with pytest.raises(Refused, match="owner_required"):
        theirs.refund(before, amount_cents=1000, remaining_cents=1000)
    assert town.balance_cents(phone, next(iter(phone.next_numbers))) == 29_000
    # What is paid from then on it sees, and gives back on the day.
    after = pay(town, phone, owner, 500)
    seen = theirs.client.ask("GET", f"/redemptions?on={day}")
    assert [one["redemptionId"] for one in seen["redemptions"]] == [after]
    theirs.refund(after, amount_cents=500, remaining_cents=500)
    assert len(owner.client.ask("GET", f"/redemptions?on={day}")["redemptions"]) == 2


def test_a_code_made_while_the_shop_had_an_owner_makes_none_when_it_has_none_any_more(
    town: Town, owner: Till
) -> None:
    code = town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    town.desk.ask("DELETE", f"/shops/{town.shops[0]}/tills/{owner.address}")
    with pytest.raises(Refused, match="pairing_code_invalid"):
        Till(town.new_client(), town.domain).pair(code)


def test_a_shop_manager_who_knows_a_tills_address_does_not_get_its_token(town: Town, owner: Till) -> None:
    owner.client.ask("GET", "/tills/me")
    code = town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    with pytest.raises(Refused) as refused:
        town.new_client().ask(
            "POST", "/tills", {"pairingCode": code, "till": owner.address, "name": "Kantoor"}
        )
    assert (refused.value.status, refused.value.reason) == (409, "till_already_added")
    assert owner.client.ask("GET", "/tills/me")["role"] == "owner"


def test_the_list_tells_name_role_and_when_it_was_seen(
    town: Town, owner: Till, cashier: Till, chain: TesterChain
) -> None:
    chain.travel_to(town.now() + 3600)
    cashier.client.ask("GET", "/tills/me")
    listed = owner.client.ask("GET", "/tills")
    first, second = listed["tills"]
    assert (first["name"], first["role"]) == ("Kantoor", "owner")
    assert (second["till"], second["role"]) == (cashier.address, "cashier")
    assert listed["now"] - second["lastSeenAt"] < tills.SEEN_SECONDS


def test_a_removed_till_can_do_nothing_more_and_is_told_why(
    services: Services, town: Town, owner: Till, cashier: Till
) -> None:
    phone: Phone = town.new_phone()
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5000, expires_at=expiry(town.now()))
    removed = owner.client.ask("DELETE", f"/tills/{cashier.address}")
    assert owner.client.ask("DELETE", f"/tills/{cashier.address}") == removed
    assert names(owner) == ["Kantoor"]
    assert services.fund.shop_of_till(cashier.address) == 0
    with pytest.raises(Refused) as refused:
        cashier.redeem(shown, amount_cents=100, category=BICYCLES)
    assert (refused.value.status, refused.value.reason) == (401, "till_removed")
    # Its key signs nothing any more either, whoever brings it.
    path, body = cashier.charge(shown, amount_cents=100, category=BICYCLES)
    with pytest.raises(Refused, match="till_unknown"):
        owner.client.ask("PUT", path, body)
    assert town.balance_cents(phone, next(iter(phone.next_numbers))) == 30_000


def test_a_removed_till_joins_again_with_a_new_code(town: Town, owner: Till, cashier: Till) -> None:
    owner.client.ask("DELETE", f"/tills/{cashier.address}")
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "owner"})["pairingCode"]
    assert cashier.pair(code, name="Kassa voor")["role"] == "owner"
    assert names(owner) == ["Kantoor", "Kassa voor"]


def test_a_till_removes_itself(town: Town, owner: Till, cashier: Till) -> None:
    cashier.client.ask("DELETE", f"/tills/{cashier.address}")
    assert names(owner) == ["Kantoor"]
    with pytest.raises(Refused, match="till_removed"):
        cashier.client.ask("GET", "/tills/me")


@pytest.fixture
def silent(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A chain that takes no calls until it is undone."""

    def fall_silent(*_: object, **__: object) -> None:
        raise ChainUnreachable("silent")

    with monkeypatch.context() as patch:
        patch.setattr(services.chain, "send_all", fall_silent)
        yield patch


def test_a_till_is_out_even_while_the_chain_is_silent_and_its_key_goes_later(
    services: Services, town: Town, owner: Till, cashier: Till, silent: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused) as refused:
        owner.client.ask("DELETE", f"/tills/{cashier.address}")
    assert (refused.value.reason, refused.value.content["retry"]) == ("chain_unreachable", True)
    with pytest.raises(Refused, match="till_removed"):
        cashier.client.ask("GET", "/tills/me")
    assert not finish(services)
    silent.undo()
    assert services.fund.shop_of_till(cashier.address) == town.shops[0]
    # Another shop has to wait for it: the register would forget from where the key is still to be taken off.
    other = town.desk.ask("POST", f"/shops/{town.shops[1]}/pairing-codes")["pairingCode"]
    with pytest.raises(Refused) as refused:
        cashier.pair(other, name="Kassa 7")
    assert (refused.value.status, refused.value.reason) == (409, "till_already_added")
    assert finish(services)
    assert services.fund.shop_of_till(cashier.address) == 0
    assert cashier.pair(other, name="Kassa 7")["shop"] == town.shops[1]
    assert services.fund.shop_of_till(cashier.address) == town.shops[1]
