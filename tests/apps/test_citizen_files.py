# SPDX-License-Identifier: EUPL-1.2
"""The parent's app as files: what it loads is kept for offline use, what it says is there in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kindpakket.main import ROOT, STATIC
from tests.texts import languages_of, read

APP = ROOT / "citizen_app"
LANGUAGES = languages_of("citizen")


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
        found = re.findall(r"""\b(?:from|import) ?\(?["']([./][\w./-]+\.js)["']""", text)
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
    texts = read("common", language) | read("citizen", language)
    for file in APP.rglob("*.js"):
        for key in re.findall(r"\bt\('([\w.]+)'", file.read_text("utf-8")):
            assert key in texts or f"{key}.other" in texts, f"{file.name}: {key}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_sees_what_is_said_in_at_most_150_words(language: str) -> None:
    said = [text for key, text in read("citizen", language).items() if key.startswith("who.")]
    assert len(said) == 11
    assert len(" ".join(said).split()) <= 150


def test_no_screen_writes_html_as_text() -> None:
    for file in APP.rglob("*.js"):
        assert "innerHTML" not in file.read_text("utf-8"), file.name
