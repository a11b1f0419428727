# SPDX-License-Identifier: EUPL-1.2
"""The desk's work on a household's vouchers over the API: blocked, topped up, a child born later.

given a household with vouchers
├── blocked: needs a reason of the list and a voucher of that household
│   ├── the till is refused, the chain has the reason, the parent's phone is told
│   └── unblocked: the same code pays
├── topped up: refused without a reason, for nothing, for more than there is, with a number or address in the note
│   ├── sent twice → done once
│   ├── when it breaks off before or after the chain has it → finished, once
│   └── an import meanwhile is refused the money that it needs, and no more than that
└── a child born later: refused for nothing, for more than there is, when the household changed meanwhile
    ├── a letter of its own, which the same phone opens too
    └── when the chain falls silent → finished later, once, and a new letter meanwhile loses nothing
"""

from __future__ import annotations

from typing import Any

import pytest

from kindpakket import unfinished
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.errors import ChainUnreachable
from kindpakket.events import ToppedUp
from kindpakket.services import Services
from kindpakket.staff_log import Action, list_lines, verify
from tests.support import Town

from .moves import vouchers_read_by
from .test_households import look_up, replace
from .test_imports import FallingSilent, chain, leave

__all__ = ["chain"]

BICYCLES = 3
MORE = {"amountCents": 2_500, "reason": "cost", "note": "", "topUpCount": 0}
CHILD = {"voucherCount": 1, "amountCents": 15_000, "knownCount": 2}


def of_voucher(town: Town, last: str, *, row_reference: str = "A-2") -> str:
    """The address of what is done with the first voucher of a household."""
    found = look_up(town, row_reference)
    return f"/households/{found['household']}/vouchers/{found['vouchers'][0]['voucher']}/{last}"


def issued_cents(services: Services, voucher: int) -> int:
    return services.fund.voucher(voucher).issued_cents


def top_up_lines(services: Services) -> list[tuple[str, str, str, str]]:
    """What the log of staff says of top-ups, oldest first: by whom, about what, how it ended and why."""
    return [
        (one.entry.staff_name, one.about, one.outcome, one.outcome_reason)
        for one in reversed(list_lines(services, before=None, limit=50))
        if one.entry.action == Action.VOUCHER_TOPPED_UP
    ]


def top_ups_on_chain(services: Services) -> int:
    events = services.fund.events(0, services.chain.head().number)
    return sum(isinstance(event, ToppedUp) for _, event in events)


# ---------------------------------------------------------------- blocked


def test_block_refuses_a_reason_that_is_not_in_the_list(town: Town) -> None:
    for body in ({}, {"reason": ""}, {"reason": "a name"}, {"reason": 1}):
        with pytest.raises(Refused, match="request_invalid"):
            town.desk.ask("PUT", of_voucher(town, "block"), body)
    assert not look_up(town)["vouchers"][0]["blocked"]


def test_block_refuses_a_voucher_of_another_household(town: Town) -> None:
    household = look_up(town, "A-1")["household"]
    other = look_up(town, "A-2")["vouchers"][0]["voucher"]
    for number in (other, 999):
        with pytest.raises(Refused, match="voucher_unknown"):
            town.desk.ask("PUT", f"/households/{household}/vouchers/{number}/block", {"reason": "lost"})
    with pytest.raises(Refused, match="household_unknown"):
        town.desk.ask("PUT", f"/households/999/vouchers/{other}/block", {"reason": "lost"})


def test_block_keeps_the_first_reason(town: Town) -> None:
    town.desk.ask("PUT", of_voucher(town, "block"), {"reason": "moved"})
    with pytest.raises(Refused, match="voucher_blocked"):
        town.desk.ask("PUT", of_voucher(town, "block"), {"reason": "lost"})
    assert look_up(town)["vouchers"][0]["blockReason"] == 3


