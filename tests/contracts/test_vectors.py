# SPDX-License-Identifier: EUPL-1.2
"""The contract's side of tests/vectors/*.json: what Python and JavaScript write there, it accepts, byte for byte.

The test chain has the vectors' chain id and the contract has their address, so their signatures count here as they are.

vectors
├── given the domain and the kinds of messages
│   ├── it has the domain of every file
│   └── it knows the same kinds of messages as docs/protocol.md
├── given the vectors of keys and lists
│   ├── it makes the same fingerprint of holder and root
│   ├── it finds each ticket key at its place of each generation
│   └── it refuses what must be no signature
└── given the vectors of letter, ticket and till
    ├── it opens the voucher with the letter's activation
    ├── it pays with each ticket, under its id
    ├── it takes the till's charge
    ├── it takes the till's other charges for signed, and refuses what they ask
    ├── it takes the till's refund
    └── it takes the holder's renewal, after which the next generation's ticket counts
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey

from kindpakket.hashes import keccak
from kindpakket.tickets import code, keys, letter
from kindpakket.tickets.tree import word

from .fund import ISSUER, SHOP_MANAGER, Fund, refused
from .town import (
    BICYCLES,
    ISSUED_CENTS,
    NEW_LETTER,
    SHOP,
    Charge,
    Phone,
    RefundOrder,
    Ticket,
    TicketPlace,
    Town,
    sign_charge,
)

ROOT = Path(__file__).parents[2]
VOUCHER = 12


def _vectors(name: str) -> Any:
    return json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text("utf-8"))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _halves(signature: str) -> tuple[bytes, bytes]:
    return _bytes(signature)[:32], _bytes(signature)[32:]


def _ticket(vector: dict[str, Any]) -> Ticket:
    return Ticket(vector["shop"], vector["expiresAt"], vector["maxCents"], *_halves(vector["signature"]))


def _place(vector: dict[str, Any]) -> TicketPlace:
    holder = _bytes(_vectors("ticket")["holder"])
    return TicketPlace(
        VOUCHER, holder, vector["number"], tuple(word(_bytes(one)) for one in vector["siblings"])
    )


def _activate(town: Town) -> None:
    vector = _vectors("activation")["activations"][0]
    assert vector["voucher"] == VOUCHER
    holder, root = _bytes(vector["holder"]), _bytes(vector["ticketRoot"])
    town.fund.send("activate", VOUCHER, holder, root, *_halves(vector["signature"]))


@pytest.fixture
def issued(town: Town) -> Town:
    """The town with voucher 12 for the vectors' letter, and the vectors' till in the shop."""
    letter_key = _bytes(_vectors("activation")["activations"][0]["letterKeyAddress"])
    town.fund.send("issue", 1, [(letter_key, ISSUED_CENTS)] * 9, by=ISSUER)
    assert town.fund.read("voucherCount") == VOUCHER
    town.fund.send("addTill", SHOP, _bytes(_vectors("charge")["till"]), by=SHOP_MANAGER)
    return town


@pytest.fixture
def opened(issued: Town) -> Town:
    """The same, with the voucher in the vectors' phone."""
    _activate(issued)
    return issued


# ------------------------------------------------------------------ given the domain and the kinds of messages


@pytest.mark.parametrize("name", ["activation", "charge", "ticket"])
def test_the_domain(fund: Fund, name: str) -> None:
    domain = _vectors(name)["domain"]
    _, contract_name, version, chain_id, contract, salt, extensions = fund.read("eip712Domain")
    assert (contract_name, version) == (domain["name"], domain["version"])
    assert (chain_id, contract) == (domain["chainId"], _bytes(domain["contract"]))
    assert (salt, extensions) == (bytes(32), [])


@pytest.mark.parametrize("kind", ["Ticket", "Charge", "Refund", "Activation", "Renewal"])
def test_the_kinds_of_messages(fund: Fund, kind: str) -> None:
    protocol = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    written = re.findall(rf"`({kind}\([^)`]+\))`", protocol)
    assert len(written) == 1
    assert fund.read(f"{kind.upper()}_TYPEHASH") == keccak(written[0].encode())


# ------------------------------------------------------------------ given the vectors of keys and lists


def test_the_fingerprint(fund: Fund) -> None:
    tree = _vectors("tree")
    for generation in tree["generations"]:
        answer = fund.read("fingerprintOf", _bytes(tree["holder"]), _bytes(generation["ticketRoot"]))
        assert answer.to_bytes(20, "big") == _bytes(generation["fingerprint"])


def test_each_ticket_key_at_its_place(opened: Town) -> None:
    """A charge of nothing that is allowed would be refused later than an unknown ticket: so each must pay."""
    tree = _vectors("tree")
    seed = _bytes(tree["seed"])
    phone = Phone(seed, VOUCHER)
    start = opened.fund.snapshot()
    for generation in tree["generations"]:
        opened.fund.restore(start)
        _reach_generation(opened, phone, generation["generation"])
        fingerprint = opened.fund.voucher(VOUCHER)["fingerprint"]
        assert fingerprint.to_bytes(20, "big") == _bytes(generation["fingerprint"])
        for vector in generation["places"]:
            key = keys.ticket_key(seed, voucher=VOUCHER, number=vector["number"])
            assert keys.address_of(key) == _bytes(vector["ticketKey"])
            ticket, ticket_id = opened.sign_ticket(key)
            charge = sign_charge(opened.domain, _till(), ticket_id, 1_00, BICYCLES)
            opened.fund.send("redeem", ticket, _place(vector), charge)
            assert opened.fund.ticket_use(VOUCHER, vector["number"]) == (SHOP, 1_00)


