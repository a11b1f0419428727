# SPDX-License-Identifier: EUPL-1.2
"""Growth: what the 10,000th voucher, payment and programme cost beside the first, by receipts of the embedded chain.

The contract's ninth invariant. A payment is compared with one at the same place in its slot of ticket uses (one payment
in eight opens a slot), and a whole voucher's 256 payments with another's.
"""

from __future__ import annotations

import sys

from kindpakket.chain import calls
from kindpakket.tickets import keys, tree

from .figures import Figures
from .fund import CATEGORY, Bench, Holder, embedded_fund
from .gas import AMOUNT_CENTS, BATCH, SHOP, TICKETS_PER_SLOT

LAST = 10_000
LIMIT = 0.01
"""How much more or less the last may cost than the first."""

PAYING_VOUCHERS = -(-LAST // tree.TICKETS)


class Grown(SystemExit):
    """Something costs more in an old fund; ends the command with 1."""


def measure() -> Figures:
    """Issue 10,000 vouchers, pay 10,000 times at one shop, open 10,000 programmes."""
    with embedded_fund() as bench:
        pairs = {"open_programme": _programmes(bench)}
        pairs |= _vouchers(bench)
        pairs |= _payments(bench)
    figures = {
        name: {"first": first, "last": last, "difference_percent": round(100 * (last / first - 1), 2)}
        for name, (first, last) in pairs.items()
    }
    grown = [name for name, (first, last) in pairs.items() if abs(last / first - 1) > LIMIT]
    if grown:
        print(figures, file=sys.stderr)
        raise Grown(f"costs more than 1 % more or less in an old fund: {', '.join(grown)}")
    return {"bench": "growth", "the_first_and_number": LAST, "gas": figures}


def _programmes(bench: Bench) -> tuple[int, int]:
    print(f"opening {LAST:,} programmes", file=sys.stderr)
    gas = [cost for _ in range(LAST // BATCH) for cost in bench.open_programmes(BATCH)]
    return gas[0], gas[-1]


def _vouchers(bench: Bench) -> dict[str, tuple[int, int]]:
    """Issue in batches; then let the first and the last voucher be activated."""
    print(f"issuing {LAST:,} vouchers", file=sys.stderr)
    treasurer = bench.accounts.treasurer
    deposit = calls.deposit(programme=1, amount_cents=2**40, payment_reference=bytes(31) + b"\1")
    bench.gas([deposit], sender=treasurer)
    issued = [bench.issue(BATCH)[0] for _ in range(LAST // BATCH)]
    ends = [bench.hold(voucher) for voucher in (PAYING_VOUCHERS + 1, LAST)]
    activated = bench.gas([bench.activation(one) for one in ends], sender=bench.accounts.relayer)
    return {
        "issue_a_voucher_in_100": (issued[0] // BATCH, issued[-1] // BATCH),
        "activate": (activated[0], activated[1]),
    }


def _payments(bench: Bench) -> dict[str, tuple[int, int]]:
    """Pay with all tickets of forty vouchers at one shop, then refund and settle its first and last payment."""
    manager, relayer = bench.accounts.shop_manager, bench.accounts.relayer
    bench.gas([calls.allow_shop(programme=1, shop=SHOP, categories=1 << CATEGORY)], sender=manager)
    bench.gas([calls.add_till(shop=SHOP, till=keys.address_of(bench.till_key))], sender=manager)
    holders = [bench.hold(voucher) for voucher in range(1, PAYING_VOUCHERS + 1)]
    bench.gas([bench.activation(one) for one in holders], sender=relayer)
    print(f"paying {LAST:,} times", file=sys.stderr)
    gas: list[int] = []
    for holder in holders:
        payments = [
            bench.redemption(holder, place, amount_cents=AMOUNT_CENTS) for place in range(tree.TICKETS)
        ]
        gas += bench.gas(payments, sender=relayer)
    place = (LAST - 1) % TICKETS_PER_SLOT
    return {
        "redeem": (gas[place], gas[LAST - 1]),
        "redeem_opening_a_slot": (gas[0], gas[LAST - LAST % TICKETS_PER_SLOT]),
        "redeem_on_average_over_a_voucher": (_average(gas[: tree.TICKETS]), _average(gas[-tree.TICKETS :])),
        "refund": (_refund(bench, holders[0]), _refund(bench, holders[-1])),
    }


def _refund(bench: Bench, holder: Holder) -> int:
    """Give back part of a holder's first payment."""
    return bench.gas(
        [bench.refund(holder, 0, amount_cents=AMOUNT_CENTS // 2, remaining_cents=AMOUNT_CENTS)],
        sender=bench.accounts.relayer,
    )[0]


def _average(gas: list[int]) -> int:
    return round(sum(gas) / len(gas))
