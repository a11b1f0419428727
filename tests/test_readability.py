# SPDX-License-Identifier: EUPL-1.2
"""Every Dutch text can be read by who reads B1.

Given the texts of the apps and of the municipality's pages
  each group of them scores 60 or more (Flesch and Douma)
  each sentence has at most 15 words
  none has a word of officialese, or shouts
Given the texts that parents read
  none speaks of loans, guilt or machines
"""

from __future__ import annotations

import pytest

from tests import readability
from tests.readability import NOT_FOR_PARENTS, OFFICIALESE
from tests.texts import FILES_OF, FOLDER, MARK, read

LEAST_SCORE = 60.0
MOST_WORDS = 15
#: Fewer words than this say nothing about a group: they are measured together.
LEAST_WORDS = 30
#: The buttons of both apps are measured together.
SHORT = dict.fromkeys(("citizen", "common", "merchant"), "short texts of the apps")
NAMES = sorted({file.name.split(".")[0] for file in FOLDER.glob("*.nl.json")})


def grouped() -> dict[str, list[str]]:
    """The Dutch texts by section of their file; what has too few words with its like."""
    groups: dict[str, list[str]] = {}
    small: dict[str, list[str]] = {}
    for name in NAMES:
        sections: dict[str, list[str]] = {}
        for key, text in read(name, "nl").items():
            sections.setdefault(f"{name}.{key.partition('.')[0]}", []).append(text)
        for section, texts in sections.items():
            if readability.count_all_words(texts) >= LEAST_WORDS:
                groups[section] = texts
            else:
                small.setdefault(name, []).extend(texts)
    for name, texts in small.items():
        groups.setdefault(SHORT.get(name, name), []).extend(texts)
    return groups


def test_the_files_that_are_read_are_all_there_are() -> None:
    assert set(NAMES) == {name for names in FILES_OF.values() for name in names}


def test_syllables_words_and_sentences_are_counted_as_people_do() -> None:
    for word, count in (
        ("regeling", 3),
        ("gemeente", 3),
        ("bijvoorbeeld", 3),
        ("categorieën", 5),
        ("geïnde", 3),
        ("opnieuw", 2),
        ("saldo", 2),
        ("€", 1),
    ):
        assert readability.count_syllables(word) == count, word
    said = readability.sentences("Betaald: € 37,45 om 14.02 uur. Klopt dit niet?")
    assert [readability.count_words(sentence) for sentence in said] == [6, 3]


def test_a_hard_text_fails() -> None:
    hard = "Teneinde administratieve onregelmatigheden te voorkomen verzoeken wij u de documentatie te verstrekken."
    assert readability.score([hard]) < LEAST_SCORE
    assert readability.forbidden_in(hard, OFFICIALESE) == ["teneinde", "verstrekken", "verzoeken"]


@pytest.mark.parametrize("group", sorted(grouped()))
def test_a_group_of_texts_is_plain(group: str) -> None:
    assert readability.score(grouped()[group]) >= LEAST_SCORE


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_is_long(name: str) -> None:
    long = {
        key: sentence
        for key, text in read(name, "nl").items()
        for sentence in readability.sentences(text)
        if readability.count_words(sentence) > MOST_WORDS
    }
    assert long == {}


@pytest.mark.parametrize("name", NAMES)
def test_no_text_has_a_word_that_nobody_says(name: str) -> None:
    texts = read(name, "nl")
    found = {key: readability.forbidden_in(text, OFFICIALESE) for key, text in texts.items()}
    assert {key: words for key, words in found.items() if words} == {}
    assert [key for key, text in texts.items() if "!" in text] == []


@pytest.mark.parametrize("name", ["citizen", "common"])
def test_what_parents_read_speaks_of_no_loans_guilt_or_machines(name: str) -> None:
    for key, text in read(name, "nl").items():
        found = [word for word in NOT_FOR_PARENTS if word in text.lower()]
        assert found == [] or key == MARK, key
