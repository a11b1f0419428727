# SPDX-License-Identifier: EUPL-1.2
"""Bookkeeping: each line of a period as a file, equal to the chain's, or no file at all.

Given a period that lacks a day, ends before it begins or is too long: refused, and the form says so
Given a ledger in which an amount was changed, a line is missing or a line was put in: no file
Given payments, a refund and payouts
  the file has each of them once, with its transaction, and the totals of the chain by an independent sum
  it says up to which block and hash it is equal to the chain
  amounts in a workbook are exact, days are days, and nothing in it is a formula
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import delete, update
from starlette.testclient import TestClient

from kindpakket import bookkeeping, payout_runs
from kindpakket.bookkeeping_files import Names, write_csv, write_xlsx
from kindpakket.demo.api_client import Refused
from kindpakket.errors import ChainMismatch
from kindpakket.events import Redeemed, Refunded, Settled
from kindpakket.ledger import tables
from kindpakket.registry import tables as registry_tables
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.console.browser import Browser
from tests.ledger.databases import connect
from tests.payout_runs.conftest import Shopping

EVIL = "=HYPERLINK(1)"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def paid_out(services: Services, anna: int, bram: int, earned: Shopping) -> Shopping:
    """Two shops were paid out, and one earned more after that."""
    run = payout_runs.prepare(services, programme=None, staff=anna)
    payout_runs.approve(services, run=run.run, staff=bram)
    earned.pay(earned.town.shops[0], 1999)
    return earned


def books_of(services: Services, *, programme: int | None = None) -> bookkeeping.Books:
    """Today's books."""
    today = day_of(services.now())
    return bookkeeping.export(services, programme=programme, first_on=today, last_on=today)


def chain_cents(services: Services, kind: type[Any]) -> int:
    """What the chain's events of a kind add up to."""
    found = services.fund.events(services.fund.deployed_block, services.chain.head().number)
    return sum(event.amount_cents for _, event in found if isinstance(event, kind))


