# SPDX-License-Identifier: EUPL-1.2
"""What an applicant writes is read field by field.

Given an application in which one field cannot be right
  it is refused, and names that field and what is wrong with it
Given one in which several cannot
  all are named at once, in the order of the form
Given fields that people write in their own way
  they are kept in one way
"""

from __future__ import annotations

import re

import pytest

from kindpakket.bank.accounts import IbanInvalid, mask_iban, read_iban
from kindpakket.categories import CATEGORIES
from kindpakket.console.texts import texts_in
from kindpakket.errors import RequestInvalid
from kindpakket.shop_applications import FIELDS, MOST_CHARACTERS, fields
from kindpakket.shop_applications.fields import MESSAGES

from .conftest import SPORT, TOYS, written

OFFERED = (SPORT, TOYS)


def faults_of(refusal: RequestInvalid) -> dict[str, str]:
    return {error["at"]: error["fault"] for error in refusal.errors}


@pytest.mark.parametrize("field", [one for one in MOST_CHARACTERS if one != "opening"])
def test_a_field_that_is_needed_is_named_when_it_is_empty(field: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(**{field: " "}), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {field: "empty"}


@pytest.mark.parametrize("field", MOST_CHARACTERS)
def test_a_field_that_is_one_character_too_long_is_named(field: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(**{field: "x" * (MOST_CHARACTERS[field] + 1)}), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {field: "long"}


@pytest.mark.parametrize("field", ["name", "street", "town", "opening", "holder"])
@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_a_text_that_a_spreadsheet_would_run_is_refused(field: str, begin: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(**{field: f'{begin}HYPERLINK("x")'}), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {field: "formula"}


@pytest.mark.parametrize("character", ["\x00", "\n", "\u200b", "\u202e", "\ufeff", "\u3164"])
def test_a_character_that_is_not_seen_is_refused(character: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(name=f"Het{character}Speelhuis"), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"name": "invisible"}


@pytest.mark.parametrize("kvk", ["1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨", "12-345678"])
def test_a_kvk_number_is_eight_digits(kvk: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(kvk=kvk), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"kvk": "digits"}


@pytest.mark.parametrize("postcode", ["0801 AA", "9801A", "9801 A1", "9801  AA", "98011 AA"])
def test_a_postcode_is_four_digits_and_two_letters(postcode: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(postcode=postcode), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"postcode": "postcode"}


@pytest.mark.parametrize(
    "iban, fault",
    [
        ("NL92ABNA0417164300", "check"),
        ("NL91ABNA041716430", "check"),
        ("NL91AB1A0417164300", "bank"),
        ("NL91ABNAO417164300", "bank"),
        ("US12345678901234", "sepa"),
        ("BR1800360305000010009795493C1", "sepa"),
        ("hallo", "check"),
        ("<script>alert(1)</script>", "check"),
    ],
)
def test_an_account_that_cannot_be_paid_is_refused_with_what_is_wrong(iban: str, fault: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(iban=iban), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"iban": fault}
    with pytest.raises(IbanInvalid):
        read_iban(iban)


@pytest.mark.parametrize(
    "iban",
    ["NL91ABNA0417164300", "DE89370400440532013000", "BE68539007547034", "FR1420041010050500013M02606"],
)
def test_an_account_in_a_country_of_sepa_is_taken_however_it_is_spaced(iban: str) -> None:
    spaced = " ".join(re.findall(".{1,4}", iban.lower()))
    assert fields.read(written(iban=spaced), offered=OFFERED, taken=())["iban"] == iban
    assert mask_iban(iban) == f"{iban[:2]}..{iban[-4:]}"


@pytest.mark.parametrize(
    "email", ["info", "info@", "@speelhuis.nl", "a@b", "a b@c.nl", "a@b@c.nl", "a@b..nl"]
)
def test_an_e_mail_address_has_a_name_and_a_domain(email: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(email=email), offered=OFFERED, taken=())
    expected = "formula" if email.startswith("@") else "email"
    assert faults_of(refused.value) == {"email": expected}


@pytest.mark.parametrize("categories", [(), (3,), (TOYS, 3), (-1,), (31,)])
def test_only_categories_that_are_offered_can_be_asked_for(categories: tuple[int, ...]) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(categories=categories), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"categories": "choice"}


def test_a_name_that_a_shop_has_already_is_refused_whatever_its_capitals() -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(name="HET SPEELHUIS"), offered=OFFERED, taken={"het speelhuis"})
    assert faults_of(refused.value) == {"name": "taken"}


@pytest.mark.parametrize(
    "name",
    [
        "Het Speel-huis",
        "HetSpeelhuis",
        "Hét Speelhuis!",
        "Ｈｅｔ　Ｓｐｅｅｌｈｕｉｓ",
        "Het Spee1hu1s",
        "Het Speeihuls",
    ],
)
def test_a_name_that_looks_like_a_shops_is_refused(name: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(name=name), offered=OFFERED, taken={"Het Speelhuis"})
    assert faults_of(refused.value) == {"name": "taken"}


@pytest.mark.parametrize(
    "name", ["Het Sp\u0435elhuis", "\u041det Speelhuis", "Het Speelhui\u0455", "Speelh\u03bfuse"]
)
def test_a_name_with_letters_of_two_alphabets_is_refused(name: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(name=name), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"name": "letters"}


def test_who_does_not_agree_to_the_rules_is_refused() -> None:
    with pytest.raises(RequestInvalid) as refused:
        fields.read(written(consents=False), offered=OFFERED, taken=())
    assert faults_of(refused.value) == {"consent": "consent"}


def test_all_faults_are_named_at_once_in_the_order_of_the_form() -> None:
    nothing = fields.Written(texts={}, categories=(), consents=False)
    with pytest.raises(RequestInvalid) as refused:
        fields.read(nothing, offered=OFFERED, taken=())
    named = [error["at"] for error in refused.value.errors]
    assert named == [one for one in (*FIELDS, "consent") if one != "opening"]
    assert all(error["message"] == MESSAGES[error["fault"]] for error in refused.value.errors)


def test_what_people_write_in_their_own_way_is_kept_in_one_way() -> None:
    kept = fields.read(
        written(
            name="  Het Speelhuis ",
            kvk="12 34.56 78",
            postcode="9801aa",
            town="Zuidhorn\u00a0Noord",
            opening="",
            categories=(TOYS, SPORT, TOYS),
        ),
        offered=CATEGORIES,
        taken=(),
    )
    assert kept["name"] == "Het Speelhuis"
    assert kept["kvk"] == "12345678"
    assert kept["postcode"] == "9801 AA"
    assert kept["town"] == "Zuidhorn Noord"
    assert kept["opening"] == ""
    assert kept["categories"] == (SPORT, TOYS)


def test_names_as_shops_have_them_are_taken() -> None:
    for name in (
        "'t Hoekje",
        "Bébé & Co",
        "Kids 4 U!",
        "Müller-Łódź",
        'De Gouden "Aar"',
        "x" * 60,
        "\u0422\u0435\u043f\u043b\u043e",
    ):
        assert fields.read(written(name=name), offered=OFFERED, taken=())["name"] == name


def test_every_fault_has_its_words_on_the_page() -> None:
    for language in ("nl", "en"):
        texts = texts_in(language)
        assert all(texts.has(f"apply.fault.{fault}") for fault in MESSAGES)
        assert all(texts.has(f"apply.field.{field}") for field in (*FIELDS, "consent", "website"))
