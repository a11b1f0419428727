# SPDX-License-Identifier: EUPL-1.2
"""The town: what the clients pass on to each other. Amounts in euro cents."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field
from typing import Any

from kindpakket.demo.people import Phone, domain_of
from kindpakket.tickets.signing import Domain

from .stage import Person, Stage

CATEGORY = 1
MAX_REDEMPTION_CENTS = 300_00
FIRST_DEPOSIT_CENTS = 5_000_000
SHOPS = """naam;categorie;iban
Winkel een;kleding;NL90INGB0009000000
Winkel twee;kleding;NL95INGB0009000007
Winkel drie;kleding;NL03INGB0009000014
"""


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """A voucher that somebody can pay with."""

    phone: Phone
    voucher: int


@dataclass(frozen=True, slots=True)
class KnownVoucher:
    """A voucher as the desk knows it."""

    household: int
    voucher: int


@dataclass
class Town:
    """What there is to act with.

    Attributes:
        letters: Given out, not opened yet.
        held: Opened, and in no till's hands yet.
    """

    domain: Domain
    programme: int
    shops: list[int]
    letters: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)
    held: queue.SimpleQueue[HeldVoucher] = field(default_factory=queue.SimpleQueue)


class Founder(Person):
    """Opens the programme, pays in and lets the shops take part, before anything is tortured."""

    def found(self, sign_in_code: str) -> Town:
        """Make the town."""
        ask = self.caller.ask
        self.caller.token = ask("POST", "/staff-sessions", {"signInCode": sign_in_code})["token"]
        terms = {
            "name": "Marteling",
            "startsOn": "2020-01-01",
            "endsOn": "2099-12-31",
            "categories": [CATEGORY],
            "maxRedemptionCents": MAX_REDEMPTION_CENTS,
            "policyText": "Een proef.",
        }
        self.sends("programme", "open programme")
        programme = ask("POST", "/programmes", terms)["programme"]
        self.book.was_told("programme", "done", facts=[(programme,)])
        self.sends("first deposit", "deposit", (programme, FIRST_DEPOSIT_CENTS))
        order = {"amountCents": FIRST_DEPOSIT_CENTS, "paymentReference": "first deposit"}
        ask("POST", f"/programmes/{programme}/deposits", order)
        self.book.was_told("first deposit", "done")
        self.sends("shops", "allow shop")
        shops = ask("POST", f"/programmes/{programme}/shop-imports", SHOPS)["shops"]
        self.book.was_told("shops", "done", facts=[(programme, shop) for shop in shops])
        return Town(domain=domain_of(ask("GET", "/fund")), programme=programme, shops=shops)

    def pairing_code(self, shop: int) -> str:
        """Return a code for a till of a shop."""
        return str(self.caller.ask("POST", f"/shops/{shop}/pairing-codes")["pairingCode"])


def new_founder(stage: Stage, *, seed: int) -> Founder:
    """Return who founds the town."""
    return Founder(stage, "founder", seed=seed)
