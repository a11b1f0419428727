# SPDX-License-Identifier: EUPL-1.2
"""What is held back of a merchant's shops because another of its shops owes. Euro cents; a debt is below zero.

The contract knows shops, not whose they are: it nets what a shop owes with what that same shop earns later. A merchant
with several shops could have one owe for good and be paid for the next. So a programme pays a merchant no more than its
shops are owed together.
"""

from __future__ import annotations

from collections.abc import Mapping

from kindpakket.registry.payout_rows import Payee
from kindpakket.services import Services


def held_back(owed: Mapping[int, int], payees: Mapping[int, Payee]) -> dict[int, int]:
    """Return of which shops how much is held back in one programme, the lowest number first until the debts are met.

    Args:
        owed: What the programme owes each shop.
        payees: Who is paid for each shop. Of a shop that is not in here nothing is known to belong together.
    """
    debts: dict[int, int] = {}
    for shop, cents in owed.items():
        if cents < 0 and shop in payees:
            debts[payees[shop].merchant] = debts.get(payees[shop].merchant, 0) - cents
    held: dict[int, int] = {}
    for shop, cents in sorted(owed.items()):
        if cents > 0 and shop in payees:
            back = min(cents, debts.get(payees[shop].merchant, 0))
            if back:
                debts[payees[shop].merchant] -= back
                held[shop] = back
    return held


def held_back_cents(services: Services, owed: Mapping[int, int]) -> int:
    """Return how much of what one programme owes its shops is held back in all."""
    return sum(held_back(owed, services.registry.payout_runs.payees()).values())
