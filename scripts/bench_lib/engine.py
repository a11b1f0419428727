# SPDX-License-Identifier: EUPL-1.2
"""The engine by itself: redemptions a second that the embedded chain executes and keeps, signed beforehand."""

from __future__ import annotations

import itertools
import time

from kindpakket.chain import calls
from kindpakket.chain.client import Submission
from kindpakket.tickets import keys, tree

from .fund import CATEGORY, Bench, embedded_fund

CALLS = {1: 500, 10: 3_000, 50: 5_000, 500: 10_000}
"""How many calls wait for a block at once, and how many are sent that way in all."""

VOUCHERS = 100
AMOUNT_CENTS = 100
GAS = 500_000


def measure() -> dict[int, float]:
    """Return the redemptions a second by how many wait at once."""
    with embedded_fund() as bench:
        bench.open_programme()
        bench.gas(
            [calls.deposit(programme=1, amount_cents=1_000_000_00, payment_reference=bytes(32))],
            sender=bench.accounts.treasurer,
        )
        bench.issue(VOUCHERS)
        manager = bench.accounts.shop_manager
        bench.gas([calls.allow_shop(programme=1, shop=1, categories=1 << CATEGORY)], sender=manager)
        bench.gas([calls.add_till(shop=1, till=keys.address_of(bench.till_key))], sender=manager)
        holders = [bench.hold(voucher) for voucher in range(1, VOUCHERS + 1)]
        bench.gas([bench.activation(holder) for holder in holders], sender=bench.accounts.relayer)
        tickets = itertools.product(range(tree.TICKETS), holders)
        return {
            at_once: _rate(
                bench,
                [
                    bench.redemption(holder, place, amount_cents=AMOUNT_CENTS)
                    for place, holder in itertools.islice(tickets, count)
                ],
                at_once=at_once,
            )
            for at_once, count in CALLS.items()
        }


def _rate(bench: Bench, inputs: list[bytes], *, at_once: int) -> float:
    signed = bench.chain.sign_ahead(
        [
            Submission(sender=bench.accounts.relayer, to=bench.fund.address, input=one, gas=GAS)
            for one in inputs
        ]
    )
    started = time.monotonic()
    for start in range(0, len(signed), at_once):
        receipts = bench.chain.send_signed(signed[start : start + at_once])
        assert all(receipt.succeeded for receipt in receipts), "every redemption is accepted"
    return round(len(signed) / (time.monotonic() - started), 1)