def sheet_of(content: bytes) -> list[list[tuple[str, str]]]:
    """The cells of a workbook as kind and text, read from its XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        words = [
            "".join(one.itertext())
            for one in fromstring(parts.read("xl/sharedStrings.xml")).iter(f"{CELLS}si")
        ]
        rows = fromstring(parts.read("xl/worksheets/sheet1.xml")).iter(f"{CELLS}row")
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        return [
            [
                ("text", words[int(cell.findtext(f"{CELLS}v"))])
                if cell.get("t") == "s"
                else ("number", cell.findtext(f"{CELLS}v"))
                for cell in row.iter(f"{CELLS}c")
            ]
            for row in rows
        ]


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "query, says",
    [
        ("", "Vul beide dagen in."),
        ("van=2026-11-18", "Vul beide dagen in."),
        ("van=2026-11-18&tot=2026-11-17", "De laatste dag ligt voor de eerste."),
        ("van=2025-01-01&tot=2026-12-31", "Kies hoogstens 366 dagen."),
    ],
)
def test_a_period_that_is_none_is_refused(earned: Shopping, clerk: Browser, query: str, says: str) -> None:
    page = clerk.open(f"/gemeente/boekhouding/bestand?{query}")
    assert clerk.status == 400
    assert says in page.text
    of_api = query.replace("van=", "from=").replace("tot=", "until=")
    with pytest.raises(Refused, match="request_invalid"):
        earned.town.desk.ask("GET", f"/bookkeeping?{of_api}")


@pytest.mark.parametrize(
    "change",
    [
        update(tables.redemption).values(amount_cents=tables.redemption.c.amount_cents + 1),
        update(tables.redemption).values(category=5),
        update(tables.redemption).values(at=tables.redemption.c.at - 86_400),
        delete(tables.refund),
        delete(tables.settlement),
    ],
    ids=["an amount", "a kind", "a day", "a refund that is gone", "a payout that is gone"],
)
def test_books_that_are_not_the_chains_are_not_given_out(
    services: Services, paid_out: Shopping, clerk: Browser, change: Any
) -> None:
    with connect(services.settings.ledger_address) as connection:
        connection.execute(change)
    with pytest.raises(ChainMismatch):
        books_of(services)
    today = day_of(services.now())
    clerk.open(f"/gemeente/boekhouding/bestand?van={today}&tot={today}")
    assert clerk.status == 503
    assert "content-disposition" not in clerk.answer.headers


# ---------------------------------------------------------------- the file


def test_the_books_are_all_lines_of_the_period_and_add_up_to_the_chain(
    services: Services, paid_out: Shopping
) -> None:
    books = books_of(services)
    assert [one.line.kind for one in books.lines].count("settlement") == 2
    assert books.total_cents("redemption") == chain_cents(services, Redeemed) == 7744
    assert books.total_cents("refund") == chain_cents(services, Refunded) == 800
    assert books.total_cents("settlement") == chain_cents(services, Settled) == 4945
    assert books.block_hash == services.chain.block_hash(books.block)
    assert books_of(services, programme=99).lines == ()
    yesterday = day_of(services.now()) - timedelta(days=1)
    before = bookkeeping.export(services, programme=None, first_on=yesterday, last_on=yesterday)
    assert before.lines == ()


def test_a_table_has_each_line_once_with_its_id_and_the_block_it_goes_up_to(
    services: Services, paid_out: Shopping, clerk: Browser
) -> None:
    today = day_of(services.now())
    clerk.open(f"/gemeente/boekhouding/bestand?van={today}&tot={today}&bestand=csv")
    assert clerk.answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(clerk.answer.content.decode("utf-8-sig")), delimiter=";")
    *lines, total, checked, of_hash = rows
    books = books_of(services)
    assert len(lines) == len(books.lines) == 6
    assert [row[0] for row in lines] == [today.isoformat()] * 6
    paid = header.index("betaald")
    assert total[paid : paid + 3] == ["77,44", "8,00", "49,45"]
    assert sum(int(row[paid].replace(",", "")) for row in lines if row[paid]) == 7744
    ids = {row[2] for row in lines if row[1] == "betaling"}
    assert ids == {
        f"0x{event.ticket_id.hex()}"
        for _, event in services.fund.events(services.fund.deployed_block, services.chain.head().number)
        if isinstance(event, Redeemed)
    }
    assert checked[2] == f"{books.block}"
    assert of_hash[2] == f"0x{books.block_hash.hex()}"


def test_a_workbook_has_exact_amounts_days_and_no_formula(
    services: Services, paid_out: Shopping, clerk: Browser
) -> None:
    with connect(services.settings.registry_address) as connection:
        connection.execute(
            update(registry_tables.shop)
            .where(registry_tables.shop.c.shop == paid_out.town.shops[0])
            .values(name=EVIL)
        )
    today = day_of(services.now())
    clerk.open(f"/gemeente/boekhouding/bestand?van={today}&tot={today}&bestand=xlsx")
    rows = sheet_of(clerk.answer.content)
    assert ("text", EVIL) in rows[1], "as a text, whatever it looks like"
    serial = str((today - date(1899, 12, 30)).days)
    assert rows[1][0] == ("number", serial)
    assert ("number", "37.45") in rows[1]
    assert [cell for cell in rows[-3] if cell[0] == "number"] == [
        ("number", "77.44"),
        ("number", "8.00"),
        ("number", "49.45"),
    ]
    table = write_csv(books_of(services), Names({}, {paid_out.town.shops[0]: EVIL}, {}), language="en")
    assert f"'{EVIL}" in table and f",{EVIL}" not in table


@pytest.mark.parametrize("cents", [1, 7, 10, 81, 9_999_99, 99_999_999_999_99])
def test_no_cent_is_lost_in_a_workbook(services: Services, earned: Shopping, cents: int) -> None:
    books = books_of(services)
    first = books.lines[0]
    books = replace(books, lines=(replace(first, line=replace(first.line, amount_cents=cents)),))
    rows = sheet_of(write_xlsx(books, Names({}, {}, {}), language="nl"))
    written = [text for kind, text in rows[1] if kind == "number"][1]
    euros, _, decimals = written.partition(".")
    assert int(euros) * 100 + int(decimals.ljust(2, "0") or 0) == cents
    assert len(decimals) <= 2


def test_the_api_gives_the_same_lines_as_a_table_or_a_workbook(
    services: Services, paid_out: Shopping, client: TestClient
) -> None:
    today = day_of(services.now())
    path = f"/api/v1/bookkeeping?from={today}&until={today}"
    token = paid_out.town.desk.token
    signed_in = {"authorization": f"Bearer {token}", "accept-language": "de, en;q=0.9, nl;q=0.5"}
    table = client.get(path, headers=signed_in)
    assert table.headers["content-type"].startswith("text/csv")
    header, *rows = csv.reader(io.StringIO(table.content.decode("utf-8-sig")))
    assert len(rows) == 6 + 3
    assert rows[-3][header.index("paid")] == "77.44"
    accepting = signed_in | {"accept": XLSX}
    cells = sheet_of(client.get(path, headers=accepting).content)
    assert len(cells) == len(rows) + 1
    assert [text for _, text in cells[0]] == header
    dutch = client.get(path, headers=signed_in | {"accept-language": "nl"})
    header, *rows = csv.reader(io.StringIO(dutch.content.decode("utf-8-sig")), delimiter=";")
    assert rows[-3][header.index("betaald")] == "77,44"
