# SPDX-License-Identifier: EUPL-1.2
"""A town, a parent and a shop that pay through the proxy, on the machine itself: `visitor.py found|pay|check URL`.

What they must find again is in a file, so that each call goes on where the last one stopped.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coincurve import PrivateKey

from kindpakket.demo.api_client import ApiClient, Refused
from kindpakket.demo.people import Phone, Till, domain_of, expiry
from kindpakket.units import day_of

NOTES = Path("/root/visitor.json")
AMOUNT_CENTS = 1_250
SHOPS = "naam;categorie;iban\nFietsen Jansen;fietsen;NL90INGB0009000000\n"
CATEGORY = 3


def found(url: str, sign_in_code: str) -> None:
    """Open a programme with one shop and one household; pair a till and open the letter."""
    desk = ApiClient(url)
    desk.token = desk.ask("POST", "/staff-sessions", {"signInCode": sign_in_code})["token"]
    today = day_of(int(time.time()))
    terms = {
        "name": "Kindpakket",
        "startsOn": f"{today - timedelta(days=1)}",
        "endsOn": f"{today + timedelta(days=30)}",
        "categories": [CATEGORY],
        "maxRedemptionCents": 30_000,
        "policyText": "Elk kind krijgt 300 euro.",
        "openingKey": "0" * 32,
    }
    programme = desk.ask("POST", "/programmes", terms)["programme"]
    deposit = {"amountCents": 100_000, "paymentReference": "besluit 1"}
    desk.ask("POST", f"/programmes/{programme}/deposits", deposit)
    (shop,) = desk.ask("POST", f"/programmes/{programme}/shop-imports", SHOPS)["shops"]
    path = f"/programmes/{programme}/household-imports?amountCents=30000"
    batch = desk.ask("POST", path, "kenmerk;kinderen\nA-1;1\n")["batch"]
    (letter,) = desk.ask("POST", f"/letter-batches/{batch}/disclosures")["letters"]
    domain = domain_of(desk.ask("GET", "/fund"))
    till = Till(ApiClient(url), domain)
    till.pair(desk.ask("POST", f"/shops/{shop}/pairing-codes")["pairingCode"])
    phone = Phone(ApiClient(url), domain)
    (voucher,) = phone.activate(letter["code"])
    _note(
        seed=phone.seed.hex(),
        phone_token=phone.client.token,
        till_key=till.key.secret.hex(),
        till_token=till.client.token,
        voucher=voucher,
        number=0,
        paid=[],
        letter=letter["code"],
        sign_in_code=sign_in_code,
    )


def pay(url: str) -> None:
    """Pay once, while the phone listens for news; ask again, and be told that it was paid."""
    notes = json.loads(NOTES.read_text("utf-8"))
    phone, till = _people(url, notes)
    news = _listen(url, notes["phone_token"])
    code = phone.show_code(
        notes["voucher"], max_cents=5_000, expires_at=expiry(int(phone.client.ask("GET", "/fund")["now"]))
    )
    path, body = till.charge(code, amount_cents=AMOUNT_CENTS, category=CATEGORY)
    paid = till.client.ask("PUT", path, body)
    assert paid["result"] == "accepted", paid
    again = till.client.ask("PUT", path, body)
    assert again["result"] == "already_redeemed", again
    while (line := news.readline()) != b"event: change\n":
        assert line, "the news ended before it told of the payment"
    notes["paid"].append(path)
    _note(**notes | {"number": notes["number"] + 1})


def check(url: str) -> None:
    """Find every payment, and exactly what is left on the voucher."""
    notes = json.loads(NOTES.read_text("utf-8"))
    phone, till = _people(url, notes)
    for path in notes["paid"]:
        till.client.ask("GET", path)
    (voucher,) = phone.client.ask("GET", "/budgets/me")["vouchers"]
    left = 30_000 - AMOUNT_CENTS * len(notes["paid"])
    assert voucher["balanceCents"] == left, f"{voucher['balanceCents']} is left, not {left}"


def forget_last(url: str) -> None:
    """Take the last payment out of the notes, as after a restore of before it; it must not be there."""
    notes = json.loads(NOTES.read_text("utf-8"))
    _, till = _people(url, notes)
    try:
        till.client.ask("GET", notes["paid"].pop())
        reason = "it is there"
    except Refused as refused:
        reason = refused.reason
    assert reason == "redemption_unknown", reason
    _note(**notes)


def _people(url: str, notes: dict[str, Any]) -> tuple[Phone, Till]:
    domain = domain_of(ApiClient(url).ask("GET", "/fund"))
    phone = Phone(ApiClient(url, token=notes["phone_token"]), domain, seed=bytes.fromhex(notes["seed"]))
    phone.next_numbers[notes["voucher"]] = notes["number"]
    till_key = PrivateKey(bytes.fromhex(notes["till_key"]))
    return phone, Till(ApiClient(url, token=notes["till_token"]), domain, key=till_key)


def _listen(url: str, token: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPSConnection(urlsplit(url).hostname or "", timeout=60)
    connection.request("GET", "/api/v1/budgets/me/events", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    # The first line comes at once, or something on the way collects what should be passed on.
    assert answer.readline() == b": news\n"
    return answer


def _note(**notes: object) -> None:
    NOTES.write_text(json.dumps(notes), "utf-8")


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    if what == "found":
        found(url, *more)
    else:
        {"pay": pay, "check": check, "forget-last": forget_last}[what](url)
