# SPDX-License-Identifier: EUPL-1.2
"""Gas: what each of the contract's verbs takes in the steady state, by the receipts of the embedded chain.

Steady state: the second time and later, when the slots that all calls share are no longer empty. What a call opens for
itself (a new voucher, a new till, every eighth ticket) stays in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from coincurve import PrivateKey

from kindpakket.chain import abi, calls
from kindpakket.chain.artifacts import load_artifacts
from kindpakket.chain.client import Submission
from kindpakket.chain.deploy import HANDOVER_DELAY_SECONDS
from kindpakket.tickets import keys, tree

from .figures import Figures
from .fund import CATEGORY, PERIOD_SECONDS, Bench, Holder, embedded_fund

BATCH = 100
TICKETS_PER_SLOT = 8
AMOUNT_CENTS = 100
REASON = 1
SHOP = 3


def measure() -> Figures:
    """Call every verb, and redeem all 256 tickets of one voucher."""
    with embedded_fund() as bench:
        _found(bench)
        redeem, holder = _redeem(bench)
        verbs = {"redeem": redeem["average"]}
        for name, verb in VERBS.items():
            print(name, file=sys.stderr)
            verbs[name] = verb(bench, holder)
        return {"bench": "gas", "gas": verbs, "redeem": redeem}


def _found(bench: Bench) -> None:
    """Do everything that the steady state takes for granted."""
    bench.open_programme()
    bench.gas([_deposit(bench)], sender=bench.accounts.treasurer)
    bench.issue(BATCH)
    manager = bench.accounts.shop_manager
    bench.gas([calls.allow_shop(programme=1, shop=SHOP, categories=1 << CATEGORY)], sender=manager)
    bench.gas([calls.add_till(shop=SHOP, till=keys.address_of(bench.till_key))], sender=manager)


def _redeem(bench: Bench) -> tuple[dict[str, int], Holder]:
    """Redeem all tickets of a voucher, at a shop that was paid before."""
    other, holder = bench.hold(2), bench.hold(1)
    bench.gas([bench.activation(one) for one in (other, holder)], sender=bench.accounts.relayer)
    bench.gas([bench.redemption(other, 0, amount_cents=AMOUNT_CENTS)], sender=bench.accounts.relayer)
    gas = bench.gas(
        [bench.redemption(holder, place, amount_cents=AMOUNT_CENTS) for place in range(tree.TICKETS)],
        sender=bench.accounts.relayer,
    )
    opening = gas[::TICKETS_PER_SLOT]
    others = [one for place, one in enumerate(gas) if place % TICKETS_PER_SLOT]
    return {
        "tickets": len(gas),
        "average": _average(gas),
        "first_of_a_voucher": gas[0],
        "opening_a_slot": _average(opening),
        "in_an_open_slot": _average(others),
        "least": min(gas),
        "most": max(gas),
    }, holder


def _average(gas: Sequence[int]) -> int:
    return round(sum(gas) / len(gas))


def _deposit(bench: Bench) -> bytes:
    return calls.deposit(programme=1, amount_cents=1_000_000_00, payment_reference=bench.chain.head().hash)


def _issue(bench: Bench, _holder: Holder) -> int:
    return round(bench.issue(BATCH)[0] / BATCH)


def _activate(bench: Bench, _holder: Holder) -> int:
    inputs = [bench.activation(bench.hold(voucher)) for voucher in (3, 4, 5)]
    return _average(bench.gas(inputs, sender=bench.accounts.relayer))


def _renew_tickets(bench: Bench, holder: Holder) -> int:
    renewed = bench.hold(holder.voucher, generation=1)
    digest = bench.fund.domain.renewal_digest(
        voucher=holder.voucher, generation=1, holder=renewed.address, ticket_root=renewed.ticket_tree.root
    )
    call = calls.renew_tickets(
        voucher=holder.voucher,
        old_root=holder.ticket_tree.root,
        holder=renewed.address,
        ticket_root=renewed.ticket_tree.root,
        signature=keys.sign(keys.holder_key(holder.seed, voucher=holder.voucher), digest),
    )
    return _average(bench.gas([call], sender=bench.accounts.relayer))


def _refund(bench: Bench, holder: Holder) -> int:
    """Give back part of some redemptions, so that no slot is emptied."""
    inputs = [
        bench.refund(holder, place, amount_cents=AMOUNT_CENTS // 2, remaining_cents=AMOUNT_CENTS)
        for place in (10, 20, 30)
    ]
    return _average(bench.gas(inputs, sender=bench.accounts.relayer))


def _settle(bench: Bench, _holder: Holder) -> int:
    payouts = [
        calls.settle(
            programme=1, shop=SHOP, amount_cents=AMOUNT_CENTS, payment_reference=bytes([number]) * 32
        )
        for number in (1, 2)
    ]
    return bench.gas(payouts, sender=bench.accounts.treasurer)[1]


def _sweep(bench: Bench, _holder: Holder) -> int:
    """Sweep a batch of vouchers on which everything is left, after the end of another programme."""
    bench.open_programme()
    bench.gas(
        [calls.deposit(programme=2, amount_cents=1_000_000_00, payment_reference=bytes(32))],
        sender=bench.accounts.treasurer,
    )
    first = bench.fund.voucher_count() + 1
    bench.issue(BATCH, programme=2)
    bench.clock.ahead_seconds += 2 * PERIOD_SECONDS
    call = calls.sweep(vouchers=list(range(first, first + BATCH)))
    return round(bench.gas([call], sender=bench.accounts.treasurer)[0] / BATCH)


def _deploy(bench: Bench, _holder: Holder) -> int:
    """Deploy the contract once more."""
    constructor = abi.constructor().write(bench.accounts.admin, HANDOVER_DELAY_SECONDS)
    bytecode = bytes.fromhex(load_artifacts()["bytecode"].removeprefix("0x"))
    receipt = bench.chain.send(
        Submission(sender=bench.accounts.admin, to=None, input=bytecode + constructor, gas=10_000_000)
    )
    assert receipt.succeeded, "the chain takes the contract"
    return receipt.gas_used


def _issuer(call: Callable[[], bytes]) -> Callable[[Bench, Holder], int]:
    """Measure a call of the issuer."""
    return lambda bench, _holder: bench.gas([call()], sender=bench.accounts.issuer)[0]


def _manager(call: Callable[[], bytes]) -> Callable[[Bench, Holder], int]:
    """Measure a call of the shop manager."""
    return lambda bench, _holder: bench.gas([call()], sender=bench.accounts.shop_manager)[0]


NEW_TILL = keys.address_of(PrivateKey())

VERBS: dict[str, Callable[[Bench, Holder], int]] = {
    "deploy": _deploy,
    "issue_a_voucher_in_100": _issue,
    "activate": _activate,
    "refund": _refund,
    "renew_tickets": _renew_tickets,
    "replace_holder": _issuer(lambda: calls.replace_holder(voucher=6, letter_key=NEW_TILL, reason=REASON)),
    "top_up": _issuer(lambda: calls.top_up(voucher=1, amount_cents=AMOUNT_CENTS)),
    "block_voucher": _issuer(lambda: calls.block_voucher(voucher=1, reason=REASON)),
    "unblock_voucher": _issuer(lambda: calls.unblock_voucher(voucher=1)),
    "allow_shop": _manager(lambda: calls.allow_shop(programme=1, shop=4, categories=1 << CATEGORY)),
    "remove_shop": _manager(lambda: calls.remove_shop(programme=1, shop=4)),
    "add_till": _manager(lambda: calls.add_till(shop=SHOP, till=NEW_TILL)),
    "remove_till": _manager(lambda: calls.remove_till(till=NEW_TILL)),
    "anchor": _issuer(lambda: calls.anchor(hash=bytes(31) + b"\1")),
    "deposit": lambda bench, _holder: bench.gas([_deposit(bench)], sender=bench.accounts.treasurer)[0],
    "withdraw": lambda bench, _holder: bench.gas(
        [
            calls.withdraw(programme=1, amount_cents=AMOUNT_CENTS, payment_reference=bytes([number]) * 32)
            for number in (1, 2)
        ],
        sender=bench.accounts.treasurer,
    )[1],
    "settle": _settle,
    "open_programme": lambda bench, _holder: bench.open_programme()[0],
    "extend": lambda bench, _holder: bench.gas(
        [calls.extend(programme=1, ends_at=bench.chain.now() + 2 * PERIOD_SECONDS)],
        sender=bench.accounts.issuer,
    )[0],
    "sweep_a_voucher_in_100": _sweep,
}
