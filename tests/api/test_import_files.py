# SPDX-License-Identifier: EUPL-1.2
"""The form of a file that is taken over: each fault is named by its line and column, and not too many of them."""

from __future__ import annotations

import pytest

from kindpakket import shops, vouchers
from kindpakket.errors import (
    CsvInvalid,
)
from kindpakket.services import Services
from kindpakket.units import MAX_VOUCHER_CENTS
from tests.support import Town

from .test_imports import SHOPS, SIX, check, refusal


def faults_of(
    services: Services, town: Town, text: str, *, amount_cents: int = 30_000
) -> list[tuple[object, ...]]:
    with pytest.raises(CsvInvalid) as refused:
        check(services, town, text, amount_cents=amount_cents).faults.refuse()
    return [(fault["line"], fault["column"], fault["found"]) for fault in refused.value.errors]


@pytest.mark.parametrize("amount_cents", [-1, 0, MAX_VOUCHER_CENTS + 1])
def test_an_amount_for_all_lines_that_fits_no_voucher_is_a_fault(
    services: Services, town: Town, amount_cents: int
) -> None:
    assert [fault[:2] for fault in faults_of(services, town, SIX, amount_cents=amount_cents)] == [
        (1, "amount")
    ]


@pytest.mark.parametrize(
    "character", ["\u200b", "\u202e", "\u0085", "\u2028", "\u00ad", "\ufeff", "\x1c", "\ufe0f", "\u3164"]
)
def test_a_cell_with_a_character_that_nobody_sees_is_a_fault(
    services: Services, town: Town, character: str
) -> None:
    text = f"kenmerk;kinderen\nB-1;1\nB{character}-1;1\nB-2;0\n"
    code = f"an invisible character, U+{ord(character):04X}"
    assert faults_of(services, town, text) == [(3, "reference", code), (4, "children", "0")]


def test_a_line_break_in_a_cell_is_a_fault_and_does_not_shift_the_lines(
    services: Services, town: Town
) -> None:
    text = 'kenmerk;kinderen\r\n"B\r\n-1";1\r\nB-2;0\r\n'
    assert faults_of(services, town, text) == [
        (2, "reference", "an invisible character, U+000D"),
        (4, "children", "0"),
    ]


def test_a_column_that_is_not_read_may_hold_anything(services: Services, town: Town) -> None:
    text = 'kenmerk;kinderen;opmerking\nB-1;1;"twee\nregels"\nB-2;1;a\u2028b\u0085c\u200b\nB-3;0;x\n'
    assert faults_of(services, town, text) == [(5, "children", "0")]


@pytest.mark.parametrize(
    "pair", [("é-1", "e\u0301-1"), ("A 1", "A\u00a01"), ("A 1", "A\t1"), ("A-1x", "\u00a0A-1x ")]
)
def test_references_that_look_the_same_are_the_same(
    services: Services, town: Town, pair: tuple[str, str]
) -> None:
    text = f"kenmerk;kinderen\n{pair[0]};1\n{pair[1]};1\n"
    assert faults_of(services, town, text) == [(3, "reference", pair[0])]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kenmerk;kinderen\nB-1;1\n" + "x" * 131_073 + ";1\n", 3),
        ('kenmerk;kinderen\nB-1;1\n"B-2;1\n' + "B-3;1\n" * 30_000, 3),
        ("kenmerk;" + "x" * 131_073 + "\nB-1;1\n", 1),
    ],
    ids=["a cell", "a quotation mark that is not closed", "a name of a column"],
)
def test_a_cell_that_is_too_long_is_a_fault(services: Services, town: Town, text: str, line: int) -> None:
    assert faults_of(services, town, text) == [(line, "", "a cell of more than 131072 characters")]


def test_a_cell_of_the_greatest_length_is_read(services: Services, town: Town) -> None:
    text = "kenmerk;kinderen;opmerking\nB-1;1;" + "x" * 131_072 + "\n"
    assert check(services, town, text).voucher_count == 1


def test_a_large_file_of_bad_lines_has_a_short_answer(town: Town) -> None:
    refused = refusal(town, "household-imports?amountCents=30000", "kenmerk;kinderen\n" + "x;0\n" * 250_000)
    faults = refused.content["errors"]
    assert len(faults) == 201
    assert faults[199]["line"] == 201
    assert (faults[200]["line"], faults[200]["found"]) == (
        202,
        "249800 more lines, which may have faults too",
    )


@pytest.mark.parametrize(("bad", "told"), [(199, 199), (200, 200), (201, 201)])
def test_two_hundred_faults_are_told_and_then_how_many_lines_more(
    services: Services, town: Town, bad: int, told: int
) -> None:
    faults = faults_of(services, town, "kenmerk;kinderen\n" + "x;0\n" * bad)
    assert len(faults) == told
    assert faults[199:] == [(201, "children", "0")][: max(0, bad - 199)] + (
        [(202, "", "1 more lines, which may have faults too")] if bad == 201 else []
    )


def test_references_taken_in_before_are_told_two_hundred_at_most(services: Services, town: Town) -> None:
    many = "kenmerk;kinderen\n" + "".join(f"D-{row};1\n" for row in range(250))
    vouchers.import_households(services, check(services, town, many, amount_cents=1))
    faults = faults_of(services, town, many)
    assert len(faults) == 201
    assert faults[-1] == (202, "", "50 more lines, which may have faults too")


def test_a_shop_s_name_that_nobody_can_tell_from_another_is_a_fault(services: Services, town: Town) -> None:
    text = SHOPS + "Brun\u200ba;speelgoed;NL90INGB0009000000\n"
    faults = shops.check_shops(services, programme=town.programme, text=text).faults
    with pytest.raises(CsvInvalid) as refused:
        faults.refuse()
    assert [(fault["line"], fault["column"]) for fault in refused.value.errors] == [(4, "name")]
