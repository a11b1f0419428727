# SPDX-License-Identifier: EUPL-1.2
"""Figures: what the ledger's reports answer with. Whole euro cents; instants in epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.events import Place, Redeemed

from .postings import columns_of


@dataclass(frozen=True, slots=True)
class ProgrammeState:
    """A programme's terms. `categories` has bit n for category n."""

    programme: int
    starts_at: int
    ends_at: int
    categories: int
    max_redemption_cents: int


@dataclass(frozen=True, slots=True)
class VoucherState:
    """A voucher as it stands."""

    voucher: int
    programme: int
    letter_key: str
    holder: str | None
    ticket_root: bytes | None
    generation: int
    activated: bool
    block_reason: int
    issued_cents: int
    balance_cents: int

    @property
    def blocked(self) -> bool:
        """Whether it is blocked."""
        return self.block_reason != 0


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A voucher for its holder, with its programme's terms and its generation's used ticket numbers."""

    voucher: int
    programme: int
    starts_at: int
    ends_at: int
    max_redemption_cents: int
    issued_cents: int
    balance_cents: int
    generation: int
    blocked: bool
    numbers_used: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Redemption:
    """A payment. `refunded_cents` of `amount_cents` was given back."""

    ticket_id: bytes
    voucher: int
    number: int
    shop: int
    programme: int
    category: int
    amount_cents: int
    refunded_cents: int
    till: str
    at: int
    block: int
    log_index: int

    @classmethod
    def of(cls, place: Place, redeemed: Redeemed) -> Redemption:
        """Return the payment that an event says, as it is before any refund."""
        return cls(
            **columns_of(redeemed),
            refunded_cents=0,
            at=place.at,
            block=place.block,
            log_index=place.log_index,
        )


@dataclass(frozen=True, slots=True)
class Refund:
    """What a shop gave back of a payment, and the till that signed for it."""

    ticket_id: bytes
    voucher: int
    number: int
    shop: int
    programme: int
    amount_cents: int
    till: str
    at: int
    block: int
    log_index: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """A shop was paid out what one programme owed it, or part of that."""

    programme: int
    shop: int
    amount_cents: int
    payment_reference: bytes
    at: int
    block: int
    log_index: int


@dataclass(frozen=True, slots=True)
class ShopTurnover:
    """What a shop was paid in a time, and what of these payments it gave back, then or later."""

    count: int
    redeemed_cents: int
    refunded_cents: int


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What a shop gave back of a payment at one time. `to_programme`: to the programme, because that was over."""

    ticket_id: bytes
    amount_cents: int
    at: int
    to_programme: bool


@dataclass(frozen=True, slots=True)
class ShopDay:
    """A shop's payments of a time, newest first. `total_cents` is after refunds."""

    redemptions: tuple[Redemption, ...]
    total_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class AllowedShop:
    """A shop that takes part in a programme that runs now, and what it may charge."""

    programme: int
    shop: int
    categories: int
    max_redemption_cents: int


@dataclass(frozen=True, slots=True)
class ShopAccount:
    """What a shop earned in a programme. `categories` is 0 when it does not take part."""

    programme: int
    shop: int
    categories: int
    redeemed_cents: int
    refunded_cents: int
    settled_cents: int
    redemption_count: int

    @property
    def owed_cents(self) -> int:
        """What is still to be paid out; below 0 after a refund of what was paid out already."""
        return self.redeemed_cents - self.refunded_cents - self.settled_cents


@dataclass(frozen=True, slots=True)
class ProgrammeTotals:
    """A programme's money as of a block.

    deposited = unallocated + left + owed + settled + withdrawn.

    Attributes:
        issued_cents: All that was ever put on vouchers.
        redeemed_cents: All that tickets paid, before refunds.
        refunded_cents: What shops gave back of it.
        left_cents: What is on vouchers now.
        owed_cents: What shops are still to be paid.
    """

    programme: int
    deposited_cents: int
    unallocated_cents: int
    withdrawn_cents: int
    issued_cents: int
    redeemed_cents: int
    refunded_cents: int
    left_cents: int
    owed_cents: int
    settled_cents: int
    voucher_count: int
    activated_count: int
    redemption_count: int
    block: int


@dataclass(frozen=True, slots=True)
class FundTotals:
    """The money of all programmes together, as of a block.

    deposited = unallocated + on vouchers + owed + settled + withdrawn.

    Attributes:
        block_hash: Of that block, as it was booked; None before anything is.
        owed_cents: What shops are still to be paid, less what shops owe.
        movement_count: How many payments and refunds there ever were.
    """

    block: int
    block_hash: bytes | None
    deposited_cents: int
    unallocated_cents: int
    on_vouchers_cents: int
    owed_cents: int
    settled_cents: int
    withdrawn_cents: int
    movement_count: int


@dataclass(frozen=True, slots=True)
class ShopTotal:
    """What was spent in a shop, after refunds, and in how many payments."""

    shop: int
    redeemed_cents: int
    count: int


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """What was spent on a category, after refunds, and in how many payments."""

    category: int
    redeemed_cents: int
    count: int
