# SPDX-License-Identifier: EUPL-1.2
"""Every language says all that Dutch says, with the same values to fill in.

Given a file of texts in a language
  when a text is missing, left over, or takes other values: that is told, by key
  otherwise nothing is told
Given a language that a machine translated
  its files say so, and the others' do not
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tests import texts
from tests.texts import (
    FIRST,
    FOLDER,
    LANGUAGES,
    MARK,
    PLURALS,
    Language,
    faults_of,
    files_of,
    is_machine_made,
    read,
)

EVERY_FILE = [(language, name) for language in LANGUAGES for name in files_of(language)]


@pytest.mark.parametrize("language, name", EVERY_FILE, ids=lambda one: getattr(one, "code", one))
def test_a_language_says_all_that_dutch_says(language: Language, name: str) -> None:
    assert faults_of(name, language) == [], "scripts/texts lists what is missing"


def test_there_is_no_file_of_a_language_that_is_not_listed() -> None:
    named = {f"{name}.{language.code}.json" for language, name in EVERY_FILE} | {"languages.json"}
    assert {file.name for file in FOLDER.iterdir()} == named


def test_dutch_and_english_are_made_by_people_and_four_others_say_that_they_are_not() -> None:
    assert [one.code for one in LANGUAGES if not is_machine_made(one)] == [FIRST, "en"]
    assert {one.code for one in LANGUAGES if is_machine_made(one)} == {"ar", "tr", "uk", "pl"}


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda file: file["shops"].pop("search"), "shops.search: missing (Zoek een winkel of plaats)"),
        (lambda file: file["shops"]["found"].pop("few"), "shops.found.few: missing ({count} winkels)"),
        (lambda file: file.update(extra="x"), "extra: not in Dutch"),
        (
            lambda file: file["ticket"].update(paid="Zapłacono {price}"),
            "ticket.paid: takes ['price'], in Dutch ['amount', 'shop']",
        ),
        (
            lambda file: file.pop(MARK),
            f"{MARK}: this mark stands in every file of a language, or in none",
        ),
    ],
    ids=["missing", "a form of a number", "left over", "other values", "the mark"],
)
def test_a_fault_is_told_by_its_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: object, told: str
) -> None:
    for language in (FIRST, "pl"):
        file = json.loads((FOLDER / f"citizen.{language}.json").read_text("utf-8"))
        if language == "pl":
            assert callable(change)
            change(file)
        (tmp_path / f"citizen.{language}.json").write_text(json.dumps(file))
    (tmp_path / "common.pl.json").write_text((FOLDER / "common.pl.json").read_text("utf-8"))
    (tmp_path / "common.tr.json").write_text((FOLDER / "common.tr.json").read_text("utf-8"))
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    polish = next(language for language in LANGUAGES if language.code == "pl")
    assert faults_of("citizen", polish) == [f"citizen.pl.json: {told}"]
    assert faults_of("citizen", dataclasses.replace(polish, code="tr")) == [
        "citizen.tr.json: there is no such file"
    ]


def test_a_reason_that_no_phone_is_told_is_one_of_ours() -> None:
    known = {key.partition(".")[0] for key in read("reasons", FIRST)}
    assert known >= texts.NOT_FOR_PHONES


def test_every_language_has_its_forms_of_a_number() -> None:
    assert set(PLURALS) == {language.code for language in LANGUAGES}


def test_no_text_is_empty_or_has_spaces_around_it() -> None:
    for language, name in EVERY_FILE:
        for key, text in read(name, language.code).items():
            assert text == text.strip() != "", f"{name}.{language.code}.json: {key}"