def _reach_generation(town: Town, phone: Phone, generation: int) -> None:
    """By the holder as far as a holder may, else by the issuer and a new letter."""
    if generation <= 224:
        town.renew_up_to(generation, phone=phone)
        return
    for _ in range(generation):
        town.fund.send("replaceHolder", phone.voucher, keys.address_of(NEW_LETTER), 1, by=ISSUER)
    town.activate(phone, NEW_LETTER, generation=generation)


def _till() -> PrivateKey:
    return PrivateKey(_bytes(_vectors("charge")["tillKey"]))


def test_what_must_be_no_signature(town: Town) -> None:
    for vector in _vectors("keys")["refusedSignatures"]:
        # Only half of the s above the limit have room beside the recovery bit; the others become another number.
        if int(vector["s"], 16) < 2**255:
            signature = keys.Signature(_bytes(vector["r"]), _bytes(vector["s"]), vector["recovery"])
            with refused("TicketSignatureInvalid"):
                town.submit(town.request().with_ticket(r=signature.r, vs=signature.vs))


# ------------------------------------------------------------------ given the vectors of letter, ticket and till


def test_the_letters_activation(issued: Town) -> None:
    activation = _vectors("activation")
    key = letter.letter_key(
        _bytes(activation["letterSecret"]), position=activation["activations"][0]["position"]
    )
    assert issued.fund.voucher(VOUCHER)["fingerprint"].to_bytes(20, "big") == keys.address_of(key)
    _activate(issued)
    assert issued.fund.voucher(VOUCHER)["activated"]


def test_each_ticket(opened: Town) -> None:
    till = _till()
    for vector in _vectors("ticket")["tickets"]:
        if vector["number"] > 255:
            continue
        if vector["shop"] not in (0, SHOP):
            opened.fund.send("removeTill", keys.address_of(till), by=SHOP_MANAGER)
            opened.fund.send("addTill", vector["shop"], keys.address_of(till), by=SHOP_MANAGER)
            opened.fund.send("allowShop", 1, vector["shop"], 1 << BICYCLES, by=SHOP_MANAGER)
        read = code.read(vector["text"])
        ticket = Ticket(read.shop, read.expires_at, read.max_cents, read.signature.r, read.signature.vs)
        assert ticket == _ticket(vector)
        amount_cents = min(vector["maxCents"], 20_00)
        charge = sign_charge(opened.domain, till, _bytes(vector["ticketId"]), amount_cents, BICYCLES)
        outcome = opened.fund.send("redeem", ticket, _place(vector), charge)
        assert outcome.output == _bytes(vector["ticketId"])


def _charge(vector: dict[str, Any]) -> Charge:
    return Charge(vector["amountCents"], vector["category"], *_halves(vector["signature"]))


def test_the_tills_charge(opened: Town) -> None:
    ticket, charge = _vectors("ticket")["tickets"][0], _vectors("charge")["charges"][0]
    outcome = opened.fund.send("redeem", _ticket(ticket), _place(ticket), _charge(charge))
    assert outcome.events[0].fields["ticketId"] == _bytes(charge["ticketId"])
    assert outcome.events[0].fields["till"] == _bytes(_vectors("charge")["till"])
    assert opened.fund.ticket_use(VOUCHER, 0) == (SHOP, charge["amountCents"])


def test_the_tills_other_charges(opened: Town) -> None:
    ticket = _vectors("ticket")["tickets"][0]
    others = _vectors("charge")["charges"][1:]
    assert [charge["category"] for charge in others] == [1, 255]
    for charge in others:
        with refused("CategoryNotAllowed", charge["category"], 1 << BICYCLES):
            opened.fund.send("redeem", _ticket(ticket), _place(ticket), _charge(charge))


def test_the_tills_refund(opened: Town) -> None:
    ticket, charges = _vectors("ticket")["tickets"][0], _vectors("charge")
    opened.fund.send("redeem", _ticket(ticket), _place(ticket), _charge(charges["charges"][0]))
    vector = charges["refunds"][0]
    order = RefundOrder(vector["amountCents"], vector["remainingCents"], *_halves(vector["signature"]))
    opened.fund.send("refund", _ticket(ticket), _place(ticket), order)
    left_cents = vector["remainingCents"] - vector["amountCents"]
    assert opened.fund.ticket_use(VOUCHER, 0) == (SHOP, left_cents)


def test_the_holders_renewal(opened: Town) -> None:
    ticket = next(vector for vector in _vectors("ticket")["tickets"] if vector["number"] == 256)
    charge = sign_charge(opened.domain, _till(), _bytes(ticket["ticketId"]), 1, BICYCLES)
    with refused("TicketUnknown", _bytes(ticket["ticketKey"])):
        opened.fund.send("redeem", _ticket(ticket), _place(ticket), charge)
    vector = _vectors("activation")["renewals"][0]
    roots = _bytes(vector["oldRoot"]), _bytes(vector["holder"]), _bytes(vector["ticketRoot"])
    outcome = opened.fund.send("renewTickets", VOUCHER, *roots, *_halves(vector["signature"]))
    assert outcome.events[0].fields["generation"] == vector["generation"]
    now_at = opened.fund.now_at
    with refused("TicketExpired", ticket["expiresAt"], now_at):
        opened.fund.send("redeem", _ticket(ticket), _place(ticket), charge)
