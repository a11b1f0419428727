# SPDX-License-Identifier: EUPL-1.2
"""Invariant 9: no call costs more because the fund is older or larger. Gas without what the input itself costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kindpakket.tickets import keys

from .fund import ISSUER, SHOP_MANAGER, TREASURER, Outcome
from .town import (
    BICYCLES,
    CATEGORIES,
    ENDS_AT,
    NEW_LETTER,
    OTHER_TILL,
    POLICY_HASH,
    REFERENCE,
    SHOP,
    STARTS_AT,
    Town,
)

SORTING_GAS = 200
"""Which of two neighbours is the smaller may cost a few steps more or less at each level of the proof."""

COLD_SLOT_GAS = 2_100
"""What it costs to read a slot that nothing in this call has read. Source: EIP-2929."""


def _execution_gas(outcome: Outcome) -> int:
    """Return the gas of a call without its base and its input (4 a zero byte, 16 another byte)."""
    zeros = outcome.input.count(0)
    return outcome.gas_used - 21_000 - 4 * zeros - 16 * (len(outcome.input) - zeros)


def _grow_old(town: Town) -> None:
    """Ten more programmes, sixty more vouchers, twenty more shops and tills, payments, refunds, payouts, renewals."""
    fund = town.fund
    for number in range(20):
        fund.send("allowShop", 1, 100 + number, CATEGORIES, by=SHOP_MANAGER)
        fund.send("addTill", 100 + number, bytes([number + 1]) * 20, by=SHOP_MANAGER)
    fund.send("issue", 1, [(bytes([number + 1]) * 20, 1) for number in range(60)], by=ISSUER)
    for _ in range(10):
        fund.send("openProgramme", STARTS_AT, ENDS_AT, CATEGORIES, 1, POLICY_HASH, by=ISSUER)
    for number in range(14):
        redemption = town.redeem(phone=town.other_phone, number=number, amount_cents=2_00, till=OTHER_TILL)
        if number % 2:
            town.refund(redemption, amount_cents=1_00, till=OTHER_TILL)
    fund.send("settle", 1, 4, 10_00, bytes(32), by=TREASURER)
    town.renew(town.other_phone, generation=1)


CALLS: dict[str, Callable[[Town], Outcome]] = {
    "redeem": lambda town: town.submit(town.request(number=0)),
    "issue": lambda town: town.fund.send("issue", 1, [(keys.address_of(NEW_LETTER), 1_00)], by=ISSUER),
    "activate": lambda town: town.activate(town.waiting_phone, town.letters[2]),
    "renewTickets": lambda town: town.renew(town.phone, generation=1),
    "topUp": lambda town: town.fund.send("topUp", 1, 1_00, by=ISSUER),
    "allowShop": lambda town: town.fund.send("allowShop", 1, SHOP, 1 << BICYCLES, by=SHOP_MANAGER),
    "openProgramme": lambda town: town.fund.send(
        "openProgramme", STARTS_AT, ENDS_AT, CATEGORIES, 1_00, POLICY_HASH, by=ISSUER
    ),
    "deposit": lambda town: town.fund.send("deposit", 1, 1_00, REFERENCE, by=TREASURER),
}


@pytest.mark.parametrize("verb", CALLS)
def test_a_call_costs_the_same_in_an_old_fund(town: Town, verb: str) -> None:
    young = town.fund.snapshot()
    young_gas = _execution_gas(CALLS[verb](town))
    town.fund.restore(young)
    _grow_old(town)
    assert abs(_execution_gas(CALLS[verb](town)) - young_gas) <= SORTING_GAS


def test_a_refund_costs_the_same_in_an_old_fund(town: Town) -> None:
    redemption = town.redeem(number=0, amount_cents=37_45)
    young = town.fund.snapshot()
    young_gas = _execution_gas(town.refund(redemption, amount_cents=1_00))
    town.fund.restore(young)
    _grow_old(town)
    assert abs(_execution_gas(town.refund(redemption, amount_cents=1_00)) - young_gas) <= SORTING_GAS


def test_a_redemption_opens_a_slot_for_every_eighth_ticket_only(town: Town) -> None:
    gas = [_execution_gas(town.submit(town.request(number=number, amount_cents=1_00))) for number in range(9)]
    fresh = [number for number in range(9) if gas[number] > min(gas) + 10_000]
    assert fresh == [0, 8]
    kept = [gas[number] for number in range(1, 8)]
    assert max(kept) - min(kept) <= SORTING_GAS


def test_a_redemption_reads_the_programme_only_after_the_end_that_the_shops_account_names(town: Town) -> None:
    """A payment would cost a slot more if it asked the programme itself each time."""
    town.redeem(number=0)
    town.fund.send("extend", 1, ENDS_AT + 60, by=ISSUER)
    town.fund.move_to(ENDS_AT - 1)
    before_gas = _execution_gas(town.submit(town.request(number=1)))
    after_gas = _execution_gas(town.submit(town.request(number=2)))
    assert after_gas - before_gas > COLD_SLOT_GAS - SORTING_GAS
