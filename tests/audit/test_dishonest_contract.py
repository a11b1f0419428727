# SPDX-License-Identifier: EUPL-1.2
"""The audit of contracts that lie: real ones, compiled from the sources with one rule of booking or telling broken.

given a contract that is ours but for one lie
├── when the lie was not told yet
│   └── the audit agrees
└── when it was told
    └── the audit names whatever is not what the events say, and nothing else
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kindpakket.audit import audit
from kindpakket.chain import calls
from kindpakket.chain import deploy as deploying
from kindpakket.chain.compile import compile_contracts, read_sources
from kindpakket.chain.node import NodeChain
from kindpakket.chain.witness import Witness
from kindpakket.tickets import code, keys
from tests.chain.node import Node
from tests.chain.support import (
    HOLDER,
    MAX_CENTS,
    SHOP,
    START_AT,
    TILL,
    Clock,
    Town,
    build_town,
    ticket_keys,
    ticket_tree,
)

REFERENCE = b"\3" * 32
AN_EVENT = "an event"
"""A node mines as it likes, so that an event's block has another number each time."""
VOUCHER, SHOP_3 = "voucher 1", f"shop {SHOP} in programme 1"


class Lie(NamedTuple):
    """A line of the contract and what it is instead; who tells it how; what an audit then names."""

    line: str
    instead: str
    tell: Callable[[Town], tuple[bytes, str]]
    named: set[tuple[str, str]]


def _refund(town: Town) -> tuple[bytes, str]:
    """A refund of EUR 4 of the payment with ticket 0."""
    domain = town.fund.domain
    ticket = code.sign_ticket(
        ticket_keys()[0], domain, max_cents=MAX_CENTS, expires_at=START_AT // 60 * 60 + 3600
    )
    identity = code.identify(ticket, domain)
    assert identity is not None
    digest = domain.refund_digest(ticket_id=identity[0], amount_cents=400, remaining_cents=1000)
    call = calls.refund(
        place=calls.TicketPlace(1, 0, HOLDER, tuple(ticket_tree().siblings(0))),
        ticket=ticket,
        amount_cents=400,
        remaining_cents=1000,
        refund_signature=keys.sign(TILL, digest),
    )
    return call, town.deployment.accounts.relayer


def _settle(town: Town) -> tuple[bytes, str]:
    call = calls.settle(programme=1, shop=SHOP, amount_cents=700, payment_reference=REFERENCE)
    return call, town.deployment.accounts.treasurer


def _withdraw(town: Town) -> tuple[bytes, str]:
    call = calls.withdraw(programme=1, amount_cents=500, payment_reference=REFERENCE)
    return call, town.deployment.accounts.treasurer


LIES: dict[str, Lie] = {
    "tells a refund as a cent less": Lie(
        "place.number, amountCents, till, toProgramme)",
        "place.number, amountCents - 1, till, toProgramme)",
        _refund,
        {("storage", VOUCHER), ("storage", SHOP_3), ("storage", "ticket 0 of voucher 1")},
    ),
    "puts a cent more on a voucher than it tells": Lie(
        "topped.balanceCents += amountCents;",
        "topped.balanceCents += amountCents + 1;",
        lambda town: (calls.top_up(voucher=1, amount_cents=50), town.deployment.accounts.issuer),
        {("storage", VOUCHER)},
    ),
    "moves a cent from a voucher to a shop without a word": Lie(
        "emit Anchored(hash, msg.sender);",
        "_vouchers[1] = _vouchers[1].less(1); _shopAccount(1, 3).netCents += 1; emit Anchored(hash, msg.sender);",
        lambda town: (calls.anchor(hash=REFERENCE), town.deployment.accounts.issuer),
        {("storage", VOUCHER), ("storage", SHOP_3)},
    ),
    "removes a shop without a word": Lie(
        "emit ShopRemoved(programme, shop);",
        "",
        lambda town: (
            calls.remove_shop(programme=1, shop=SHOP),
            town.deployment.accounts.shop_manager,
        ),
        {("storage", SHOP_3)},
    ),
    "tells of a withdrawal that it does not book": Lie(
        "funded.withdrawnCents += amountCents;",
        "",
        _withdraw,
        {("storage", "programme 1")},
    ),
    "tells of another shop than it settles": Lie(
        "emit Settled(programme, shop, amountCents",
        "emit Settled(programme, shop + 1, amountCents",
        _settle,
        {
            ("7 settlements never above what is owed", AN_EVENT),
            ("storage", SHOP_3),
            ("storage", "shop 4 in programme 1"),
        },
    ),
    "tells of a block that it does not do": Lie(
        "blocked.blockReason = reason;",
        "",
        lambda town: (calls.block_voucher(voucher=1, reason=4), town.deployment.accounts.issuer),
        {("storage", VOUCHER)},
    ),
}


@pytest.fixture(scope="module")
def liar() -> dict[str, Any]:
    """A contract with all lies in it, each told by another verb."""
    sources = read_sources()
    fund = sources["VoucherFund.sol"]
    for lie in LIES.values():
        assert fund.count(lie.line) == 1, lie.line
        fund = fund.replace(lie.line, lie.instead)
    return compile_contracts({**sources, "VoucherFund.sol": fund})


@pytest.fixture
def town(node: Node, liar: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The liar on the node, with two payments, of which it told the truth."""
    monkeypatch.setattr(deploying, "load_artifacts", lambda: liar)
    chain = NodeChain(node.url, folder=tmp_path, clock=Clock())
    town = build_town(chain, node.travel_to)
    for number in (0, 9):
        town.fund.execute(town.redeem(number=number), sender=town.deployment.accounts.relayer)
    yield town
    chain.close()


@pytest.mark.parametrize("name", LIES)
def test_a_contract_that_lies_is_named(node: Node, town: Town, name: str) -> None:
    witness = Witness(node.url, contract=town.fund.address)
    assert audit(witness).findings == ()
    call, sender = LIES[name].tell(town)
    town.fund.execute(call, sender=sender)
    found = audit(witness).findings
    witness.close()
    assert {
        (finding.rule, AN_EVENT if finding.where.startswith("block ") else finding.where) for finding in found
    } == LIES[name].named