def test_unblock_refuses_a_voucher_that_works(town: Town) -> None:
    with pytest.raises(Refused, match="voucher_not_blocked"):
        town.desk.ask("DELETE", of_voucher(town, "block"))


def test_a_blocked_voucher_pays_nothing_until_it_works_again(town: Town, services: Services) -> None:
    phone, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    blocked, other = phone.next_numbers
    shown = phone.show_code(blocked, max_cents=5_000, expires_at=expiry(town.now()))
    town.desk.ask("PUT", of_voucher(town, "block"), {"reason": "entitlement"})
    assert services.fund.voucher(blocked).block_reason == 4
    with pytest.raises(Refused, match="voucher_blocked"):
        till.redeem(shown, amount_cents=1_000, category=BICYCLES)
    budget = phone.client.ask("GET", "/budgets/me")["vouchers"]
    assert {one["voucher"]: (one["blocked"], one["balanceCents"]) for one in budget} == {
        blocked: (True, 30_000),
        other: (False, 30_000),
    }
    whole = phone.show_code(other, max_cents=5_000, expires_at=expiry(town.now()))
    assert till.redeem(whole, amount_cents=1_000, category=BICYCLES)["result"] == "accepted"

    town.desk.ask("DELETE", of_voucher(town, "block"))
    assert till.redeem(shown, amount_cents=1_000, category=BICYCLES)["result"] == "accepted"


def test_a_blocked_voucher_is_not_activated_until_it_works_again(town: Town) -> None:
    town.desk.ask("PUT", of_voucher(town, "block", row_reference="A-1"), {"reason": "mistake"})
    with pytest.raises(Refused, match="voucher_blocked"):
        town.new_phone(town.letters[0])
    town.desk.ask("DELETE", of_voucher(town, "block", row_reference="A-1"))
    assert len(town.new_phone(town.letters[0]).next_numbers) == 1


