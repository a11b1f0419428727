# SPDX-License-Identifier: EUPL-1.2
"""The audit through a node that lies: a relay that hides, changes, adds or repeats what the node behind it says.

given an honest chain, and a node that tells of it otherwise
├── when the node hides, changes, adds, repeats or moves an event
│   └── the audit names what does not fit
├── when the node says that the contract holds something else
│   └── the audit names that
└── when the node tells of another block or fewer blocks than were published
    └── the audit names the head
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from kindpakket.audit import audit
from kindpakket.audit.heads import Head, Totals
from kindpakket.chain import abi
from kindpakket.chain.rpc import Call
from kindpakket.chain.witness import Witness
from kindpakket.tickets.heads import HeadTree
from tests.chain.node import Bend, Node, relay
from tests.chain.support import SHOP, Town

Logs = list[dict[str, Any]]
VOUCHER, SHOP_3 = "voucher 1", f"shop {SHOP} in programme 1"
TICKET = "ticket 9 of voucher 1"
AN_EVENT = "an event"
"""A node mines as it likes, so that an event's block has another number each time."""


def of_logs(change: Callable[[Logs], Logs]) -> Bend:
    """Tell of other events than there are."""
    return lambda call, found: change(deepcopy(found)) if call.method == "eth_getLogs" and found else found


def of_storage(verb: str) -> Bend:
    """Say that the contract answers one cent, or one of something, more."""
    selector = f"0x{abi.verbs()[verb].selector.hex()}"

    def bend(call: Call, found: Any) -> Any:
        if call.method != "eth_call" or not call.parameters[0]["input"].startswith(selector):
            return found
        return f"{found[:-1]}{int(found[-1], 16) ^ 1:x}"

    return bend


def _place(logs: Logs, name: str) -> int:
    """The place of the last event of this name."""
    topic = next(f"0x{topic.hex()}" for topic, form in abi.events().items() if form.name == name)
    return max(place for place, log in enumerate(logs) if log["topics"][0] == topic)


def hide(name: str) -> Bend:
    return of_logs(lambda logs: [log for place, log in enumerate(logs) if place != _place(logs, name)])


def change_last_digit(name: str, word: int) -> Bend:
    """Change the last digit of a word of an event's content."""

    def change(logs: Logs) -> Logs:
        log = logs[_place(logs, name)]
        end = 2 + 64 * (word + 1)
        log["data"] = f"{log['data'][: end - 1]}{int(log['data'][end - 1], 16) ^ 1:x}{log['data'][end:]}"
        return logs

    return of_logs(change)


def repeat(name: str) -> Bend:
    return of_logs(lambda logs: [*logs, logs[_place(logs, name)]])


def say_that_it_was_long_ago(logs: Logs) -> Logs:
    logs[_place(logs, "Redeemed")]["blockTimestamp"] = "0x1"
    return logs


LIES: dict[str, tuple[Bend, set[tuple[str, str]]]] = {
    "hides a payment": (
        hide("Redeemed"),
        {("storage", VOUCHER), ("storage", SHOP_3)},
    ),
    "hides a payout": (hide("Settled"), {("storage", SHOP_3)}),
    "hides a deposit": (hide("Deposited"), {("storage", "programme 1")}),
    "hides a till": (hide("TillAdded"), {("5 a till of that shop", AN_EVENT)}),
    "changes the amount of a payment": (
        change_last_digit("Redeemed", 3),
        {("storage", VOUCHER), ("storage", SHOP_3), ("storage", TICKET)},
    ),
    "changes the amount of a payout": (change_last_digit("Settled", 0), {("storage", SHOP_3)}),
    "repeats a payment": (
        repeat("Redeemed"),
        {("3 a ticket is used at most once", AN_EVENT), ("storage", VOUCHER)},
    ),
    "repeats a deposit": (repeat("Deposited"), {("a reference once", AN_EVENT)}),
    "says that a payment was before the programme": (
        of_logs(say_that_it_was_long_ago),
        {("6 within the period", AN_EVENT)},
    ),
    "says that a voucher is in another state": (of_storage("getVoucher"), {("storage", VOUCHER)}),
    "says that a used ticket has another rest": (of_storage("getTicketUse"), {("storage", TICKET)}),
    "says that a shop may charge more": (of_storage("getShopAccount"), {("storage", SHOP_3)}),
    "says that a programme has another policy": (of_storage("getProgramme"), {("storage", "programme 1")}),
    "says that there is one voucher more or less": (of_storage("voucherCount"), {("storage", "vouchers")}),
}


