# SPDX-License-Identifier: EUPL-1.2
"""From a figure on a page down to the payments behind it, and to the event of one.

Given payments in two shops
  when the days of the filter are wrong: the form is shown again and says so
  when a figure is followed, from the overview, a shop or a payout: the sums on the list are that figure
  when an amount of the books is followed, from an inspection or the closing statement: there is a page behind it
  when a payment is followed: its event, its transaction and its payout are on the page
  what its ticket says, by which paper is told from a phone, is there for an auditor only
Given somebody who does not answer for money
  no figure is a link to payments
  when books and register differ: how many amounts, not which
"""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from kindpakket import inspections, payout_runs, trail
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.staff import Role
from tests.console.browser import Browser
from tests.ledger.databases import connect
from tests.payout_runs.conftest import Shopping
from tests.support import InProcess, new_sign_in_code, sign_in

LIST = "Betalingen en terugboekingen, de nieuwste eerst"


def browser_of(services: Services, role: Role) -> Browser:
    """A browser in which somebody with this one role signed in."""
    browser = Browser(TestClient(create_app(services), raise_server_exceptions=False))
    browser.open("/gemeente/aanmelden")
    browser.submit("/gemeente/aanmelden", code=new_sign_in_code(services, name=role.value, roles=[role]))
    return browser


@pytest.mark.parametrize(
    "query, says",
    [
        ("van=2026-11-18", "Vul beide dagen in"),
        ("van=2026-11-18&tot=2026-11-17", "De laatste dag ligt voor de eerste."),
        ("van=2025-01-01&tot=2026-12-31", "Kies hoogstens 366 dagen."),
    ],
)
def test_wrong_days_are_told_beside_the_form(
    services: Services, earned: Shopping, clerk: Browser, query: str, says: str
) -> None:
    page = clerk.open(f"/gemeente/betalingen?{query}")
    assert clerk.status == 400
    assert says in page.text
    assert "/gemeente/betalingen" in page.forms


def test_an_address_of_no_payment_gets_a_page(earned: Shopping, clerk: Browser) -> None:
    for address, status in (
        ("betalingen/0-0", 404),
        ("betalingen/x", 400),
        ("betalingen/99999999999999-0", 404),
        ("betalingen?van=gisteren", 400),
        (f"betalingen?uitbetaling={'0' * 64}", 404),
        (f"betalingen?uitbetaling={'0' * 64}&regeling=1&winkel=1", 404),
        ("betalingen?voor=1", 400),
    ):
        assert clerk.open(f"/gemeente/{address}").headings
        assert clerk.status == status, address


def test_a_form_that_was_left_open_shows_all(earned: Shopping, clerk: Browser) -> None:
    page = clerk.open("/gemeente/betalingen?regeling=&winkel=&soort=&van=&tot=")
    assert clerk.status == 200
    assert len(page.tables[LIST]) == 4


def test_a_figure_leads_to_what_it_is_made_of(earned: Shopping, clerk: Browser) -> None:
    page = clerk.open("/gemeente/")
    for figure, net, lines in (
        ("€ 49,45", "€ 49,45", 3),
        ("€ 37,45", "€ 37,45", 1),
        ("€ 12,00", "€ 12,00", 2),
    ):
        behind = clerk.open(page.links[figure])
        assert clerk.status == 200, figure
        assert f"Betaald min teruggeboekt {net}" in behind.text
        assert len(behind.tables[LIST]) == lines + 1
    shops = clerk.open("/gemeente/winkels")
    assert "Betaald min teruggeboekt € 12,00" in clerk.open(shops.links["€ 12,00"]).text


def test_every_amount_of_the_books_leads_to_where_it_comes_from(
    services: Services, earned: Shopping, clerk: Browser
) -> None:
    inspections.perform(services, inspections.ask(services, occasion="night"))
    programme = earned.town.programme
    for address, table in (
        ("/gemeente/", None),
        ("/gemeente/controle", "Elk bedrag in onze boeken en in het register"),
        (f"/gemeente/regelingen/{programme}/verantwoording", "Waar elke euro bleef"),
    ):
        page = clerk.open(address)
        links = {text: link for text, link in page.links.items() if text.startswith(("€", "−"))}
        amounts = {row[1] for row in page.tables[table][1:]} if table else {"€ 100.000,00", "€ 49,45"}
        # What is left out of a sum of another line has no line of its own to go to.
        assert amounts - set(links) <= {"€ 0,00"}, address
        for text, link in links.items():
            clerk.open(link)
            assert clerk.status == 200, (address, text, link)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.TREASURER, Role.APPROVER])
