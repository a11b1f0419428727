# SPDX-License-Identifier: EUPL-1.2
"""Work accounts at the municipality's provider: tied once by who was invited, and enough to sign in with.

Given a provider is set
  when someone signs in there whom nobody invited: it opens nothing
  when who was invited ties their account: it signs them in, without a link, as often as they want
  when they untie it, were removed or got a new link: it opens nothing any more
  when another member ties an account that is somebody's already, or was before it was untied: refused
  when who was invited has none tied: they may do nothing but tie one, on no page and by no operation
  when they untie their last one: the same, in the session that is open
  when whoever runs the server made the link: it lets in without one, for the first member and a provider that is down
  a passkey is neither asked for nor taken
Given an answer to another browser's question, to a used one or to none
  it is refused, and opens nothing
Given no provider is set
  there is no way to one
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from kindpakket import members, staff
from kindpakket.demo.api_client import Refused
from kindpakket.services import Services
from kindpakket.settings import Settings
from tests.console.browser import Browser
from tests.console.test_members import another_browser, invite, number_of
from tests.support import InProcess, new_sign_in_code

from .there import FINISH, GO, REFUSED, TIE, come_back, is_let_in, leave, sign_in, sign_in_there, tie

# ---------------------------------------------------------------- the way in


@pytest.mark.usefixtures("provider")
def test_who_was_not_invited_comes_in_with_no_account(services: Services, clerk: Browser) -> None:
    stranger = sign_in(services, "stranger@example.test")
    assert stranger.status == 401
    assert stranger.page.headings == [REFUSED]
    assert not is_let_in(stranger)


@pytest.mark.usefixtures("provider")
def test_who_was_invited_ties_their_account_and_signs_in_with_it(services: Services, clerk: Browser) -> None:
    code = invite(clerk, "Bram", ["auditor"])
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden?uitnodiging=ja")
    assert bram.page.links["Aanmelden met uw werkaccount"] == GO
    bram.submit("/gemeente/aanmelden", code=code)
    assert bram.page.links["Koppel uw werkaccount"] == TIE
    tie(bram, "bram@example.test")
    assert "Uw werkaccount is gekoppeld" in bram.page.text
    for _ in range(2):
        assert is_let_in(sign_in(services, "bram@example.test"))
    said = clerk.open("/gemeente/logboek").text
    assert "Werkaccount gekoppeld" in said
    assert "bram@example.test" not in said


@pytest.mark.usefixtures("provider")
def test_an_account_that_was_untied_opens_nothing(services: Services, clerk: Browser) -> None:
    tie(clerk)
    tie(clerk, "anna.second@example.test")
    clerk.open("/gemeente/mijn-aanmelding")
    clerk.submit(f"{TIE}/1/verwijderen")
    assert "Het werkaccount is losgemaakt" in clerk.page.text
    assert sign_in(services).status == 401
    assert is_let_in(sign_in(services, "anna.second@example.test"))
    clerk.submit(f"{TIE}/2/verwijderen")
    csrf = clerk.open("/gemeente/mijn-aanmelding").forms["/gemeente/afmelden"]["csrf"]
    clerk.send(f"{TIE}/2/verwijderen", {"csrf": csrf})
    assert clerk.status == 404


@pytest.mark.usefixtures("provider")
def test_who_was_invited_may_do_nothing_before_an_account_is_tied(services: Services, clerk: Browser) -> None:
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=invite(clerk, "Bram", [role.value for role in staff.Role]))
    assert bram.page.links["Koppel uw werkaccount"] == TIE, "also without an invitation in the address"
    assert "Koppel het eerst." in bram.page.text
    csrf = bram.page.forms["/gemeente/afmelden"]["csrf"]
    for address in ("", "medewerkers", "uitbetalingen", "betalingen", "tegoeden", "logboek"):
        bram.open(f"/gemeente/{address}")
        assert (bram.status, bram.page.headings) == (403, ["Koppel eerst uw werkaccount"]), address
        assert "/gemeente/mijn-aanmelding" in bram.page.links.values()
    for address in ("medewerkers/uitnodigen", "uitbetalingen/1/goedkeuren", "mijn-aanmelding"):
        bram.send(f"/gemeente/{address}", {"csrf": csrf, "name": "Carla", "role": "auditor"})
        assert bram.status in (403, 404), address
    assert [one.name for one in members.list_members(services)] == ["Anna", "Bram"]
    tie(bram, "bram@example.test")
    assert is_let_in(bram), "in the same session"
    bram.open("/gemeente/mijn-aanmelding")
    bram.submit(f"{TIE}/1/verwijderen")
    assert not is_let_in(bram), "and no longer once it was untied"
    assert "Koppel het eerst." in bram.open("/gemeente/mijn-aanmelding").text
    bram.submit("/gemeente/afmelden")
    assert bram.open("/gemeente/").headings == ["U bent niet aangemeld"]


@pytest.mark.usefixtures("provider")
def test_a_token_of_who_has_no_account_tied_is_refused_by_the_api(services: Services, clerk: Browser) -> None:
    bram = InProcess(another_browser(services).client)
    session = bram.ask("POST", "/staff-sessions", {"signInCode": invite(clerk, "Bram", ["approver"])})
    bram.token = session["token"]
    for method, path in (("GET", "/payment-lines"), ("GET", "/payout-runs"), ("POST", "/chain-queries")):
        with pytest.raises(Refused) as refused:
            bram.ask(method, path, {} if method == "POST" else None)
        assert (refused.value.status, refused.value.reason) == (403, "work_account_required"), path


@pytest.mark.usefixtures("provider")
def test_a_link_of_whoever_runs_the_server_lets_in_without_an_account(
    services: Services, clerk: Browser
) -> None:
    assert services.registry.work_accounts.of_member(number_of(services, "Anna")) == []
    assert is_let_in(clerk)
    code = invite(clerk, "Bram", ["auditor"])
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=code)
    assert not is_let_in(bram)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name="Bram"))
    assert is_let_in(bram)


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("how", ["untied", "removed", "new link"])
def test_an_account_stays_its_members_after_it_was_untied(
    services: Services, clerk: Browser, how: str
) -> None:
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=invite(clerk, "Bram", ["auditor"]))
    tie(bram, "bram@example.test")
    number = number_of(services, "Bram")
    anna = staff.sign_in(services, code=new_sign_in_code(services, name="Anna"))
    if how == "untied":
        bram.open("/gemeente/mijn-aanmelding")
        bram.submit(f"{TIE}/1/verwijderen")
    elif how == "removed":
        members.remove(services, staff=number, by=anna)
    else:
        members.renew_link(services, staff=number, by=anna)
    second = another_browser(services)
    second.open("/gemeente/aanmelden")
    second.submit("/gemeente/aanmelden", code=invite(clerk, "B. ram", ["approver"]))
    tie(second, "bram@example.test")
    assert second.page.headings == [REFUSED], "one account, one member"
    assert not is_let_in(second)
    if how == "removed":
        members.invite(services, name="Bram", roles=[staff.Role.AUDITOR], by=anna)
    again = another_browser(services)
    again.open("/gemeente/aanmelden")
    code = members.renew_link(services, staff=number, by=anna).link.partition("#code=")[2]
    again.submit("/gemeente/aanmelden", code=code)
    tie(again, "bram@example.test")
    assert "Uw werkaccount is gekoppeld" in again.page.text, "the same member may tie it again"
    assert is_let_in(sign_in(services, "bram@example.test"))


@pytest.mark.usefixtures("provider")
def test_nobody_unties_anothers_account_or_ties_it_to_themselves(services: Services, clerk: Browser) -> None:
    tie(clerk)
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name="Bram"))
    tie(bram)
    assert bram.page.headings == [REFUSED]
    csrf = bram.open("/gemeente/mijn-aanmelding").forms["/gemeente/afmelden"]["csrf"]
    bram.send(f"{TIE}/1/verwijderen", {"csrf": csrf})
    assert bram.status == 404
    bram.send(f"{TIE}/1/verwijderen", {"csrf": "x"})
    assert bram.status == 403
    assert is_let_in(sign_in(services))


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("how", ["removed", "new link"])
def test_the_account_of_who_was_removed_or_got_a_new_link_opens_nothing(
    services: Services, clerk: Browser, how: str
) -> None:
    code = invite(clerk, "Bram", ["auditor"])
    bram = another_browser(services)
    bram.open("/gemeente/aanmelden")
    bram.submit("/gemeente/aanmelden", code=code)
    tie(bram, "bram@example.test")
    anna = staff.sign_in(services, code=new_sign_in_code(services, name="Anna"))
    if how == "removed":
        members.remove(services, staff=number_of(services, "Bram"), by=anna)
    else:
        members.renew_link(services, staff=number_of(services, "Bram"), by=anna)
    assert sign_in(services, "bram@example.test").status == 401
    assert not is_let_in(bram)


@pytest.mark.usefixtures("provider")
def test_a_passkey_is_neither_asked_for_nor_taken(services: Services, clerk: Browser) -> None:
    csrf = clerk.open("/gemeente/mijn-aanmelding").forms["/gemeente/afmelden"]["csrf"]
    assert "passkey" not in clerk.page.text
    for address in ("/gemeente/aanmelden/passkey/vraag", "/gemeente/aanmelden/passkey"):
        clerk.send(address, {"credential": "{}"})
        assert clerk.status == 403
    clerk.send("/gemeente/mijn-aanmelding/vraag", {"csrf": csrf})
    assert clerk.status == 403


# ---------------------------------------------------------------- answers that are not to this question


@pytest.mark.usefixtures("provider")
def test_an_answer_counts_only_in_the_browser_that_asked_and_once(services: Services, clerk: Browser) -> None:
    tie(clerk)
    answer = sign_in_there(leave(another_browser(services)))
    thief = another_browser(services)
    come_back(thief, answer)
    assert thief.page.headings == [REFUSED], "it asked nothing"
    leave(thief)
    come_back(thief, answer)
    assert thief.page.headings == [REFUSED], "it asked another question"
    assert not is_let_in(thief)

    anna = another_browser(services)
    answer = sign_in_there(leave(anna))
    kept = dict(anna.client.cookies)
    come_back(anna, answer)
    assert is_let_in(anna)
    again = another_browser(services)
    again.client.cookies.update(kept)
    come_back(again, answer)
    assert again.page.headings == [REFUSED], "its code was used"


@pytest.mark.usefixtures("provider")
def test_an_account_is_tied_only_to_who_asked_to(services: Services, clerk: Browser) -> None:
    answer = sign_in_there(leave(clerk, TIE))
    clerk.client.cookies.delete("kindpakket_gemeente")
    come_back(clerk, answer)
    assert clerk.page.headings == [REFUSED]
    assert sign_in(services).status == 401


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "kept",
    [
        "",
        "x",
        "W10=",
        "WzEsMiwzLDRd",
        "WyJhIiwiYiIsImMiLCJkIl0=",
        pytest.param(base64.b64encode(b"[" * 20_000).decode(), id="very deep"),
        pytest.param(base64.b64encode(rb'["\ud800", "b", "c", null]').decode(), id="half a character"),
    ],
)
def test_what_a_browser_did_not_keep_from_us_opens_nothing(browser: Browser, kept: str) -> None:
    browser.client.cookies.set("kindpakket_vraag", kept)
    browser.send(FINISH, {"state": "a", "code": "b", "issuer": ""})
    assert browser.status == 401


def test_another_site_cannot_finish_for_a_browser(provider: str, browser: Browser) -> None:
    leave(browser)
    browser.send(FINISH, {"state": "a", "code": "b"}, headers={"sec-fetch-site": "cross-site"})
    assert browser.status == 403
    assert provider


def test_who_refused_at_the_provider_is_told_so_in_plain_words(provider: str, browser: Browser) -> None:
    state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
    come_back(browser, {"error": "access_denied", "state": state})
    assert browser.page.headings == [REFUSED]
    assert provider


# ---------------------------------------------------------------- settings


def test_without_a_provider_there_is_no_way_to_one(browser: Browser) -> None:
    assert "werkaccount" not in browser.open("/gemeente/aanmelden").text
    browser.open(GO)
    assert browser.status == 401
    browser.send(FINISH, {"state": "a", "code": "b"})
    assert browser.status == 401


@pytest.mark.parametrize(
    "set_so",
    [
        {"oidc_issuer": "http://login.example.test", "oidc_client_id": "a"},
        {"oidc_issuer": "https://login.example.test"},
        {"oidc_issuer": "login.example.test", "oidc_client_id": "a"},
    ],
)
def test_a_provider_without_encryption_or_without_our_name_there_is_no_setting(
    set_so: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError):
        Settings(**set_so)
    assert Settings(oidc_issuer="https://login.example.test", oidc_client_id="a").oidc_client_id == "a"
