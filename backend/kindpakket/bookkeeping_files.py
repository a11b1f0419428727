# SPDX-License-Identifier: EUPL-1.2
"""Bookkeeping as a file: CSV, or a workbook (XLSX). Amounts are exact to the cent; days are days, not texts.

A cell that came from people is never a formula. There are days, and no times: a period's books are not a diary.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .bookkeeping import Booked, Books
from .categories import CATEGORIES
from .csv_tables import write_rows
from .programmes import list_programmes
from .services import Services
from .units import day_of, format_plain_euros

KINDS = ("redemption", "refund", "settlement")
HEADERS = {
    "nl": (
        *("datum", "boeking", "kenmerk", "regeling", "winkelnummer", "winkel", "soort"),
        *("betaald", "teruggeboekt", "uitbetaald", "blok", "plek", "transactie"),
    ),
    "en": (
        *("date", "line", "redemption id", "programme", "shop number", "shop", "category"),
        *("paid", "refunded", "paid out", "block", "place", "transaction"),
    ),
}
WORDS = {
    "nl": {
        "redemption": "betaling",
        "refund": "terugboeking",
        "settlement": "uitbetaling",
        "total": "totaal",
        "checked": "gelijk aan het register tot en met blok",
        "hash": "kenmerk van dat blok",
        "sheet": "Boekhouding",
    },
    "en": {
        "redemption": "payment",
        "refund": "refund",
        "settlement": "payout",
        "total": "total",
        "checked": "equal to the register up to block",
        "hash": "hash of that block",
        "sheet": "Bookkeeping",
    },
}


@dataclass(frozen=True, slots=True)
class Names:
    """How programmes, shops and kinds of purchase are called."""

    programmes: dict[int, str]
    shops: dict[int, str]
    categories: dict[int, str]


def names_in(services: Services, language: str) -> Names:
    """Return how programmes, shops and kinds of purchase are called."""
    place = 0 if language == "en" else 1
    return Names(
        programmes={one.programme: one.name for one in list_programmes(services)},
        shops=services.registry.shops.names(),
        categories={number: words[place] for number, words in CATEGORIES.items()},
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file. `amounts` stand in the columns of `KINDS`; None is an empty cell."""

    on: date | None
    texts: tuple[str, ...]
    amounts: tuple[int | None, ...]
    place: tuple[int, int] | None
    transaction: str


def write_csv(books: Books, names: Names, *, language: str) -> str:
    """Return the books as CSV, as spreadsheets of that language read it."""
    rows = [
        (
            "" if row.on is None else row.on.isoformat(),
            *row.texts,
            *("" if cents is None else format_plain_euros(cents, language=language) for cents in row.amounts),
            *(("", "") if row.place is None else (f"{row.place[0]}", f"{row.place[1]}")),
            row.transaction,
        )
        for row in _rows(books, names, language)
    ]
    return write_rows(HEADERS[language], rows, delimiter=";" if language == "nl" else ",")


def write_xlsx(books: Books, names: Names, *, language: str) -> bytes:
    """Return the books as a workbook of one sheet."""
    # What makes workbooks takes a moment to load; who never asks for one does not wait for it.
    import xlsxwriter

    content = io.BytesIO()
    words = WORDS[language]
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet(words["sheet"])
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        euros = workbook.add_format({"num_format": "#,##0.00"})
        for column, header in enumerate(HEADERS[language]):
            sheet.write_string(0, column, header, bold)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 12, 14)
        for number, row in enumerate(_rows(books, names, language), start=1):
            if row.on is not None:
                sheet.write_datetime(number, 0, row.on, day)
            # `write_string` writes a text whatever it looks like: none becomes a formula or a link.
            for column, text in enumerate(row.texts, start=1):
                sheet.write_string(number, column, text)
            for column, cents in enumerate(row.amounts, start=1 + len(row.texts)):
                if cents is not None:
                    # A decimal is written digit by digit, where a float of 0.07 would not be.
                    sheet.write_number(number, column, Decimal(cents).scaleb(-2), euros)
            if row.place is not None:
                sheet.write_number(number, 10, row.place[0])
                sheet.write_number(number, 11, row.place[1])
            sheet.write_string(number, 12, row.transaction)
    return content.getvalue()


def _rows(books: Books, names: Names, language: str) -> Iterator[Row]:
    words = WORDS[language]
    for one in books.lines:
        yield _row(one, names, words)
    blank = ("",) * 5
    totals = tuple(books.total_cents(kind) for kind in KINDS)
    yield Row(on=None, texts=(words["total"], *blank), amounts=totals, place=None, transaction="")
    nothing: tuple[int | None, ...] = (None,) * len(KINDS)
    checked = (words["checked"], f"{books.block}", *blank[1:])
    yield Row(on=None, texts=checked, amounts=nothing, place=None, transaction="")
    of_hash = (words["hash"], f"0x{books.block_hash.hex()}", *blank[1:])
    yield Row(on=None, texts=of_hash, amounts=nothing, place=None, transaction="")


def _row(booked: Booked, names: Names, words: dict[str, str]) -> Row:
    line = booked.line
    return Row(
        on=day_of(line.at),
        texts=(
            words[line.kind],
            "" if line.ticket_id is None else f"0x{line.ticket_id.hex()}",
            names.programmes.get(line.programme, f"{line.programme}"),
            f"{line.shop}",
            names.shops.get(line.shop, f"{line.shop}"),
            "" if line.category is None else names.categories.get(line.category, f"{line.category}"),
        ),
        amounts=tuple(line.amount_cents if kind == line.kind else None for kind in KINDS),
        place=line.place,
        transaction=f"0x{booked.transaction_hash.hex()}",
    )
