# SPDX-License-Identifier: EUPL-1.2
"""Programmes on the pages, without JavaScript: opened, funded, extended, copied, read by everyone, closed.

Given a form with anything wrong in it: it comes back with what was typed, and each fault at its field
Given a form that is right
  when it is looked at: nothing is opened yet
  when it is confirmed, also twice: one programme is open, and its page says what is still to be done and by whom
Given a programme
  when anyone opens its public page: the rules in words, and whether the text is the one of the first day
  when it is over and the pause too: it is swept and withdrawn in steps, and the statement adds up
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from kindpakket import closing
from kindpakket.closing import steps
from kindpakket.console.programme_forms import Typed, read_form
from kindpakket.services import Services
from kindpakket.staff import Role
from kindpakket.units import day_of
from tests.api.test_imports import FallingSilent
from tests.console.browser import Browser
from tests.ledger.databases import connect
from tests.support import Town

from .conftest import BrowserOf, Shopping

PAGES = "/gemeente/regelingen"
POLICY = "# Zwemmen\n\nElk kind leert zwemmen.\n"


def typed(services: Services, **other: Any) -> dict[str, Any]:
    today = day_of(services.now())
    return {
        "name": "Zwemlessen 2026",
        "starts_on": f"{today}",
        "ends_on": f"{today + timedelta(days=20)}",
        "categories": ["2", "5"],
        "maximum": "37,45",
        "policy": POLICY,
    } | other


def look(browser: Browser, services: Services, *, file: bytes | None = None, **other: Any) -> Any:
    browser.open(f"{PAGES}/nieuw")
    return browser.submit(f"{PAGES}/nieuw", file=file, **typed(services, **other))


def confirm(browser: Browser) -> Any:
    form = f"{PAGES}/nieuw/bevestigen"
    return browser.submit(form, categories=["2", "5"])


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"name": "  "}, "Geef de regeling een naam van 1 tot en met 60 tekens."),
        ({"name": "x" * 61}, "Geef de regeling een naam van 1 tot en met 60 tekens."),
        ({"starts_on": "31-12-2026"}, "Kies de eerste dag."),
        ({"ends_on": ""}, "Kies de laatste dag."),
        ({"ends_on": "2200-01-01"}, "Kies de laatste dag."),
        ({"starts_on": "2199-12-31"}, "De laatste dag ligt voor de eerste."),
        ({"categories": []}, "Kies ten minste één soort."),
        ({"categories": ["31"]}, "Kies ten minste één soort."),
        ({"maximum": "0"}, "Typ een bedrag van 1 cent tot en met € 2.621,43."),
        ({"maximum": "2621,44"}, "Typ een bedrag van 1 cent tot en met € 2.621,43."),
        ({"policy": " \n"}, "Er is nog geen tekst."),
        ({"policy": "x" * 50_001}, "De tekst is te lang. Er passen 50.000 tekens in."),
        ({"file": b"\xff\xfeE\x00"}, "Dit bestand is geen gewone tekst."),
        ({"file": b"Elk\x00kind"}, "In de tekst staat een teken dat niemand kan lezen."),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    services: Services, town: Town, browser_of: BrowserOf, other: dict[str, Any], told: str
) -> None:
    browser = browser_of("Anna")
    page = look(browser, services, **other)
    assert browser.status == 400
    assert told in page.text
    assert "Er klopt iets nog niet." in page.text
    assert services.fund.programme_count() == 1


def test_all_that_is_wrong_is_told_at_once_and_what_was_typed_stays(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    browser = browser_of("Anna")
    wrong = {
        "name": "Zwemmen",
        "starts_on": "x",
        "ends_on": "",
        "categories": [],
        "maximum": "veel",
        "policy": "",
    }
    page = look(browser, services, **wrong)
    invalid = {named["id"] for _, named in page.elements if named.get("aria-invalid")}
    assert invalid == {"starts_on", "ends_on", "maximum", "policy"}
    assert page.forms[f"{PAGES}/nieuw"]["name"] == "Zwemmen"


def test_the_last_day_is_today_at_the_earliest(services: Services, town: Town) -> None:
    today = day_of(services.now())
    form = {**typed(services), "categories": (2,), "opening_key": "a" * 32}
    long_ago = f"{today - timedelta(days=40)}"
    for ends_on, faults in ((today, {}), (today - timedelta(days=1), {"ends_on": "past"})):
        read = read_form(
            Typed(**{**form, "starts_on": long_ago, "ends_on": f"{ends_on}"}), now=services.now()
        )
        assert read[1] == faults


@pytest.mark.parametrize("carried", ["%%%", "é"])
def test_a_text_that_was_changed_on_its_way_is_not_opened(
    services: Services, town: Town, browser_of: BrowserOf, carried: str
) -> None:
    browser = browser_of("Anna")
    look(browser, services)
    browser.submit(f"{PAGES}/nieuw/bevestigen", policy_base64=carried)
    assert browser.status == 400
    assert services.fund.programme_count() == 1


# ---------------------------------------------------------------- opening


def test_a_programme_is_looked_at_opened_once_and_says_what_is_still_to_be_done(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    browser = browser_of("Ilse", Role.ISSUER)
    page = look(browser, services)
    assert page.headings == ["Klopt deze regeling?"]
    assert "Eén betaling is niet hoger dan € 37,45." in page.text
    assert services.fund.programme_count() == 1, "nothing is opened yet"
    form = dict(browser.page.forms[f"{PAGES}/nieuw/bevestigen"]) | {"categories": ["2", "5"]}
    page = confirm(browser)
    assert page.headings == ["Zwemlessen 2026"]
    assert "De regeling is open." in page.text
    assert "Geld storten: nog te doen . Dit doet een penningmeester." in page.text
    assert page.links["Doe dit nu : Tegoeden geven".replace(" :", ":")].startswith(
        "/gemeente/tegoeden/toekennen"
    )
    assert f"{PAGES}/2/storten" not in page.forms
    page = browser.send(f"{PAGES}/nieuw/bevestigen", form)
    assert (browser.status, page.headings) == (200, ["Zwemlessen 2026"]), "a double click leads to the same"
    assert services.fund.programme_count() == 2
    kept = services.fund.programme(2)
    assert kept.policy_hash == hashlib.sha256(POLICY.encode()).digest()
    browser.send(f"{PAGES}/nieuw/bevestigen", form | {"name": "Zwemlessen 2027"})
    assert browser.status == 409
    assert browser.page.headings == ["Met dit formulier is al een regeling geopend"]
    assert services.fund.programme_count() == 2


def test_the_same_rules_in_a_new_form_are_known(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    browser = browser_of("Anna")
    look(browser, services)
    confirm(browser)
    page = look(browser, services)
    assert "Deze regeling is er al." in page.text
    assert page.links["Bekijk Zwemlessen 2026"] == f"{PAGES}/2"


def test_a_file_is_taken_byte_for_byte_and_goes_before_what_is_typed(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    content = b"\xef\xbb\xbf# Zwemmen\r\n\r\nElk kind.\r\n"
    browser = browser_of("Anna")
    look(browser, services, file=content)
    confirm(browser)
    assert services.fund.programme(2).policy_hash == hashlib.sha256(content).digest()
    answer = browser.client.get("/regelingen/2/tekst.md")
    assert answer.content == content
    assert answer.headers["content-type"].startswith("text/markdown")


def test_a_form_can_be_changed_after_a_look(services: Services, town: Town, browser_of: BrowserOf) -> None:
    browser = browser_of("Anna")
    page = look(browser, services)
    form = dict(page.forms[f"{PAGES}/nieuw/bevestigen"]) | {"categories": ["2"]}
    page = browser.send(f"{PAGES}/nieuw/wijzigen", form)
    assert browser.status == 200
    again = page.forms[f"{PAGES}/nieuw"]
    assert (again["name"], again["opening_key"]) == ("Zwemlessen 2026", form["opening_key"])
    assert POLICY.strip() in browser.answer.text


def test_last_year_s_programme_is_copied_a_year_later(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    browser = browser_of("Anna")
    look(browser, services, starts_on="2028-02-29", ends_on="2028-12-31", name="Kindpakket 2028")
    confirm(browser)
    page = browser.open(f"{PAGES}/nieuw?kopie=2")
    assert "Dit is een kopie van Kindpakket 2028, een jaar later." in page.text
    form = page.forms[f"{PAGES}/nieuw"]
    assert (form["name"], form["starts_on"], form["ends_on"]) == (
        "Kindpakket 2029",
        "2029-02-28",
        "2029-12-31",
    )
    assert form["maximum"] == "37,45"
    checked = [named["value"] for _, named in page.elements if "checked" in named]
    assert checked == ["2", "5"]
    browser.submit(f"{PAGES}/nieuw", categories=checked, policy=POLICY, file=b"")
    page = confirm(browser)
    assert page.headings == ["Kindpakket 2029"]
    old, new = services.fund.programme(2), services.fund.programme(3)
    assert (old.categories, old.max_redemption_cents, old.policy_hash) == (
        new.categories,
        new.max_redemption_cents,
        new.policy_hash,
    )


# ---------------------------------------------------------------- money and time


@pytest.mark.parametrize(
    ("amount", "reference", "wrong"),
    [
        ("0", "besluit 8", {"amount"}),
        ("-5", "besluit 8", {"amount"}),
        ("10000000000,01", "besluit 8", {"amount"}),
        ("5", " ", {"reference"}),
        ("5", "x" * 61, {"reference"}),
        ("", "", {"amount", "reference"}),
    ],
)
def test_a_deposit_that_is_none_is_told_at_its_field(
    services: Services, town: Town, browser_of: BrowserOf, amount: str, reference: str, wrong: set[str]
) -> None:
    browser = browser_of("Piet", Role.TREASURER)
    browser.open(f"{PAGES}/{town.programme}")
    page = browser.submit(f"{PAGES}/{town.programme}/storten", amount=amount, reference=reference)
    assert browser.status == 400
    assert {named["id"] for _, named in page.elements if named.get("aria-invalid")} == wrong


def test_a_deposit_counts_once(services: Services, town: Town, browser_of: BrowserOf) -> None:
    browser = browser_of("Piet", Role.TREASURER)
    browser.open(f"{PAGES}/{town.programme}")
    form = f"{PAGES}/{town.programme}/storten"
    csrf = browser.page.forms[form]["csrf"]
    page = browser.submit(form, amount="1.250,50", reference="besluit 8")
    assert "De storting is vastgelegd." in page.text
    assert [line[2] for line in page.tables["Wat erin kwam en eruit ging"][1:]] == [
        "€ 100.000,00",
        "€ 1.250,50",
    ]
    page = browser.send(form, {"csrf": csrf, "amount": "1.250,50", "reference": "besluit 8"})
    assert (browser.status, page.headings) == (409, ["Dit kenmerk is al vastgelegd"])
    assert services.fund.programme(town.programme).deposited_cents == 10_125_050


def test_a_programme_is_extended_and_never_shortened(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    browser = browser_of("Ilse", Role.ISSUER)
    last_day = day_of(services.fund.programme(town.programme).ends_at - 1)
    form = f"{PAGES}/{town.programme}/verlengen"
    for typed_day, status in ((f"{last_day}", 409), ("morgen", 400), (f"{date.max}", 400)):
        browser.open(f"{PAGES}/{town.programme}")
        browser.submit(form, ends_on=typed_day)
        assert browser.status == status
    browser.open(f"{PAGES}/{town.programme}")
    page = browser.submit(form, ends_on=f"{last_day + timedelta(days=1)}")
    assert "De regeling duurt nu langer." in page.text
    assert day_of(services.fund.programme(town.programme).ends_at - 1) == last_day + timedelta(days=1)
    page = browser_of("Beheer", Role.ADMINISTRATOR).open("/gemeente/logboek")
    done = [line[3] for line in page.tables["Wat er is gedaan, het nieuwste eerst"]]
    assert "Regeling langer gemaakt" in done


# ---------------------------------------------------------------- the public pages


def test_everyone_finds_the_rules_in_words_from_the_start_page(
    services: Services, town: Town, browser_of: BrowserOf
) -> None:
    anyone = Browser(browser_of("Anna").client)
    anyone.client.cookies.clear()
    page = anyone.open("/")
    page = anyone.open(page.links["De regels van elke regeling"])
    page = anyone.open(page.links["Kindpakket"])
    assert page.headings == ["Regels van Kindpakket"]
    for sentence in (
        "De regeling loopt nu.",
        "U kunt er dit mee kopen: Kleding, Sport, Fietsen, Speelgoed.",
        "Eén betaling is niet hoger dan € 300,00.",
        "Wat over is op een tegoed, gaat terug naar de gemeente.",
        "Dit is de tekst van de eerste dag.",
        "Elk kind krijgt 300 euro.",
        services.fund.programme(town.programme).policy_hash.hex(),
    ):
        assert sentence in page.text
    page = anyone.open(f"/regelingen/{town.programme}?taal=en")
    assert "One payment is not higher than € 300.00." in page.text
    anyone.open("/regelingen/9")
    assert anyone.status == 404


def test_a_text_that_was_changed_is_called_so(services: Services, town: Town, browser_of: BrowserOf) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE programme_text SET policy_text = 'Elk kind krijgt 400 euro.'"))
    page = browser_of("Anna").open(f"/regelingen/{town.programme}")
    assert "Let op: dit is niet de tekst van de eerste dag." in page.text
    assert "Dit is de tekst van de eerste dag." not in page.text


def test_a_text_that_is_not_known_is_called_so(services: Services, town: Town, browser_of: BrowserOf) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("DELETE FROM programme_text"))
    browser = browser_of("Anna")
    assert "De tekst van deze regeling is hier niet bekend." in browser.open("/regelingen/1").text
    browser.open("/regelingen/1/tekst.md")
    assert browser.status == 404


# ---------------------------------------------------------------- closing


def test_a_programme_is_closed_in_steps_that_say_why_not_yet(
    services: Services,
    chain: FallingSilent,
    town: Town,
    earned: Shopping,
    end: Callable[[], None],
    pause: Callable[[], None],
    browser_of: BrowserOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps, "VOUCHERS_PER_CALL", 2)
    monkeypatch.setattr(steps, "CALLS_AT_ONCE", 2)
    address = f"{PAGES}/{town.programme}/afsluiten"
    page = browser_of("Piet", Role.TREASURER).open(address)
    assert "Gezinnen kunnen nog betalen tot en met" in page.text
    assert "Winkels hebben nog € 49,45 tegoed." in page.text
    assert not [form for form in page.forms if form.startswith(address)]
    end()
    page = browser_of("Piet", Role.TREASURER).open(address)
    assert "Wacht tot" in page.text
    assert not [form for form in page.forms if form.startswith(address)]
    pause()
    treasurer = browser_of("Piet", Role.TREASURER)
    page = treasurer.open(address)
    assert "Er staat nog € 1.750,55 op 6 tegoeden." in page.text
    assert f"{address}/rest" not in page.forms
    page = treasurer.submit(f"{address}/leegmaken")
    assert "4 van 6 tegoeden zijn leeg." in page.text
    page = treasurer.submit(f"{address}/leegmaken")
    assert "6 van 6 tegoeden zijn leeg." in page.text
    page = treasurer.submit(f"{address}/rest", reference=" ")
    assert treasurer.status == 400
    page = treasurer.submit(f"{address}/rest", reference="terug 1")
    assert "Er is niets meer over in de pot." in page.text
    page = treasurer.open(page.links["Bekijk de verantwoording"])
    assert "Alles klopt op de cent." in page.text
    assert "De regeling is nog niet afgesloten." in page.text
    assert page.tables["Waar elke euro bleef"][-3] == ["Terug naar de gemeente", "€ 99.950,55", "€ 99.950,55"]
    assert page.tables["Wie nog iets krijgt of teruggeeft"][1] == ["Fietsen Jansen", "krijgt nog", "€ 37,45"]
    answer = treasurer.client.get(page.links["Download als PDF"])
    assert answer.content.startswith(b"%PDF") and answer.content.count(b"/Type /Page\n") == 1
    assert closing.closing_of(services, programme=town.programme).is_withdrawn


def test_an_auditor_reads_how_far_it_is_and_does_nothing(
    town: Town, earned: Shopping, pause: Callable[[], None], browser_of: BrowserOf
) -> None:
    pause()
    auditor = browser_of("Controleur", Role.AUDITOR)
    page = auditor.open(f"{PAGES}/{town.programme}")
    page = auditor.open(page.links["Regeling afsluiten"])
    assert "Dit doet een penningmeester." in page.text
    assert list(page.forms) == ["/gemeente/afmelden"]
    page = auditor.open(page.links["Bekijk de verantwoording"])
    assert "Alles klopt op de cent." in page.text


def test_a_statement_that_differs_says_so_and_what(
    services: Services, town: Town, earned: Shopping, browser_of: BrowserOf
) -> None:
    with connect(services.settings.ledger_address) as connection:
        connection.execute(text("UPDATE programme SET unallocated_cents = unallocated_cents - 100"))
    browser = browser_of("Piet", Role.TREASURER)
    page = browser.open(f"{PAGES}/{town.programme}/verantwoording")
    assert "Niet alles klopt." in page.text
    assert "De pot telt niet op." in page.text
    assert "Over in de pot: in onze boeken € 98.199,00, in het register € 98.200,00." in page.text
    assert browser.client.get(f"{PAGES}/{town.programme}/verantwoording.pdf").content.startswith(b"%PDF")
