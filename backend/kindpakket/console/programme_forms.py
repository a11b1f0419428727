# SPDX-License-Identifier: EUPL-1.2
"""The forms of programmes: what was typed, read as terms, with what is wrong with it by field."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kindpakket.categories import CATEGORIES
from kindpakket.errors import PolicyTextInvalid, RequestInvalid
from kindpakket.policies import check_policy, decode_policy
from kindpakket.rules import Rules
from kindpakket.typed import read_line as typed_line
from kindpakket.units import (
    MAX_REDEMPTION_CENTS,
    day_ends_at,
    day_of,
    format_plain_euros,
    parse_euros,
)

MOST_OF_NAME = 60
MOST_DEPOSIT_CENTS = 10**12
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)

Faults = dict[str, str]
"""What is wrong with a field, by its name: the end of a text's key."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A form of a programme as it was typed. `policy`: the text, from the form or from a file."""

    opening_key: str
    name: str = ""
    starts_on: str = ""
    ends_on: str = ""
    categories: tuple[int, ...] = ()
    maximum: str = ""
    policy: str = ""

    @property
    def policy_base64(self) -> str:
        """The text as a form carries it: a browser would change the ends of its lines."""
        return base64.b64encode(self.policy.encode()).decode()


@dataclass(frozen=True, slots=True)
class Terms:
    """A form of a programme in which all is well."""

    name: str
    starts_on: date
    ends_on: date
    categories: tuple[int, ...]
    max_redemption_cents: int
    policy_text: str


def new_form() -> Typed:
    """Return an empty form. Its key says that it is one order, however often it comes."""
    return Typed(opening_key=secrets.token_hex(16))


def copy_form(source: Rules) -> Typed:
    """Return a form with the rules of another programme, one year later."""
    starts_on, ends_on = day_of(source.starts_at), day_of(source.ends_at - 1)
    return replace(
        new_form(),
        name=re.sub(r"\b20\d\d\b", lambda year: f"{int(year[0]) + 1}", source.name),
        starts_on=f"{_a_year_later(starts_on)}",
        ends_on=f"{_a_year_later(ends_on)}",
        categories=source.categories,
        maximum=format_plain_euros(source.max_redemption_cents),
        policy=source.policy_text or "",
    )


def read_form(typed: Typed, *, now: int) -> tuple[Terms | None, Faults]:
    """Return the terms of a form, or all that is wrong with it."""
    faults: Faults = {}
    name = read_line(typed.name)
    starts_on, ends_on = read_day(typed.starts_on), read_day(typed.ends_on)
    maximum_cents = read_cents(typed.maximum, most_cents=MAX_REDEMPTION_CENTS)
    if not name:
        faults["name"] = "wrong"
    if starts_on is None:
        faults["starts_on"] = "wrong"
    if ends_on is None:
        faults["ends_on"] = "wrong"
    elif starts_on is not None and ends_on < starts_on:
        faults["ends_on"] = "before_start"
    elif day_ends_at(ends_on) <= now:
        faults["ends_on"] = "past"
    if not typed.categories or not set(typed.categories) <= set(CATEGORIES):
        faults["categories"] = "wrong"
    if maximum_cents is None:
        faults["maximum"] = "wrong"
    try:
        check_policy(typed.policy)
    except PolicyTextInvalid as refusal:
        faults["policy"] = refusal.because
    if faults or starts_on is None or ends_on is None or maximum_cents is None:
        return None, faults
    return Terms(name, starts_on, ends_on, typed.categories, maximum_cents, typed.policy), {}


def read_policy(typed: str, uploaded: bytes) -> str:
    """Return the text of a form: of the file, byte for byte, if there is one; else what was typed.

    Raises:
        PolicyTextInvalid: The file is not text in UTF-8.
    """
    return decode_policy(uploaded) if uploaded else typed.replace("\r\n", "\n")


def read_carried(policy_base64: str) -> str:
    """Return the text that a form carried.

    Raises:
        RequestInvalid: It is not as our form carries it.
        PolicyTextInvalid: It is not text in UTF-8.
    """
    try:
        return decode_policy(base64.b64decode(policy_base64, validate=True))
    except ValueError as error:
        raise RequestInvalid(errors=[{"at": "policy", "message": "is not as it was sent"}]) from error


def read_line(typed: str) -> str:
    """Return a name or a reference; empty when it is none of 1 to 60 characters that people can see."""
    try:
        line = typed_line(typed)
    except ValueError:
        return ""
    return line if len(line) <= MOST_OF_NAME else ""


def read_day(typed: str) -> date | None:
    """Return a day; None when it is none of the days that there can be."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def read_cents(typed: str, *, most_cents: int) -> int | None:
    """Return the cents of an amount of 1 cent or more; None when it is not one."""
    try:
        amount_cents = parse_euros(typed)
    except ValueError:
        return None
    return amount_cents if 1 <= amount_cents <= most_cents else None


def sorted_categories(categories: Sequence[int]) -> tuple[int, ...]:
    """Return categories in order, each once."""
    return tuple(sorted(set(categories)))


def _a_year_later(on: date) -> date:
    try:
        return on.replace(year=on.year + 1)
    except ValueError:
        # The 29th of February has no next year.
        return on.replace(year=on.year + 1, day=28)
