# SPDX-License-Identifier: EUPL-1.2
"""Nobody gets at another family's payment: not by any call, with all numbers known, as a parent or as a shop.

Given family A, that paid in shop 1
  when a parent of family B, or a till of shop 2, asks everything that can be asked with GET, of everything there is
    not a byte of the payment comes back: no id, no block, no amount, no voucher
  when they ask for every change that can be asked for, of what exists and of that payment
    it does not come back either
  when shop 1 itself does
    it gets its own payment, without voucher, balance, number, holder or ticket key
  when it has two payments of one family: nothing in them is the same that is not the same in those of two families
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.routing import APIRoute

from kindpakket.console import PARTS
from kindpakket.demo.people import Phone
from kindpakket.open_data import FIELDS
from kindpakket.tickets import code, keys, tree
from kindpakket.units import day_of

from .asking import ask_for
from .kinds import Kind
from .streams import hear
from .world import BICYCLES, World

#: An amount that nothing else has, in cents and as people write it; not as a part of a longer number or hash.
CENTS = 4_321
AMOUNT = re.compile(rb"(?<![0-9A-Za-z])43[.,]?21(?![0-9A-Za-z])")
STRANGERS = (Kind.OTHER_PHONE, Kind.OTHER_TILL, Kind.NOBODY)
#: What answers otherwise to who wants another language or another form.
NEGOTIATED = ("/redemptions", "/bookkeeping", "/budgets/me/payments/{redemptionId}/receipt")
WISHES = [
    {"accept-language": language, "accept": accepted}
    for language in ("nl", "en")
    for accepted in ("application/json", "text/csv", "application/pdf")
]


@pytest.fixture(scope="module")
def paid(world: World) -> dict[str, Any]:
    """What family A's payment is known by: all of it, as the chain and the books have it."""
    payment = world.pay(Kind.PHONE, Kind.CASHIER, category=BICYCLES, cents=CENTS)
    phone = world.phones[Kind.PHONE]
    own = phone.client.ask("GET", "/budgets/me/payments")["payments"]
    lines = world.desk.ask("GET", "/payment-lines")["lines"]
    world.desk.ask("POST", "/heads")
    known: dict[str, Any] = {}
    for listed in (own, lines):
        known |= next(one for one in listed if one["redemptionId"] == payment)
    return known


def secrets_of(world: World, paid: dict[str, Any]) -> list[str]:
    """What would give it away: its id, its amount, the transaction, the keys of the family."""
    phone, voucher = world.phones[Kind.PHONE], world.voucher_of(Kind.PHONE)
    transaction = next(
        log.transaction_hash.hex()
        for log in world.services.chain.logs(
            address=world.services.fund.address, first_block=paid["block"], last_block=paid["block"]
        )
    )
    ticket_keys = phone.ticket_keys(voucher)
    return [
        paid["redemptionId"][2:],
        transaction,
        keys.address_of(keys.holder_key(phone.seed, voucher=voucher)).hex(),
        tree.TicketTree(ticket_keys, generation=0).root.hex(),
        *(key.hex() for key in ticket_keys),
        phone.client.token,
    ]


def every_place(world: World, paid: dict[str, Any]) -> dict[str, list[Any]]:
    """For each place in an address, all that one could put there who knows everything."""
    numbers = list(range(1, 4))
    return {
        "redemptionId": [paid["redemptionId"], world.payment],
        "ticketId": [paid["redemptionId"], world.payment],
        "programme": numbers,
        "shop": numbers,
        "household": numbers,
        "voucher": [world.voucher_of(Kind.PHONE), world.voucher_of(Kind.OTHER_PHONE)],
        "run": numbers,
        "file": numbers,
        "inspection": numbers,
        "application": numbers,
        "payoutId": [world.payout, paid["place"]],
        "place": [paid["place"]],
    }


def every_query(world: World, path: str) -> list[dict[str, str]]:
    """What else makes an operation tell more."""
    period = {"from": "2026-01-01", "until": "2026-12-31"}
    if path == "/redemptions":
        return [{"on": day_of(world.services.now()).isoformat()}, period]
    return [{}, period] if path in ("/payment-lines", "/bookkeeping") else [{}]


def public_pages() -> list[str]:
    """Every page that is for all, with all that can stand in its places."""
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    paths = [
        one.path for one in routes if "GET" in (one.methods or ()) and not one.path.startswith("/gemeente")
    ]
    assert len(paths) > 8, "the start, the heads, the rules, the open data, the form of shops"
    places = {"programme": ("1", "2"), "table": tuple(FIELDS)}
    return [
        path.format(**dict(zip(names, values, strict=True)))
        for path in paths
        for names in [re.findall(r"{(\w+)}", path)]
        for values in itertools.product(*(places[name] for name in names))
    ]


