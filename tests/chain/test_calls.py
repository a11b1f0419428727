# SPDX-License-Identifier: EUPL-1.2
"""Calls: the fast writers give the bytes that eth_abi gives, for every verb, and refuse what does not fit."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from kindpakket.chain import abi, calls, reading
from kindpakket.chain.artifacts import load_artifacts
from kindpakket.chain.client import Log
from kindpakket.errors import AmountZero, ChainMismatch, InternalError, RefundOutdated, SettlementAboveOwed
from kindpakket.events import EVENTS, Allocation
from kindpakket.tickets.code import Ticket
from kindpakket.tickets.keys import Signature

HASH = bytes(range(32))
HOLDER = bytes(range(20))
TEXT = f"0x{HOLDER.hex()}"
SIGNED = Signature(r=b"\1" * 32, s=b"\2" * 32, recovery=1)
SIBLINGS = tuple(bytes([level]) * 20 for level in range(8))
PLACE = calls.TicketPlace(voucher=2**32 - 1, number=65535, holder=HOLDER, siblings=SIBLINGS)
TICKET = Ticket(shop=65535, max_cents=2**24 - 1, expires_at=2**32, signature=SIGNED)
PLACE_VALUES = (2**32 - 1, TEXT, 65535, [bytes(12) + sibling for sibling in SIBLINGS])
TICKET_VALUES = (65535, 2**32, 2**24 - 1, SIGNED.r, SIGNED.vs)

CASES: dict[str, tuple[bytes, list[Any]]] = {
    "openProgramme": (
        calls.open_programme(
            starts_at=1, ends_at=2**40 - 1, categories=2**32 - 1, max_redemption_cents=4, policy_hash=HASH
        ),
        [1, 2**40 - 1, 2**32 - 1, 4, HASH],
    ),
    "extend": (calls.extend(programme=1, ends_at=2), [1, 2]),
    "deposit": (
        calls.deposit(programme=1, amount_cents=2**64 - 1, payment_reference=HASH),
        [1, 2**64 - 1, HASH],
    ),
    "withdraw": (calls.withdraw(programme=1, amount_cents=2, payment_reference=HASH), [1, 2, HASH]),
    "settle": (calls.settle(programme=1, shop=2, amount_cents=3, payment_reference=HASH), [1, 2, 3, HASH]),
    "sweep": (calls.sweep(vouchers=[1, 2, 3]), [[1, 2, 3]]),
    "anchor": (calls.anchor(hash=HASH), [HASH]),
    "issue": (
        calls.issue(programme=1, allocations=[Allocation(TEXT, 2), Allocation(TEXT, 3)]),
        [1, [(TEXT, 2), (TEXT, 3)]],
    ),
    "topUp": (calls.top_up(voucher=1, amount_cents=2), [1, 2]),
    "activate": (
        calls.activate(voucher=1, holder=HOLDER, ticket_root=HASH, signature=SIGNED),
        [1, TEXT, HASH, SIGNED.r, SIGNED.vs],
    ),
    "renewTickets": (
        calls.renew_tickets(voucher=1, old_root=HASH, holder=TEXT, ticket_root=SIGNED.r, signature=SIGNED),
        [1, HASH, TEXT, SIGNED.r, SIGNED.r, SIGNED.vs],
    ),
    "replaceHolder": (calls.replace_holder(voucher=1, letter_key=TEXT, reason=2), [1, TEXT, 2]),
    "blockVoucher": (calls.block_voucher(voucher=1, reason=255), [1, 255]),
    "unblockVoucher": (calls.unblock_voucher(voucher=1), [1]),
    "allowShop": (calls.allow_shop(programme=1, shop=2, categories=3), [1, 2, 3]),
    "removeShop": (calls.remove_shop(programme=1, shop=2), [1, 2]),
    "addTill": (calls.add_till(shop=1, till=TEXT), [1, TEXT]),
    "removeTill": (calls.remove_till(till=HOLDER), [TEXT]),
    "redeem": (
        calls.redeem(place=PLACE, ticket=TICKET, amount_cents=5, category=6, charge_signature=SIGNED),
        [TICKET_VALUES, PLACE_VALUES, (5, 6, SIGNED.r, SIGNED.vs)],
    ),
    "refund": (
        calls.refund(place=PLACE, ticket=TICKET, amount_cents=5, remaining_cents=6, refund_signature=SIGNED),
        [TICKET_VALUES, PLACE_VALUES, (5, 6, SIGNED.r, SIGNED.vs)],
    ),
    "grantRole": (calls.grant_role(role=HASH, account=TEXT), [HASH, TEXT]),
}


def type_of(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(type_of, parameter['components']))}){kind.removeprefix('tuple')}"


def entries(kind: str) -> dict[str, list[str]]:
    return {
        entry["name"]: [type_of(parameter) for parameter in entry["inputs"]]
        for entry in load_artifacts()["abi"]
        if entry["type"] == kind
    }


@pytest.mark.parametrize("verb", CASES)
def test_a_call_has_the_bytes_that_eth_abi_gives(verb: str) -> None:
    written, values = CASES[verb]
    types = entries("function")[verb]
    assert written == function_signature_to_4byte_selector(f"{verb}({','.join(types)})") + encode(
        types, values
    )


def test_every_verb_of_the_manual_has_a_call() -> None:
    views = {
        entry["name"] for entry in load_artifacts()["abi"] if entry.get("stateMutability") in ("view", "pure")
    }
    roles = {name for name in entries("function") if "DefaultAdmin" in name or name.endswith("Role")}
    assert set(CASES) == set(entries("function")) - views - roles | {"grantRole"}


@pytest.mark.parametrize("voucher", [-1, 2**32])
def test_a_call_refuses_a_number_that_its_type_cannot_hold(voucher: int) -> None:
    with pytest.raises(ValueError, match="is not a uint32"):
        calls.unblock_voucher(voucher=voucher)


@pytest.mark.parametrize("address", ["0x", "0x" + "11" * 19, "0x" + "11" * 21, b"\1" * 32])
def test_a_call_refuses_an_address_of_another_length(address: str | bytes) -> None:
    with pytest.raises(ValueError, match="an address has 20 bytes"):
        calls.remove_till(till=address)


def test_a_call_refuses_a_hash_of_another_length() -> None:
    with pytest.raises(ValueError, match="31 bytes are not a bytes32"):
        calls.anchor(hash=b"\1" * 31)


def test_a_call_refuses_a_place_without_its_eight_siblings() -> None:
    place = calls.TicketPlace(voucher=1, number=0, holder=HOLDER, siblings=SIBLINGS[:7])
    with pytest.raises(ValueError, match="8 siblings, not 7"):
        calls.redeem(place=place, ticket=TICKET, amount_cents=5, category=6, charge_signature=SIGNED)


def log_of(topics: tuple[bytes, ...], content: bytes = b"") -> Log:
    return Log(address=TEXT, topics=topics, data=content, block=1, log_index=2, at=3, transaction_hash=HASH)


@pytest.mark.parametrize("topics", [(), (HASH,)])
def test_an_event_that_the_contract_does_not_have_is_never_passed_over(topics: tuple[bytes, ...]) -> None:
    with pytest.raises(ChainMismatch):
        reading.read_event(log_of(topics))


def test_every_event_of_the_contract_is_booked_or_on_the_list_of_those_that_are_not() -> None:
    assert set(entries("event")) == set(EVENTS) | reading.UNBOOKED_EVENTS
    assert {form.name for form in abi.events().values()} == set(entries("event"))


def test_a_refusal_is_read_by_its_selector_with_its_arguments_in_order() -> None:
    assert isinstance(reading.read_refusal(refusal("AmountZero"), sender=None), AmountZero)
    outdated = reading.read_refusal(refusal("RefundOutdated", 7, 9), sender=None)
    assert isinstance(outdated, RefundOutdated)
    assert (outdated.signed_cents, outdated.remaining_cents) == (7, 9)


def test_a_refusal_may_carry_an_amount_below_zero() -> None:
    above = reading.read_refusal(refusal("SettlementAboveOwed", 1, -500), sender=None)
    assert isinstance(above, SettlementAboveOwed)
    assert above.owed_cents == -500


@pytest.mark.parametrize(
    "revert", [b"", bytes.fromhex("4e487b71") + (0x11).to_bytes(32, "big"), b"\xff" * 36]
)
def test_a_revert_that_names_no_refusal_is_a_bug(revert: bytes) -> None:
    assert isinstance(reading.read_refusal(revert, sender=None), InternalError)


def test_every_error_of_the_contract_is_read_as_something() -> None:
    for selector, (name, shape) in abi.errors().items():
        if shape.words is not None:
            answer = reading.read_refusal(selector + bytes(32 * len(shape.words)), sender=None)
            assert type(answer).__name__ in (name, "RoleMissing", "InternalError")


def refusal(name: str, *values: int) -> bytes:
    types = entries("error")[name]
    return function_signature_to_4byte_selector(f"{name}({','.join(types)})") + encode(types, values)
