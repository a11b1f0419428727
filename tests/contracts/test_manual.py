# SPDX-License-Identifier: EUPL-1.2
"""IVoucherFund.sol is a manual: it explains every verb, event and refusal, and each word of them.

manual
└── it explains each function, event and error of the interface in a sentence, and each of its words
"""

from __future__ import annotations

import re

import pytest

from kindpakket.chain.artifacts import CONTRACTS_FOLDER

TEXT = (CONTRACTS_FOLDER / "IVoucherFund.sol").read_text("utf-8")
DECLARED = re.findall(r"((?:    ///[^\n]*\n)*)    (?:event|error|function) (\w+)\(([^;]*?)\)[^;]*;", TEXT)


@pytest.mark.parametrize(("doc", "name", "words"), DECLARED, ids=[name for _, name, _ in DECLARED])
def test_each_is_explained_and_each_of_its_words(doc: str, name: str, words: str) -> None:
    assert re.search(r"@notice .+\.", doc, re.DOTALL), name
    asked = [word.split()[-1] for word in words.split(",") if word.strip()]
    assert set(re.findall(r"@param (\w+) \w", doc)) == set(asked)
    assert len(DECLARED) > 60
