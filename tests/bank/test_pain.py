# SPDX-License-Identifier: EUPL-1.2
"""Files for a bank: valid by ISO's schema whatever the names are, and the same bytes for the same order."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kindpakket.bank import pain, references
from kindpakket.bank.letters import to_bank_text
from tests.payout_runs.bank import OUR_IBAN, payments_in

PAYMENT = pain.Payment("KP-1-1-1", pain.Party("Fietsen Jansen", "NL90INGB0009000000"), 3745, "Kindpakket")
ORDER = pain.Order("KP-1-F1", 1_795_820_400, pain.Party("Gemeente Zuidhorn", OUR_IBAN), [PAYMENT])


def test_the_schema_is_the_one_that_was_vendored() -> None:
    content = pain.SCHEMA.read_bytes()
    assert hashlib.sha256(content).hexdigest() == pain.SCHEMA_SHA256
    assert pain.SCHEMA_SHA256 in pain.SCHEMA.with_name("README.md").read_text("utf-8")


def test_the_same_order_gives_the_same_bytes_on_the_day_that_it_is_made() -> None:
    content = pain.write(ORDER)
    assert content == pain.write(ORDER)
    assert b"<ReqdExctnDt><Dt>2026-11-28</Dt></ReqdExctnDt>" in content, "01.00 o'clock in Amsterdam"
    assert b"<CreDtTm>2026-11-28T00:00:00</CreDtTm>" in content
    assert b"<BtchBookg>false</BtchBookg>" in content


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=120), description=st.text(max_size=200), cents=st.integers(1, 10**12))
def test_whatever_is_written_on_it_a_file_is_valid(name: str, description: str, cents: int) -> None:
    payment = replace(
        PAYMENT,
        creditor=replace(PAYMENT.creditor, name=name),
        amount_cents=cents,
        description=description,
    )
    content = pain.write(replace(ORDER, payments=[payment, replace(PAYMENT, end_to_end_id="KP-1-2-1")]))
    first, second = payments_in(content)
    assert (first.cents, second.cents) == (cents, 3745)


@pytest.mark.parametrize("cents", [0, -1])
def test_a_payment_of_nothing_is_no_file(cents: int) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        pain.write(replace(ORDER, payments=[replace(PAYMENT, amount_cents=cents)]))


def test_what_the_schema_does_not_take_is_no_file() -> None:
    with pytest.raises(ValueError, match="EndToEndId"):
        pain.write(replace(ORDER, payments=[replace(PAYMENT, end_to_end_id="x" * 36)]))
    with pytest.raises(ValueError, match="IBAN") as refused:
        pain.write(replace(ORDER, payments=[replace(PAYMENT, creditor=pain.Party("x", "no account"))]))
    assert "no account" not in str(refused.value), "accounts stay out of logs"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Café Søren & Zn.", "Cafe Soren + Zn."),
        ("Straße «9»", "Strasse .9."),
        ("//x//y/", "x/y"),
        ("  a \n b ", "a b"),
        ("", "."),
        ("ٱ", "."),
        ("ﬁets", "fiets"),
    ],
)
def test_text_is_written_in_the_letters_that_every_bank_takes(text: str, written: str) -> None:
    assert to_bank_text(text, most=70) == written


@given(st.text(max_size=100), st.integers(1, 70))
def test_a_text_for_a_bank_has_its_letters_and_its_length(text: str, most: int) -> None:
    written = to_bank_text(text, most=most)
    assert 1 <= len(written) <= most
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ ")
    assert "//" not in written
    assert written == "." or not (written.startswith("/") or written.endswith("/"))


def test_references_fit_a_bank_and_differ_for_each_settlement() -> None:
    largest = 2**31 - 1
    assert len(references.end_to_end_id(run=largest, transfer=largest, attempt=largest)) <= 35
    assert len(references.message_id(run=largest, file=largest)) <= 35
    assert references.payment_reference(run=7, transfer=3, programme=1, shop=12) == (
        hashlib.sha256(b"KP-7-3/1/12").digest()
    )
    numbers = [(a, b, c, d) for a in (1, 11) for b in (1, 11) for c in (1, 11) for d in (1, 11)]
    made = {references.payment_reference(run=a, transfer=b, programme=c, shop=d) for a, b, c, d in numbers}
    assert len(made) == len(numbers)
