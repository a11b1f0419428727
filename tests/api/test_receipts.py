# SPDX-License-Identifier: EUPL-1.2
"""The receipt of a payment: a PDF that says what was paid, where and when, and nothing about who."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from kindpakket.api.languages import choose_language
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.people import expiry
from kindpakket.services import Services
from kindpakket.units import day_of, day_starts_at
from tests.support import Town

from .test_proofs import give_back

BICYCLES = 3


def text_of(content: bytes) -> str:
    """What a reader reads, on one line."""
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


@pytest.mark.parametrize(
    "accepted, language",
    [
        ("", "nl"),
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("ar, tr;q=0.9, en;q=0.5, nl;q=0.4", "en"),
        ("en;q=0.3, nl;q=0.7", "nl"),
        ("en;q=0, nl", "nl"),
        ("en;q=much", "nl"),
        ("*", "nl"),
    ],
)
def test_the_language_is_the_one_that_is_wished_most(accepted: str, language: str) -> None:
    assert choose_language(accepted) == language


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_receipt_says_what_was_paid_and_what_came_back(
    services: Services, client: TestClient, town: Town, chain: TesterChain, language: str
) -> None:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    chain.travel_to(day_starts_at(day_of(town.now())) + 14 * 3600 + 300 + 24 * 3600)
    shown = phone.show_code(next(iter(phone.next_numbers)), max_cents=5000, expires_at=expiry(town.now()))
    paid = till.redeem(shown, amount_cents=3745, category=BICYCLES)["redemption"]
    give_back(services, town, phone, till, number=0, shown=shown, cents=1000, remaining=3745)
    answer = client.get(
        f"/api/v1/budgets/me/payments/{paid['redemptionId']}/receipt",
        headers={"Authorization": f"Bearer {phone.client.token}", "Accept-Language": language},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-language"] == language
    said = text_of(answer.content)
    expected = {
        "nl": [
            "Bewijs van betaling", "Gemeente Zuidhorn", "€ 37,45", "Fietsen Jansen", "Hoofdstraat 12, Zuidhorn",
            "Fietsen", "19 november 2026, 14.05 uur", "Kindpakket", "Terug op uw tegoed € 10,00",
            "Blijft betaald € 27,45", "geen naam", "14 0594",
        ],
        "en": [
            "Proof of payment", "Municipality of Zuidhorn", "€ 37.45", "Fietsen Jansen", "Hoofdstraat 12, Zuidhorn",
            "Bicycles", "19 November 2026, 14:05", "Kindpakket", "Back on your budget € 10.00",
            "Stays paid € 27.45", "no name", "14 0594",
        ],
    }[language]  # fmt: skip
    for words in expected:
        assert words in said, words
    assert paid["redemptionId"] in said.replace(" ", "")
    assert f"0x{phone.client.token}" not in said
