# SPDX-License-Identifier: EUPL-1.2
"""What an applicant fills in: read field by field, and every field that cannot be right named with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kindpakket.bank.accounts import IbanInvalid, read_iban
from kindpakket.csv_tables import tidy
from kindpakket.errors import RequestInvalid
from kindpakket.typed import alphabets_of, look_of

MOST_CHARACTERS = {
    "name": 60,
    "kvk": 20,
    "street": 100,
    "postcode": 10,
    "town": 60,
    "opening": 100,
    "iban": 50,
    "holder": 70,
    "email": 254,
}
"""How long the answer to a question may be; a text of a line each."""

FIELDS = (*MOST_CHARACTERS, "categories")
"""Every question, but for the consent."""

MESSAGES = {
    "empty": "must be filled in",
    "long": "is too long",
    "invisible": "must not have invisible characters",
    "letters": "must be written in the letters of one alphabet",
    "formula": "must not begin with =, +, - or @",
    "digits": "must be eight digits",
    "postcode": "must be a Dutch postcode, as in 9801 AA",
    "email": "must be an e-mail address",
    "check": "must be an IBAN whose check digits fit",
    "bank": "must have four letters of the bank and ten digits after NL and two digits",
    "sepa": "must be of a country in SEPA",
    "taken": "must not be the name of a shop that takes part already, nor look like it",
    "choice": "must be one or more of the categories that are offered",
    "consent": "must be agreed to",
}
"""What is wrong with a field, for who reads the API."""

_OPTIONAL = {"opening"}
# A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@")
# A local part, an @, and a domain with a dot; what else an address may be, only its mail server knows.
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\".]+(\.[^\s@<>()\[\]\\,;:\".]+)+")


@dataclass(frozen=True, slots=True)
class Written:
    """What an applicant wrote: texts by field, the numbers of the categories, and whether they agree to the rules."""

    texts: Mapping[str, str]
    categories: Collection[int]
    consents: bool


class _FieldInvalid(ValueError):
    """A field cannot be right; the fault is one of `MESSAGES`."""


def read(
    written: Written,
    *,
    offered: Collection[int],
    taken: Collection[str],
    only: Collection[str] = FIELDS,
    needs_consent: bool = True,
) -> dict[str, Any]:
    """Return the fields as they are kept.

    Args:
        written: What came in.
        offered: The categories that can be chosen.
        taken: The names of registered shops. One that looks like another is taken, too.
        only: Which fields to read; the others are left out.
        needs_consent: Whether the rules must be agreed to.

    Raises:
        RequestInvalid: Names every field that cannot be right, in the order of the form; `fault` is one of `MESSAGES`.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in only:
        try:
            if field == "categories":
                values[field] = _read_categories(written.categories, offered)
            else:
                values[field] = _read_text(field, written.texts.get(field, ""), taken)
        except _FieldInvalid as invalid:
            faults[field] = str(invalid)
    if needs_consent and not written.consents:
        faults["consent"] = "consent"
    if faults:
        raise RequestInvalid(
            errors=[
                {"at": field, "fault": fault, "message": MESSAGES[fault]} for field, fault in faults.items()
            ]
        )
    return values


def _read_text(field: str, written: str, taken: Collection[str]) -> str:
    try:
        text = tidy(written)
    except ValueError as error:
        raise _FieldInvalid("invisible") from error
    if not text and field not in _OPTIONAL:
        raise _FieldInvalid("empty")
    if len(text) > MOST_CHARACTERS[field]:
        raise _FieldInvalid("long")
    if text.startswith(_FORMULA):
        raise _FieldInvalid("formula")
    if field == "name":
        if len(alphabets_of(text)) > 1:
            raise _FieldInvalid("letters")
        if look_of(text) in {look_of(one) for one in taken}:
            raise _FieldInvalid("taken")
    parse = _PARSERS.get(field)
    return parse(text) if parse else text


def _read_kvk(text: str) -> str:
    # The register of trade publishes no check digit: eight digits are all that can be checked of the number itself.
    digits = re.sub(r"[ .]", "", text)
    if re.fullmatch(r"[0-9]{8}", digits) is None:
        raise _FieldInvalid("digits")
    return digits


def _read_postcode(text: str) -> str:
    match = re.fullmatch(r"([1-9][0-9]{3}) ?([A-Za-z]{2})", text)
    if match is None:
        raise _FieldInvalid("postcode")
    return f"{match[1]} {match[2].upper()}"


def _read_iban(text: str) -> str:
    try:
        return read_iban(text)
    except IbanInvalid as invalid:
        raise _FieldInvalid(invalid.fault) from invalid


def _read_email(text: str) -> str:
    if _EMAIL.fullmatch(text) is None:
        raise _FieldInvalid("email")
    return text


def _read_categories(chosen: Collection[int], offered: Collection[int]) -> tuple[int, ...]:
    if not chosen or not set(chosen) <= set(offered):
        raise _FieldInvalid("choice")
    return tuple(sorted(set(chosen)))


_PARSERS: dict[str, Callable[[str], str]] = {
    "kvk": _read_kvk,
    "postcode": _read_postcode,
    "iban": _read_iban,
    "email": _read_email,
}
