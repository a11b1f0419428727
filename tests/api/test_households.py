# SPDX-License-Identifier: EUPL-1.2
"""A lost phone at the desk over the API: find the household, one new letter for all its vouchers.

given a household whose phone is lost
├── when someone else than staff asks → refused
├── when the reference is unknown, the reason missing or the household changed meanwhile → refused, nothing is done
├── when the programme is over → refused: the phone reads on, and nobody else reads what the family paid
├── when staff give a new letter
│   ├── the old phone's codes and the old letter are refused at once, and the old phone is told why
│   ├── its backup is gone
│   └── the new letter opens all vouchers on a new phone, with what was left
└── when it breaks off in the middle → the same request finishes it with the same letter
"""

from __future__ import annotations

from typing import Any

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.errors import ChainUnreachable
from kindpakket.services import Services
from kindpakket.tickets import letter
from tests.ledger.databases import kept_in_registry
from tests.support import Town, sign_in

from .moves import blank_phone, vouchers_read_by
from .test_backups import keep, retrieve

LOST = {"reason": "lost", "replacementCount": 0}


def look_up(town: Town, row_reference: str = "A-2") -> dict[str, Any]:
    body = {"programme": town.programme, "rowReference": row_reference}
    found: dict[str, Any] = town.desk.ask("POST", "/household-lookups", body)
    return found


def replace(town: Town, household: int, body: dict[str, Any] = LOST) -> dict[str, Any]:
    answer = town.desk.ask("POST", f"/households/{household}/replacement-letters", body)
    found: dict[str, Any] = answer["letter"]
    return found


# ---------------------------------------------------------------- refusals


def test_only_staff_find_households_and_replace_letters(town: Town) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    for token in ("", "x", phone.client.token, till.client.token):
        caller = town.new_client()
        caller.token = token
        body = {"programme": town.programme, "rowReference": "A-2"}
        for path, sent in (("/household-lookups", body), ("/households/2/replacement-letters", LOST)):
            with pytest.raises(Refused, match="sign_in_required"):
                caller.ask("POST", path, sent)
    assert look_up(town)["replacementCount"] == 0


def test_a_reference_that_nobody_has_is_refused(town: Town) -> None:
    for row_reference, programme in (("A-9", town.programme), ("a-2", town.programme), ("A-2", 9)):
        body = {"programme": programme, "rowReference": row_reference}
        with pytest.raises(Refused) as refused:
            town.desk.ask("POST", "/household-lookups", body)
        assert (refused.value.status, refused.value.reason) == (404, "household_unknown")
    with pytest.raises(Refused, match="household_unknown"):
        replace(town, 99)


@pytest.mark.parametrize(
    "body",
    [
        {"replacementCount": 0},
        {"reason": "lost"},
        {"reason": "", "replacementCount": 0},
        {"reason": "a name", "replacementCount": 0},
        {"reason": "lost", "replacementCount": -1},
    ],
)
def test_a_replacement_needs_a_reason_of_the_list(town: Town, body: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="request_invalid"):
        replace(town, look_up(town)["household"], body)


def test_a_second_request_for_the_same_loss_is_refused_and_the_first_letter_works(town: Town) -> None:
    household = look_up(town)["household"]
    given = replace(town, household)
    with pytest.raises(Refused) as refused:
        replace(town, household)
    assert (refused.value.reason, refused.value.content["replacementCount"]) == ("household_changed", 1)
    assert len(town.new_phone(given).next_numbers) == 2


def test_a_new_letter_is_refused_from_the_second_at_which_the_programme_ends(
    town: Town, services: Services, chain: TesterChain
) -> None:
    phone, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=1000, category=3)
    ends_at = services.fund.programme(town.programme).ends_at
    chain.travel_to(ends_at)
    sign_in(services, town.desk)
    with pytest.raises(Refused) as refused:
        replace(town, look_up(town)["household"])
    assert (refused.value.reason, refused.value.content["endsAt"]) == ("programme_ended", ends_at)
    found = look_up(town)
    assert (found["replacementCount"], found["isBeingReplaced"]) == (0, False)
    (payment,) = phone.client.ask("GET", "/budgets/me/payments")["payments"]
    assert payment["amountCents"] == 1000, "the phone still reads it"


def test_a_new_letter_is_given_until_just_before_the_programme_ends(
    town: Town, services: Services, chain: TesterChain
) -> None:
    # The chain's clock goes on by a second for each block that is made on the way.
    chain.travel_to(services.fund.programme(town.programme).ends_at - 30)
    sign_in(services, town.desk)
    assert replace(town, look_up(town)["household"])["vouchers"] == town.letters[1]["vouchers"]


# ---------------------------------------------------------------- a new letter


def test_the_desk_sees_which_vouchers_a_phone_holds_and_no_amount(town: Town) -> None:
    vouchers = town.letters[1]["vouchers"]
    waiting = [
        {"voucher": one, "activated": False, "blocked": False, "blockReason": 0, "onPaper": False}
        for one in vouchers
    ]
    found = look_up(town, "  A-2 ")
    assert found == {
        "household": found["household"],
        "vouchers": waiting,
        "replacementCount": 0,
        "isBeingReplaced": False,
    }
    town.new_phone(town.letters[1])
    assert [one["activated"] for one in look_up(town)["vouchers"]] == [True, True]


