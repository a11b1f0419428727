# SPDX-License-Identifier: EUPL-1.2
"""Payouts on the pages, without JavaScript: prepared by one, approved by another, to the bank and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import merchant_accounts, payout_runs, suspensions
from kindpakket.main import create_app
from kindpakket.services import Services
from tests.console.browser import Browser
from tests.ledger.databases import bytes_in_sql, connect
from tests.support import Town, new_sign_in_code

from .bank import entry, paid, payments_in, report, statement, status
from .conftest import Shopping

PAGES = "/gemeente/uitbetalingen"
NEW_IBAN = "NL02ABNA0123456789"


@pytest.fixture
def browser_of(services: Services) -> Iterator[Callable[[str], Browser]]:
    """Makes a browser in which someone signed in."""
    with ExitStack() as opened:

        def sign_in(name: str) -> Browser:
            client = TestClient(create_app(services), raise_server_exceptions=False)
            browser = Browser(opened.enter_context(client))
            browser.open("/gemeente/aanmelden")
            browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name=name))
            return browser

        yield sign_in


@pytest.fixture
def anna_s(browser_of: Callable[[str], Browser]) -> Browser:
    """Where Anna works."""
    return browser_of("Anna")


@pytest.fixture
def bram_s(browser_of: Callable[[str], Browser]) -> Browser:
    """Where Bram works."""
    return browser_of("Bram")


def prepare(browser: Browser) -> str:
    """Prepare a run of everything; return where it is."""
    browser.open(f"{PAGES}/nieuw")
    browser.submit(f"{PAGES}/nieuw")
    assert browser.status == 200
    return str(browser.answer.url.path)


def prepare_and_approve(by: Browser, other: Browser) -> str:
    """Let one prepare a run and another approve it; return its page."""
    run = prepare(by)
    other.open(run)
    other.submit(f"{run}/goedkeuren")
    return run


def test_a_run_goes_from_one_to_another_to_the_bank_and_back(
    town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    page = anna_s.open(PAGES)
    assert "Er is nog niets naar de bank gegaan." in page.text
    page = anna_s.open(f"{PAGES}/nieuw")
    assert page.tables["Wie krijgt wat"][1:] == [
        [
            "Fietsen Jansen",
            "NL90INGB0009000000",
            "Fietsen Jansen, Kindpakket: € 37,45",
            "€ 37,45",
        ],
        ["Sport en Spel", "NL95INGB0009000007", "Sport en Spel, Kindpakket: € 12,00", "€ 12,00"],
    ]
    run = prepare(anna_s)
    assert "De uitbetaling staat klaar. Een collega keurt hem goed." in anna_s.page.text
    assert "Vraag een collega" in anna_s.page.text
    assert f"{run}/goedkeuren" not in anna_s.page.forms

    bram_s.open(run)
    page = bram_s.submit(f"{run}/goedkeuren")
    assert "De uitbetaling is goedgekeurd." in page.text
    download = page.links["Download KP-1-F1.xml"]
    answer = bram_s.client.get(download)
    assert answer.headers["content-disposition"] == 'attachment; filename="KP-1-F1.xml"'
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["cache-control"] == "no-store"
    assert [one.amount for one in payments_in(answer.content)] == ["37.45", "12.00"]

    anna_s.open(f"{PAGES}/afschrift")
    page = anna_s.submit(f"{PAGES}/afschrift", file=paid(answer.content))
    assert "Het afschrift is gelezen." in page.text
    page = anna_s.open(PAGES)
    assert page.tables["Alle uitbetalingen"][1][-1] == "Alles is betaald"
    page = anna_s.open(run)
    assert page.tables["Wie krijgt wat"][1][-1] == "Betaald op 27 november 2026"


def test_whoever_prepared_a_run_is_refused_to_approve_it(
    town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare(anna_s)
    csrf = anna_s.page.forms[f"{run}/intrekken"]["csrf"]
    page = anna_s.send(f"{run}/goedkeuren", {"csrf": csrf})
    assert (anna_s.status, page.headings) == (409, ["Iemand anders moet dit goedkeuren"])
    page = anna_s.send(f"{run}/goedkeuren", {"csrf": "wrong"})
    assert anna_s.status == 403


def test_a_run_is_cancelled_and_prepared_anew(
    town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare(anna_s)
    bram_s.open(f"{PAGES}/nieuw")
    page = bram_s.submit(f"{PAGES}/nieuw")
    assert (bram_s.status, page.headings) == (409, ["Er staat al een uitbetaling klaar"])
    anna_s.open(run)
    page = anna_s.submit(f"{run}/intrekken")
    assert "De uitbetaling is ingetrokken." in page.text
    assert f"{run}/intrekken" not in page.forms
    assert prepare(bram_s) == f"{PAGES}/2"


def test_a_transfer_that_came_back_is_mended_by_one_and_approved_by_another(
    services: Services, town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare_and_approve(anna_s, bram_s)
    bram_s.open(f"{PAGES}/afschrift")
    content = statement(entry("KP-1-1-1", "37.45", returned="BE01"), entry("KP-7-7-7", "1.00"))
    page = bram_s.submit(f"{PAGES}/afschrift", file=content)
    assert page.tables["Wat terugkwam"][1][:3] == [
        "Fietsen Jansen",
        "€ 37,45",
        "De naam past niet bij de rekening. (code BE01) Dat staat op een afschrift van de bank.",
    ]
    assert page.tables["Wat niet past"][1] == [
        "KP-7-7-7",
        "€ 1,00",
        "Dit kenmerk is niet van ons.",
    ]
    transfer = page.links["Rekening verbeteren Fietsen Jansen"]
    page = bram_s.open(transfer)
    assert page.forms[transfer] | {"csrf": ""} == {
        "csrf": "",
        "name": "Fietsen Jansen",
        "iban": "NL90INGB0009000000",
    }
    page = bram_s.submit(transfer, name="", iban="NL02ABNA0123456780")
    assert bram_s.status == 400
    assert "Vul een naam in" in page.text
    assert "Dit nummer klopt niet." in page.text
    page = bram_s.submit(transfer, name="J. Jansen", iban="NL02 ABNA 0123 4567 89")
    assert "De rekening is opgeslagen. Een collega keurt hem goed." in page.text
    assert f"{run}/opnieuw-goedkeuren" not in page.forms
    csrf = bram_s.open(f"{PAGES}/afschrift").forms[f"{PAGES}/afschrift"]["csrf"]
    seen = {"csrf": csrf, "payments": "KP-1-1-2"}
    assert bram_s.send(f"{run}/opnieuw-goedkeuren", seen).headings == ["Iemand anders moet dit goedkeuren"]
    page = anna_s.open(run)
    assert "€ 37,45 naar J. Jansen, NL02ABNA0123456789. Voorgesteld door Bram." in page.text
    page = anna_s.submit(f"{run}/opnieuw-goedkeuren")
    (payment,) = payments_in(anna_s.client.get(page.links["Download KP-1-F2.xml"]).content)
    assert (payment.end_to_end_id, payment.iban) == ("KP-1-1-2", "NL02ABNA0123456789")


@pytest.mark.parametrize("by", ["statement", "report"])
def test_who_approves_a_payment_anew_sees_what_says_that_it_came_back(
    services: Services, town: Town, earned: Shopping, anna: int, anna_s: Browser, bram_s: Browser, by: str
) -> None:
    run = prepare_and_approve(anna_s, bram_s)
    files = {
        "statement": statement(entry("KP-1-1-1", "37.45", returned="AC04")),
        "report": report(status("KP-1-1-1", "RJCT", "AC04")),
    }
    payout_runs.import_statement(services, content=files[by], staff=anna)
    payout_runs.propose_again(services, run=1, transfer=1, name="Jansen", iban=NEW_IBAN, staff=anna)
    said = {
        "statement": "De rekening is opgeheven. (code AC04) Dat staat op een afschrift van de bank.",
        "report": "De rekening is opgeheven. (code AC04) Dat staat alleen in een bericht dat iemand inlas.",
    }
    shown = bram_s.open(run).text
    assert {one for one, words in said.items() if words in shown} == {by}


def test_a_report_on_a_copy_of_a_file_is_told_in_words(
    services: Services, town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    prepare_and_approve(anna_s, bram_s)
    anna_s.open(f"{PAGES}/afschrift")
    page = anna_s.submit(f"{PAGES}/afschrift", file=report(message="KP-1-F1", whole="file", code="DU01"))
    assert "Wat terugkwam" not in page.tables
    assert page.tables["Wat niet past"][1] == [
        "KP-1-1-1",
        "€ 37,45",
        "De bank weigert dit omdat zij het al heeft. Wat zij eerder kreeg, telt. Betaal dit niet nog een keer.",
    ]
    page = anna_s.submit(f"{PAGES}/afschrift", file=statement(entry("KP-1-1-1", "37.45", account=NEW_IBAN)))
    assert page.tables["Wat niet past"][1][2].startswith("De bank betaalde dit op een andere rekening")


def test_an_account_that_was_changed_while_an_approver_looked_is_refused_and_shown(
    town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare_and_approve(anna_s, bram_s)
    bram_s.open(f"{PAGES}/afschrift")
    bram_s.submit(f"{PAGES}/afschrift", file=statement(entry("KP-1-1-1", "37.45", returned="BE01")))
    transfer = f"{run}/overboekingen/1"
    bram_s.open(transfer)
    bram_s.submit(transfer, name="J. Jansen", iban="NL02ABNA0123456789")
    page = anna_s.open(run)
    assert "J. Jansen, NL02ABNA0123456789" in page.text
    bram_s.open(transfer)
    bram_s.submit(transfer, name="J. Jansen", iban="NL20INGB0001234567")
    page = anna_s.submit(f"{run}/opnieuw-goedkeuren")
    assert (anna_s.status, page.headings) == (409, ["Er staat nu iets anders klaar"])
    page = anna_s.open(run)
    assert "J. Jansen, NL20INGB0001234567" in page.text
    assert anna_s.submit(f"{run}/opnieuw-goedkeuren").links["Download KP-1-F2.xml"]


def test_a_transfer_that_came_back_is_shown_with_the_account_that_the_merchant_has_by_now(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare_and_approve(anna_s, bram_s)
    shop = town.shops[0]
    change = merchant_accounts.propose(
        services, shop=shop, name="J. Jansen", iban="NL02ABNA0123456789", because="mistake", staff=anna
    )
    merchant_accounts.approve(services, shop=shop, change=change.change, staff=bram)
    back = statement(entry("KP-1-1-1", "37.45", returned="AC04"))
    payout_runs.import_statement(services, content=back, staff=anna)
    transfer = f"{run}/overboekingen/1"
    page = anna_s.open(transfer)
    assert (page.forms[transfer]["name"], page.forms[transfer]["iban"]) == ("J. Jansen", "NL02ABNA0123456789")
    anna_s.submit(transfer, name="Jansen Beheer", iban="DE89370400440532013000")
    page = anna_s.open(transfer)
    assert page.forms[transfer]["name"] == "Jansen Beheer", "what waits is mended as it was typed"


@pytest.mark.parametrize("file", [None, b"", b"<a/>", b"naam;iban\n"])
def test_a_file_that_is_no_statement_is_refused_on_its_page(
    town: Town, anna_s: Browser, file: bytes | None
) -> None:
    anna_s.open(f"{PAGES}/afschrift")
    page = anna_s.submit(f"{PAGES}/afschrift", file=file)
    assert (anna_s.status, page.headings) == (400, ["Dit is geen bankafschrift dat wij kunnen lezen"])


def test_a_file_that_was_changed_is_refused_on_its_page(
    services: Services, town: Town, earned: Shopping, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare(anna_s)
    bram_s.open(run)
    page = bram_s.submit(f"{run}/goedkeuren")
    with connect(services.settings.registry_address) as connection:
        connection.execute(text(f"UPDATE payout_file SET content = {bytes_in_sql(bytes(1))}"))
    page = bram_s.open(page.links["Download KP-1-F1.xml"])
    assert (bram_s.status, page.headings) == (503, ["Deze uitbetaling klopt niet"])


@pytest.mark.parametrize("path", ["", "/nieuw", "/afschrift", "/1", "/1/bestanden/1", "/1/overboekingen/1"])
def test_the_pages_are_for_staff_only(town: Town, anna_s: Browser, path: str) -> None:
    anna_s.client.cookies.clear()
    anna_s.open(PAGES + path)
    assert anna_s.status == 401


@pytest.mark.parametrize("path", ["/9", "/9/bestanden/1", "/9/overboekingen/1", "/x", "/1/overboekingen/9"])
def test_what_is_not_there_is_told(town: Town, earned: Shopping, anna_s: Browser, path: str) -> None:
    prepare(anna_s)
    anna_s.open(PAGES + path)
    assert anna_s.status in (400, 404)
    anna_s.open(f"{PAGES}/1/bestanden/1")
    assert anna_s.status == 404


def test_a_programme_is_chosen_and_shops_without_money_are_listed(
    town: Town, shopping: Shopping, anna_s: Browser
) -> None:
    page = anna_s.open(f"{PAGES}/nieuw?regeling={town.programme}")
    assert "Geen enkele winkel heeft nu geld tegoed." in page.text
    payment = shopping.pay(town.shops[0], 500)
    shopping.give_back(town.shops[0], payment, 500, of=500)
    page = anna_s.open(f"{PAGES}/nieuw?regeling={town.programme}&taal=en")
    assert page.tables["What is not paid now"][1] == [
        "Fietsen Jansen",
        "Kindpakket",
        "€ 0.00",
        "There is nothing to pay.",
    ]


def test_what_is_held_back_and_who_is_suspended_are_told_to_the_approver(
    services: Services, town: Town, shopping: Shopping, anna: int, anna_s: Browser, bram_s: Browser
) -> None:
    bicycles = town.shops[0]
    path = f"/programmes/{town.programme}/shop-imports"
    listed = "naam;categorie;iban\nJansen & Zoon;sport;NL90INGB0009000000\n"
    (sons,) = town.desk.ask("POST", path, listed)["shops"]
    payment = shopping.pay(bicycles, 1000)
    run = prepare(anna_s)
    assert "geschorst" not in bram_s.open(run).text
    bram_s.submit(f"{run}/goedkeuren")
    shopping.give_back(bicycles, payment, 1000, of=1000)
    shopping.pay(sons, 1500)
    suspensions.suspend(services, programme=town.programme, shop=sons, because="account_unclear", staff=anna)
    line = "Jansen & Zoon, Kindpakket: € 5,00 Geschorst: De bankrekening klopt niet."
    page = anna_s.open(f"{PAGES}/nieuw")
    assert page.tables["Wie krijgt wat"][1][2] == line
    run = prepare(anna_s)
    page = bram_s.open(run)
    assert page.tables["Wie krijgt wat"][1][2] == line
    assert "Let op: in deze uitbetaling staat een winkel die is geschorst." in page.text
    assert [row[:3] for row in page.tables["Wat nu niet wordt betaald"][1:]] == [
        ["Fietsen Jansen", "Kindpakket", "−€ 10,00"],
        ["Jansen & Zoon", "Kindpakket", "€ 10,00"],
    ]
    why = "Ingehouden, omdat een andere winkel van deze ondernemer nog moet teruggeven: Fietsen Jansen."
    assert page.tables["Wat nu niet wordt betaald"][2][3] == why
    page = bram_s.submit(f"{run}/goedkeuren")
    assert "geschorst" not in page.text.casefold(), "it is decided"


def test_who_is_suspended_is_told_when_what_came_back_is_to_be_paid_again(
    services: Services, town: Town, earned: Shopping, anna: int, bram: int, anna_s: Browser, bram_s: Browser
) -> None:
    run = prepare_and_approve(anna_s, bram_s)
    back = statement(entry("KP-1-1-1", "37.45", returned="AC04"))
    payout_runs.import_statement(services, content=back, staff=anna)
    payout_runs.propose_again(
        services, run=1, transfer=1, name="Jansen", iban="NL02ABNA0123456789", staff=anna
    )
    told = "Let op: in deze uitbetaling staat een winkel die is geschorst."
    for shop, is_told in ((town.shops[1], False), (town.shops[0], True)):
        suspensions.suspend(
            services, programme=town.programme, shop=shop, because="account_unclear", staff=anna
        )
        assert (told in bram_s.open(run).text) is is_told
