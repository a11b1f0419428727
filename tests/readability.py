# SPDX-License-Identifier: EUPL-1.2
"""How hard a Dutch text is to read: sentences, words, syllables, the score of Flesch and Douma, words nobody says.

The score is 206.84 - 0.93 * words per sentence - 77 * syllables per word. 60 and more is plain for a reader of B1.

Source: W.H. Douma, De leesbaarheid van landbouwbladen (1960), after R. Flesch (1948).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What stands in a gap when it is filled in, where its length matters; elsewhere a number or a name: one word.
FILLED_IN = {"date": "31 december 2026", "moment": "31 december 2026 om 14.05 uur", "day": "31 december 2026"}
VOWELS = re.compile(
    r"eeu|ieu|aai|ooi|oei|aa|ee|oo|uu|ie|oe|eu|ui|ij|ei|au|ou|[aeiouyáàäâéèêëíïóòöôúü]", re.IGNORECASE
)
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
TOKEN = re.compile(r"[\w€]+(?:[.,'’:/@#|-]+\w+)*")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
#: Officialese, with what to say instead.
OFFICIALESE = {
    "aangaande": "over",
    "aanvangen": "beginnen",
    "alsmede": "en",
    "alvorens": "voordat",
    "betreffende": "over",
    "conform": "volgens",
    "derhalve": "dus",
    "desbetreffende": "deze",
    "desgewenst": "als u wilt",
    "dien": "moet",
    "dienen": "moeten",
    "dient": "moet",
    "door middel van": "met",
    "echter": "maar",
    "geschieden": "gebeuren",
    "gelieve": "wilt u",
    "heden": "vandaag",
    "hetgeen": "wat",
    "hierbij": "",
    "hieromtrent": "hierover",
    "indien": "als",
    "ingevolge": "volgens",
    "inzake": "over",
    "ivm": "door",
    "jegens": "tegen",
    "krachtens": "volgens",
    "middels": "met",
    "mits": "als",
    "ongeacht": "wat ook",
    "onverwijld": "meteen",
    "reeds": "al",
    "te allen tijde": "altijd",
    "teneinde": "om",
    "tenzij": "behalve als",
    "terstond": "meteen",
    "terzake": "daarover",
    "tevens": "ook",
    "thans": "nu",
    "trachten": "proberen",
    "uiterlijk": "niet later dan",
    "uwerzijds": "van u",
    "verstrekken": "geven",
    "verzoeken": "vragen",
    "voornoemde": "deze",
    "voorts": "ook",
    "waarbij": "",
    "wederom": "weer",
    "zodanig": "zo",
    "zulks": "dat",
}
#: Words that a parent must not meet: of money lent, of guilt, of machines.
NOT_FOR_PARENTS = (
    "wallet",
    "token",
    "blockchain",
    "transactie",
    "voucher",
    "schuld",
    "terugbetalen",
    "fraude",
    "misbruik",
)


def filled_in(text: str) -> str:
    """A text as people read it."""
    return re.sub(r"{(\w+)}", lambda gap: FILLED_IN.get(gap[1], "Jansen"), text)


def sentences(text: str) -> list[str]:
    """The sentences of a text; a heading or a button is one too."""
    return [one for one in SENTENCE_END.split(filled_in(text)) if TOKEN.search(one)]


def count_words(sentence: str) -> int:
    """How many words a sentence has, numbers too."""
    return len(TOKEN.findall(sentence))


def count_syllables(word: str) -> int:
    """How many syllables a word has; one that is spelled out has at least one."""
    return max(1, len(VOWELS.findall(word)))


def score(texts: Iterable[str]) -> float:
    """The score of Flesch and Douma over texts together."""
    said = [sentence for text in texts for sentence in sentences(text)]
    words = [word for sentence in said for word in WORD.findall(sentence)]
    if not words:
        return 100.0
    syllables = sum(count_syllables(word) for word in words)
    return 206.84 - 0.93 * len(words) / len(said) - 77 * syllables / len(words)


def count_all_words(texts: Iterable[str]) -> int:
    """How many words texts have together."""
    return sum(len(WORD.findall(filled_in(text))) for text in texts)


def forbidden_in(text: str, words: Iterable[str]) -> list[str]:
    """Which of these words, whole, a text has."""
    return [word for word in words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]
