# SPDX-License-Identifier: EUPL-1.2
"""An installation in use, with one caller of each kind in it, each at a network address of its own.

Family A paid in shop 1, family B in shop 2. A third shop has no till. Everything has happened that operations ask
about: a payout, applications, an inspection, changes of accounts.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from kindpakket import audit_keys, inspections, members, staff
from kindpakket.chain.tester import TesterChain
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.main import create_app
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.api.moves import blank_phone, move
from tests.support import InProcess, Town, found_town, new_sign_in_code, sign_in

from .kinds import ROLES, Kind

HOUSEHOLDS = "kenmerk;kinderen\n" + "".join(f"A-{number};1\n" for number in range(1, 13))
MORE_SHOPS = "naam;categorie;iban\nKledinghuis;kleding;NL20INGB0001234567\n"
APPLICATION: dict[str, Any] = {
    "name": "Speelhuis",
    "kvk": "12345678",
    "street": "Hoofdstraat 1",
    "postcode": "9801 AA",
    "town": "Zuidhorn",
    "opening": "ma-za 9 tot 17 uur",
    "iban": "NL91ABNA0417164300",
    "holder": "Speelhuis B.V.",
    "email": "info@speelhuis.example",
    "categories": [6],
    "agreesToRules": True,
}
BICYCLES, SPORT = 3, 2
PAID_CENTS = 3745


@dataclass
class World:
    """The installation, its callers by kind, and what they know."""

    services: Services
    app: FastAPI
    town: Town
    desk: InProcess
    colleague: InProcess
    phones: dict[Kind, Phone] = field(default_factory=dict)
    tills: dict[Kind, Till] = field(default_factory=dict)
    tokens: dict[Kind, str] = field(default_factory=dict)
    #: The payment of family A in shop 1, and what paid it out.
    payment: str = ""
    payout: str = ""
    clients: dict[Kind, TestClient] = field(default_factory=dict)
    activation: dict[str, Any] = field(default_factory=dict)

    def client_of(self, kind: Kind) -> TestClient:
        """Whoever is of this kind, at an address of their own."""
        if kind not in self.clients:
            address = (f"10.0.0.{1 + list(Kind).index(kind)}", 50_000)
            self.clients[kind] = TestClient(self.app, raise_server_exceptions=False, client=address)
        return self.clients[kind]

    def voucher_of(self, kind: Kind) -> int:
        """The voucher that a phone pays with."""
        return next(iter(self.phones[kind].next_numbers))

    def pay(self, phone: Kind, till: Kind, *, category: int, cents: int = PAID_CENTS) -> str:
        """Let a family pay in a shop; the payment's id."""
        shown = self.show(phone)
        paid = self.tills[till].redeem(shown, amount_cents=cents, category=category)
        return str(paid["redemption"]["redemptionId"])

    def show(self, phone: Kind, *, shop: int = 0) -> str:
        """The next code of a phone."""
        holder = self.phones[phone]
        return holder.show_code(
            self.voucher_of(phone), max_cents=5000, expires_at=expiry(self.town.now()), shop=shop
        )


def build_world(services: Services, chain: TesterChain) -> World:
    """Let everything happen, and every kind of caller be there."""
    app = create_app(services)
    client = TestClient(app, raise_server_exceptions=False)

    def new_client() -> InProcess:
        return InProcess(client)

    desk, colleague, late = new_client(), new_client(), new_client()
    sign_in(services, late, name=Kind.EXPIRED_SESSION)
    chain.travel_to(services.now() + services.settings.session_seconds)
    sign_in(services, desk)
    sign_in(services, colleague, name="Bram")
    today = day_of(services.now())
    town = found_town(
        new_client,
        desk,
        starts_on=(today - timedelta(days=10)).isoformat(),
        ends_on=(today + timedelta(days=30)).isoformat(),
        households=HOUSEHOLDS,
    )
    desk.ask("POST", f"/programmes/{town.programme}/shop-imports", MORE_SHOPS)
    world = World(services=services, app=app, town=town, desk=desk, colleague=colleague)
    _add_phones(world)
    _add_tills(world)
    _add_staff(world)
    world.tokens |= {Kind.NOBODY: "", Kind.MADE_UP_TOKEN: secrets.token_hex(32)}
    world.tokens[Kind.EXPIRED_SESSION] = late.token
    _use(world)
    return world


