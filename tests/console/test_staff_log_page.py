# SPDX-License-Identifier: EUPL-1.2
"""The page of the log: what the desk did, newest first, a hundred lines at a time, for auditors and administrators.

Given a member of staff who works on the pages
  each thing that they do there is on the page of the log, with what became of it
Given a log of more than a hundred lines
  the page shows the newest, and leads to the older ones and back
Given a log that is on record
  the page says up to where
"""

from __future__ import annotations

from sqlalchemy import text

from kindpakket import staff_log
from kindpakket.registry.staff_log import Action, Author
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import Town

from .browser import Browser

CAPTION = "Wat er is gedaan, het nieuwste eerst"
MORE_SHOPS = "naam;categorie;iban\nKleertjes;kleding;NL90INGB0009000000\n"


def lines(browser: Browser) -> list[list[str]]:
    """The lines of the page, without when."""
    return [[row[0], *row[2:]] for row in browser.open("/gemeente/logboek").tables[CAPTION][1:]]


def test_what_is_done_on_the_pages_is_in_the_log(town: Town, clerk: Browser) -> None:
    before = len(lines(clerk))
    clerk.open("/gemeente/winkels/1")
    clerk.submit("/gemeente/winkels/1/koppelcode")
    clerk.open("/gemeente/winkels/1")
    clerk.submit("/gemeente/winkels/1/toelaten", categories=["3"])
    clerk.open("/gemeente/winkels/1")
    clerk.submit("/gemeente/winkels/1/verwijderen", because="closed")
    clerk.open("/gemeente/winkels/toevoegen?regeling=1")
    clerk.submit("/gemeente/winkels/toevoegen", file=MORE_SHOPS)
    clerk.submit("/gemeente/winkels/toevoegen/bevestigen")
    clerk.open("/gemeente/tegoeden/toekennen?regeling=1")
    clerk.submit("/gemeente/tegoeden/toekennen", file="kenmerk;kinderen\nB-1;1\n", amount="100")
    clerk.submit("/gemeente/tegoeden/toekennen/bevestigen")
    clerk.open("/gemeente/tegoeden/brieven/2")
    clerk.submit("/gemeente/tegoeden/brieven/2")
    till = town.new_till(2)
    clerk.open("/gemeente/winkels/2")
    clerk.submit(f"/gemeente/winkels/2/kassas/{till.address}/verwijderen")
    clerk.open("/gemeente/tegoeden/huishoudens/1")
    clerk.submit("/gemeente/tegoeden/huishoudens/1/vervangen", reason="stolen")
    clerk.submit("/gemeente/tegoeden/huishoudens/1/vervangen/bevestigen")
    shown = lines(clerk)
    told = [line[2:] for line in shown[: len(shown) - before]]
    assert told == [
        ["Nieuwe brief gemaakt", "household=1", "stolen", "gedaan"],
        ["Kassa weggehaald", f"shop=2 till={till.address}", "", "gedaan"],
        ["Code voor een kassa gemaakt", "shop=2 role=owner", "", "gedaan"],
        ["Brieven getoond", "batch=2", "", "gedaan"],
        ["Tegoeden uit een bestand toegekend", "programme=1 batch=2", "", "gedaan"],
        ["Winkels uit een bestand toegevoegd", "programme=1 shops=1", "", "gedaan"],
        ["Winkel geschorst", "programme=1 shop=1", "closed", "gedaan"],
        ["Winkel doet mee", "programme=1 shop=1", "", "gedaan"],
        ["Code voor een kassa gemaakt", "shop=1 role=owner", "", "gedaan"],
    ]
    assert {line[1] for line in shown[: len(shown) - before]} == {"Anna (1)"}


def test_what_was_refused_is_on_the_page_with_why(town: Town, clerk: Browser) -> None:
    town.desk.ask("POST", "/letter-batches/1/confirmations")
    csrf = clerk.open("/gemeente/").forms["/gemeente/afmelden"]["csrf"]
    clerk.send("/gemeente/tegoeden/brieven/1", {"csrf": csrf})
    assert clerk.page.headings == ["Deze brieven zijn al getoond"]
    assert lines(clerk)[0][2:] == ["Brieven getoond", "batch=1", "", "mocht niet: letters_already_shown"]


def test_a_long_log_comes_in_pages(services: Services, clerk: Browser) -> None:
    for shop in range(1, 121):
        services.registry.staff_log.begin(
            by=Author(staff=None, name="kindpakket"),
            at=services.now(),
            action=Action.SHOP_ALLOWED,
            about=f"shop={shop}",
            reason="",
        )
    page = clerk.open("/gemeente/logboek")
    rows = page.tables[CAPTION][1:]
    assert (len(rows), rows[0][4], rows[-1][4]) == (100, "shop=120", "shop=21")
    page = clerk.open(page.links["Ouder"])
    rows = page.tables[CAPTION][1:]
    assert (rows[0][4], rows[-1][3]) == ("shop=20", "Aanmeldlink gemaakt op de server")
    assert "Ouder" not in page.links
    assert clerk.open(page.links["Terug naar het nieuwste"]).tables[CAPTION][1][4] == "shop=120"


def test_the_page_says_up_to_where_the_log_is_on_record(services: Services, clerk: Browser) -> None:
    assert "Nog geen regel ligt vast." in clerk.open("/gemeente/logboek").text
    anchor = staff_log.anchor(services)
    assert anchor is not None
    assert f"Vast tot en met regel {anchor.entry}, op " in clerk.open("/gemeente/logboek").text


def test_a_log_that_somebody_tampered_with_can_still_be_read(services: Services, clerk: Browser) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(text("UPDATE staff_log SET action = 'dance' WHERE entry = 2"))
    assert lines(clerk)[0][2] == "dance"
