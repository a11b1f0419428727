# SPDX-License-Identifier: EUPL-1.2
"""The messages about what is behind a figure. Whole euro cents, instants epoch seconds. See docs/figures.md."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import JsonValue

from .models import Hash, Message


class PaymentLine(Message):
    """A payment or a refund. `place` is its block and its place in it; `refundedCents` what was given back of it."""

    place: str
    kind: Literal["redemption", "refund"]
    at: int
    programme: int
    shop: int
    category: int
    redemption_id: Hash
    amount_cents: int
    refunded_cents: int


class PaymentLines(Message):
    """A page of the payments and refunds of a filter, newest first; the sums are of all of them."""

    redemption_count: int
    redeemed_cents: int
    refund_count: int
    refunded_cents: int
    net_cents: int
    lines: list[PaymentLine]
    next: str | None


class ChainEvent(Message):
    """An event as it was booked, and whether the chain says the very same."""

    place: str
    name: str
    at: int
    transaction_hash: Hash
    arguments: dict[str, JsonValue]
    is_on_chain: bool


class PaymentReceipt(Message):
    """Where in its block the receipt of a payment stands; it was proven to lead to the block's hash.

    What its ticket says is for auditors only.
    """

    transaction_index: int
    log_place: int
    ticket_max_cents: int | None
    ticket_expires_at: int | None


class PaymentTrail(Message):
    """A payment, its events on the chain, and its payout."""

    agrees: bool
    payment: PaymentLine
    events: list[ChainEvent]
    block_hash: Hash
    receipt: PaymentReceipt | None
    head_on: date | None
    payment_reference: Hash | None
    bank_reference: str | None