def ask_everything(world: World, kind: Kind, paid: dict[str, Any]) -> Iterator[tuple[str, int, bytes]]:
    """Every GET of the API and of the public pages as this kind: address, status, and all bytes with the headers."""
    client, token = world.client_of(kind), world.tokens[kind]
    described = client.get("/api/v1/openapi.json").json()["paths"]
    places = every_place(world, paid)
    for path, operations in described.items():
        if "get" not in operations:
            continue
        names = re.findall(r"{(\w+)}", path)
        for values in itertools.product(*(places[name] for name in names)):
            address = f"/api/v1{path.format(**dict(zip(names, values, strict=True)))}"
            if path == "/budgets/me/events":
                yield address, *hear(world.app, address, token=token)
                continue
            wishes = WISHES if path in NEGOTIATED else WISHES[:1]
            for query, wish in itertools.product(every_query(world, path), wishes):
                answer = client.get(
                    address, params=query, headers=wish | {"authorization": f"Bearer {token}"}
                )
                yield address, answer.status_code, _whole(answer)
    for page in public_pages():
        answer = client.get(page, headers={"authorization": f"Bearer {token}"})
        yield page, answer.status_code, _whole(answer)


def change_everything(world: World, kind: Kind, paid: dict[str, Any]) -> Iterator[tuple[str, int, bytes]]:
    """Every other operation as this kind, as it makes sense and for that payment: its name, status, and all bytes."""
    client, token = world.client_of(kind), world.tokens[kind]
    described = client.get("/api/v1/openapi.json").json()["paths"]
    named = {
        operation["operationId"]: (method.upper(), path)
        for path, operations in described.items()
        for method, operation in operations.items()
        if method != "get"
    }
    # In this order family A's backup is there before anybody else could take its place.
    for name, (method, path) in sorted(named.items()):
        ask = ask_for(name)(world, kind)
        asked = [ask]
        if "ticketId" in ask.places:
            asked.append(replace(ask, places={"ticketId": paid["redemptionId"]}))
        for one in asked:
            answer = one.send(client, method, path, token)
            yield name, answer.status_code, _whole(answer)


def _whole(answer: Any) -> bytes:
    told: bytes = json.dumps(list(answer.headers.items())).encode() + answer.content
    return told


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_stranger_gets_nothing_of_it_by_any_call(world: World, paid: dict[str, Any], kind: Kind) -> None:
    hidden = [one.encode() for one in secrets_of(world, paid)]
    answered = 0
    for address, status, told in ask_everything(world, kind, paid):
        answered += status == 200
        assert AMOUNT.search(told) is None, address
        for one in hidden:
            assert one not in told, (address, one)
    assert answered > 12, "it was answered what everybody may know"


def test_the_shop_that_was_paid_gets_its_payment_and_nothing_of_the_family(
    world: World, paid: dict[str, Any]
) -> None:
    hidden = [one.encode() for one in secrets_of(world, paid) if one not in paid["redemptionId"]]
    for kind in (Kind.CASHIER, Kind.OWNER):
        client = world.tills[kind].client
        answer = client.ask("GET", f"/redemptions/{paid['redemptionId']}")
        assert set(answer["redemption"]) == {
            *("redemptionId", "shop", "till", "tillName", "category", "amountCents"),
            *("refundedCents", "refunds", "at", "block"),
        }
        seen = 0
        for address, _, told in ask_everything(world, kind, paid):
            seen += paid["redemptionId"].encode() in told
            for one in hidden:
                assert one not in told, (address, one)
            if address.startswith("/api/v1/redemptions"):
                assert (
                    re.search(rb"voucher|balance|number|holder|generation|programme", told, re.I) is None
                ), told
        assert seen, "the payment is in what its own shop reads"


def test_two_payments_of_one_family_look_like_those_of_two(world: World) -> None:
    def told(phone: Kind) -> dict[str, Any]:
        payment = world.pay(phone, Kind.OWNER, category=BICYCLES, cents=500)
        redemption: dict[str, Any] = world.tills[Kind.OWNER].client.ask("GET", f"/redemptions/{payment}")[
            "redemption"
        ]
        return redemption

    first, again, other = told(Kind.PHONE), told(Kind.PHONE), told(Kind.OTHER_PHONE)

    def shared(one: dict[str, Any], two: dict[str, Any]) -> set[str]:
        return {name for name in one if one[name] == two[name]}

    assert shared(first, again) == shared(first, other)
    assert {"redemptionId", "block"}.isdisjoint(shared(first, again))


def test_two_codes_of_one_family_have_nothing_in_common_but_what_they_say(world: World) -> None:
    phone: Phone = world.phones[Kind.PHONE]
    voucher = world.voucher_of(Kind.PHONE)
    expires_at = world.town.now() // 60 * 60 + 300
    codes = [
        world.phones[kind].show_code(world.voucher_of(kind), max_cents=5000, expires_at=expires_at)
        for kind in (Kind.PHONE, Kind.PHONE, Kind.OTHER_PHONE)
    ]
    assert len({*codes}) == 3
    signers = {signer_of(world, code) for code in codes}
    assert len(signers) == 3, "each code has a key of its own"
    assert keys.address_of(keys.holder_key(phone.seed, voucher=voucher)) not in signers


def signer_of(world: World, text: str) -> bytes:
    """Whose key signed a code, as a till can tell."""
    identity = code.identify(code.read(text), world.town.domain)
    assert identity is not None
    return identity[1]


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_stranger_gets_nothing_of_it_by_asking_for_changes(
    world: World, paid: dict[str, Any], kind: Kind
) -> None:
    hidden = [one.encode() for one in secrets_of(world, paid)]
    statuses = set()
    for name, status, told in change_everything(world, kind, paid):
        statuses.add(status)
        assert AMOUNT.search(told) is None, name
        for one in hidden:
            assert one not in told, (name, one)
    assert statuses >= {200, 201, 401} and 500 not in statuses, statuses
