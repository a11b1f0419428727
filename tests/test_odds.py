# SPDX-License-Identifier: EUPL-1.2
"""The odds of guessing, recomputed from the code: how likely somebody with 10,000 addresses is right in a year.

Chance = guesses a year × secrets that are open at a time ÷ all that a secret can be. Guesses a year are what the limits
of the code let through from that many addresses. None may become worse than is stated here, and in the docs.

Given a secret: its chance is what is stated
Given one network address: so many wrong guesses a minute, of each kind; those being made count
Given many addresses that guess pairing codes: each has a mistake or two left, and who made none is let in
Given many that guess what is longer: each address has as many as before
Given an address of IPv6: all that one line can have are one
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import pytest
from limits import RateLimitItem
from starlette.requests import Request

from kindpakket import audit_keys, shops
from kindpakket.api.access import (
    GUESSES_OF_ALL,
    GUESSES_OF_ONE,
    GUESSES_OF_ONE_AMONG_MANY,
    GuessLimit,
    Secret,
)
from kindpakket.console import sign_in_limits
from kindpakket.errors import PairingCodeInvalid, RateTooHigh
from kindpakket.networks import network_of
from kindpakket.registry import backups
from kindpakket.registry.shops import MOST_OPEN_CODES
from kindpakket.settings import Settings
from kindpakket.shop_applications import limits as application_limits
from kindpakket.tickets import letter, tree
from kindpakket.tills import PAIRING_SECONDS
from tests.support import Town

ADDRESSES = 10_000
DAY_SECONDS = 24 * 3600
YEAR_SECONDS = 365 * DAY_SECONDS
#: A municipality of Zuidhorn's size at its busiest, and then ten times that.
LETTERS_OPEN = 5_000
VOUCHERS = 20_000
SHOPS_JOINING_A_YEAR, TILLS_PAIRED_A_YEAR = 1_000, 4_000
MEMBERS_INVITED_AT_A_TIME = 100
APPLICATIONS = 1_000
#: Of the 100,000 PINs of five digits, those that are allowed: not five equal ones, nor five that follow each other.
PINS = 100_000 - 10 - 2 * 6


def a_year(limit: RateLimitItem, *, addresses: int = 1) -> float:
    """How often a limit lets something through in a year."""
    return addresses * limit.amount * YEAR_SECONDS / limit.get_expiry()


#: What GuessLimit lets through of each kind.
GUESSES_A_YEAR = a_year(GUESSES_OF_ONE, addresses=ADDRESSES)
#: Over the API, and by the pages.
SIGN_INS_A_YEAR = GUESSES_A_YEAR + a_year(sign_in_limits.FAILURES_ALLOWED, addresses=ADDRESSES)
#: Of pairing codes up to its limit of all, then what each address has left.
PAIRINGS_A_YEAR = a_year(GUESSES_OF_ALL) + a_year(GUESSES_OF_ONE_AMONG_MANY, addresses=ADDRESSES)
PAIRING_CODES_OPEN = (
    SHOPS_JOINING_A_YEAR * Settings.model_fields["pairing_seconds"].default
    + TILLS_PAIRED_A_YEAR * PAIRING_SECONDS
) / YEAR_SECONDS


@dataclass(frozen=True)
class Odds:
    """The chance that one guess of a year is right, and the one that is stated."""

    chance: float
    stated: float


ODDS = {
    "a letter": Odds(GUESSES_A_YEAR * LETTERS_OPEN / 2 ** (8 * letter.SECRET_BYTES), 6.6e-10),
    "a pairing code": Odds(PAIRINGS_A_YEAR * PAIRING_CODES_OPEN / 32**shops.PAIRING_CHARACTERS, 7e-4),
    # Who guesses may have an owner's till: those they keep open are of their own shop.
    "a pairing code, with all that one shop keeps open": Odds(
        PAIRINGS_A_YEAR * (PAIRING_CODES_OPEN + MOST_OPEN_CODES) / 32**shops.PAIRING_CHARACTERS, 1.9e-3
    ),
    "a sign-in code": Odds(SIGN_INS_A_YEAR * MEMBERS_INVITED_AT_A_TIME / 2**256, 4.1e-64),
    # Whoever has the letter; a backup is closed after its tries, however long somebody waits.
    "the PIN of a letter that somebody holds": Odds(backups.TRIES / PINS, 5.1e-5),
    # Without the letter: of its id the 128 bits are made from 80.
    "a backup without its letter": Odds(GUESSES_A_YEAR * VOUCHERS / 2 ** (8 * letter.SECRET_BYTES), 2.7e-9),
    "the code of a shop's application": Odds(
        a_year(application_limits._WRONG_CODES, addresses=ADDRESSES) * APPLICATIONS / 2**80, 1.4e-10
    ),
    # These have no limit of their own: a million guesses a second.
    "a code on paper or on a screen": Odds(1e6 * YEAR_SECONDS * VOUCHERS * tree.TICKETS / 2**160, 1.2e-28),
    "a token of a phone, a till or staff": Odds(1e6 * YEAR_SECONDS * 100_000 / 2**256, 3e-59),
    "an audit key": Odds(1e6 * YEAR_SECONDS * 10 / 2 ** (8 * audit_keys.KEY_BYTES), 3e-63),
}


@pytest.mark.parametrize("secret", ODDS)
def test_no_secret_is_easier_to_guess_than_is_stated(secret: str) -> None:
    odds = ODDS[secret]
    assert odds.chance <= odds.stated
    assert odds.chance > odds.stated / 10, "it is far better than stated: state that"


def request_from(host: str) -> Request:
    """A request from a network address."""
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/", "root_path": "", "headers": []}
    return Request(scope | {"query_string": b"", "server": ("testserver", 80), "client": (host, 1)})


def guess_wrong(limit: GuessLimit, request: Request, secret: Secret = Secret.PAIRING_CODE) -> None:
    """Guess, and be wrong."""
    with pytest.raises(PairingCodeInvalid), limit.watch(request, secret):
        raise PairingCodeInvalid


def pause_of(limit: GuessLimit, request: Request, secret: Secret = Secret.PAIRING_CODE) -> int:
    """How long who guesses now is told to wait; 0 when they may."""
    try:
        with limit.watch(request, secret):
            return 0
    except RateTooHigh as refused:
        return refused.retry_after_seconds


def test_one_address_has_so_many_wrong_guesses_a_minute_of_each_kind() -> None:
    limit = GuessLimit()
    for _ in range(GUESSES_OF_ONE.amount):
        assert pause_of(limit, request_from("10.0.0.1")) == 0
        guess_wrong(limit, request_from("10.0.0.1"))
    assert pause_of(limit, request_from("10.0.0.1")) == 60
    assert pause_of(limit, request_from("10.0.0.2")) == 0
    assert pause_of(limit, request_from("10.0.0.1"), Secret.LETTER) == 0


def test_when_many_guess_each_address_has_a_mistake_or_two_left() -> None:
    limit = GuessLimit()
    for number in range(GUESSES_OF_ALL.amount):
        guess_wrong(limit, request_from(f"10.0.{number % 100}.1"))
    for host in ("10.1.0.1", "10.1.0.2"):
        for _ in range(GUESSES_OF_ONE_AMONG_MANY.amount):
            assert pause_of(limit, request_from(host)) == 0, "who guessed nothing yet is let in"
            guess_wrong(limit, request_from(host))
        assert pause_of(limit, request_from(host)) == 3600
    assert pause_of(limit, request_from("10.1.0.2"), Secret.LETTER) == 0, "another kind of guess"


@pytest.mark.parametrize("secret", sorted(set(Secret) - {Secret.PAIRING_CODE}))
def test_many_who_guess_what_is_long_take_no_guess_from_others(secret: Secret) -> None:
    limit = GuessLimit()
    for number in range(2 * GUESSES_OF_ALL.amount):
        guess_wrong(limit, request_from(f"10.0.{number % 100}.1"), secret)
    for _ in range(GUESSES_OF_ONE.amount):
        assert pause_of(limit, request_from("10.1.0.1"), secret) == 0
        guess_wrong(limit, request_from("10.1.0.1"), secret)
    assert pause_of(limit, request_from("10.1.0.1"), secret) == 60


def test_guesses_that_are_made_at_once_count_as_wrong_until_they_are_not() -> None:
    limit = GuessLimit()
    request = request_from("10.0.0.1")
    with contextlib.ExitStack() as trying:
        for _ in range(GUESSES_OF_ONE.amount):
            trying.enter_context(limit.watch(request, Secret.LETTER))
        assert pause_of(limit, request, Secret.LETTER) == 60
    assert pause_of(limit, request, Secret.LETTER) == 0, "they were all right"
    assert limit._tries.callers == 0, "nothing is kept of them"


def test_all_addresses_that_a_line_of_ipv6_can_have_are_one() -> None:
    limit = GuessLimit()
    for number in range(GUESSES_OF_ONE.amount):
        guess_wrong(limit, request_from(f"2001:db8:1:{number:x}::{number:x}"))
    assert pause_of(limit, request_from("2001:db8:1:ffff::1")) == 60
    assert pause_of(limit, request_from("2001:db8:2::1")) == 0


def test_addresses_of_ipv4_are_told_apart_also_when_they_are_written_as_ipv6() -> None:
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("unknown") == "unknown"


def test_the_codes_are_as_long_as_the_sums_say(town: Town) -> None:
    pairing = town.desk.ask("POST", f"/shops/{town.shops[0]}/pairing-codes")["pairingCode"]
    assert len(pairing.replace("-", "")) == shops.PAIRING_CHARACTERS + 1
    assert len(letter.parse_code(town.letters[0]["code"])) == letter.SECRET_BYTES
