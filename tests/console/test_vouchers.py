# SPDX-License-Identifier: EUPL-1.2
"""Vouchers on the pages: a file is shown before it counts, and letters are shown once."""

from __future__ import annotations

import base64

import pytest

from kindpakket.csv_tables import decode_upload
from kindpakket.errors import CsvInvalid
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


def test_letters_are_shown_once_and_open_their_vouchers(town: Town, clerk: Browser) -> None:
    _give_out(town, clerk)
    page = clerk.open("/gemeente/tegoeden/brieven/2")
    assert "U ziet de codes maar één keer" in page.text
    form = dict(page.forms["/gemeente/tegoeden/brieven/2"])

    page = clerk.submit("/gemeente/tegoeden/brieven/2")
    assert clerk.answer.headers["cache-control"] == "no-store"
    assert "Kenmerk: B-1" in page.text
    assert "Voor uw 2 kinderen staat samen € 600,00 klaar." in page.text
    assert "Voor uw kind staat € 300,00 klaar." in page.text
    assert sum(named.get("class") == "console-qr" for tag, named in page.elements if tag == "svg") == 2

    rows = _merge_file(page.links["Codes bewaren als CSV-bestand"])
    assert rows[0] == ["kenmerk", "code", "adres", "tegoeden", "bedrag"]
    assert [row[0] for row in rows[1:]] == ["B-1", "'=B-2"], "a formula stays text"
    code = rows[1][1]
    assert code in page.text
    assert rows[1][2].endswith(f"/ouder/#brief={code}")
    assert rows[1][3:] == ["2", "600,00"]
    assert len(town.new_phone({"code": code}).next_numbers) == 2

    page = clerk.send("/gemeente/tegoeden/brieven/2", form)
    assert clerk.status == 409
    assert page.headings == ["Deze brieven zijn al getoond"]
    assert code not in page.text
    page = clerk.open("/gemeente/tegoeden/brieven/2")
    assert not [one for one in page.forms if "brieven" in one]
    assert page.text.count("Deze brieven zijn getoond op") == 1


def test_a_merge_file_is_utf8_that_spreadsheets_recognise(town: Town, clerk: Browser) -> None:
    _preview(town, clerk, "kenmerk;bedrag\nÉ-1;12,50\n", "")
    clerk.submit("/gemeente/tegoeden/toekennen/bevestigen")
    clerk.open("/gemeente/tegoeden/brieven/2")
    page = clerk.submit("/gemeente/tegoeden/brieven/2")
    assert _merge_file(page.links["Codes bewaren als CSV-bestand"])[1][0] == "É-1"


def _merge_file(link: str) -> list[list[str]]:
    start = "data:text/csv;charset=utf-8;base64,"
    assert link.startswith(start)
    content = base64.b64decode(link.removeprefix(start))
    assert content.startswith(b"\xef\xbb\xbf")
    try:
        text = decode_upload(content)
    except CsvInvalid as refusal:
        raise AssertionError("our own file is one that we would take") from refusal
    return [line.split(";") for line in text.splitlines()]