def _add_phones(world: World) -> None:
    for kind in (Kind.PHONE, Kind.OTHER_PHONE, Kind.RETIRED_PHONE):
        world.phones[kind] = world.town.new_phone()
    # Family A has a second letter: a voucher that it does not pay with.
    world.phones[Kind.PHONE].activate(world.town.letters.pop()["code"])
    retired = world.phones[Kind.RETIRED_PHONE]
    moved = move(retired, blank_phone(world.town), world.voucher_of(Kind.RETIRED_PHONE))
    retired.client.ask("POST", "/ticket-renewals", moved)
    world.tokens |= {kind: phone.client.token for kind, phone in world.phones.items()}


def _add_tills(world: World) -> None:
    bicycles, sports = world.town.shops
    owner = world.town.new_till(bicycles)
    cashier = Till(world.town.new_client(), world.town.domain)
    code = owner.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    cashier.pair(code)
    removed = world.town.new_till(bicycles)
    owner.client.ask("DELETE", f"/tills/{removed.address}")
    world.tills = {
        Kind.OWNER: owner,
        Kind.CASHIER: cashier,
        Kind.REMOVED_TILL: removed,
        Kind.OTHER_TILL: world.town.new_till(sports),
    }
    world.tokens |= {kind: till.client.token for kind, till in world.tills.items()}


def _add_staff(world: World) -> None:
    services = world.services
    for kind, role in ROLES.items():
        client = world.town.new_client()
        sign_in(services, client, name=kind.value, roles=[role])
        world.tokens[kind] = client.token
    for kind in (Kind.SIGNED_OUT, Kind.REMOVED_MEMBER):
        client = world.town.new_client()
        sign_in(services, client, name=kind.value)
        world.tokens[kind] = client.token
    staff.sign_out(services, world.tokens[Kind.SIGNED_OUT])
    administrator = staff.session_of(services, world.tokens[Kind.ADMINISTRATOR])
    assert administrator is not None
    (removed,) = (one for one in members.list_members(services) if one.name == Kind.REMOVED_MEMBER)
    members.remove(services, staff=removed.staff, by=administrator)
    for kind in (Kind.AUDIT_KEY, Kind.ENDED_AUDIT_KEY):
        world.tokens[kind], made = audit_keys.make(
            services.registry, name=kind.value, days=30, now=services.now()
        )
        if kind is Kind.ENDED_AUDIT_KEY:
            audit_keys.end(services.registry, made.audit_key, now=services.now())


def _use(world: World) -> None:
    world.payment = world.pay(Kind.PHONE, Kind.CASHIER, category=BICYCLES)
    world.pay(Kind.OTHER_PHONE, Kind.OTHER_TILL, category=SPORT, cents=1200)
    world.desk.ask("POST", "/heads")
    run = world.desk.ask("POST", "/payout-runs", {})["run"]
    world.colleague.ask("POST", f"/payout-runs/{run}/approvals")
    world.payout = world.tills[Kind.OWNER].client.ask("GET", "/payouts")["payouts"][0]["payoutId"]
    inspections.perform(world.services, inspections.ask(world.services, occasion="command"))
    for kind in (Kind.CASHIER, Kind.OWNER, Kind.OTHER_TILL):
        # When a till was last seen is known to minutes: they all were, just now.
        world.tills[kind].client.ask("GET", "/tills/me")


def fresh_sign_in_code(world: World) -> str:
    """A code that nobody used."""
    return new_sign_in_code(world.services, name="Anna")
