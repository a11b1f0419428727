# SPDX-License-Identifier: EUPL-1.2
"""Shops on the pages: a file is shown before it counts, taking part is switched, a pairing code is shown once."""

from __future__ import annotations

import pytest

from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Till
from tests.support import Town

from .browser import Browser

GOOD = "naam;categorie;iban;plaats\nHet Speelhuis;speelgoed;NL91ABNA0417164300;Zuidhorn\n"
BAD = (
    "naam;categorie;iban\n"
    "Fietsen Jansen;fietsen;NL91ABNA0417164300\n"
    "Goed;vuurwerk;NL91ABNA0417164301\n"
    "<b>x</b>;;\n"
    "te;weinig\n"
)
LIST = "Alle winkels"


def test_a_file_of_shops_with_faults_shows_each_and_adds_none(town: Town, clerk: Browser) -> None:
    clerk.open(f"/gemeente/winkels/toevoegen?regeling={town.programme}")
    page = clerk.submit("/gemeente/winkels/toevoegen", file=BAD)
    assert clerk.status == 400
    faults = page.tables["Fouten per regel"][1:]
    assert [(line, column, found) for line, column, found, _ in faults] == [
        ("2", "naam", "Fietsen Jansen"),
        ("3", "categorie", "vuurwerk"),
        ("3", "iban", "NL91ABNA0417164301"),
        ("4", "categorie", "niets"),
        ("4", "iban", "niets"),
        ("5", "hele regel", "2 cellen"),
    ]
    assert faults[0][3] == "een winkel die nog niet bekend is en niet hoger in dit bestand staat"
    assert faults[1][3].startswith("één of meer van clothing/kleding")
    assert faults[2][3] == "een IBAN waarvan de controlecijfers kloppen"
    assert len(clerk.open("/gemeente/winkels").tables[LIST]) == 3
    assert page.links["Opnieuw een bestand kiezen"] == (
        f"/gemeente/winkels/toevoegen?regeling={town.programme}"
    )


def test_a_file_of_shops_counts_only_once_it_is_confirmed(town: Town, clerk: Browser) -> None:
    clerk.open(f"/gemeente/winkels/toevoegen?regeling={town.programme}")
    page = clerk.submit("/gemeente/winkels/toevoegen", file=GOOD)
    assert clerk.status == 200
    assert page.tables["Winkels in het bestand"][1][0] == "Het Speelhuis"
    preview = page.forms[f"/gemeente/winkels/toevoegen/bevestigen?regeling={town.programme}"]
    assert len(clerk.open("/gemeente/winkels").tables[LIST]) == 3

    page = clerk.send(f"/gemeente/winkels/toevoegen/bevestigen?regeling={town.programme}", preview)
    assert "De winkels zijn toegevoegd en doen mee." in page.text
    assert page.tables[LIST][2] == ["Het Speelhuis", "Speelgoed", "Ja", "0", "0", "€ 0,00"]

    clerk.send(f"/gemeente/winkels/toevoegen/bevestigen?regeling={town.programme}", preview)
    assert clerk.status == 400, "the same confirmation again adds nothing"
    assert len(clerk.open("/gemeente/winkels").tables[LIST]) == 4


def test_a_shop_is_removed_and_let_in_again(town: Town, clerk: Browser) -> None:
    shop = f"/gemeente/winkels/{town.shops[1]}"
    clerk.open(shop)
    page = clerk.submit(f"{shop}/verwijderen")
    assert clerk.status == 400, "without a reason nothing happens"
    assert "Kies waarom." in page.text
    assert clerk.open("/gemeente/winkels").tables[LIST][2][2] == "Ja"
    clerk.open(shop)
    page = clerk.submit(f"{shop}/verwijderen", because="rules_broken")
    assert "De winkel doet niet meer mee." in page.text
    assert "De winkel hield zich niet aan de regels" in page.text
    assert clerk.open("/gemeente/winkels").tables[LIST][2][:3] == ["Sport en Spel", "Sport, Speelgoed", "Nee"]

    clerk.open(shop)
    assert clerk.page.forms[f"{shop}/toelaten?regeling={town.programme}"]["categories"] == "6"
    page = clerk.submit(f"{shop}/toelaten", categories=[])
    assert clerk.status == 400
    assert "Kies ten minste één soort." in page.text

    page = clerk.submit(f"{shop}/toelaten", categories=["2"])
    assert "De winkel doet mee." in page.text
    assert clerk.open("/gemeente/winkels").tables[LIST][2][:3] == ["Sport en Spel", "Sport", "Ja"]


