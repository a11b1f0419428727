# SPDX-License-Identifier: EUPL-1.2
"""Vouchers on the pages: a file is shown before it counts, letters are taken until they are confirmed, use is told."""

from __future__ import annotations

import pytest

from kindpakket.chain.tester import TesterChain
from kindpakket.csv_tables import decode_upload
from kindpakket.services import Services
from tests.prints import pictures_of, text_of
from tests.support import Town

from .browser import Browser

GOOD = "kenmerk;kinderen\nB-1;2\n=B-2;1\n"
BATCHES = "Reeksen brieven, nieuwste eerst"


def _preview(town: Town, clerk: Browser, file: str | bytes, amount: str) -> None:
    clerk.open(f"/gemeente/tegoeden/toekennen?regeling={town.programme}")
    clerk.submit("/gemeente/tegoeden/toekennen", file=file, amount=amount)


def _give_out(town: Town, clerk: Browser) -> None:
    _preview(town, clerk, GOOD, "300")
    clerk.submit("/gemeente/tegoeden/toekennen/bevestigen")


@pytest.mark.parametrize(
    ("file", "faults"),
    [
        (b"", [["1", "hele regel", "een leeg bestand", "een eerste regel met de namen van de kolommen"]]),
        (
            b"kenmerk;kinderen\n",
            [["1", "hele regel", "alleen de eerste regel", "ten minste één regel daaronder"]],
        ),
        (b"kinderen\n1\n", [["1", "kenmerk", "kinderen", "een kolom reference of kenmerk"]]),
        (b"kenmerk;kenmerk\nx;y\n", [["1", "kenmerk", "kenmerk, kenmerk", "één kolom reference"]]),
        (
            b"kenmerk;kinderen\nC-1;\xff\n",
            [
                [
                    "2",
                    "hele regel",
                    "een teken dat niet te lezen is (0xff)",
                    "tekst in UTF-8 (sla het bestand op als 'CSV UTF-8')",
                ]
            ],
        ),
        (
            b"PK\0\1",
            [
                [
                    "1",
                    "hele regel",
                    "een teken dat niet in tekst hoort",
                    "tekst (is dit een spreadsheetbestand?)",
                ]
            ],
        ),
        (
            b"kenmerk;kinderen;bedrag\nC-1;21;\nC-2;1;0\n;1;\nA-1;1;\nC-3;1\nC-4;1;\nC-4;2;\n",
            [
                ["2", "kinderen", "21", "een heel getal van 1 tot en met 20"],
                ["3", "bedrag", "0", "een bedrag in euro’s boven 0, zoals 300 of 37,45"],
                ["4", "kenmerk", "niets", "een kenmerk van 1 tot en met 40 tekens"],
                ["5", "kenmerk", "A-1", "een kenmerk dat in deze regeling nog geen tegoed kreeg"],
                ["6", "hele regel", "2 cellen", "3 cellen, net als op de eerste regel"],
                ["8", "kenmerk", "C-4", "een kenmerk dat niet ook op regel 7 staat"],
            ],
        ),
    ],
    ids=["empty", "only a header", "a column short", "a column twice", "not UTF-8", "not text", "rows"],
)
def test_a_file_of_households_with_faults_shows_each_in_dutch(
    town: Town, clerk: Browser, file: bytes, faults: list[list[str]]
) -> None:
    _preview(town, clerk, file, "300")
    assert clerk.status == 400
    assert clerk.page.headings == ["Fouten in het bestand"]
    assert clerk.page.tables["Fouten per regel"][1:] == faults
    assert len(clerk.open("/gemeente/tegoeden").tables[BATCHES]) == 2, "nothing was given out"


def test_a_line_without_any_amount_is_a_fault(town: Town, clerk: Browser) -> None:
    _preview(town, clerk, "kenmerk;kinderen\nC-1;2\n", "")
    assert clerk.page.tables["Fouten per regel"][1:] == [
        ["2", "bedrag", "niets", "hier een bedrag, of één bedrag voor alle kinderen"]
    ]


@pytest.mark.parametrize("amount", ["0", "-1", "3x", "167772,16", "1.2.3"])
def test_an_amount_that_fits_no_voucher_is_asked_again(town: Town, clerk: Browser, amount: str) -> None:
    _preview(town, clerk, GOOD, amount)
    assert clerk.status == 400
    assert "Dit is geen bedrag dat op een tegoed past." in clerk.page.text
    assert clerk.page.forms[f"/gemeente/tegoeden/toekennen?regeling={town.programme}"]["amount"] == amount


