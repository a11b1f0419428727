# SPDX-License-Identifier: EUPL-1.2
"""How each operation is asked so that it makes sense: of what exists, by whoever asks, with the secrets that it wants.

What stands in an address or a body is family A's, shop 1's, or the municipality's; it is the same whoever asks.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from kindpakket import shop_applications
from kindpakket.demo.people import Phone, Till
from kindpakket.tickets import letter
from kindpakket.units import day_of
from tests.api.moves import move
from tests.payout_runs.bank import statement

from .kinds import Kind
from .world import APPLICATION, BICYCLES, World, fresh_sign_in_code

PROOF = b"\x07" * 32
BACKUP_ID = "0f" * 16
BLOB = "0x01" + "5a" * 60


@dataclass(frozen=True)
class Ask:
    """What fills an operation's places, and what is sent with it."""

    places: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    def send(self, client: TestClient, method: str, path: str, token: str) -> Response:
        """Ask this of an operation, in its form: JSON, a table or an XML file."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = None
        if isinstance(self.body, str | bytes):
            headers["content-type"] = "text/csv" if isinstance(self.body, str) else "application/xml"
            content = self.body.encode() if isinstance(self.body, str) else self.body
        elif self.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(self.body).encode()
        address = f"/api/v1{path.format(**self.places)}"
        return client.request(method, address, params=self.query, content=content, headers=headers)


Asking = Callable[[World, Kind], Ask]


def plainly(**places: Any) -> Asking:
    """Ask without a body."""
    return lambda _world, _kind: Ask(places)


def saying(body: Any, **places: Any) -> Asking:
    """Ask with this body."""
    return lambda _world, _kind: Ask(places, body=body)


def _day(world: World, days: int) -> str:
    return (day_of(world.services.now()) + timedelta(days=days)).isoformat()


# ------------------------------------------------ anyone, with a secret


def _look_up_letter(world: World, _kind: Kind) -> Ask:
    secret = letter.parse_code(world.town.letters[0]["code"])
    return Ask(body={"letterId": letter.letter_id(secret)})


def _activate(world: World, _kind: Kind) -> Ask:
    # The same request, whoever sends it: that is answered the same.
    if not world.activation:
        phone = Phone(world.town.new_client(), world.town.domain)
        world.activation = phone.activation(world.town.letters.pop()["code"])
    return Ask(body=world.activation)


def _retrieve_backup(world: World, _kind: Kind) -> Ask:
    world.phones[Kind.PHONE].client.ask("PUT", f"/backups/{BACKUP_ID}", _backup())
    return Ask(body={"backupId": BACKUP_ID, "proof": f"0x{PROOF.hex()}"})


def _pair_till(world: World, _kind: Kind) -> Ask:
    code = world.desk.ask("POST", f"/shops/{world.town.shops[1]}/pairing-codes")["pairingCode"]
    till = Till(world.town.new_client(), world.town.domain)
    name = f"Kassa {secrets.token_hex(4)}"
    return Ask(body={"pairingCode": code, "till": till.address, "name": name})


def _sign_in(world: World, _kind: Kind) -> Ask:
    return Ask(body={"signInCode": fresh_sign_in_code(world)})


def _application() -> dict[str, Any]:
    number = secrets.randbelow(90_000_000) + 10_000_000
    return APPLICATION | {"name": f"Speelhuis {number}", "kvk": f"{number}"}


def _apply(_world: World, _kind: Kind) -> Ask:
    return Ask(body=_application())


def _received(world: World, kind: Kind) -> tuple[int, int, str]:
    """A new application: its number, its version, its code."""
    answer = world.client_of(kind).post("/api/v1/shop-applications", json=_application())
    code = answer.json()["referenceCode"]
    found = shop_applications.find(world.services, code)
    return found.application, found.version, code


def _look_up_application(world: World, kind: Kind) -> Ask:
    _, _, code = _received(world, kind)
    return Ask(body={"referenceCode": code})


def _supplement(world: World, kind: Kind) -> Ask:
    number, version, code = _received(world, kind)
    question = {"version": version, "missing": ["opening"], "note": ""}
    world.desk.ask("POST", f"/shop-applications/{number}/questions", question)
    order = {name: value for name, value in _application().items() if name != "agreesToRules"}
    return Ask(body=order | {"referenceCode": code})


# ------------------------------------------------ phones and tills


def _payment(world: World, _kind: Kind) -> Ask:
    return Ask({"redemptionId": world.payment})


def _renew(world: World, _kind: Kind) -> Ask:
    phone = world.phones[Kind.PHONE]
    body = move(phone, phone, max(phone.next_numbers))
    del body["tokenHash"]
    return Ask(body=body)


def _backup() -> dict[str, str]:
    return {"proofHash": f"0x{hashlib.sha256(PROOF).hexdigest()}", "blob": BLOB}


def _till_of(world: World, kind: Kind) -> Till:
    """The till that signs: who is none has a key at least."""
    return world.tills.get(kind) or Till(world.town.new_client(), world.town.domain)


def _redeem(world: World, kind: Kind) -> Ask:
    shown = world.show(Kind.PHONE, shop=world.town.shops[0])
    path, body = _till_of(world, kind).charge(shown, amount_cents=100, category=BICYCLES)
    return Ask({"ticketId": path.rpartition("/")[2]}, body=body)


def _refund(world: World, kind: Kind) -> Ask:
    paid = world.pay(Kind.PHONE, Kind.OWNER, category=BICYCLES, cents=200)
    _, body = _till_of(world, kind).refund_order(paid, amount_cents=50, remaining_cents=200)
    return Ask({"ticketId": paid}, body=body)


def _till_to_remove(world: World, _kind: Kind) -> Ask:
    till = world.town.new_till(world.town.shops[0], name=f"Kassa {secrets.token_hex(4)}")
    return Ask({"till": till.address, "shop": world.town.shops[0]})


# ------------------------------------------------ staff


def _open_programme(world: World, _kind: Kind) -> Ask:
    body = {
        "name": "Zwempakket",
        "startsOn": _day(world, 1),
        "endsOn": _day(world, 20),
        "categories": [2],
        "maxRedemptionCents": 5000,
        "policyText": "Elk kind kan zwemmen.",
        "openingKey": secrets.token_hex(16),
    }
    return Ask(body=body)


def _extend(world: World, _kind: Kind) -> Ask:
    return Ask({"programme": 1}, body={"endsOn": _day(world, 40)})


def _import_households(world: World, _kind: Kind) -> Ask:
    text = f"kenmerk;kinderen\nN-{secrets.token_hex(4)};1\n"
    return Ask({"programme": 1}, {"amountCents": 1000}, text)


def _import_shops(world: World, _kind: Kind) -> Ask:
    text = f"naam;categorie;iban\nWinkel {secrets.token_hex(4)};sport;NL20INGB0001234567\n"
    return Ask({"programme": 1}, body=text)


def _batch(world: World, _kind: Kind) -> Ask:
    """A batch whose letters nobody took."""
    text = f"kenmerk;kinderen\nB-{secrets.token_hex(4)};1\n"
    made = world.desk.ask("POST", "/programmes/1/household-imports?amountCents=1000", text)
    return Ask({"batch": made["batch"]})


def _batch_taken(world: World, kind: Kind) -> Ask:
    batch = _batch(world, kind).places["batch"]
    world.desk.ask("POST", f"/letter-batches/{batch}/disclosures")
    return Ask({"batch": batch})


def _batch_lost(world: World, kind: Kind) -> Ask:
    batch = _batch_taken(world, kind).places["batch"]
    world.desk.ask("POST", f"/letter-batches/{batch}/confirmations")
    return Ask({"batch": batch})


#: A household that nothing but the desk asks about.
HOUSEHOLD = {"household": 4, "voucher": 4}


def _blocked(world: World, _kind: Kind) -> Ask:
    held = world.desk.ask("POST", "/household-lookups", {"programme": 1, "rowReference": "A-4"})
    if not held["vouchers"][0]["blocked"]:
        world.desk.ask("PUT", "/households/4/vouchers/4/block", {"reason": "lost"})
    return Ask(HOUSEHOLD)


def _shop_3(body: Any = None, **query: Any) -> Asking:
    return lambda _world, _kind: Ask({"programme": 1, "shop": 3}, query, body)


def _new_application(body: dict[str, Any]) -> Asking:
    def ask(world: World, kind: Kind) -> Ask:
        number, version, _ = _received(world, kind)
        return Ask({"application": number}, body=body | {"version": version})

    return ask


def _assessed_application(body: dict[str, Any]) -> Asking:
    def ask(world: World, kind: Kind) -> Ask:
        number, version, _ = _received(world, kind)
        terms = {"version": version, "terms": [{"programme": 1, "categories": [6]}]}
        assessed = world.desk.ask("POST", f"/shop-applications/{number}/assessments", terms)
        return Ask({"application": number}, body=body | {"version": assessed["version"]})

    return ask


ACCOUNTS = ("NL02ABNA0123456789", "NL20INGB0001234567")


def _other_account(world: World) -> dict[str, str]:
    """Another account than shop 3 has."""
    now = world.desk.ask("GET", "/shops/3/account")["iban"]
    return {"name": "Jansen", "iban": ACCOUNTS[now == ACCOUNTS[0]], "because": "asked_by_shop"}


def _account_change(world: World, _kind: Kind) -> Ask:
    """A change of an account that waits."""
    changes = world.desk.ask("GET", "/shops/3/account")["changes"]
    waiting = [one["change"] for one in changes if one["decision"] is None]
    if not waiting:
        waiting = [world.desk.ask("POST", "/shops/3/account-changes", _other_account(world))["change"]]
    return Ask({"shop": 3, "change": waiting[0]})


def _no_account_change(world: World, _kind: Kind) -> Ask:
    for one in world.desk.ask("GET", "/shops/3/account")["changes"]:
        if one["decision"] is None:
            world.desk.ask("DELETE", f"/shops/3/account-changes/{one['change']}")
    return Ask({"shop": 3}, body=_other_account(world))


def _open_run(world: World, _kind: Kind) -> Ask:
    """A run that waits to be approved."""
    runs = world.desk.ask("GET", "/payout-runs")["runs"]
    waiting = [one["run"] for one in runs if one["state"] == "prepared"]
    if not waiting:
        world.pay(Kind.PHONE, Kind.OWNER, category=BICYCLES, cents=100)
        waiting = [world.desk.ask("POST", "/payout-runs", {})["run"]]
    return Ask({"run": waiting[0]})


def _no_open_run(world: World, _kind: Kind) -> Ask:
    for one in world.desk.ask("GET", "/payout-runs")["runs"]:
        if one["state"] == "prepared":
            world.desk.ask("DELETE", f"/payout-runs/{one['run']}")
    world.pay(Kind.PHONE, Kind.OWNER, category=BICYCLES, cents=100)
    return Ask(body={})


def _payment_place(world: World, _kind: Kind) -> Ask:
    return Ask({"place": world.desk.ask("GET", "/payment-lines")["lines"][-1]["place"]})


ASKING: dict[str, Asking] = {
    "lookUpLetter": _look_up_letter,
    "activate": _activate,
    "retrieveBackup": _retrieve_backup,
    "pairTill": _pair_till,
    "signIn": _sign_in,
    "applyAsShop": _apply,
    "lookUpShopApplication": _look_up_application,
    "supplementShopApplication": _supplement,
    "provePayment": _payment,
    "getReceipt": _payment,
    "renewTickets": _renew,
    "saveBackup": lambda _world, _kind: Ask({"backupId": BACKUP_ID}, body=_backup()),
    "redeem": _redeem,
    "getRedemption": lambda world, _kind: Ask({"ticketId": world.payment}),
    "refund": _refund,
    "listRedemptions": lambda world, _kind: Ask(query={"on": _day(world, 0)}),
    "removeTill": _till_to_remove,
    "createOwnPairingCode": saying({"role": "cashier"}),
    "getPayout": lambda world, _kind: Ask({"payoutId": world.payout}),
    "openProgramme": _open_programme,
    "extendProgramme": _extend,
    "importHouseholds": _import_households,
    "discloseLetters": _batch,
    "printLetters": _batch,
    "confirmLetters": _batch_taken,
    "reissueLetters": _batch_lost,
    "addVouchers": saying({"voucherCount": 1, "amountCents": 100, "knownCount": 1}, household=5),
    "topUpVoucher": saying({"amountCents": 100, "reason": "cost", "topUpCount": 0}, **HOUSEHOLD),
    "listTopUps": plainly(**HOUSEHOLD),
    "blockVoucher": saying({"reason": "lost"}, household=6, voucher=6),
    "unblockVoucher": _blocked,
    "printCodes": saying({"maxCents": 1000, "sheetCount": 0}, household=7, voucher=7),
    "lookUpHousehold": saying({"programme": 1, "rowReference": "A-1"}),
    "createReplacementLetter": saying({"reason": "lost", "replacementCount": 0}, household=8),
    "importShops": _import_shops,
    "allowShop": _shop_3({"categories": [1]}),
    "suspendShop": _shop_3(because="under_review"),
    "createPairingCode": plainly(shop=1),
    "listTillsOfShop": plainly(shop=1),
    "removeTillOfShop": _till_to_remove,
    "getShopApplication": _new_application({}),
    "questionShopApplication": _new_application({"missing": ["opening"], "note": ""}),
    "assessShopApplication": _new_application({"terms": [{"programme": 1, "categories": [6]}]}),
    "approveShopApplication": _assessed_application({}),
    "refuseShopApplication": _assessed_application({"because": "other", "explanation": "Het past niet."}),
    "getShopAccount": plainly(shop=1),
    "proposeAccount": _no_account_change,
    "approveAccount": _account_change,
    "withdrawAccount": _account_change,
    "deposit": lambda _world, _kind: Ask(
        {"programme": 1}, body={"amountCents": 100, "paymentReference": secrets.token_hex(4)}
    ),
    "withdrawRest": saying({"amountCents": 1, "paymentReference": "rest"}, programme=1),
    "previewPayoutRun": saying({}),
    "preparePayoutRun": _no_open_run,
    "cancelPayoutRun": _open_run,
    "approvePayoutRun": _open_run,
    "proposePayoutAgain": saying({"name": "Jansen", "iban": "NL02ABNA0123456789"}, run=1, transfer=1),
    "importStatement": saying(statement()),
    "getPayoutRun": plainly(run=1),
    "getPayoutFile": plainly(run=1, file=1),
    "getInspection": plainly(inspection=1),
    "acknowledgeInspection": saying({"reason": "repaired"}, inspection=1),
    "getPaymentTrail": _payment_place,
    "exportBookkeeping": lambda world, _kind: Ask(query={"from": _day(world, 0), "until": _day(world, 0)}),
    "queryChain": saying({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}),
}
"""Operations that are missing are asked about programme 1, without more."""


def ask_for(operation: str) -> Asking:
    """How an operation is asked."""
    return ASKING.get(operation, plainly(programme=1))
