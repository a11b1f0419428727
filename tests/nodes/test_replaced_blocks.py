# SPDX-License-Identifier: EUPL-1.2
"""Blocks that a chain of others replaces though they were final (here: at depth 0): the ledger follows, and says so.

Given a payment that a till saw as green, in a block that is replaced
    when the chain takes the payment again: it is there once, and what happened is found by the next inspection
    when its code is too old by then: it is there no more, for the shop as for the family, and that is found
    when its family asks for its proof meanwhile: not known yet, ask again
    when the block's hash was published: no head is published on top of another past
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from kindpakket import heads, inspections, redemptions
from kindpakket.demo.api_client import Refused
from kindpakket.errors import ChainMismatch
from kindpakket.services import Services
from kindpakket.units import day_of
from tests.chain.node import Node, until
from tests.chain.support import Clock
from tests.support import Town

from .consortium import Consortium
from .test_truth import BICYCLES, Sale, at_the_till


@pytest.fixture(scope="module")
def services(install: Callable[..., Services], consortium: Consortium) -> Services:
    return install(consortium.url, node_patience_seconds=10.0)


@pytest.fixture(scope="module")
def town(services: Services, settle: Callable[[Services], Town]) -> Town:
    return settle(services)


def findings(services: Services) -> list[str]:
    """What the inspection finds that is due now, on the chain; nothing when none is due."""
    done = inspections.perform_due(services)
    found = () if done is None else inspections.report(services, done.inspection).findings
    return [f"{one.subject}: {one.expected}" for one in found if one.part in ("chain", "ledger", "payouts")]


def roll_back(services: Services, node: Node, sale: Sale) -> int:
    """Undo the block of a sale's payment and all that follow it; return its number."""
    ticket_id = sale.till.charge(sale.shown, amount_cents=1_000, category=BICYCLES)[0].rpartition("0x")[2]
    found = redemptions.find(services, shop=1, ticket_id=bytes.fromhex(ticket_id))
    node.rpc.request("anvil_rollback", services.chain.head().number - found.block + 1)
    return found.block


def is_caught_up(services: Services, block: int) -> bool:
    """Whether the ledger has this block of the chain as it is now."""
    services.follower.catch_up()
    last = services.ledger.last_booked()
    if last is None or not block < last[0] <= services.chain.head().number:
        return False
    return services.chain.block_hash(last[0]) == last[1]


def test_a_payment_whose_block_was_replaced_is_brought_again_and_there_once(
    services: Services, town: Town, consortium: Consortium
) -> None:
    findings(services)
    sale = at_the_till(town)
    assert sale.pay() == "accepted"
    with consortium.standing_still() as node:
        block = roll_back(services, node, sale)
    until(lambda: is_caught_up(services, block + 3))
    assert sale.pay() == "already_redeemed"
    assert town.balance_cents(sale.phone, sale.voucher) == 29_000
    payments = sale.phone.client.ask("GET", "/budgets/me/payments")["payments"]
    assert [payment["amountCents"] for payment in payments] == [1_000]
    (found,) = findings(services)
    first, last = map(int, re.findall(r"final blocks (\d+) to (\d+) were replaced", found)[0])
    assert first <= block <= last, found
    assert "1 payments, 1000 cents" in found
    assert findings(services) == [], "what was told is told once"
    assert inspections.ask(services, occasion="command")
    assert findings(services) == [], "and the books are in order"


def test_a_proof_that_is_asked_of_a_node_that_went_back_can_be_asked_for_again(
    services: Services, town: Town, consortium: Consortium
) -> None:
    findings(services)
    sale = at_the_till(town)
    assert sale.pay() == "accepted"
    (payment,) = sale.phone.client.ask("GET", "/budgets/me/payments")["payments"]
    proof = f"/budgets/me/payments/{payment['redemptionId']}/proof"
    with consortium.standing_still() as node:
        block = roll_back(services, node, sale)
        with pytest.raises(Refused, match="503 chain_unreachable") as refused:
            sale.phone.client.ask("GET", proof)
        assert refused.value.content["retry"] is True
    until(lambda: is_caught_up(services, block + 3))
    assert sale.pay() == "already_redeemed"
    assert sale.phone.client.ask("GET", proof)["redemptionId"] == payment["redemptionId"]
    assert len(findings(services)) == 1


def test_a_payment_whose_code_is_too_old_when_its_block_is_replaced_is_undone_for_all(
    services: Services, town: Town, consortium: Consortium, clock: Clock
) -> None:
    sale = at_the_till(town)
    assert sale.pay() == "accepted"
    owed_cents = town.desk.ask("GET", f"/programmes/{town.programme}/report")["owedCents"]
    with consortium.standing_still() as node:
        block = roll_back(services, node, sale)
        clock.at = sale.expires_at + 60
        node.travel_to(clock.at)
    until(lambda: is_caught_up(services, block + 3))
    assert sale.pay() == "ticket_expired, no retry"
    with pytest.raises(Refused, match="redemption_unknown"):
        sale.till.client.ask("GET", sale.till.charge(sale.shown, amount_cents=1_000, category=BICYCLES)[0])
    assert town.balance_cents(sale.phone, sale.voucher) == 30_000
    report = town.desk.ask("GET", f"/programmes/{town.programme}/report")
    assert report["owedCents"] == owed_cents - 1_000
    (found,) = findings(services)
    assert "1 payments, 1000 cents" in found
    assert services.follower.failed is None


def test_no_head_is_published_on_top_of_another_past(
    services: Services, town: Town, consortium: Consortium
) -> None:
    sale = at_the_till(town)
    assert sale.pay() == "accepted"
    today = day_of(services.now())
    with consortium.standing_still() as node:
        published = heads.publish(services, on=today)
        assert published is not None
        roll_back(services, node, sale)
    until(lambda: is_caught_up(services, published.block + 3))
    with pytest.raises(ChainMismatch, match=f"block {published.block}, .* was replaced"):
        heads.publish(services, on=today + timedelta(days=1))
    assert heads.list_heads(services) == [published], "what was published is not taken back"
    assert any(str(published.on) in found for found in findings(services))
