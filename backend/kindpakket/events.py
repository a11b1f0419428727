# SPDX-License-Identifier: EUPL-1.2
"""Events: what the contract says happened, as values. Amounts in euro cents, instants in epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the chain an event stands, and when its block says it happened."""

    block: int
    log_index: int
    at: int
    transaction_hash: bytes


@dataclass(frozen=True, slots=True)
class ProgrammeOpened:
    """A programme was opened. `categories` has bit n for category n."""

    programme: int
    starts_at: int
    ends_at: int
    categories: int
    max_redemption_cents: int
    policy_hash: bytes


@dataclass(frozen=True, slots=True)
class ProgrammeExtended:
    """A programme lasts longer."""

    programme: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Deposited:
    """Money came into a programme."""

    programme: int
    amount_cents: int
    payment_reference: bytes


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Money on no voucher left a programme."""

    programme: int
    amount_cents: int
    payment_reference: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """A shop was paid out."""

    programme: int
    shop: int
    amount_cents: int
    payment_reference: bytes


@dataclass(frozen=True, slots=True)
class Swept:
    """What was left on a voucher went back to its programme."""

    voucher: int
    programme: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Anchored:
    """A hash was put on record."""

    hash: bytes
    by: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """One voucher given out: whose letter opens it, and what is on it."""

    letter_key: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Issued:
    """Vouchers were given out, numbered from `first` in this order."""

    programme: int
    first: int
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """A voucher got more."""

    voucher: int
    programme: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Activated:
    """A letter handed a voucher over."""

    voucher: int
    holder: str
    ticket_root: bytes


@dataclass(frozen=True, slots=True)
class TicketsRenewed:
    """A holder replaced the ticket keys."""

    voucher: int
    holder: str
    ticket_root: bytes
    generation: int


@dataclass(frozen=True, slots=True)
class HolderReplaced:
    """The issuer replaced a lost holder by a new letter."""

    voucher: int
    letter_key: str
    generation: int
    reason: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """A voucher was blocked."""

    voucher: int
    reason: int


@dataclass(frozen=True, slots=True)
class Unblocked:
    """A voucher works again."""

    voucher: int


@dataclass(frozen=True, slots=True)
class ShopAllowed:
    """A shop takes part, for these categories (bit n for category n)."""

    programme: int
    shop: int
    categories: int


@dataclass(frozen=True, slots=True)
class ShopRemoved:
    """A shop no longer takes part."""

    programme: int
    shop: int


@dataclass(frozen=True, slots=True)
class TillAdded:
    """A till was added to a shop."""

    shop: int
    till: str


@dataclass(frozen=True, slots=True)
class TillRemoved:
    """A till was removed."""

    shop: int
    till: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A ticket was used."""

    ticket_id: bytes
    voucher: int
    shop: int
    programme: int
    number: int
    category: int
    amount_cents: int
    till: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """A shop gave back part of a payment; to the programme once it has ended."""

    ticket_id: bytes
    voucher: int
    shop: int
    programme: int
    number: int
    amount_cents: int
    till: str
    to_programme: bool


Event = (
    ProgrammeOpened
    | ProgrammeExtended
    | Deposited
    | Withdrawn
    | Settled
    | Swept
    | Anchored
    | Issued
    | ToppedUp
    | Activated
    | TicketsRenewed
    | HolderReplaced
    | Blocked
    | Unblocked
    | ShopAllowed
    | ShopRemoved
    | TillAdded
    | TillRemoved
    | Redeemed
    | Refunded
)

EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__args__}
"""The kinds of event by their name on the chain."""
