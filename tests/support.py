# SPDX-License-Identifier: EUPL-1.2
"""What tests share: a town in an empty installation, asked through the API."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from kindpakket import staff
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Asks, Phone, Till, domain_of
from kindpakket.services import Services
from kindpakket.tickets.signing import Domain

POLICY = "Elk kind krijgt 300 euro."
SHOPS = (
    "naam;categorie;iban;straat;plaats;open\n"
    "Fietsen Jansen;fietsen;NL90INGB0009000000;Hoofdstraat 12;Zuidhorn;ma-za\n"
    "Sport en Spel;sport|speelgoed;NL95INGB0009000007;De Gast 4;Zuidhorn;ma-za\n"
)


class InProcess:
    """Asks an app in this process; one caller each."""

    def __init__(self, client: TestClient, *, token: str = "") -> None:
        self.client = client
        self.token = token

    def ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if isinstance(body, str):
            headers["Content-Type"] = "text/csv"
            answer = self.client.request(method, f"/api/v1{path}", content=body.encode(), headers=headers)
        elif body is None:
            answer = self.client.request(method, f"/api/v1{path}", headers=headers)
        else:
            headers["Content-Type"] = "application/json"
            answer = self.client.request(
                method, f"/api/v1{path}", content=json.dumps(body).encode(), headers=headers
            )
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            raise Refused(answer.status_code, answer.json())
        return answer.json()


@dataclass
class Town:
    """A municipality with one running programme, two shops and some letters.

    Attributes:
        new_client: Makes a caller that asks this installation.
        desk: Signed-in staff.
        letters: Not opened yet, as disclosed.
        owners_code: Gives a code as a till of a shop's owner shows one, on a server of its own.
    """

    new_client: Any
    desk: Asks
    domain: Domain
    programme: int
    shops: list[int]
    letters: list[dict[str, Any]] = field(default_factory=list)
    owners_code: Callable[[int], str] | None = None

    def pairing_code(self, shop: int) -> str:
        """A code for a till: of its owner, where the town can have one; otherwise the municipality's."""
        if self.owners_code is not None:
            return self.owners_code(shop)
        return str(self.desk.ask("POST", f"/shops/{shop}/pairing-codes")["pairingCode"])

    def now(self) -> int:
        """The chain's time."""
        return int(self.desk.ask("GET", "/fund")["now"])

    def new_phone(self, letter: dict[str, Any] | None = None) -> Phone:
        """A phone that opened a letter: the next one, unless one is given."""
        phone = Phone(self.new_client(), self.domain)
        phone.activate((letter or self.letters.pop(0))["code"])
        return phone

    def new_till(self, shop: int, *, name: str | None = None) -> Till:
        """A paired till of a shop; without a name, with the next free number."""
        till = Till(self.new_client(), self.domain)
        till.pair(self.pairing_code(shop), name=name)
        return till

    def balance_cents(self, phone: Phone, voucher: int) -> int:
        """What is left on a voucher, as its phone sees it."""
        budget = phone.client.ask("GET", "/budgets/me")
        return next(int(one["balanceCents"]) for one in budget["vouchers"] if one["voucher"] == voucher)


def new_sign_in_code(
    services: Services, *, name: str = "Anna", roles: Collection[staff.Role] = staff.ALL_ROLES
) -> str:
    """The code of a fresh sign-in link; who is no member yet gets these roles."""
    services.registry.staff.ensure_member(name, roles=roles)
    link = staff.create_sign_in_link(services.registry, services.settings, name=name, now=services.now())
    return link.partition("#code=")[2]


def sign_in(
    services: Services,
    client: Asks,
    *,
    name: str = "Anna",
    roles: Collection[staff.Role] = staff.ALL_ROLES,
) -> None:
    """Sign a member of staff in."""
    code = new_sign_in_code(services, name=name, roles=roles)
    client.token = client.ask("POST", "/staff-sessions", {"signInCode": code})["token"]


def found_town(
    new_client: Any, desk: Asks, *, starts_on: str, ends_on: str, households: str, amount_cents: int = 30_000
) -> Town:
    """Open and fund a programme, let two shops in, and issue to the households of a CSV text."""
    terms = {
        "name": "Kindpakket",
        "startsOn": starts_on,
        "endsOn": ends_on,
        "categories": [1, 2, 3, 6],
        "maxRedemptionCents": 30_000,
        "policyText": POLICY,
        # A town of its own each time.
        "openingKey": secrets.token_hex(16),
    }
    programme = desk.ask("POST", "/programmes", terms)["programme"]
    deposit = {"amountCents": 10_000_000, "paymentReference": "besluit 7"}
    desk.ask("POST", f"/programmes/{programme}/deposits", deposit)
    shops = desk.ask("POST", f"/programmes/{programme}/shop-imports", SHOPS)["shops"]
    path = f"/programmes/{programme}/household-imports?amountCents={amount_cents}"
    batch = desk.ask("POST", path, households)["batch"]
    letters = desk.ask("POST", f"/letter-batches/{batch}/disclosures")["letters"]
    return Town(
        new_client=new_client,
        desk=desk,
        domain=domain_of(desk.ask("GET", "/fund")),
        programme=programme,
        shops=shops,
        letters=letters,
    )
