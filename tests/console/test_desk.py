# SPDX-License-Identifier: EUPL-1.2
"""One voucher at the desk, on the pages: more, blocked, on paper, one more child; each asked, logged, and done once.

given a household on its page
├── the page says what holds each voucher, and why one is blocked, and no amount
├── when a form lacks what it needs → it is asked again, with what was typed
├── when a voucher is blocked and unblocked → the page and the log say so, with the reason
├── when it is topped up → the page of the top-up lists it, with reason and note
├── when it is put on paper → a PDF, once; who helps sees no balance
└── when a child is added → its letter is next
"""

from __future__ import annotations

import pytest

from kindpakket.chain import fund as fund_calls
from kindpakket.demo.people import expiry
from kindpakket.services import Services
from tests.prints import codes_of
from tests.support import Town

from .browser import Browser
from .test_households import find
from .test_staff_log_page import lines

STATES = "Tegoeden van dit huishouden"
BICYCLES = 3


@pytest.fixture
def address(town: Town, clerk: Browser) -> str:
    """The page of household A-2, with two vouchers."""
    return find(town, clerk)


def of_voucher(town: Town, address: str, what: str) -> str:
    return f"{address}/tegoeden/{town.letters[1]['vouchers'][0]}/{what}"


def states(clerk: Browser, address: str) -> list[str]:
    return [row[1] for row in clerk.open(address).tables[STATES][1:]]


# ---------------------------------------------------------------- refusals


def test_a_voucher_of_another_household_has_no_page_here(town: Town, clerk: Browser, address: str) -> None:
    for what in ("ophogen", "blokkeren", "papier"):
        clerk.open(f"{address}/tegoeden/1/{what}")
        assert (clerk.status, clerk.page.headings) == (409, ["Dit tegoed is niet van dit huishouden"])
        clerk.open(f"/gemeente/tegoeden/huishoudens/999/tegoeden/1/{what}")
        assert (clerk.status, clerk.page.headings) == (404, ["Dit huishouden is er niet"])


def test_blocking_needs_a_reason(town: Town, clerk: Browser, address: str) -> None:
    page = of_voucher(town, address, "blokkeren")
    for reason in ("", "a name"):
        clerk.open(page)
        clerk.submit(page, reason=reason)
        assert clerk.status == 400
        assert "Kies een reden." in clerk.page.text
    assert states(clerk, address) == ["Wacht op de brief."] * 2


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"amount": "", "reason": "cost"}, "Dit is geen bedrag dat op een tegoed past."),
        ({"amount": "0", "reason": "cost"}, "Dit is geen bedrag dat op een tegoed past."),
        ({"amount": "25", "reason": ""}, "Kies een reden."),
        ({"amount": "25", "reason": "cost", "note": "bel 0612345678"}, "Deze notitie is te lang"),
        ({"amount": "25", "reason": "cost", "note": "x" * 201}, "Deze notitie is te lang"),
    ],
    ids=str,
)
def test_a_top_up_that_lacks_something_is_asked_again(
    town: Town, clerk: Browser, address: str, typed: dict[str, str], told: str
) -> None:
    page = of_voucher(town, address, "ophogen")
    clerk.open(page)
    clerk.submit(page, **typed)
    assert clerk.status == 400
    assert told in clerk.page.text
    assert clerk.page.forms[page]["amount"] == typed["amount"]
    assert clerk.page.forms[page]["note"] == typed.get("note", "")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"children": "0", "amount": "300"}, "Typ een heel getal van 1 tot en met 20."),
        ({"children": "21", "amount": "300"}, "Typ een heel getal van 1 tot en met 20."),
        ({"children": "x", "amount": "300"}, "Typ een heel getal van 1 tot en met 20."),
        ({"children": "²", "amount": "300"}, "Typ een heel getal van 1 tot en met 20."),
        ({"children": "1", "amount": "x"}, "Dit is geen bedrag dat op een tegoed past."),
    ],
    ids=str,
)
def test_a_child_that_lacks_something_is_asked_again(
    town: Town, clerk: Browser, address: str, typed: dict[str, str], told: str
) -> None:
    clerk.open(f"{address}/kind")
    clerk.submit(f"{address}/kind", **typed)
    assert clerk.status == 400
    assert told in clerk.page.text
    assert clerk.page.forms[f"{address}/kind"]["amount"] == typed["amount"]


def test_a_sheet_needs_a_maximum_of_the_list(town: Town, clerk: Browser, address: str) -> None:
    page = of_voucher(town, address, "papier")
    for maximum in ("", "30000", "x"):
        clerk.open(page)
        clerk.submit(page, max_cents=maximum)
        assert clerk.status == 400
        assert "Kies hoeveel een code mag betalen." in clerk.page.text


# ---------------------------------------------------------------- done


