# SPDX-License-Identifier: EUPL-1.2
"""A lost phone on the pages: found by reference, asked twice, the new letter shown once, no name and no amount.

given a household whose phone is lost
├── when nobody is signed in, or the form is of another session → nothing is done
├── when the reference is unknown → it is asked again
├── when no reason is chosen → it is asked again
├── when the programme is over → the page says why there is no new letter and what to do, and offers none
├── when it is confirmed → the new letter is shown to print, and opens what was left
└── when the same form is sent again → refused, and the letter that was shown works
"""

from __future__ import annotations

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import expiry
from kindpakket.services import Services
from tests.support import Town, new_sign_in_code

from .browser import Browser

FACTS = "/gemeente/tegoeden/huishoudens"


def find(town: Town, clerk: Browser, reference: str = "A-2") -> str:
    """Find a household; return its address."""
    clerk.open(f"/gemeente/tegoeden?regeling={town.programme}")
    clerk.submit(FACTS, reference=reference)
    return str(clerk.answer.url.path)


def choose(clerk: Browser, address: str, reason: str = "lost") -> None:
    """Choose a reason on the household's page."""
    clerk.submit(f"{address}/vervangen", reason=reason)


def test_nobody_finds_or_replaces_without_signing_in(town: Town, browser: Browser) -> None:
    for address in (f"{FACTS}?regeling=1", f"{FACTS}/2/vervangen", f"{FACTS}/2/vervangen/bevestigen"):
        browser.send(address, {"reference": "A-2", "reason": "lost", "replacement_count": "0"})
        assert browser.status == 401
    browser.open(f"{FACTS}/2")
    assert browser.status == 401


def test_a_form_of_another_session_replaces_nothing(town: Town, clerk: Browser) -> None:
    address = find(town, clerk)
    fields = {"csrf": "another", "reason": "lost", "replacement_count": "0"}
    clerk.send(f"{address}/vervangen/bevestigen", fields)
    assert clerk.status == 403
    assert len(town.new_phone(town.letters[1]).next_numbers) == 2, "the letter still works"


def test_a_reference_that_nobody_has_is_asked_again(town: Town, clerk: Browser) -> None:
    find(town, clerk, "<b>A-99")
    assert clerk.status == 404
    assert "Het kenmerk <b>A-99 heeft in deze regeling geen tegoed." in clerk.page.text
    assert clerk.page.forms[f"{FACTS}?regeling={town.programme}"]["reference"] == "<b>A-99"
    assert clerk.open(f"{FACTS}/999").headings == ["Dit huishouden is er niet"]


def test_a_new_letter_needs_a_reason(town: Town, clerk: Browser) -> None:
    address = find(town, clerk)
    for reason in ("", "a name"):
        choose(clerk, address, reason)
        assert clerk.status == 400
        assert "Kies waarom u een nieuwe brief maakt." in clerk.page.text


def test_after_the_end_no_new_letter_is_offered_and_the_page_says_what_to_do(
    town: Town, services: Services, chain: TesterChain, browser: Browser
) -> None:
    chain.travel_to(services.fund.programme(town.programme).ends_at)
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name="Anna"))
    address = find(town, browser)
    assert f"{address}/vervangen" not in browser.page.forms
    assert "Er komt geen nieuwe brief meer." in browser.page.text
    csrf = browser.page.forms["/gemeente/afmelden"]["csrf"]
    for step in ("", "/bevestigen"):
        fields = {"csrf": csrf, "reason": "lost", "replacement_count": "0"}
        browser.send(f"{address}/vervangen{step}", fields)
        assert (browser.status, browser.page.headings) == (409, ["De regeling is afgelopen"])
        assert "Met zijn brief en pincode" in browser.page.text


def test_the_desk_sees_no_amount_and_no_reference_in_an_address(town: Town, clerk: Browser) -> None:
    town.new_phone(town.letters[1])
    address = find(town, clerk)
    assert "A-2" not in str(clerk.answer.url)
    assert clerk.page.headings == ["Huishouden A-2"]
    assert "Op een telefoon 2 van 2" in clerk.page.text
    assert "€" not in clerk.page.text
    choose(clerk, address, "stolen")
    assert "Reden: Telefoon gestolen." in clerk.page.text
    assert "werken meteen niet meer" in clerk.page.text
    assert "€" not in clerk.page.text


def test_a_confirmed_new_letter_is_shown_once_and_opens_what_was_left(town: Town, clerk: Browser) -> None:
    lost, till = town.new_phone(town.letters[1]), town.new_till(town.shops[0])
    voucher = next(iter(lost.next_numbers))
    shown = lost.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))
    till.redeem(shown, amount_cents=1000, category=3)
    shown = lost.show_code(voucher, max_cents=5000, expires_at=expiry(town.now()))

    address = find(town, clerk)
    choose(clerk, address)
    form = dict(clerk.page.forms[f"{address}/vervangen/bevestigen"])
    page = clerk.submit(f"{address}/vervangen/bevestigen")
    assert clerk.answer.headers["cache-control"] == "no-store"
    assert "Kenmerk: A-2" in page.text
    assert "Deze brief komt in plaats van uw oude brief." in page.text
    assert "€" not in page.text
    words = page.text.split()
    code = next(word for word in words if word.count("-") == 4 and len(word) == 21)
    with pytest.raises(Refused, match="voucher_not_activated"):
        till.redeem(shown, amount_cents=1000, category=3)

    clerk.send(f"{address}/vervangen/bevestigen", form)
    assert clerk.status == 409
    assert clerk.page.headings == ["Dit huishouden kreeg net al een nieuwe brief"]
    found = town.new_phone({"code": code})
    assert town.balance_cents(found, voucher) == 29_000
    assert "Eerdere nieuwe brieven 1" in clerk.open(address).text