# ---------------------------------------------------------------- topped up


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"reason": "a name"}, "request_invalid"),
        ({"amountCents": 0}, "request_invalid"),
        ({"amountCents": 2**24}, "request_invalid"),
        ({"amountCents": 2**24 - 1}, "unallocated_too_low"),
        ({"amountCents": 9_820_001}, "unallocated_too_low"),
        ({"topUpCount": 1}, "voucher_changed"),
        ({"note": "x" * 201}, "request_invalid"),
        ({"note": "bel 0594 123 456"}, "note_not_allowed"),
        ({"note": "BSN 123456782"}, "note_not_allowed"),
        ({"note": "j.jansen@example.nl"}, "note_not_allowed"),
    ],
    ids=str,
)
def test_a_top_up_is_refused(town: Town, services: Services, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        town.desk.ask("POST", of_voucher(town, "top-ups"), MORE | wrong)
    assert top_ups_on_chain(services) == 0
    assert town.desk.ask("GET", of_voucher(town, "top-ups")) == {"topUps": []}


def test_a_top_up_of_all_there_is_passes(town: Town) -> None:
    body = MORE | {"amountCents": 9_820_000, "note": "besluit 2026-17"}
    (done,) = town.desk.ask("POST", of_voucher(town, "top-ups"), body)["topUps"]
    assert (done["amountCents"], done["reason"], done["note"]) == (9_820_000, "cost", "besluit 2026-17")
    assert done["doneAt"] is not None


def test_a_top_up_that_a_voucher_cannot_hold_is_refused(town: Town) -> None:
    deposit = {"amountCents": 10_000_000, "paymentReference": "besluit 8"}
    town.desk.ask("POST", f"/programmes/{town.programme}/deposits", deposit)
    room = 2**24 - 1 - 30_000
    with pytest.raises(Refused, match="balance_too_high"):
        town.desk.ask("POST", of_voucher(town, "top-ups"), MORE | {"amountCents": room + 1})
    assert town.desk.ask("POST", of_voucher(town, "top-ups"), MORE | {"amountCents": room})


def test_a_top_up_leaves_what_an_unfinished_import_still_needs(
    town: Town, services: Services, chain: FallingSilent
) -> None:
    path = f"/programmes/{town.programme}/household-imports?amountCents=9800000"
    chain.answers_left = 0
    with pytest.raises(Refused, match="import_unfinished"):
        town.desk.ask("POST", path, "kenmerk;kinderen\nB-1;1\n")
    chain.come_back()
    with pytest.raises(Refused, match="unallocated_too_low"):
        town.desk.ask("POST", of_voucher(town, "top-ups"), MORE | {"amountCents": 20_001})
    assert town.desk.ask("POST", of_voucher(town, "top-ups"), MORE | {"amountCents": 20_000})


def test_a_top_up_that_is_sent_twice_is_done_once(town: Town, services: Services) -> None:
    phone = town.new_phone(town.letters[1])
    voucher = next(iter(phone.next_numbers))
    town.desk.ask("POST", of_voucher(town, "top-ups"), MORE)
    with pytest.raises(Refused, match="voucher_changed"):
        town.desk.ask("POST", of_voucher(town, "top-ups"), MORE)
    assert town.balance_cents(phone, voucher) == 32_500
    town.desk.ask("POST", of_voucher(town, "top-ups"), MORE | {"topUpCount": 1, "reason": "decision"})
    found = town.desk.ask("GET", of_voucher(town, "top-ups"))["topUps"]
    assert [one["reason"] for one in found] == ["decision", "cost"]
    assert issued_cents(services, voucher) == 35_000


@pytest.mark.parametrize("breaks", ["before the chain has it", "after the chain has it"])
def test_a_top_up_that_breaks_off_is_finished_once(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    part = (services.fund, "execute")
    if breaks == "after the chain has it":
        part = (services.registry.desk, "finish_top_up")
    with monkeypatch.context() as patch:
        patch.setattr(*part, break_off)
        with pytest.raises(Refused, match="top_up_unfinished"):
            town.desk.ask("POST", of_voucher(town, "top-ups"), MORE)
    voucher = look_up(town)["vouchers"][0]["voucher"]
    (begun,) = town.desk.ask("GET", of_voucher(town, "top-ups"))["topUps"]
    assert begun["doneAt"] is None
    with pytest.raises(Refused, match="voucher_changed"):
        town.desk.ask("POST", of_voucher(town, "top-ups"), MORE)
    assert unfinished.finish(services)
    assert issued_cents(services, voucher) == 32_500
    assert top_ups_on_chain(services) == 1
    *_, by_staff, refused, by_server = top_up_lines(services)
    assert by_staff[1:] == (by_server[1], "failed", "top_up_unfinished")
    assert refused[2:] == ("refused", "voucher_changed")
    assert by_server == ("kindpakket", by_staff[1], "done", "")
    assert verify(services).differences == ()
    (done,) = town.desk.ask("GET", of_voucher(town, "top-ups"))["topUps"]
    assert done["doneAt"] is not None


@pytest.mark.parametrize("breaks", ["before the chain has it", "after the chain has it"])
def test_an_import_leaves_what_an_unfinished_top_up_still_needs(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    part = (services.fund, "execute")
    if breaks == "after the chain has it":
        part = (services.registry.desk, "finish_top_up")
    leave(services, town, 32_500)
    with monkeypatch.context() as patch:
        patch.setattr(*part, break_off)
        with pytest.raises(Refused, match="top_up_unfinished"):
            town.desk.ask("POST", of_voucher(town, "top-ups"), MORE)
    path = f"/programmes/{town.programme}/household-imports?amountCents="
    with pytest.raises(Refused, match="unallocated_too_low"):
        town.desk.ask("POST", f"{path}30001", "kenmerk;kinderen\nB-1;1\n")
    assert town.desk.ask("POST", f"{path}30000", "kenmerk;kinderen\nB-1;1\n")["vouchers"] == 1
    assert unfinished.finish(services)
    assert top_ups_on_chain(services) == 1
    (done,) = town.desk.ask("GET", of_voucher(town, "top-ups"))["topUps"]
    assert done["doneAt"] is not None
    assert services.fund.programme(town.programme).unallocated_cents == 0


def test_a_top_up_whose_money_is_gone_by_the_time_it_is_finished_is_forgotten(
    town: Town, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(services.fund, "execute", break_off)
        with pytest.raises(Refused, match="top_up_unfinished"):
            town.desk.ask("POST", of_voucher(town, "top-ups"), MORE)
    leave(services, town, 2_499)
    assert unfinished.finish(services)
    assert top_ups_on_chain(services) == 0
    assert town.desk.ask("GET", of_voucher(town, "top-ups")) == {"topUps": []}
    name, about, outcome, _ = top_up_lines(services)[-1]
    assert (name, outcome) == ("kindpakket", "refused")
    assert about.endswith(f"cents={MORE['amountCents']}")


# ---------------------------------------------------------------- a child born later


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"voucherCount": 0}, "request_invalid"),
        ({"voucherCount": 21}, "request_invalid"),
        ({"amountCents": 0}, "request_invalid"),
        ({"amountCents": 9_820_001}, "unallocated_too_low"),
        ({"knownCount": 1}, "voucher_changed"),
        ({"knownCount": 3}, "voucher_changed"),
    ],
    ids=str,
)
def test_a_further_voucher_is_refused(town: Town, wrong: dict[str, Any], reason: str) -> None:
    household = look_up(town)["household"]
    with pytest.raises(Refused, match=reason):
        town.desk.ask("POST", f"/households/{household}/vouchers", CHILD | wrong)
    assert len(look_up(town)["vouchers"]) == 2
    with pytest.raises(Refused, match="batch_unknown"):
        town.desk.ask("POST", "/letter-batches/2/disclosures")


