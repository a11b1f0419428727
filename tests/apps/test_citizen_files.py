# SPDX-License-Identifier: EUPL-1.2
"""The parent's app as files: what it loads is kept for offline use, what it says is there in every language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kindpakket.main import ROOT, STATIC

APP = ROOT / "citizen_app"
LANGUAGES = [one["code"] for one in json.loads((STATIC / "text" / "languages.json").read_text("utf-8"))]


def file_of(address: str) -> Path:
    """The file that is served at an address."""
    if address == "/ouder/":
        return APP / "index.html"
    folder = {"/ouder/": APP, "/static/": STATIC}
    return next(
        path / address.removeprefix(start) for start, path in folder.items() if address.startswith(start)
    )


def address_of(file: Path) -> str:
    """The address that a file is served at."""
    if file.is_relative_to(APP):
        return f"/ouder/{file.relative_to(APP)}"
    return f"/static/{file.relative_to(STATIC)}"


def loaded_by(file: Path) -> set[str]:
    """The addresses that a page, a module or a style sheet loads."""
    text = file.read_text("utf-8")
    if file.suffix == ".html":
        found = re.findall(r'(?:href|src)="(/[^"]+)"', text)
    elif file.suffix == ".css":
        found = re.findall(r'@import url\("([^"]+)"\)', text)
    else:
        found = re.findall(r"""\b(?:from|import) ?["']([./][\w./-]+\.js)["']""", text)
    return {one if one.startswith("/") else address_of((file.parent / one).resolve()) for one in found}


def all_loaded() -> set[str]:
    """Everything the app loads before it can be used."""
    found: set[str] = set()
    waiting = ["/ouder/"]
    while waiting:
        address = waiting.pop()
        file = file_of(address)
        if address not in found and file.suffix in {".html", ".css", ".js"}:
            waiting += loaded_by(file)
        found.add(address)
    return found


def kept() -> set[str]:
    """The addresses that the service worker keeps."""
    text = (APP / "sw.js").read_text("utf-8")
    return {"/ouder/", *re.findall(r"^    '(/[^']+)',$", text, re.M)}


def texts_of(audience: str, language: str) -> dict[str, str]:
    """The texts of an audience by key."""

    def flat(tree: dict[str, object], prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in tree.items():
            if isinstance(value, dict):
                found |= flat(value, f"{prefix}{key}.")
            else:
                found[prefix + key] = str(value)
        return found

    return flat(json.loads((STATIC / "text" / f"{audience}.{language}.json").read_text("utf-8")), "")


def test_the_app_keeps_every_file_it_loads_for_use_without_network() -> None:
    missing = all_loaded() - kept()
    assert not missing


def test_the_app_keeps_its_texts_in_every_language() -> None:
    for audience in ("citizen", "common", "reasons"):
        for language in LANGUAGES:
            assert f"/static/text/{audience}.{language}.json" in kept()


def test_every_file_that_is_kept_exists() -> None:
    for address in kept():
        assert file_of(address).is_file(), address


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_a_screen_names_exists(language: str) -> None:
    texts = texts_of("common", language) | texts_of("citizen", language)
    for file in APP.rglob("*.js"):
        for key in re.findall(r"\bt\('([\w.]+)'", file.read_text("utf-8")):
            assert key in texts or f"{key}.other" in texts, f"{file.name}: {key}"


def test_a_text_takes_the_same_values_in_every_language() -> None:
    for audience in ("citizen", "common"):
        dutch = texts_of(audience, "nl")
        for language in LANGUAGES:
            other = texts_of(audience, language)
            for key, text in dutch.items():
                assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", other[key])), key


def test_the_screens_use_no_word_that_a_parent_should_not_meet() -> None:
    said = " ".join(texts_of("citizen", "nl").values()).lower()
    for word in (
        "wallet",
        "token",
        "blockchain",
        "transactie",
        "voucher",
        "schuld",
        "terugbetalen",
        "fraude",
        "misbruik",
        "!",
    ):
        assert word not in said, word


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_sees_what_is_said_in_at_most_150_words(language: str) -> None:
    said = [text for key, text in texts_of("citizen", language).items() if key.startswith("who.")]
    assert len(said) == 11
    assert len(" ".join(said).split()) <= 150


def test_no_screen_writes_html_as_text() -> None:
    for file in APP.rglob("*.js"):
        assert "innerHTML" not in file.read_text("utf-8"), file.name
