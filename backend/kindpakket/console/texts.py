# SPDX-License-Identifier: EUPL-1.2
"""The words on the municipality's pages: a file per language, and how amounts, days and counts are written in each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

from kindpakket.categories import CATEGORIES
from kindpakket.units import AMSTERDAM, day_of, day_starts_at, format_euros

LANGUAGES = ("nl", "en")
FOLDER = Path(__file__).parent.parent / "static" / "text"


class Texts:
    """The texts of one language. Calling it with a key gives the text, its `{names}` filled in."""

    def __init__(
        self, language: str, texts: Mapping[str, str], phrases: Mapping[str, re.Pattern[str]]
    ) -> None:
        """Keep the texts; `phrases` are the English faults of uploads, as patterns by key."""
        self.language = language
        self._texts = texts
        self._phrases = phrases

    def __call__(self, key: str, **values: object) -> str:
        """Return a text. A key that is not there is a bug."""
        return self._texts[key].format(**values)

    def has(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self._texts

    def euros(self, amount_cents: int) -> str:
        """Write an amount of money."""
        return format_euros(amount_cents, language=self.language)

    def count(self, number: int) -> str:
        """Write a whole number."""
        english = f"{number:,}"
        return english if self.language == "en" else english.replace(",", ".")

    def share(self, part: int, whole: int) -> str:
        """Write a part of a whole in whole percents; below the half of one percent says so."""
        if whole <= 0 or part <= 0:
            return "0%"
        percent = round(100 * part / whole)
        return f"{percent}%" if percent else "< 1%"

    def day(self, at: int) -> str:
        """Write the Dutch calendar day that an instant falls in, as in `31 december 2026`."""
        return self.date(datetime.fromtimestamp(at, AMSTERDAM).date())

    def date(self, on: date) -> str:
        """Write a calendar day, as in `31 december 2026`."""
        return f"{on.day} {self(f'month.{on.month}')} {on.year}"

    def last_day(self, ends_at: int) -> str:
        """Write the last day of a period that excludes its end."""
        return self.day(ends_at - 1)

    def is_midnight(self, at: int) -> bool:
        """Tell whether a Dutch calendar day begins at this instant: then its day says all."""
        return day_starts_at(day_of(at)) == at

    def moment(self, at: int) -> str:
        """Write an instant as Dutch clocks show it."""
        clock = datetime.fromtimestamp(at, AMSTERDAM)
        written = (
            f"{clock.hour}.{clock.minute:02d}"
            if self.language == "nl"
            else f"{clock.hour}:{clock.minute:02d}"
        )
        return self("moment", day=self.day(at), clock=written)

    def category(self, category: int) -> str:
        """Name a kind of purchase."""
        words = CATEGORIES.get(category)
        if words is None:
            return self("category.other", number=category)
        return words[LANGUAGES[::-1].index(self.language)].capitalize()

    def categories(self, categories: Iterable[int]) -> str:
        """Name kinds of purchase, in their order."""
        return ", ".join(self.category(category) for category in categories)

    def column(self, column: str) -> str:
        """Name a column of an upload as the file may have it; a fault of no column is about the whole line."""
        return self(f"column.{column}") if column else self("faults.whole_line")

    def fault(self, phrase: str) -> str:
        """Say what was found or expected in an upload, which is told in English, in this language."""
        for key, pattern in self._phrases.items():
            if match := pattern.fullmatch(phrase):
                return self(key, **match.groupdict())
        return phrase


@cache
def texts_in(language: str) -> Texts:
    """Return the texts of a language. The English ones are also the patterns that faults are recognised by."""
    english = _read("en")
    phrases = {key: _as_pattern(text) for key, text in english.items() if key.startswith("fault.")}
    return Texts(language, _read(language), phrases)


def _read(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((FOLDER / f"console.{language}.json").read_text("utf-8"))
    return texts


def _as_pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    return re.compile(
        "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    )