def test_what_a_ticket_says_is_on_the_page_for_an_auditor(
    services: Services, earned: Shopping, role: Role
) -> None:
    line = trail.list_part(services, trail.Filter()).lines[0]
    page = browser_of(services, role).open(f"/gemeente/betalingen/{line.place[0]}-{line.place[1]}")
    assert "Plek van het bewijs" in page.text
    for said in ("Wat de ouder toestond", "Nummer van de code"):
        assert (said in page.text) is (role is Role.AUDITOR), said


def test_a_payment_is_shown_with_its_event_and_its_payout(
    services: Services, anna: int, bram: int, earned: Shopping, clerk: Browser
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna)
    payout_runs.approve(services, run=run.run, staff=bram)
    page = clerk.open(f"/gemeente/uitbetalingen/{run.run}")
    (settled,) = [link for text, link in page.links.items() if "Sport en Spel" in text]
    page = clerk.open(settled)
    assert "Uitgegeven" not in page.text
    assert "Stond nog open € 0,00 Betaald € 20,00 Teruggeboekt −€ 8,00 Uitbetaald −€ 12,00" in page.text
    (place,) = [link for text, link in page.links.items() if text.startswith("Betaling ")]
    page = clerk.open(place)
    assert page.headings == ["Betaling van € 20,00"]
    assert "Onze boeken en het register zeggen hetzelfde." in page.text
    block = int(place.rpartition("/")[2].partition("-")[0])
    ((where, _),) = services.fund.events(block, block)
    assert f"0x{where.transaction_hash.hex()}" in page.text
    assert f"0x{services.chain.block_hash(block).hex()}" in page.text
    assert "€ 8,00 van € 20,00" in page.text
    assert page.links["€ 12,00 op 18 november 2026, kenmerk " + f"KP-{run.run}-2"] == settled
    assert "Tegoed" in page.text, "this clerk is an auditor too"


@pytest.mark.parametrize("role", [Role.TREASURER, Role.APPROVER])
def test_who_pays_out_does_not_see_of_which_voucher_a_payment_was(
    services: Services, earned: Shopping, role: Role
) -> None:
    reader = browser_of(services, role)
    page = reader.open("/gemeente/betalingen")
    (place,) = [link for text, link in page.links.items() if text.startswith("Terugboeking ")]
    page = reader.open(place)
    assert page.headings == ["Betaling van € 20,00"]
    assert "Nummer van de betaling" in page.text
    assert "Nummer van de code" not in page.text
    assert ("dt", {"class": "utrecht-data-list__item-key"}) in page.elements
    assert "Tegoed " not in page.text.replace("Tegoeden", "")


@pytest.mark.parametrize("role", [Role.ISSUER, Role.SHOP_MANAGER, Role.ADMINISTRATOR])
def test_who_does_not_answer_for_money_gets_no_link_to_payments(
    services: Services, earned: Shopping, role: Role
) -> None:
    reader = browser_of(services, role)
    inspections.perform(services, inspections.ask(services, occasion="night"))
    for address in (
        *("/gemeente/", "/gemeente/winkels", "/gemeente/winkels/1", "/gemeente/tegoeden"),
        *("/gemeente/controle", "/gemeente/controle/1", "/gemeente/cijfers"),
    ):
        links = reader.open(address).links.values()
        assert not [link for link in links if link.startswith("/gemeente/betalingen")], address


@pytest.mark.parametrize("role", [Role.ISSUER, Role.SHOP_MANAGER, Role.ADMINISTRATOR])
def test_who_does_not_answer_for_money_sees_no_figure_of_fewer_than_five_payments(
    services: Services, earned: Shopping, role: Role
) -> None:
    reader = browser_of(services, role)
    page = reader.open("/gemeente/")
    assert "Uitgegeven per winkel" not in page.tables
    assert "Dit komt als er vier weken om zijn." in page.text
    for address in ("winkels", "winkels/1", "winkels/2"):
        text = reader.open(f"/gemeente/{address}").text
        assert "37,45" not in text and "12,00" not in text, address
    desk = InProcess(reader.client)
    sign_in(services, desk, name=role.value, roles=[role])
    report = desk.ask("GET", f"/programmes/{earned.town.programme}/report")
    assert (report["byShop"], report["byCategory"]) == ([], [])
    assert report["redeemedCents"] == 5745, "the programme's whole is everybody's"


@pytest.mark.parametrize("role, sees", [(Role.ISSUER, False), (Role.APPROVER, True)])
def test_which_amounts_differ_is_told_to_who_may_see_payments(
    services: Services, earned: Shopping, role: Role, sees: bool
) -> None:
    services.follower.catch_up()
    with connect(services.settings.ledger_address) as connection:
        connection.exec_driver_sql("UPDATE shop_programme SET settled_cents = 1 WHERE shop = 1")
    page = browser_of(services, role).open("/gemeente/")
    assert "Niet alle bedragen op deze pagina kloppen." in page.text
    assert ("Wat niet klopt" in page.tables) == sees
    assert ("Afgerekend met Fietsen Jansen" in page.text) == sees