@pytest.mark.parametrize("name", LIES)
def test_a_node_that_lies_about_the_contract_is_named(node: Node, town: Town, name: str) -> None:
    bend, named = LIES[name]
    with relay(node, lambda call: call, bend) as url:
        witness = Witness(url, contract=town.fund.address)
        findings = audit(witness).findings
        witness.close()
    assert {
        (finding.rule, AN_EVENT if finding.where.startswith("block ") else finding.where)
        for finding in findings
    } >= named


def published(node: Node, town: Town) -> list[Head]:
    """Two heads of the honest chain, the second with the totals as of its block."""
    witness = Witness(node.url, contract=town.fund.address)
    last = witness.head().number
    hashes = witness.block_hashes(0, last)
    witness.close()
    return [
        Head("2026-11-18", 5, hashes[5], 0, HeadTree(hashes[:6], first_block=0).root),
        Head(
            "2026-11-19",
            last,
            hashes[last],
            6,
            HeadTree(hashes[6:], first_block=6).root,
            Totals(1_000_000, 970_000, 28_000, 0, spent_cents=2_000, owed_cents=1_300, settled_cents=700),
        ),
    ]


def test_an_honest_node_has_all_that_was_published(node: Node, town: Town) -> None:
    witness = Witness(node.url, contract=town.fund.address)
    assert audit(witness, heads=published(node, town)).findings == ()
    witness.close()


def of_block(number: int, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Bend:
    """Tell of another block at this number."""

    def bend(call: Call, found: Any) -> Any:
        asked = call.method == "eth_getBlockByNumber" and call.parameters[0] == hex(number)
        return change(dict(found)) if asked and found else found

    return bend


HEADS: dict[str, tuple[Callable[[int], Bend], str, str]] = {
    "tells of another block at a head": (
        lambda last: of_block(5, lambda block: block | {"hash": "0x" + "99" * 32}),
        "head",
        "2026-11-18, block 5",
    ),
    "tells of another block between two heads": (
        lambda last: of_block(7, lambda block: block | {"hash": "0x" + "99" * 32}),
        "head: its root",
        "2026-11-19, blocks 6 to LAST",
    ),
    "does not have a block": (
        lambda last: of_block(last, lambda block: None),
        "head",
        "2026-11-19, block LAST",
    ),
    "hides a payment that the totals hold": (
        lambda last: hide("Redeemed"),
        "head: on vouchers",
        "2026-11-19, block LAST",
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_node_that_lies_about_what_was_published_is_named(node: Node, town: Town, name: str) -> None:
    heads = published(node, town)
    last = heads[-1].block
    bend, rule, where = HEADS[name]
    with relay(node, lambda call: call, bend(last)) as url:
        witness = Witness(url, contract=town.fund.address)
        found = {(finding.rule, finding.where) for finding in audit(witness, heads=heads).findings}
        witness.close()
    assert (rule, where.replace("LAST", f"{last}")) in found


@pytest.mark.parametrize("name", list(Totals.__slots__))
def test_totals_that_the_chain_does_not_have_are_named(node: Node, town: Town, name: str) -> None:
    first, last = published(node, town)
    assert last.totals is not None
    totals = {field: getattr(last.totals, field) for field in Totals.__slots__}
    totals[name] += 1
    wrong = Head(last.on, last.block, last.hash, last.first_block, last.root, Totals(**totals))
    witness = Witness(node.url, contract=town.fund.address)
    (finding,) = audit(witness, heads=[first, wrong]).findings
    witness.close()
    assert finding.rule == f"head: {name.removesuffix('_cents').replace('_', ' ')}"
    assert finding.where == f"2026-11-19, block {last.block}"
