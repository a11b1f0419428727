# SPDX-License-Identifier: EUPL-1.2
"""Payouts as their shop sees them: what it is owed, what it was paid out, and for which payments. Euro cents.

A payout is a settlement on the chain. It holds what was booked for the shop in that programme after the one before it,
up to its own place on the chain: payments, and refunds of whatever payments. What is owed may be more than what is paid
out, or, after a refund, less than nothing; the rest is carried to the next payout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import NotFound
from .ledger.figures import Redemption, Refund, Settlement, ShopAccount
from .ledger.shop_reports import START, Position
from .payout_runs.debts import held_back
from .registry.payout_rows import Payee
from .services import Services

PayoutId = tuple[int, int]
"""Where the settlement stands on the chain: block, and place in it."""


@dataclass(frozen=True, slots=True)
class Payout:
    """A settlement, its programme's name, and for how many payments it was.

    Attributes:
        bank_reference: What the shop's bank statement says, as `KP-7-3`; None when it was settled in no payout run.
    """

    settlement: Settlement
    programme_name: str
    redemption_count: int
    bank_reference: str | None

    @property
    def payout_id(self) -> PayoutId:
        """Where it stands on the chain."""
        return self.settlement.block, self.settlement.log_index


@dataclass(frozen=True, slots=True)
class OwedAmount:
    """What a programme owes a shop now; below 0 after a refund of what was paid out.

    Attributes:
        held_back_cents: So much of it is not paid while another shop of the same merchant owes.
    """

    programme: int
    programme_name: str
    owed_cents: int
    held_back_cents: int


@dataclass(frozen=True, slots=True)
class ShopPayouts:
    """What a shop is owed now, and what it was paid out, newest first."""

    owed: list[OwedAmount]
    payouts: list[Payout]


@dataclass(frozen=True, slots=True)
class PayoutContent:
    """What a payout was for: carried + payments − refunds − paid out = left."""

    payout: Payout
    carried_cents: int
    redemptions: list[Redemption]
    refunds: list[Refund]

    @property
    def redeemed_cents(self) -> int:
        """What the payments in it add up to."""
        return sum(one.amount_cents for one in self.redemptions)

    @property
    def refunded_cents(self) -> int:
        """What the refunds in it add up to."""
        return sum(one.amount_cents for one in self.refunds)

    @property
    def left_cents(self) -> int:
        """What was still owed after it."""
        paid_cents = self.payout.settlement.amount_cents
        return self.carried_cents + self.redeemed_cents - self.refunded_cents - paid_cents


def list_payouts(services: Services, *, shop: int) -> ShopPayouts:
    """Return what a shop is owed and what it was paid out."""
    services.follower.catch_up()
    names = services.registry.programmes.names()
    reports = services.ledger.shop_reports
    settlements = reports.settlements(shop)
    at_the_bank = services.registry.payout_runs.transfer_references(
        one.payment_reference for one in settlements
    )
    payees = services.registry.payout_runs.payees()
    return ShopPayouts(
        owed=[
            OwedAmount(
                programme=account.programme,
                programme_name=names.get(account.programme, f"{account.programme}"),
                owed_cents=account.owed_cents,
                held_back_cents=_held_back_cents(services, account, payees),
            )
            for account in reports.accounts(shop)
            if account.redemption_count
        ],
        payouts=[
            Payout(
                settlement=one,
                programme_name=names.get(one.programme, f"{one.programme}"),
                redemption_count=reports.count_between(
                    shop, one.programme, after=_place_before(one, settlements), until=_place_of(one)
                ),
                bank_reference=at_the_bank.get(one.payment_reference),
            )
            for one in settlements
        ],
    )


def content_of(services: Services, *, shop: int, payout_id: PayoutId) -> PayoutContent:
    """Return what one payout of a shop was for.

    Raises:
        NotFound: The shop has no such payout.
    """
    listed = list_payouts(services, shop=shop).payouts
    payout = next((one for one in listed if one.payout_id == payout_id), None)
    if payout is None:
        raise NotFound
    settlement = payout.settlement
    reports = services.ledger.shop_reports
    after = _place_before(settlement, [one.settlement for one in listed])
    until = _place_of(settlement)
    redemptions, refunds = reports.booked_between(shop, settlement.programme, after=after, until=until)
    return PayoutContent(
        payout=payout,
        carried_cents=reports.owed_at(shop, settlement.programme, after),
        redemptions=redemptions,
        refunds=refunds,
    )


def _held_back_cents(services: Services, account: ShopAccount, payees: Mapping[int, Payee]) -> int:
    accounts = services.ledger.reports.shop_accounts(account.programme)
    owed = {one.shop: one.owed_cents for one in accounts}
    return held_back(owed, payees).get(account.shop, 0)


def _place_of(settlement: Settlement) -> Position:
    return settlement.block, settlement.log_index


def _place_before(settlement: Settlement, all_of_shop: list[Settlement]) -> Position:
    """Return the place of the settlement of the same programme before this one."""
    earlier = [
        _place_of(one)
        for one in all_of_shop
        if one.programme == settlement.programme and _place_of(one) < _place_of(settlement)
    ]
    return max(earlier, default=START)