def test_a_voucher_is_blocked_and_unblocked_and_all_say_why(town: Town, clerk: Browser, address: str) -> None:
    page = of_voucher(town, address, "blokkeren")
    clerk.open(page)
    clerk.submit(page, reason="moved")
    assert "Het tegoed is geblokkeerd." in clerk.page.text
    assert states(clerk, address)[0] == "Wacht op de brief. Geblokkeerd: Het gezin is verhuisd."
    assert clerk.open(of_voucher(town, address, "papier")).text.count("Laat het eerst weer werken.") == 1

    text = clerk.open(page).text
    assert "Dit tegoed is geblokkeerd: Het gezin is verhuisd." in text
    form = dict(clerk.page.forms[of_voucher(town, address, "deblokkeren")])
    clerk.submit(of_voucher(town, address, "deblokkeren"))
    assert "Het tegoed werkt weer." in clerk.page.text
    assert states(clerk, address)[0] == "Wacht op de brief."
    clerk.send(of_voucher(town, address, "deblokkeren"), form)
    assert (clerk.status, clerk.page.headings) == (409, ["Dit tegoed werkt al"])

    told = [line[2:] for line in lines(clerk)[:3]]
    about = f"household=2 voucher={town.letters[1]['vouchers'][0]}"
    assert told == [
        ["Tegoed werkt weer", about, "", "mocht niet: voucher_not_blocked"],
        ["Tegoed werkt weer", about, "", "gedaan"],
        ["Tegoed geblokkeerd", about, "moved", "gedaan"],
    ]


def test_a_reason_that_only_the_chain_knows_is_shown_as_its_number(
    town: Town, services: Services, clerk: Browser, address: str
) -> None:
    call = fund_calls.block_voucher(voucher=town.letters[1]["vouchers"][0], reason=200)
    services.fund.execute(call, sender=services.accounts.issuer)
    assert states(clerk, address)[0] == "Wacht op de brief. Geblokkeerd: 200."


def test_a_voucher_is_topped_up_once_with_its_reason_and_note(
    town: Town, clerk: Browser, address: str
) -> None:
    phone = town.new_phone(town.letters[1])
    page = of_voucher(town, address, "ophogen")
    clerk.open(page)
    form = dict(clerk.page.forms[page])
    clerk.submit(page, amount="12,50", reason="decision", note="besluit 17")
    assert "Het tegoed is opgehoogd." in clerk.page.text
    assert "€" not in clerk.page.text
    clerk.send(page, form | {"amount": "12,50", "reason": "decision"})
    assert (clerk.status, clerk.page.headings) == (409, ["Dit tegoed is net veranderd"])
    assert town.balance_cents(phone, town.letters[1]["vouchers"][0]) == 31_250
    (row,) = clerk.open(page).tables["Eerder opgehoogd"][1:]
    assert row[1:] == ["€ 12,50", "Nieuw besluit van de gemeente", "besluit 17"]
    assert not any("besluit 17" in cell for line in lines(clerk) for cell in line), "a note stays off the log"


def test_a_voucher_goes_on_paper_and_who_helps_sees_no_balance(
    town: Town, clerk: Browser, address: str
) -> None:
    till = town.new_till(town.shops[0])
    phone = town.new_phone(town.letters[1])
    shown = phone.show_code(town.letters[1]["vouchers"][0], max_cents=5_000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=1_234, category=BICYCLES)
    page = of_voucher(town, address, "papier")
    text = clerk.open(page).text
    assert "287,66" not in text and "300" not in text and "12,34" not in text
    form = dict(clerk.page.forms[page])
    clerk.submit(page, max_cents="2500")
    assert clerk.answer.headers["content-type"] == "application/pdf"
    assert clerk.answer.headers["cache-control"] == "no-store"
    assert clerk.answer.headers["content-disposition"] == 'attachment; filename="codes-op-papier.pdf"'
    codes = codes_of(clerk.answer.content)
    assert till.redeem(codes[0], amount_cents=2_500, category=BICYCLES)["result"] == "accepted"

    clerk.send(page, form | {"max_cents": "2500"})
    assert (clerk.status, clerk.page.headings) == (409, ["Dit tegoed is net veranderd"])
    assert states(clerk, address) == ["Staat op papier.", "Staat op een telefoon."]
    assert "Op een telefoon 1 van 2" in clerk.page.text
    assert "€" not in clerk.page.text


def test_a_child_is_added_and_its_letter_is_next(town: Town, clerk: Browser, address: str) -> None:
    clerk.open(f"{address}/kind")
    form = dict(clerk.page.forms[f"{address}/kind"])
    clerk.submit(f"{address}/kind", children="1", amount="150")
    assert clerk.page.headings == ["Brieven van reeks 2"]
    assert "Aantal brieven: 1." in clerk.page.text
    assert len(states(clerk, address)) == 3
    clerk.send(f"{address}/kind", form | {"children": "1", "amount": "150"})
    assert (clerk.status, clerk.page.headings) == (409, ["Dit tegoed is net veranderd"])
    assert len(states(clerk, address)) == 3