def test_removing_a_shop_twice_is_refused(town: Town, clerk: Browser) -> None:
    shop = f"/gemeente/winkels/{town.shops[0]}"
    clerk.open(shop)
    form = dict(clerk.page.forms[f"{shop}/verwijderen?regeling={town.programme}"]) | {"because": "closed"}
    clerk.submit(f"{shop}/verwijderen", because="closed")
    page = clerk.send(f"{shop}/verwijderen?regeling={town.programme}", form)
    assert clerk.status == 409
    assert page.headings == ["Deze winkel doet al niet mee"]


def test_a_category_outside_the_programme_is_refused(town: Town, clerk: Browser) -> None:
    shop = f"/gemeente/winkels/{town.shops[0]}"
    clerk.open(shop)
    page = clerk.submit(f"{shop}/toelaten", categories=["4"])
    assert clerk.status == 409
    assert page.headings == ["Deze soort hoort niet bij de regeling"]


def test_a_pairing_code_is_shown_once_and_pairs_a_till(town: Town, clerk: Browser) -> None:
    shop = f"/gemeente/winkels/{town.shops[0]}"
    clerk.open(shop)
    page = clerk.submit(f"{shop}/koppelcode")
    assert clerk.answer.headers["cache-control"] == "no-store"
    link = page.links["Dit apparaat als kassa gebruiken"]
    code = link.split("#koppel=")[1]
    assert code in page.text
    assert any(named.get("class") == "console-qr" for tag, named in page.elements if tag == "svg")

    till = Till(town.new_client(), town.domain)
    assert till.pair(code, name="Kassa bij de deur")["shop"] == town.shops[0]
    assert code not in clerk.open(shop).text
    assert "Kassa bij de deur" in clerk.page.text


def test_a_till_is_taken_off_its_shop_and_is_out_at_once(town: Town, clerk: Browser) -> None:
    till = town.new_till(town.shops[0], name="Kassa die zoek is")
    other = town.new_till(town.shops[0], name="Kassa die blijft")
    shop = f"/gemeente/winkels/{town.shops[0]}"
    clerk.open(shop)
    page = clerk.submit(f"{shop}/kassas/{till.address.lower()}/verwijderen")
    assert "De kassa is weg." in page.text
    assert [row[0] for row in page.tables["Kassa’s van Fietsen Jansen"][1:]] == ["Kassa die blijft"]
    with pytest.raises(Refused) as refused:
        till.client.ask("GET", "/tills/me")
    assert (refused.value.status, refused.value.reason) == (401, "till_removed")
    assert other.client.ask("GET", "/tills/me")["name"] == "Kassa die blijft"


def test_a_till_of_another_shop_is_not_taken_off(town: Town, clerk: Browser) -> None:
    till = town.new_till(town.shops[1], name="Kassa van een ander")
    mine = town.new_till(town.shops[0])
    shop = f"/gemeente/winkels/{town.shops[0]}"
    clerk.open(shop)
    path = f"{shop}/kassas/{mine.address.lower()}/verwijderen?regeling={town.programme}"
    form = dict(clerk.page.forms[path])
    clerk.send(path.replace(mine.address.lower(), till.address.lower()), form)
    assert clerk.status == 404
    assert till.client.ask("GET", "/tills/me")["name"] == "Kassa van een ander"
