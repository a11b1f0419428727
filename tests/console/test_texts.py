# SPDX-License-Identifier: EUPL-1.2
"""The words: both languages have the same, every key that a page asks for is there, amounts are written well."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kindpakket import console
from kindpakket.console.charts import bar_chart, parts_of
from kindpakket.console.codes import draw_qr
from kindpakket.console.texts import FOLDER, LANGUAGES, texts_in
from kindpakket.units import day_ends_at, day_of, day_starts_at

TEMPLATES = Path(console.__file__).parent / "templates"


def _read(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((FOLDER / f"console.{language}.json").read_text("utf-8"))
    return texts


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    dutch, english = (_read(language) for language in LANGUAGES)
    assert list(dutch) == list(english)
    for key, text in dutch.items():
        gaps, others = (set(re.findall(r"\{(\w+)\}", one)) for one in (text, english[key]))
        assert gaps == others or (key.startswith("letter.") and others <= gaps | {"amount", "count"}), key


def test_every_text_that_a_page_names_is_there() -> None:
    texts = _read("nl")
    pages = "".join(file.read_text("utf-8") for file in TEMPLATES.iterdir())
    named = set(re.findall(r"""\b(?:t|nl|en)\("([a-z0-9_.]+)"[,)]""", pages))
    assert len(named) > 80
    assert named <= set(texts)


def test_a_phrase_that_is_not_known_stays_as_it_is() -> None:
    assert texts_in("nl").fault("vuurwerk {x}") == "vuurwerk {x}"
    assert texts_in("nl").fault("a whole number from 1 to 20") == "een heel getal van 1 tot en met 20"
    assert texts_in("en").fault("a whole number from 1 to 20") == "a whole number from 1 to 20"


def test_amounts_days_and_shares_are_written_in_the_language() -> None:
    dutch, english = (texts_in(language) for language in LANGUAGES)
    starts_at = day_starts_at(day_of(1_798_000_000))
    assert dutch.euros(123_456) == "€\u00a01.234,56"
    assert english.count(12_345) == "12,345"
    assert dutch.last_day(day_ends_at(day_of(starts_at))) == dutch.day(starts_at)
    assert dutch.moment(starts_at).endswith("om 0.00 uur")
    assert english.moment(starts_at).endswith("at 0:00")
    assert [dutch.share(part, 1000) for part in (0, 1, 5, 6, 1000)] == ["0%", "< 1%", "< 1%", "1%", "100%"]
    assert dutch.share(1, 0) == "0%"
    assert dutch.categories((3, 31)) == "Fietsen, Soort 31"


def test_bars_are_longest_first_and_never_negative() -> None:
    chart = bar_chart([("b", 50), ("a", 200), ("c", -5)])
    assert [(bar.label, bar.percent) for bar in chart.bars] == [("a", 100.0), ("b", 25.0), ("c", 0.0)]
    assert bar_chart([]).height == 0
    assert bar_chart([("a", 0)]).bars[0].percent == 0.0


def test_parts_follow_each_other_and_fill_the_whole() -> None:
    parts = parts_of(200, [("spent", 50), ("left", 150)])
    assert [(part.start, part.percent) for part in parts] == [(0.0, 25.0), (25.0, 75.0)]
    assert parts_of(0, [("spent", 0)])[0].percent == 0.0


@pytest.mark.parametrize("content", ["x", "http://localhost:8000/ouder/#brief=RZPJ-JW2B-X2G9-HPHE-5"])
def test_the_path_of_a_code_draws_exactly_its_dark_modules(content: str) -> None:
    code = draw_qr(content)
    dark = 0
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", code.path):
        assert int(x) + int(length) <= code.size - 4 and 4 <= int(y) < code.size - 4
        dark += int(length)
    assert code.path.count("M") > 10
    assert 0.35 < dark / (code.size - 8) ** 2 < 0.65