def test_a_new_letter_kills_codes_letter_phone_and_backup_at_once_and_opens_all_vouchers(
    town: Town,
) -> None:
    former, till = town.letters[1], town.new_till(town.shops[0])
    lost = town.new_phone(former)
    keep(lost)
    voucher, other = lost.next_numbers
    till.redeem(
        lost.show_code(voucher, max_cents=5000, expires_at=expiry(town.now())), amount_cents=1000, category=3
    )
    shown = lost.show_code(other, max_cents=5000, expires_at=expiry(town.now()))

    given = replace(town, look_up(town)["household"])
    assert (given["rowReference"], given["vouchers"]) == ("A-2", former["vouchers"])
    assert given["url"].endswith(f"#brief={given['code']}")
    assert given["code"] != former["code"]

    with pytest.raises(Refused, match="voucher_not_activated"):
        till.redeem(shown, amount_cents=1000, category=3)
    with pytest.raises(Refused) as refused:
        lost.client.ask("GET", "/budgets/me")
    assert (refused.value.reason, refused.value.content["because"]) == ("phone_retired", "replaced")
    with pytest.raises(Refused, match="letter_unknown"):
        blank_phone(town).activate(former["code"])
    with pytest.raises(Refused, match="backup_unknown"):
        retrieve(town)

    found = town.new_phone(given)
    assert vouchers_read_by(found) == former["vouchers"]
    assert (town.balance_cents(found, voucher), town.balance_cents(found, other)) == (29_000, 30_000)
    shown = found.show_code(other, max_cents=5000, expires_at=expiry(town.now()), number=256)
    assert till.redeem(shown, amount_cents=1000, category=3)["result"] == "accepted"
    assert look_up(town)["replacementCount"] == 1


def test_a_letter_that_never_came_is_replaced_before_anyone_opened_it(town: Town) -> None:
    former = town.letters[0]
    given = replace(town, look_up(town, "A-1")["household"], LOST | {"reason": "letter"})
    with pytest.raises(Refused, match="letter_unknown"):
        blank_phone(town).activate(former["code"])
    assert list(town.new_phone(given).next_numbers) == former["vouchers"]


def test_a_household_can_lose_its_phone_again(town: Town) -> None:
    household = look_up(town)["household"]
    first = town.new_phone(replace(town, household))
    second = town.new_phone(replace(town, household, LOST | {"replacementCount": 1, "reason": "stolen"}))
    with pytest.raises(Refused, match="phone_retired"):
        first.client.ask("GET", "/budgets/me")
    assert len(vouchers_read_by(second)) == 2


def test_a_phone_keeps_the_vouchers_of_another_household(town: Town) -> None:
    phone = town.new_phone(town.letters[0])
    phone.activate(town.letters[1]["code"])
    replace(town, look_up(town)["household"])
    assert vouchers_read_by(phone) == town.letters[0]["vouchers"]


def test_a_letter_replaced_before_its_batch_was_shown_is_not_shown_with_it(town: Town) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=100"
    batch = town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\nB-2;1\n")["batch"]
    given = replace(town, look_up(town, "B-1")["household"])
    letters = town.desk.ask("POST", f"/letter-batches/{batch}/disclosures")["letters"]
    assert [one["rowReference"] for one in letters] == ["B-2"]
    assert len(town.new_phone(given).next_numbers) == 1


@pytest.mark.parametrize("breaks", ["on the chain", "in the register"])
def test_what_breaks_off_is_finished_by_the_same_request_with_the_same_letter(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    town.new_phone(town.letters[1])
    household = look_up(town)["household"]
    begun: list[str] = []

    def break_off(*_: object, **__: object) -> None:
        pending = services.registry.replacements.pending(household)
        assert pending is not None, "it is written down before the chain is asked"
        begun.append(pending.letter_id)
        raise ChainUnreachable("the power went")

    part = (
        (services.fund, "execute_all")
        if breaks == "on the chain"
        else (services.registry.replacements, "finish")
    )
    with monkeypatch.context() as patch:
        patch.setattr(*part, break_off)
        with pytest.raises(Refused, match="chain_unreachable"):
            replace(town, household)
    state = look_up(town)
    assert (state["isBeingReplaced"], state["replacementCount"]) == (True, 0)
    generation = services.fund.voucher(town.letters[1]["vouchers"][0]).generation

    given = replace(town, household)
    assert letter.letter_id(letter.parse_code(given["code"])) == begun[0]
    assert not look_up(town)["isBeingReplaced"]
    assert services.fund.voucher(given["vouchers"][0]).generation == 1
    assert generation == (0 if breaks == "on the chain" else 1), "what the chain has is not done twice"
    assert len(town.new_phone(given).next_numbers) == 2


def test_the_register_keeps_no_secret_of_a_new_letter_once_it_was_shown(
    town: Town, services: Services
) -> None:
    given = replace(town, look_up(town)["household"])
    kept = kept_in_registry(services.settings)
    assert letter.parse_code(given["code"]) not in kept
    assert services.registry.replacements.pending(look_up(town)["household"]) is None