def test_more_than_the_programme_has_cannot_be_confirmed(town: Town, clerk: Browser) -> None:
    _preview(town, clerk, "kenmerk;kinderen\nC-1;1\n", "98200,01")
    assert "Er is € 0,01 te weinig beschikbaar." in clerk.page.text
    assert not [one for one in clerk.page.forms if "bevestigen" in one]
    _preview(town, clerk, "kenmerk;kinderen\nC-1;1\n", "98200")
    assert [one for one in clerk.page.forms if "bevestigen" in one]


def test_vouchers_are_given_out_once_confirmed_and_only_once(town: Town, clerk: Browser) -> None:
    _preview(town, clerk, GOOD, "300")
    assert clerk.status == 200
    assert "U kent 3 tegoeden toe aan 2 huishoudens, samen € 900,00." in clerk.page.text
    address = f"/gemeente/tegoeden/toekennen/bevestigen?regeling={town.programme}"
    preview = dict(clerk.page.forms[address])

    page = clerk.submit("/gemeente/tegoeden/toekennen/bevestigen")
    assert "De brieven van reeks 2 staan hieronder klaar." in page.text
    batch, _, households, vouchers, letters = page.tables[BATCHES][1]
    assert (batch, households, vouchers, letters) == ("2", "2", "3", "Brieven tonen")

    clerk.send(address, preview)
    assert clerk.status == 400, "the same confirmation again gives out nothing"
    assert len(clerk.open("/gemeente/tegoeden").tables[BATCHES]) == 3


# ---------------------------------------------------------------- one household by hand


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("", "1", "300"), "een kenmerk van 1 tot en met 40 tekens"),
        (("x" * 41, "1", "300"), "een kenmerk van 1 tot en met 40 tekens"),
        (("A-1", "1", "300"), "een kenmerk dat in deze regeling nog geen tegoed kreeg"),
        (("C-1", "0", "300"), "een heel getal van 1 tot en met 20"),
        (("C-1", "21", "300"), "een heel getal van 1 tot en met 20"),
        (("C-1", "1", "0"), "een bedrag in euro’s boven 0, zoals 300 of 37,45"),
        (("C-1", "1", ""), "hier een bedrag, of één bedrag voor alle kinderen"),
    ],
    ids=str,
)
def test_one_household_is_checked_as_a_file_is(
    town: Town, clerk: Browser, typed: tuple[str, str, str], told: str
) -> None:
    clerk.open(f"/gemeente/tegoeden/een?regeling={town.programme}")
    clerk.submit(
        "/gemeente/tegoeden/een", **dict(zip(("reference", "children", "amount"), typed, strict=True))
    )
    assert clerk.status == 400
    assert f"Hier hoort: {told}." in clerk.page.text
    form = clerk.page.forms[f"/gemeente/tegoeden/een?regeling={town.programme}"]
    assert (form["reference"], form["children"], form["amount"]) == typed


def test_one_household_gets_its_vouchers_once_confirmed(town: Town, clerk: Browser) -> None:
    clerk.open(f"/gemeente/tegoeden/een?regeling={town.programme}")
    clerk.submit("/gemeente/tegoeden/een", reference=' =C;"1', children="2", amount="37,45")
    assert "U kent 2 tegoeden toe aan 1 huishoudens, samen € 74,90." in clerk.page.text
    page = clerk.submit("/gemeente/tegoeden/toekennen/bevestigen")
    assert page.tables[BATCHES][1][2:4] == ["1", "2"]
    clerk.submit("/gemeente/tegoeden/huishoudens", reference='=C;"1')
    assert clerk.page.headings == ['Huishouden =C;"1']


# ---------------------------------------------------------------- letters


def _open_letters(town: Town, clerk: Browser) -> None:
    _give_out(town, clerk)
    clerk.open("/gemeente/tegoeden/brieven/2")
    clerk.submit("/gemeente/tegoeden/brieven/2")


def _rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "a spreadsheet knows by this that it is UTF-8"
    return [line.split(";") for line in decode_upload(content).splitlines()]


