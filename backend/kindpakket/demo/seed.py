# SPDX-License-Identifier: EUPL-1.2
"""Fill an empty installation with a municipality of Zuidhorn's size, through the API as real use would.

80 households with 200 children, EUR 300 each; 12 shops in 6 categories; one running programme; and the first weeks'
use by some families. The households are made up. Letters that are not opened yet are kept in the data folder,
readable by its owner only, so that each start of the demo has a fresh one.
"""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kindpakket.tickets.letter import letter_id, parse_code
from kindpakket.units import day_of

from .api_client import ApiClient, Refused
from .people import Phone, Till, domain_of, expiry

FOLDER = Path(__file__).parent
AMOUNT_CENTS = 300_00
DEPOSIT_CENTS = 65_000_00
MAX_REDEMPTION_CENTS = 300_00
CATEGORIES = [1, 2, 3, 4, 5, 6]
FAMILIES_ACTIVE = 15
PAYMENTS = 45
LETTERS_FILE = "demo-letters.json"
PAYOUT_IBAN = "NL91ABNA0417164300"
"""What the demo pays shops from: an example, nobody's account."""


def seed(client: ApiClient, *, base_url: str, data_dir: Path, sign_in_code: str, console: Console) -> None:
    """Fill an empty installation.

    Raises:
        Refused: The server refused something; it is not empty, perhaps.
    """
    client.token = client.ask("POST", "/staff-sessions", {"signInCode": sign_in_code})["token"]
    fund = client.ask("GET", "/fund")
    this_year = day_of(fund["now"]).year
    households = (FOLDER / "households.csv").read_text("utf-8")
    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bar = progress.add_task("Programme and money", total=2)
        programme = client.ask("POST", "/programmes", _terms(this_year))["programme"]
        progress.advance(bar)
        deposit = {"amountCents": DEPOSIT_CENTS, "paymentReference": f"Raadsbesluit {this_year}-07"}
        client.ask("POST", f"/programmes/{programme}/deposits", deposit)
        progress.advance(bar)

        bar = progress.add_task("Shops", total=12)
        shops_csv = (FOLDER / "shops.csv").read_text("utf-8")
        shops = client.ask("POST", f"/programmes/{programme}/shop-imports", shops_csv)["shops"]
        progress.update(bar, completed=len(shops))

        bar = progress.add_task("Vouchers", total=200)
        path = f"/programmes/{programme}/household-imports?amountCents={AMOUNT_CENTS}"
        issued = client.ask("POST", path, households)
        progress.update(bar, completed=issued["vouchers"])
        letters = client.ask("POST", f"/letter-batches/{issued['batch']}/disclosures")["letters"]
        client.ask("POST", f"/letter-batches/{issued['batch']}/confirmations")

        _use(client, base_url, progress, shops, letters[:FAMILIES_ACTIVE])
    keep_letters(data_dir, letters[FAMILIES_ACTIVE:])


def keep_letters(data_dir: Path, letters: list[dict[str, Any]]) -> None:
    """Keep the letters that are not opened yet."""
    file = data_dir / LETTERS_FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps(letters, indent=1), "utf-8")


def take_letter(client: ApiClient, data_dir: Path) -> dict[str, Any] | None:
    """Return a letter that nobody opened yet; None when all are opened."""
    file = data_dir / LETTERS_FILE
    letters: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.exists() else []
    for place, letter in enumerate(letters):
        if not _is_opened(client, letter["code"]):
            keep_letters(data_dir, letters[place:])
            return letter
    return None


def _is_opened(client: ApiClient, code: str) -> bool:
    try:
        opened = client.ask("POST", "/letter-lookups", {"letterId": letter_id(parse_code(code))})
    except Refused:
        return True
    return any(voucher["activated"] for voucher in opened["vouchers"])


def _terms(year: int) -> dict[str, Any]:
    return {
        "name": f"Kindpakket {year}",
        "startsOn": date(year, 1, 1).isoformat(),
        "endsOn": date(year, 12, 31).isoformat(),
        "categories": CATEGORIES,
        "maxRedemptionCents": MAX_REDEMPTION_CENTS,
        "policyText": (FOLDER / "policy.md").read_text("utf-8"),
    }


def _use(
    client: ApiClient, base_url: str, progress: Progress, shops: list[int], letters: list[dict[str, Any]]
) -> None:
    """Let some families activate their letters and pay, with the same dice each time."""
    fund = client.ask("GET", "/fund")
    domain = domain_of(fund)
    bar = progress.add_task("Families that start", total=len(letters))
    phones = []
    for letter in letters:
        phone = Phone(ApiClient(base_url), domain)
        phone.activate(letter["code"])
        phones.append(phone)
        progress.advance(bar)

    tills: list[tuple[Till, list[int]]] = []
    bar = progress.add_task("Tills", total=len(shops))
    for shop in shops:
        till = Till(ApiClient(base_url), domain)
        till.pair(client.ask("POST", f"/shops/{shop}/pairing-codes")["pairingCode"])
        tills.append((till, till.client.ask("GET", "/tills/me")["categories"]))
        progress.advance(bar)

    dice = random.Random(2017)
    bar = progress.add_task("Payments", total=PAYMENTS)
    for _ in range(PAYMENTS):
        phone, (till, categories) = dice.choice(phones), dice.choice(tills)
        voucher = dice.choice(list(phone.next_numbers))
        amount_cents = dice.choice([495, 1295, 1750, 2499, 3745, 4950, 6995])
        shown = phone.show_code(voucher, max_cents=100_00, expires_at=expiry(fund["now"]))
        till.redeem(shown, amount_cents=amount_cents, category=dice.choice(categories))
        progress.advance(bar)
