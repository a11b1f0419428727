# SPDX-License-Identifier: EUPL-1.2
"""The messages of a shop's own people: refunds, tills, periods, payouts. As in docs/protocol.md; whole euro cents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from .models import Address, Hash, Message, Number32, Redemption, Refund, RefundReason, Role, SignatureBytes


class RefundOrder(Message):
    """A till's wish to give back part or all of what is left of a payment."""

    amount_cents: Number32
    remaining_cents: Number32
    reason: RefundReason
    signature: SignatureBytes


class RefundAnswer(Message):
    """Given back: now, or before by this same order. The payment is as it is now."""

    result: Literal["accepted", "already_refunded"]
    redemption: Redemption


class PairingCodeOrder(Message):
    """What a till that pairs will be."""

    role: Role


class ListedTill(Message):
    """A till as its shop's owner sees it. `last_seen_at` is about when it last asked something."""

    till: Address
    name: str
    role: Role
    paired_at: int
    last_seen_at: int | None


class Tills(Message):
    """The tills of a shop, in the order in which they joined."""

    now: int
    tills: list[ListedTill]


class RemovedTill(Message):
    """A till that is removed."""

    till: Address
    removed_at: int


class ShopPeriod(Message):
    """A shop's payments of some days (both included), newest first. `next` asks for the older ones."""

    from_: date
    until: date
    count: int
    redeemed_cents: int
    refunded_cents: int
    total_cents: int
    redemptions: list[Redemption]
    next: str | None


class Owed(Message):
    """What a programme owes a shop now; below 0 after a refund of what was paid out.

    `heldBackCents` of it are not paid while another shop of the same merchant owes.
    """

    programme: int
    programme_name: str
    owed_cents: int
    held_back_cents: int


class Payout(Message):
    """What a shop was paid out at once, for how many payments."""

    payout_id: str
    programme: int
    programme_name: str
    amount_cents: int
    payment_reference: Hash
    bank_reference: str | None
    count: int
    at: int
    block: int


class Payouts(Message):
    """What a shop is owed, and what it was paid out, newest first."""

    now: int
    owed_cents: int
    held_back_cents: int
    owed: list[Owed]
    payouts: list[Payout]


class PayoutRefund(Refund):
    """A refund, and of which payment."""

    redemption_id: Hash


class PayoutContent(Message):
    """What a payout was for: carried + redeemed - refunded - paid out = left."""

    payout: Payout
    carried_cents: int
    redeemed_cents: int
    refunded_cents: int
    left_cents: int
    redemptions: list[Redemption]
    refunds: list[PayoutRefund]