def test_letters_are_taken_as_often_as_needed_until_they_are_confirmed(town: Town, clerk: Browser) -> None:
    _give_out(town, clerk)
    page = clerk.open("/gemeente/tegoeden/brieven/2")
    assert "Aantal brieven: 2." in page.text
    assert not [one for one in page.forms if one.endswith(("/pdf", "/csv", "/klaar"))]
    clerk.submit("/gemeente/tegoeden/brieven/2")
    forms = {one: dict(fields) for one, fields in clerk.page.forms.items() if "/brieven/" in one}
    assert sorted(one.rpartition("/")[2] for one in forms) == ["csv", "klaar", "pdf"]

    taken = []
    for what, kind in (("csv", "text/csv; charset=utf-8"), ("csv", ""), ("pdf", "application/pdf")):
        clerk.open("/gemeente/tegoeden/brieven/2")
        clerk.submit(f"/gemeente/tegoeden/brieven/2/{what}")
        assert clerk.answer.headers["content-type"] == (kind or "text/csv; charset=utf-8")
        assert clerk.answer.headers["cache-control"] == "no-store"
        assert f'filename="brieven-2.{what}"' in clerk.answer.headers["content-disposition"]
        taken.append(clerk.answer.content)
    first, again, pdf = taken
    assert first == again, "a download that was cut off loses nothing"
    rows = _rows(first)
    assert rows[0] == ["kenmerk", "code", "adres", "tegoeden", "bedrag"]
    assert [row[0] for row in rows[1:]] == ["B-1", "'=B-2"], "a formula stays text"
    code = rows[1][1]
    assert rows[1][2].endswith(f"/ouder/#brief={code}")
    assert rows[1][3:] == ["2", "600,00"]

    one, other = text_of(pdf)
    assert "Kenmerk: B-1" in one and "Voor uw 2 kinderen staat samen € 600,00 klaar." in one
    assert "Kenmerk: =B-2" in other and "Voor uw kind staat € 300,00 klaar." in other
    assert code in one and rows[2][1] in other
    assert "There is € 600.00 ready for your 2 children together." in one
    assert "Bel de gemeente: " in one and "U kunt het gebruiken tot en met " in one
    assert len(pictures_of(pdf)) == 2

    clerk.open("/gemeente/tegoeden/brieven/2")
    clerk.submit("/gemeente/tegoeden/brieven/2/klaar")
    assert "De codes van deze brieven zijn vergeten op" in clerk.page.text
    for address, fields in forms.items():
        clerk.send(address, fields)
        if address.endswith("/klaar"):
            assert clerk.page.headings == ["Brieven van reeks 2"]
        else:
            assert (clerk.status, clerk.page.headings) == (409, ["Deze brieven zijn al getoond"])
    assert len(town.new_phone({"code": code}).next_numbers) == 2


def test_letters_that_nobody_confirmed_are_gone_after_an_hour(
    town: Town, clerk: Browser, services: Services, chain: TesterChain
) -> None:
    _open_letters(town, clerk)
    forms = {one: dict(fields) for one, fields in clerk.page.forms.items() if one.endswith("/csv")}
    opened_at = services.registry.letters.batches()[0].opened_at
    assert opened_at is not None
    chain.travel_to(opened_at + 3_600)
    page = clerk.open("/gemeente/tegoeden/brieven/2")
    assert "De codes van deze brieven zijn vergeten op" in page.text
    for address, fields in forms.items():
        clerk.send(address, fields)
        assert clerk.status == 409
    assert "Aantal brieven dat nog niemand opende: 2." in page.text


def test_letters_that_got_lost_are_made_anew_and_shown_again(town: Town, clerk: Browser) -> None:
    town.new_phone(town.letters[1])
    town.desk.ask("POST", "/letter-batches/1/confirmations")
    page = clerk.open("/gemeente/tegoeden/brieven/1")
    assert "Aantal brieven dat nog niemand opende: 4." in page.text
    clerk.submit("/gemeente/tegoeden/brieven/1/opnieuw")
    assert "Aantal brieven: 4." in clerk.page.text
    clerk.submit("/gemeente/tegoeden/brieven/1")
    clerk.submit("/gemeente/tegoeden/brieven/1/csv")
    rows = _rows(clerk.answer.content)
    assert [row[0] for row in rows[1:]] == ["A-1", "A-3", "A-4", "A-5"]
    assert rows[1][1] != town.letters[0]["code"]
    assert town.new_phone({"code": rows[1][1]})


# ---------------------------------------------------------------- use


def test_the_page_says_what_is_done_with_vouchers_and_that_the_end_is_near(
    town: Town, clerk: Browser
) -> None:
    town.new_phone(town.letters[1])
    page = clerk.open("/gemeente/tegoeden")
    assert page.tables["Wat er met de tegoeden gebeurt"][1:] == [
        ["Nooit in gebruik genomen", "4"],
        ["In gebruik, nog niets betaald", "2"],
        ["Voor een deel betaald", "0"],
        ["Helemaal op", "0"],
    ]
    assert "De regeling stopt na" in page.text
    assert "Er zijn nog 4 tegoeden die niemand in gebruik nam." in page.text
    clerk.submit("/gemeente/tegoeden/herinneringen")
    assert [row[:2] for row in _rows(clerk.answer.content)[1:]] == [
        ["A-1", "1"],
        ["A-3", "1"],
        ["A-4", "1"],
        ["A-5", "1"],
    ]
