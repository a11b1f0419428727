# SPDX-License-Identifier: EUPL-1.2
"""Play a year of use in an empty demo: thought out with dice, done through the API with the real parts. Euro cents.

The clock of the whole server lies in the past meanwhile: blocks, payouts, the staff's log and the daily heads get the
times of the year that is played. They were all made within minutes of each other, so the heads of this year prove
nothing about the past: nobody kept them on their day. The contract, the ledger and the rules are those of real use.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from coincurve import PrivateKey
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kindpakket.tickets.signing import Domain
from kindpakket.units import day_of, day_starts_at

from . import bank, year_plan
from .api_client import ApiClient
from .clock import DemoClock
from .people import Phone, Till, domain_of, expiry
from .seed import (
    AMOUNT_CENTS,
    CATEGORIES,
    DEPOSIT_CENTS,
    FOLDER,
    MAX_REDEMPTION_CENTS,
    PAYOUT_IBAN,
    keep_letters,
)
from .year_plan import Moment, Year

LEAST_CENTS = 300
"""Nobody goes to a shop for less."""
PREPARES, APPROVES = "Anna", "Bram"
TICKET_CENTS = MAX_REDEMPTION_CENTS


@dataclass(frozen=True, slots=True)
class Office:
    """What the municipality does that the API has no message for, and what the server does when a day is over.

    Attributes:
        new_sign_in_code: Makes a sign-in code for a member of staff of this name.
        block: Blocks a voucher.
        end_day: Publishes the head of the day before, and puts the staff's log on record.
    """

    new_sign_in_code: Callable[[str], str]
    block: Callable[[int], None]
    end_day: Callable[[], None]


@dataclass
class Town:
    """The town while its year is played.

    Attributes:
        letters: One for each household, in the order of the file.
        clients: What phones and tills ask with.
        left_cents: What is left on each voucher of who opened a letter, before anything is brought back.
        waiting: What will be brought back: when, in which order, by which till, of which payment, how much of what.
    """

    base_url: str
    clock: DemoClock
    office: Office
    dice: random.Random
    programme: int
    letters: list[dict[str, Any]]
    domain: Domain
    tills: dict[int, Till]
    clients: list[ApiClient]
    phones: dict[int, Phone] = field(default_factory=dict)
    left_cents: dict[int, int] = field(default_factory=dict)
    waiting: list[tuple[int, int, Till, str, int, int]] = field(default_factory=list)
    payment_count: int = 0


def start_of(today: date) -> int:
    """Return the moment at which a year begins that is played until today: a Monday morning."""
    return day_starts_at(year_plan.first_day(today)) + 8 * 3600


def play(
    client: ApiClient,
    *,
    base_url: str,
    data_dir: Path,
    clock: DemoClock,
    office: Office,
    seed: int,
    until_on: date,
    console: Console,
) -> None:
    """Fill an empty installation with a year of use, until the day before `until_on`.

    Raises:
        Refused: The server refused something; it is not empty, perhaps.
    """
    first_on = year_plan.first_day(until_on)
    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        clock.play(start_of(until_on))
        town = _found(client, base_url, clock, office, random.Random(seed), first_on)
        shops = {shop: till.client.ask("GET", "/tills/me")["categories"] for shop, till in town.tills.items()}
        year = year_plan.think_out(
            seed, first_on=first_on, end_on=until_on, household_count=len(town.letters), shops=shops
        )
        keep_letters(data_dir, [one for place, one in enumerate(town.letters) if place not in year.opened])
        bar = progress.add_task("A year, day by day", total=(until_on - first_on).days)
        for day in _play_days(town, year):
            progress.update(bar, completed=(day - first_on).days + 1, description=f"Until {day}")
        for client_of_phone in town.clients:
            client_of_phone.close()
    console.print(
        f"{town.payment_count} payments of {first_on} to {until_on - timedelta(days=1)}, all made up and made just now."
    )


def _found(
    client: ApiClient, base_url: str, clock: DemoClock, office: Office, dice: random.Random, first_on: date
) -> Town:
    """Open and fund the programme, let the shops in with a till each, and give out the letters."""
    _sign_in(client, office, PREPARES)
    terms = {
        "name": f"Kindpakket {first_on.year}",
        "startsOn": first_on.isoformat(),
        "endsOn": (first_on + timedelta(weeks=52, days=-1)).isoformat(),
        "categories": CATEGORIES,
        "maxRedemptionCents": MAX_REDEMPTION_CENTS,
        "policyText": (FOLDER / "policy.md").read_text("utf-8"),
    }
    programme = client.ask("POST", "/programmes", terms)["programme"]
    deposit = {"amountCents": DEPOSIT_CENTS, "paymentReference": f"Raadsbesluit {first_on.year}-07"}
    client.ask("POST", f"/programmes/{programme}/deposits", deposit)
    shops_csv = (FOLDER / "shops.csv").read_text("utf-8")
    shops = client.ask("POST", f"/programmes/{programme}/shop-imports", shops_csv)["shops"]
    path = f"/programmes/{programme}/household-imports?amountCents={AMOUNT_CENTS}"
    issued = client.ask("POST", path, (FOLDER / "households.csv").read_text("utf-8"))
    letters = client.ask("POST", f"/letter-batches/{issued['batch']}/disclosures")["letters"]
    domain = domain_of(client.ask("GET", "/fund"))
    tills, clients = {}, list[ApiClient]()
    for shop in shops:
        clients.append(ApiClient(base_url))
        till = Till(clients[-1], domain, key=PrivateKey(dice.randbytes(32)))
        till.pair(client.ask("POST", f"/shops/{shop}/pairing-codes")["pairingCode"])
        tills[shop] = till
    return Town(base_url, clock, office, dice, programme, letters, domain, tills, clients)


def _play_days(town: Town, year: Year) -> Iterator[date]:
    """Play day after day; tell each that was played."""
    moments = list(year.moments)[::-1]
    day = year.first_on
    while day < year.end_on:
        ends_at = day_starts_at(day + timedelta(days=1))
        if day.day == 1:
            town.clock.play(day_starts_at(day) + 9 * 3600)
            _pay_out(town)
        while True:
            planned_at = moments[-1].at if moments else ends_at
            back_at = town.waiting[0][0] if town.waiting else ends_at
            if min(planned_at, back_at) >= ends_at:
                break
            if back_at <= planned_at:
                _bring_back(town)
            else:
                _do(town, moments.pop())
        town.clock.play(ends_at + 60)
        town.office.end_day()
        yield day
        day += timedelta(days=1)


def _do(town: Town, moment: Moment) -> None:
    town.clock.play(moment.at)
    match moment.kind:
        case "opens":
            _open(town, moment.household, town.letters[moment.household])
        case "pays":
            _pay(town, moment)
        case "lost":
            _replace(town, moment.household)
        case "blocked":
            voucher = min(town.phones[moment.household].next_numbers)
            town.office.block(voucher)
            del town.left_cents[voucher]


def _open(town: Town, household: int, letter: dict[str, Any]) -> None:
    client = ApiClient(town.base_url)
    town.clients.append(client)
    phone = Phone(client, town.domain, seed=town.dice.randbytes(32))
    phone.activate(letter["code"])
    town.phones[household] = phone
    for voucher in phone.next_numbers:
        town.left_cents.setdefault(voucher, AMOUNT_CENTS)


def _pay(town: Town, moment: Moment) -> None:
    """Let the family pay from the voucher with most left; when that is too little, who has most left goes instead."""
    phone = town.phones[moment.household]
    voucher = _fullest(town, phone)
    if town.left_cents.get(voucher, 0) < LEAST_CENTS:
        phone = max(town.phones.values(), key=lambda one: town.left_cents.get(_fullest(town, one), 0))
        voucher = _fullest(town, phone)
    cents = min(moment.cents, town.left_cents[voucher])
    till = town.tills[moment.shop]
    shown = phone.show_code(voucher, max_cents=TICKET_CENTS, expires_at=expiry(moment.at))
    answer = till.redeem(shown, amount_cents=cents, category=moment.category)
    town.left_cents[voucher] -= cents
    town.payment_count += 1
    if moment.back_cents:
        back_cents = min(moment.back_cents, cents)
        payment = answer["redemption"]["redemptionId"]
        heapq.heappush(town.waiting, (moment.back_at, moment.number, till, payment, back_cents, cents))


def _fullest(town: Town, phone: Phone) -> int:
    return max(phone.next_numbers, key=lambda one: (town.left_cents.get(one, 0), -one))


def _bring_back(town: Town) -> None:
    at, _, till, payment, back_cents, cents = heapq.heappop(town.waiting)
    town.clock.play(at)
    till.refund(payment, amount_cents=back_cents, remaining_cents=cents)


def _replace(town: Town, household: int) -> None:
    """Give a family that lost its phone a new letter, and let it open that on another phone."""
    desk = ApiClient(town.base_url)
    _sign_in(desk, town.office, PREPARES)
    reference = town.letters[household]["rowReference"]
    asked = {"programme": town.programme, "rowReference": reference}
    found = desk.ask("POST", "/household-lookups", asked)
    why = {"reason": "lost", "replacementCount": found["replacementCount"]}
    path = f"/households/{found['household']}/replacement-letters"
    letter = desk.ask("POST", path, why)["letter"]
    desk.close()
    _open(town, household, letter)
    # The codes of the phone that is gone are dead; the new list begins where theirs ended.
    phone = town.phones[household]
    phone.next_numbers = dict.fromkeys(phone.next_numbers, 256)


def _pay_out(town: Town) -> None:
    """Pay the shops what they are owed: Anna prepares, Bram approves, the bank pays all of it."""
    anna, bram = ApiClient(town.base_url), ApiClient(town.base_url)
    _sign_in(anna, town.office, PREPARES)
    if anna.ask("POST", "/payout-previews", {})["amountCents"]:
        _sign_in(bram, town.office, APPROVES)
        run = anna.ask("POST", "/payout-runs", {})["run"]
        approved = bram.ask("POST", f"/payout-runs/{run}/approvals")
        on = day_of(town.clock())
        anna.ask("POST", "/bank-statements", bank.statement(approved, iban=PAYOUT_IBAN, on=on))
    anna.close()
    bram.close()


def _sign_in(client: ApiClient, office: Office, name: str) -> None:
    code = office.new_sign_in_code(name)
    client.token = client.ask("POST", "/staff-sessions", {"signInCode": code})["token"]
