# SPDX-License-Identifier: EUPL-1.2
"""What a till hears of a payment under way: that it is not known yet, and later what became of it. Never a guess.

Given a node of others on which a till's payment was sent and is not final
    when the till asks again: not known yet, whatever the contract says by now
        and when it is final: that it was paid, once
        and when the contract refused it in its block: why
    when another shop's till asks with the same code: not known yet; then, used
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kindpakket.chain.node import NodeChain
from kindpakket.demo.api_client import Refused
from kindpakket.demo.people import Phone, Till, expiry
from kindpakket.services import Services
from kindpakket.watch import Watch
from tests.chain.node import Node, until
from tests.chain.support import Clock
from tests.support import Town

from .consortium import Consortium

BICYCLES = 3
TOYS = 6
Install = Callable[..., Services]
Settle = Callable[[Services], Town]


@dataclass
class Sale:
    """A code on a phone and the till that it is held before."""

    phone: Phone
    voucher: int
    till: Till
    shown: str
    expires_at: int

    def pay(self) -> str:
        """What the till hears."""
        try:
            answer: dict[str, Any] = self.till.redeem(self.shown, amount_cents=1_000, category=BICYCLES)
            return str(answer["result"])
        except Refused as refused:
            return f"{refused.reason}, {'retry' if refused.content['retry'] else 'no retry'}"


NOT_KNOWN_YET = "chain_unreachable, retry"


@pytest.fixture(scope="module")
def services(install: Install, consortium: Consortium) -> Services:
    return install(consortium.url, node_depth=2, node_patience_seconds=10.0)


@pytest.fixture(scope="module")
def town(services: Services, settle: Settle) -> Town:
    return settle(services)


@contextmanager
def stuck(services: Services, consortium: Consortium) -> Iterator[Node]:
    """Nothing is mined but what is asked for, and tills are told soon that it is not known yet."""
    assert isinstance(services.chain, NodeChain)
    chain, reader = services.chain, services.chain._reader
    with consortium.standing_still() as node:
        chain._patience_seconds, reader._patience_seconds = 0.2, 2.0
        try:
            yield node
        finally:
            chain._patience_seconds = reader._patience_seconds = 10.0


def at_the_till(town: Town) -> Sale:
    phone, till = town.new_phone(), town.new_till(town.shops[0])
    (voucher,) = phone.next_numbers
    expires_at = expiry(town.now())
    shown = phone.show_code(voucher, max_cents=1_000, expires_at=expires_at)
    return Sale(phone, voucher, till, shown, expires_at)


def heard_in_the_end(sale: Sale) -> str:
    """What the till hears once it hears something."""
    heard: list[str] = []

    def asks() -> bool:
        heard.append(sale.pay())
        return heard[-1] != NOT_KNOWN_YET

    until(asks)
    return heard[-1]


def test_a_payment_is_green_only_when_it_is_final_and_not_known_before(
    services: Services, town: Town, consortium: Consortium
) -> None:
    sale = at_the_till(town)
    with stuck(services, consortium) as node:
        assert sale.pay() == NOT_KNOWN_YET, "it waits in the pool"
        node.mine()
        assert sale.pay() == NOT_KNOWN_YET, "it is in the newest block"
        node.mine()
        assert sale.pay() == NOT_KNOWN_YET, "one block follows"
        assert town.balance_cents(sale.phone, sale.voucher) == 30_000
    assert heard_in_the_end(sale) == "already_redeemed"
    assert town.balance_cents(sale.phone, sale.voucher) == 29_000


def test_a_block_that_is_replaced_before_it_is_final_is_seen_by_nobody(
    services: Services, town: Town, consortium: Consortium
) -> None:
    sale = at_the_till(town)
    with stuck(services, consortium) as node:
        assert sale.pay() == NOT_KNOWN_YET
        node.mine(2)
        node.rpc.request("anvil_rollback", 2)
        assert sale.pay() == NOT_KNOWN_YET
    assert heard_in_the_end(sale) == "already_redeemed"
    assert town.balance_cents(sale.phone, sale.voucher) == 29_000
    assert services.ledger.untold_undoings() == []


def test_a_code_that_expired_under_way_is_not_called_expired_before_that_is_decided(
    services: Services, town: Town, consortium: Consortium, clock: Clock
) -> None:
    sale = at_the_till(town)
    with stuck(services, consortium):
        assert sale.pay() == NOT_KNOWN_YET
        clock.at = sale.expires_at + 60
        assert sale.pay() == NOT_KNOWN_YET, "their clocks may be behind ours"
    # Theirs were.
    assert heard_in_the_end(sale) == "already_redeemed"
    assert town.balance_cents(sale.phone, sale.voucher) == 29_000


def test_a_payment_that_came_too_late_into_a_block_is_refused_with_its_reason(
    services: Services, town: Town, consortium: Consortium, clock: Clock
) -> None:
    sale = at_the_till(town)
    with stuck(services, consortium) as node:
        assert sale.pay() == NOT_KNOWN_YET
        clock.at = sale.expires_at + 60
        node.travel_to(clock.at)
        node.mine()
        assert sale.pay() == NOT_KNOWN_YET, "refused in a block that may yet be replaced"
    assert heard_in_the_end(sale) == "ticket_expired, no retry"
    assert town.balance_cents(sale.phone, sale.voucher) == 30_000


def test_another_shop_is_told_that_a_code_is_used_once_that_is_final(
    services: Services, town: Town, consortium: Consortium
) -> None:
    sale = at_the_till(town)
    other = Sale(sale.phone, sale.voucher, town.new_till(town.shops[1]), sale.shown, sale.expires_at)

    def pay_there() -> str:
        try:
            return str(other.till.redeem(sale.shown, amount_cents=500, category=TOYS)["result"])
        except Refused as refused:
            return refused.reason

    with stuck(services, consortium) as node:
        assert sale.pay() == NOT_KNOWN_YET
        node.mine()
        assert pay_there() == "chain_unreachable", (
            "the block with the first shop's payment may yet be replaced"
        )
    assert heard_in_the_end(sale) == "already_redeemed"
    assert pay_there() == "ticket_already_used"
    assert town.balance_cents(sale.phone, sale.voucher) == 29_000


def test_a_node_that_comes_back_much_later_pays_what_still_may_be_paid_and_says_why_not_else(
    services: Services, town: Town, consortium: Consortium, clock: Clock
) -> None:
    in_time, too_late = at_the_till(town), at_the_till(town)
    in_time.expires_at = expiry(town.now(), seconds=7200)
    in_time.shown = in_time.phone.show_code(in_time.voucher, max_cents=1_000, expires_at=in_time.expires_at)
    with stuck(services, consortium) as node:
        state = node.state()
        assert [in_time.pay(), too_late.pay()] == [NOT_KNOWN_YET] * 2
        node.stop()
        assert [in_time.pay(), too_late.pay()] == [NOT_KNOWN_YET] * 2
        clock.at += 3600
        node.start(state)
        node.travel_to(clock.at)
    assert heard_in_the_end(in_time) == "already_redeemed"
    assert heard_in_the_end(too_late) == "ticket_expired, no retry"
    assert town.balance_cents(in_time.phone, in_time.voucher) == 29_000
    assert town.balance_cents(too_late.phone, too_late.voucher) == 30_000


def test_a_node_whose_blocks_do_not_come_is_not_ready(
    services: Services, town: Town, consortium: Consortium
) -> None:
    watch = Watch(services)

    def because() -> str | None:
        watch.look()
        return {one.part: one.because for one in watch.standings()}["chain"]

    assert because() is None
    sale = at_the_till(town)
    with stuck(services, consortium):
        assert sale.pay() == NOT_KNOWN_YET
        assert because() == "calls_wait"
    assert heard_in_the_end(sale) == "already_redeemed"
    assert because() is None
