# SPDX-License-Identifier: EUPL-1.2
"""Codes on paper: each pays once, up to its maximum, until the programme ends; a new sheet or letter ends them.

given a voucher of a household
├── when a code is to allow nothing or too much, a sheet was made meanwhile, it is blocked, or the programme is over
│   → refused, and what holds the voucher still does
├── when a sheet is made
│   ├── each code pays once, at most its maximum, and never more than what is left
│   ├── the phone or letter that held it holds it no more; the household's other vouchers stay where they are
│   ├── a new sheet, a new letter or a block ends its codes
│   └── neither codes nor seed are kept, and the sheet tells no balance and no name
└── when it breaks off → another sheet or letter mends it
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.errors import ChainUnreachable
from kindpakket.services import Services
from tests.ledger.databases import kept_in_registry
from tests.prints import codes_of, pictures_of, text_of
from tests.support import Town, sign_in

from .moves import vouchers_read_by
from .test_desk import BICYCLES, of_voucher
from .test_households import look_up, replace

ORDER = {"maxCents": 2_500, "sheetCount": 0}


@pytest.fixture
def print_sheet(client: TestClient, town: Town) -> Any:
    """Makes a sheet for the first voucher of a household; returns the PDF."""

    def make(body: dict[str, Any] = ORDER, *, row_reference: str = "A-2") -> bytes:
        path = of_voucher(town, "code-sheets", row_reference=row_reference)
        answer = client.post(
            f"/api/v1{path}", json=body, headers={"authorization": f"Bearer {town.desk.token}"}
        )
        if answer.status_code != 201:
            raise Refused(answer.status_code, answer.json())
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        return answer.content

    return make


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"maxCents": 0}, "request_invalid"),
        ({"maxCents": 5_001}, "request_invalid"),
        ({"sheetCount": 1}, "voucher_changed"),
    ],
    ids=str,
)
def test_a_sheet_is_refused_and_the_phone_still_pays(
    town: Town, print_sheet: Any, wrong: dict[str, int], reason: str
) -> None:
    phone, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    with pytest.raises(Refused, match=reason):
        print_sheet(ORDER | wrong)
    voucher = next(iter(phone.next_numbers))
    shown = phone.show_code(voucher, max_cents=5_000, expires_at=expiry(town.now()))
    assert till.redeem(shown, amount_cents=1_000, category=BICYCLES)["result"] == "accepted"


def test_a_sheet_of_a_blocked_voucher_is_refused(town: Town, print_sheet: Any) -> None:
    town.desk.ask("PUT", of_voucher(town, "block"), {"reason": "lost"})
    with pytest.raises(Refused, match="voucher_blocked"):
        print_sheet()
    assert look_up(town)["vouchers"][0]["onPaper"] is False


def test_a_sheet_is_refused_from_the_second_at_which_the_programme_ends(
    town: Town, services: Services, chain: TesterChain, print_sheet: Any
) -> None:
    ends_at = services.fund.programme(town.programme).ends_at
    chain.travel_to(ends_at)
    sign_in(services, town.desk)
    with pytest.raises(Refused, match="programme_ended"):
        print_sheet()
    assert services.registry.desk.sheet_count(look_up(town)["vouchers"][0]["voucher"]) == 0


# ---------------------------------------------------------------- a sheet


def test_each_code_pays_once_and_at_most_its_maximum(town: Town, print_sheet: Any) -> None:
    till = town.new_till(town.shops[0])
    codes = codes_of(print_sheet())
    assert len(set(codes)) == 24
    with pytest.raises(Refused, match="amount_above_ticket"):
        till.redeem(codes[0], amount_cents=2_501, category=BICYCLES)
    assert till.redeem(codes[0], amount_cents=2_500, category=BICYCLES)["result"] == "accepted"
    assert till.redeem(codes[0], amount_cents=2_500, category=BICYCLES)["result"] == "already_redeemed"
    other = town.new_till(town.shops[0], name="Achter")
    with pytest.raises(Refused, match="ticket_already_used"):
        other.redeem(codes[0], amount_cents=100, category=BICYCLES)
    assert till.redeem(codes[23], amount_cents=1, category=BICYCLES)["result"] == "accepted"


def test_codes_for_more_than_there_is_pay_no_more_than_there_is(town: Town, print_sheet: Any) -> None:
    till = town.new_till(town.shops[0])
    codes = codes_of(print_sheet(ORDER | {"maxCents": 5_000}))
    for code in codes[:6]:
        till.redeem(code, amount_cents=5_000, category=BICYCLES)
    with pytest.raises(Refused, match="balance_too_low"):
        till.redeem(codes[6], amount_cents=1, category=BICYCLES)


def test_codes_work_until_the_programme_ends(
    town: Town, services: Services, chain: TesterChain, print_sheet: Any
) -> None:
    till = town.new_till(town.shops[0])
    codes = codes_of(print_sheet())
    ends_at = services.fund.programme(town.programme).ends_at
    chain.travel_to(ends_at - 30)
    assert till.redeem(codes[0], amount_cents=100, category=BICYCLES)["result"] == "accepted"
    chain.travel_to(ends_at)
    with pytest.raises(Refused, match=r"ticket_expired|programme_ended"):
        till.redeem(codes[1], amount_cents=100, category=BICYCLES)


def test_what_held_the_voucher_holds_it_no_more_and_the_others_stay(town: Town, print_sheet: Any) -> None:
    phone, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    on_paper, other = phone.next_numbers
    former, kept = (
        phone.show_code(one, max_cents=5_000, expires_at=expiry(town.now())) for one in (on_paper, other)
    )
    print_sheet()
    with pytest.raises(Refused, match="ticket_unknown"):
        till.redeem(former, amount_cents=100, category=BICYCLES)
    assert vouchers_read_by(phone) == [other]
    assert till.redeem(kept, amount_cents=100, category=BICYCLES)["result"] == "accepted"
    assert [one["onPaper"] for one in look_up(town)["vouchers"]] == [True, False]


def test_a_letter_that_nobody_opened_still_opens_the_vouchers_that_are_not_on_paper(
    town: Town, print_sheet: Any
) -> None:
    print_sheet()
    phone = town.new_phone(town.letters[1])
    assert vouchers_read_by(phone) == town.letters[1]["vouchers"][1:]


@pytest.mark.parametrize("ended_by", ["a new sheet", "a new letter"])
def test_a_new_sheet_or_letter_ends_the_codes(town: Town, print_sheet: Any, ended_by: str) -> None:
    till = town.new_till(town.shops[0])
    codes = codes_of(print_sheet())
    till.redeem(codes[0], amount_cents=1_000, category=BICYCLES)
    if ended_by == "a new sheet":
        with pytest.raises(Refused, match="voucher_changed"):
            print_sheet()
        again = codes_of(print_sheet(ORDER | {"sheetCount": 1}))
        assert till.redeem(again[0], amount_cents=1_000, category=BICYCLES)["result"] == "accepted"
    else:
        phone = town.new_phone(replace(town, look_up(town)["household"]))
        assert town.balance_cents(phone, town.letters[1]["vouchers"][0]) == 29_000
        assert not any(one["onPaper"] for one in look_up(town)["vouchers"])
    with pytest.raises(Refused, match="ticket_unknown"):
        till.redeem(codes[1], amount_cents=1_000, category=BICYCLES)


def test_the_sheet_tells_no_balance_and_no_reference_and_nothing_of_it_is_kept(
    town: Town, services: Services, print_sheet: Any
) -> None:
    sheet = print_sheet()
    explained, *pages = text_of(sheet)
    assert "€ 25,00" in explained and "300" not in explained
    # The codes themselves may say A-2 by chance.
    assert "A-2" not in re.sub(r"KP1:[^a-z]+", " ", " ".join([explained, *pages]))
    assert all(page.count("Hoogstens € 25,00") == 12 for page in pages)
    assert len(pictures_of(sheet)) == 24
    kept = b"".join(file.read_bytes() for file in services.settings.data_dir.rglob("*") if file.is_file())
    kept += kept_in_registry(services.settings)
    for code in codes_of(sheet):
        assert code.encode() not in kept


# ---------------------------------------------------------------- broken off


@pytest.mark.parametrize("breaks", ["before the chain", "between its calls", "before the register knows"])
@pytest.mark.parametrize("mended_by", ["a sheet", "a letter"])
def test_a_sheet_that_breaks_off_is_mended_by_another_sheet_or_letter(
    town: Town,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    print_sheet: Any,
    breaks: str,
    mended_by: str,
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise ChainUnreachable("the power went")

    part = {
        "before the chain": (services.fund, "execute"),
        "between its calls": (services.registry.tickets, "save_ticket_list"),
        "before the register knows": (services.registry.desk, "finish_sheet"),
    }[breaks]
    with monkeypatch.context() as patch:
        patch.setattr(*part, break_off)
        with pytest.raises(Refused, match="chain_unreachable"):
            print_sheet()
    till = town.new_till(town.shops[0])
    if mended_by == "a sheet":
        codes = codes_of(print_sheet(ORDER | {"sheetCount": 1}))
        assert till.redeem(codes[0], amount_cents=1_000, category=BICYCLES)["result"] == "accepted"
    else:
        phone = town.new_phone(replace(town, look_up(town)["household"]))
        assert vouchers_read_by(phone) == town.letters[1]["vouchers"]
