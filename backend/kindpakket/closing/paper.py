# SPDX-License-Identifier: EUPL-1.2
"""The closing statement on a sheet of paper, as a PDF. Amounts in euro cents. It says what the page says."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from kindpakket.services import Services
from kindpakket.units import AMSTERDAM, day_of, format_euros

from .statement import Statement

_TEXTS = Path(__file__).resolve().parents[1] / "static" / "text"

#: In the order in which money goes.
_ORDER = (
    "deposited",
    "issued",
    "redeemed",
    "refunded",
    "spent",
    "settled",
    "open",
    "swept",
    "left",
    "unallocated",
    "withdrawn",
)


class Writing(Protocol):
    """The texts of a language, and how an amount is written in it."""

    def __call__(self, key: str, **values: object) -> str:
        """Return a text."""

    def euros(self, amount_cents: int) -> str:
        """Write an amount."""


class Words:
    """The texts of a language, with amounts, days and instants written in it."""

    def __init__(self, language: str) -> None:
        """Take the language of the municipality's pages."""
        self._language = language
        self._texts = _texts_in(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text."""
        return self._texts[key].format(**values)

    def euros(self, amount_cents: int) -> str:
        """Write an amount."""
        return format_euros(amount_cents, language=self._language)

    def day(self, on: date) -> str:
        """Write a day."""
        return f"{on.day} {self(f'month.{on.month}')} {on.year}"

    def moment(self, at: int) -> str:
        """Write an instant as Dutch clocks show it."""
        clock = datetime.fromtimestamp(at, AMSTERDAM)
        point = "." if self._language == "nl" else ":"
        return self("moment", day=self.day(clock.date()), clock=f"{clock.hour}{point}{clock.minute:02d}")


def write(services: Services, statement: Statement, *, language: str) -> bytes:
    """Return the statement as a PDF."""
    # What makes PDFs takes a second to load; who never asks for one does not wait for it.
    from kindpakket.vouchers.sheet import Sheet

    words = Words(language)
    closing = statement.closing
    title = words("statement_page.title", name=statement.name)
    sheet = Sheet(title, language=language, at=statement.at)
    sheet.head(words("municipality", name=services.settings.municipality), title)
    sheet.foot(
        words(
            "statement_page.period",
            first=words.day(day_of(closing.starts_at)),
            last=words.day(day_of(closing.ends_at - 1)),
        ),
        words("statement_page.closed" if closing.is_closed else "statement_page.not_closed"),
        words("statement_page.agrees" if statement.agrees else "statement_page.differs"),
    )
    for name, value in _lines(statement, words):
        sheet.row(name, value)
    sheet.foot(*faults_of(statement, words))
    for shop in statement.open_shops:
        way = "owed" if shop.owed_cents > 0 else "owes"
        value = f"{words(f'statement_page.shops.{way}')} {words.euros(abs(shop.owed_cents))}"
        sheet.row(shop.name, value)
    told = [] if statement.open_shops else [words("statement_page.shops.none")]
    if closing.held_back_cents:
        told.append(words("statement_page.shops.held_back", amount=words.euros(closing.held_back_cents)))
    sheet.foot(
        *told,
        sum_line(statement, words),
        words("statement_page.at", moment=words.moment(statement.at), block=str(statement.figures.block)),
    )
    return sheet.content()


def file_name(statement: Statement) -> str:
    """Return how the file is called."""
    return f"verantwoording-{statement.figures.programme}.pdf"


def amounts_of(statement: Statement) -> dict[str, int]:
    """Return the amounts of the ledger by what they are, in the order in which money goes."""
    figures = statement.figures
    amounts = {one.what: one.ledger_cents for one in statement.lines} | {
        "redeemed": figures.redeemed_cents,
        "refunded": figures.refunded_to_vouchers_cents + figures.refunded_to_programme_cents,
        "swept": figures.swept_cents,
    }
    return {what: amounts[what] for what in _ORDER}


def sum_line(statement: Statement, words: Writing) -> str:
    """Write how the whole adds up, or that it does not."""
    amounts = amounts_of(statement)
    key = "not" if "all" in statement.figures.faults else "all"
    named = ("withdrawn", "settled", "open", "left", "unallocated", "deposited")
    return words(f"statement_page.sum.{key}", **{what: words.euros(amounts[what]) for what in named})


def _lines(statement: Statement, words: Words) -> list[tuple[str, str]]:
    return [
        (words(f"statement_page.{what}"), words.euros(cents)) for what, cents in amounts_of(statement).items()
    ]


def faults_of(statement: Statement, words: Writing) -> list[str]:
    """Write what does not add up, and what is not the same in the ledger and in the contract."""
    amounts = [
        (words(f"statement_page.{one.what}"), one.ledger_cents, one.chain_cents)
        for one in statement.differences
    ] + [
        (
            words(f"statement_page.difference.{shop.what}", shop=shop.name),
            shop.ledger_cents,
            shop.chain_cents,
        )
        for shop in statement.shop_differences
    ]
    return [words(f"statement_page.fault.{fault}") for fault in statement.figures.faults] + [
        words("statement_page.difference", what=what, ours=words.euros(ours), chain=words.euros(chain))
        for what, ours, chain in amounts
    ]


@cache
def _texts_in(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((_TEXTS / f"console.{language}.json").read_text("utf-8"))
    return texts
