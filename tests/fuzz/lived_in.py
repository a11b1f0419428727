# SPDX-License-Identifier: EUPL-1.2
"""A town in which something of everything happened, and a caller of each kind."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.services import Services
from kindpakket.staff import ALL_ROLES, Role
from tests.payout_runs.bank import statement
from tests.shop_applications.conftest import TEXTS, TOYS
from tests.support import InProcess, Town, sign_in

BICYCLES = 3
NOBODY, PHONE, CASHIER, OWNER, EVERY_ROLE = "nobody", "phone", "cashier", "owner", "every role"
CALLERS = (NOBODY, PHONE, CASHIER, OWNER, *(role.value for role in Role), EVERY_ROLE)


@dataclass(frozen=True)
class LivedIn:
    """A town, and the token of each kind of caller.

    Attributes:
        known: What exists or could be right, by the name of a parameter, a member, or an operation with a file.
    """

    services: Services
    town: Town
    known: dict[str, list[Any]]
    tokens: dict[str, str]


def live_in(services: Services, town: Town, desk: InProcess) -> LivedIn:
    """Let something of everything happen: payments, a refund, an application, a new account, a payout run, a head."""
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    cashier = Till(town.new_client(), town.domain)
    code = till.client.ask("POST", "/tills/me/pairing-codes", {"role": "cashier"})["pairingCode"]
    cashier.pair(code, name="Kassa 2")
    paid = [_pay(town, phone, till) for _ in range(3)]
    till.refund(paid[0], amount_cents=500, remaining_cents=1_500)
    household = desk.ask("POST", "/household-lookups", {"programme": town.programme, "rowReference": "A-2"})
    application = {**TEXTS, "categories": [TOYS], "agreesToRules": True, "submission": secrets.token_hex(16)}
    desk.ask("POST", "/shop-applications", application)
    account = {"iban": "NL91ABNA0417164300", "name": "Fietsen Jansen", "because": "asked_by_shop"}
    change = desk.ask("POST", f"/shops/{town.shops[0]}/account-changes", account)["change"]
    run = desk.ask("POST", "/payout-runs", {})["run"]
    desk.ask("POST", "/heads")
    inspection = desk.ask("POST", "/inspections")["inspection"]
    lines = desk.ask("GET", f"/payment-lines?programme={town.programme}")["lines"]
    tokens = {NOBODY: "", PHONE: phone.client.token, OWNER: till.client.token, CASHIER: cashier.client.token}
    for name, roles in [*((role.value, {role}) for role in Role), (EVERY_ROLE, ALL_ROLES)]:
        member = town.new_client()
        sign_in(services, member, name=f"Fuzz {name}", roles=roles)
        tokens[name] = member.token
    known: dict[str, list[Any]] = {
        "programme": [town.programme],
        "shop": town.shops,
        "household": [household["household"]],
        "voucher": [one["voucher"] for one in household["vouchers"]],
        "batch": [1],
        "run": [run],
        "transfer": [1],
        "file": [1],
        "application": [1],
        "change": [change],
        "inspection": [inspection],
        "place": [one["place"] for one in lines],
        "redemptionId": paid,
        "ticketId": paid,
        "ticket": [_show(town, phone) for _ in range(3)],
        "rowReference": ["A-1", "A-2"],
        "startsOn": ["2026-12-01"],
        "endsOn": ["2027-06-30", "2027-12-31"],
        "policyText": ["Elk kind krijgt 300 euro."],
        "paymentReference": ["besluit 8"],
        "version": [1],
        "knownCount": [0, 1],
        "topUpCount": [0],
        "sheetCount": [0],
        "replacementCount": [0],
        "categories": [[2], [1, 3]],
        **{name: [text] for name, text in TEXTS.items()},
        "importHouseholds": ["kenmerk;kinderen\nB-1;2\n", "kenmerk;bedrag\nB-2;300,00\n"],
        "importShops": ["naam;categorie;iban\nBoek en Blad;school;NL90INGB0009000000\n"],
        "importStatement": [statement().decode()],
    }
    return LivedIn(services, town, known, tokens)


def _show(town: Town, phone: Phone) -> str:
    voucher = next(iter(phone.next_numbers))
    return phone.show_code(voucher, max_cents=5_000, expires_at=expiry(town.now()))


def _pay(town: Town, phone: Phone, till: Till) -> str:
    paid = till.redeem(_show(town, phone), amount_cents=1_500, category=BICYCLES)
    return str(paid["redemption"]["redemptionId"])