def test_a_child_born_later_has_a_letter_of_its_own_that_the_same_phone_opens(town: Town) -> None:
    phone = town.new_phone(town.letters[1])
    household = look_up(town)["household"]
    given = town.desk.ask("POST", f"/households/{household}/vouchers", CHILD)
    assert given == {"batch": 2, "households": 1, "vouchers": 1, "amountCents": 15_000}
    with pytest.raises(Refused, match="voucher_changed"):
        town.desk.ask("POST", f"/households/{household}/vouchers", CHILD)

    (letter,) = town.desk.ask("POST", "/letter-batches/2/disclosures")["letters"]
    assert letter["rowReference"] == "A-2"
    assert [one["activated"] for one in look_up(town)["vouchers"]] == [True, True, False]
    phone.activate(letter["code"])
    assert vouchers_read_by(phone) == [*town.letters[1]["vouchers"], *letter["vouchers"]]
    assert town.balance_cents(phone, letter["vouchers"][0]) == 15_000

    # Lost: one new letter opens them all, the one of the child too.
    found = town.new_phone(replace(town, household))
    assert len(vouchers_read_by(found)) == 3


def test_a_child_whose_voucher_breaks_off_gets_it_later_once_and_its_letter_is_not_lost(
    town: Town, services: Services, chain: FallingSilent
) -> None:
    household = look_up(town)["household"]
    chain.answers_left = 0
    with pytest.raises(Refused, match="import_unfinished"):
        town.desk.ask("POST", f"/households/{household}/vouchers", CHILD)
    chain.come_back()
    assert len(look_up(town)["vouchers"]) == 2, "it is not there yet"
    given = replace(town, household)
    assert len(given["vouchers"]) == 2, "a new letter meanwhile is for what is there"

    assert unfinished.finish(services)
    (letter,) = town.desk.ask("POST", "/letter-batches/2/disclosures")["letters"]
    phone = town.new_phone(given)
    phone.activate(letter["code"])
    assert len(vouchers_read_by(phone)) == 3
    report = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    assert report["issuedCents"] == 6 * 30_000 + 15_000
