# SPDX-License-Identifier: EUPL-1.2
"""A batch of letters that got lost: letters that nobody opened are made anew, and shown once more.

given a batch of letters
├── when its letters can still be shown → none is made anew
├── when the programme is over → refused, as a new letter at the desk is
├── when their codes are forgotten
│   ├── who opened a letter keeps it; the others get a new one, and the old codes are dead
│   ├── a child born later and the other letters of its household are not mixed up
│   └── asked again → nothing more is done until those are forgotten too
└── when it breaks off → the same request finishes it with the same letters, and none is lost
"""

from __future__ import annotations

from typing import Any

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.errors import ChainUnreachable
from kindpakket.services import Services
from kindpakket.tickets import letter as letters
from kindpakket.vouchers import reissue
from tests.support import Town, sign_in

from .moves import blank_phone
from .test_households import look_up, replace


@pytest.fixture
def town(town: Town) -> Town:
    """The town, whose letters were taken, and their codes forgotten."""
    town.desk.ask("POST", "/letter-batches/1/confirmations")
    return town


def ask(town: Town, what: str, *, batch: int = 1) -> dict[str, Any]:
    answer: dict[str, Any] = town.desk.ask("POST", f"/letter-batches/{batch}/{what}")
    return answer


def shown(town: Town, *, batch: int = 1) -> dict[str, dict[str, Any]]:
    """The letters of a batch, by row reference."""
    return {one["rowReference"]: one for one in ask(town, "disclosures", batch=batch)["letters"]}


def test_letters_that_can_still_be_shown_are_not_made_anew(town: Town) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=100"
    town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    assert ask(town, "reissues", batch=2) == {"batch": 2, "letters": 0}
    before = shown(town, batch=2)
    assert ask(town, "reissues", batch=2) == {"batch": 2, "letters": 0}
    assert shown(town, batch=2) == before
    assert town.new_phone(before["B-1"])


def test_letters_are_not_made_anew_from_the_second_at_which_the_programme_ends(
    town: Town, services: Services, chain: TesterChain
) -> None:
    replace(town, look_up(town)["household"])
    assert reissue.lost_letters(services, batch=1) == 4
    chain.travel_to(services.fund.programme(town.programme).ends_at)
    sign_in(services, town.desk)
    with pytest.raises(Refused, match="programme_ended"):
        ask(town, "reissues")
    assert reissue.lost_letters(services, batch=1) == 0, "no page offers it"
    assert not services.registry.reissues.pending(1)


def test_a_letter_that_was_opened_stays_and_the_others_are_new(town: Town, services: Services) -> None:
    opened = town.new_phone(town.letters[1])
    assert ask(town, "reissues") == {"batch": 1, "letters": 4}
    new = shown(town)
    assert sorted(new) == ["A-1", "A-3", "A-4", "A-5"]
    for former in town.letters:
        if former["rowReference"] == "A-2":
            continue
        with pytest.raises(Refused, match="letter_unknown"):
            blank_phone(town).activate(former["code"])
        assert new[former["rowReference"]]["vouchers"] == former["vouchers"]
    assert town.new_phone(new["A-1"])
    assert opened.client.ask("GET", "/budgets/me")["vouchers"]

    assert ask(town, "reissues") == {"batch": 1, "letters": 0}, "these can still be shown"
    ask(town, "confirmations")
    assert ask(town, "reissues") == {"batch": 1, "letters": 3}, "all but the one that was opened since"
    assert sorted(shown(town)) == ["A-3", "A-4", "A-5"]
    assert sum(batch.ready_count for batch in services.registry.letters.batches()) == 3


def test_the_letter_of_a_child_born_later_is_not_made_anew_with_the_others(town: Town) -> None:
    household = look_up(town)["household"]
    child = {"voucherCount": 1, "amountCents": 100, "knownCount": 2}
    town.desk.ask("POST", f"/households/{household}/vouchers", child)
    of_child = shown(town, batch=2)["A-2"]
    ask(town, "confirmations", batch=2)
    assert ask(town, "reissues") == {"batch": 1, "letters": 5}
    phone = town.new_phone(shown(town)["A-2"])
    phone.activate(of_child["code"])
    assert len(phone.client.ask("GET", "/budgets/me")["vouchers"]) == 3
    assert ask(town, "reissues", batch=2) == {"batch": 2, "letters": 0}


@pytest.mark.parametrize("is_opened", [True, False])
def test_a_letter_that_the_desk_gave_to_one_household_is_left_alone(town: Town, is_opened: bool) -> None:
    given = replace(town, look_up(town)["household"])
    if is_opened:
        town.new_phone(given)
    assert ask(town, "reissues")["letters"] == 4
    assert "A-2" not in shown(town)
    if not is_opened:
        assert len(town.new_phone(given).next_numbers) == 2


@pytest.mark.parametrize("breaks", ["before the chain", "after the chain"])
def test_what_breaks_off_is_finished_with_the_same_letters(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    monkeypatch.setattr(reissue, "LETTERS_AT_ONCE", 2)

    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    is_before = breaks == "before the chain"
    part = (services.fund, "execute_all") if is_before else (services.registry.reissues, "finish")
    with monkeypatch.context() as patch:
        patch.setattr(*part, break_off)
        with pytest.raises(Refused, match="chain_unreachable"):
            ask(town, "reissues")
    begun = {one.letter_id for one in services.registry.reissues.pending(1)}
    assert len(begun) == 2
    first = town.letters[0]["vouchers"][0]
    assert services.fund.voucher(first).generation == (0 if is_before else 1)

    assert ask(town, "reissues") == {"batch": 1, "letters": 5}
    new = shown(town)
    assert begun < {letters.letter_id(letters.parse_code(one["code"])) for one in new.values()}
    assert services.fund.voucher(first).generation == 1, "what the chain has is not done twice"
    for one in new.values():
        assert town.new_phone(one)


def test_a_new_letter_for_a_household_in_between_is_the_one_that_works(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(services.fund, "execute_all", break_off)
        with pytest.raises(Refused, match="chain_unreachable"):
            ask(town, "reissues")
    phone = town.new_phone(replace(town, look_up(town)["household"]))
    assert ask(town, "reissues")["letters"] == 4
    assert "A-2" not in shown(town)
    assert len(phone.client.ask("GET", "/budgets/me")["vouchers"]) == 2
