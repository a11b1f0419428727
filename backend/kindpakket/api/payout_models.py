# SPDX-License-Identifier: EUPL-1.2
"""The messages about payout runs. Cents are whole euro cents, instants epoch seconds. See docs/payouts.md."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kindpakket.registry.payout_rows import LeftOutBecause

from .models import Hash, Kept, Message, Name

Staff = Annotated[str, Field(description="The name of a member of staff")]
EndToEndId = Annotated[str, StringConstraints(min_length=1, max_length=35), Kept]
Account = Annotated[str, StringConstraints(min_length=1, max_length=50), Kept]


class PayoutRunOrder(Message):
    """What to prepare a run of: one programme, or all when none is named."""

    programme: Annotated[int, Field(ge=1, le=0xFFFF, strict=True)] | None = None


class OwedToShop(Message):
    """What a programme owes a shop."""

    programme: int
    shop: int
    shop_name: str
    owed_cents: int


class LeftOutOfRun(OwedToShop):
    """What a programme owes a shop and does not pay it in a run; below 0 when the shop owes.

    `held_back`: `owingShops` of the same merchant owe the same programme; `owedCents` is the part that is held back.
    """

    why: LeftOutBecause
    owing_shops: list[int]


class PayoutOutline(Message):
    """A merchant and what it would be paid, for which shops."""

    name: str
    iban: str
    amount_cents: int
    owed: list[OwedToShop]


class PayoutPreview(Message):
    """What a run would pay now, and what it would not."""

    programme: int | None
    amount_cents: int
    transfers: list[PayoutOutline]
    left_out: list[LeftOutOfRun]


class PayoutSettlement(Message):
    """What a programme owed a shop, as the contract knows it. `block` is null until it is on the chain."""

    programme: int
    shop: int
    shop_name: str
    amount_cents: int
    payment_reference: Hash
    block: int | None
    refused_at: int | None


class PayoutPayment(Message):
    """One attempt to pay a transfer. `return_reason` and `return_code` say why it came back, `returned_by` by what.

    A report only announces that it was rejected. What came back before this was kept has no `returned_by`.
    """

    end_to_end_id: str
    name: str
    iban: str
    amount_cents: int
    state: Literal["proposed", "sent", "booked", "returned", "withdrawn"]
    proposed_by: Staff
    approved_by: Staff | None
    file: int | None
    booked_on: date | None
    return_reason: str | None
    return_code: str | None
    returned_by: Literal["statement", "report"] | None


class PayoutTransfer(Message):
    """What one merchant is paid, for which settlements, in which attempts, oldest first."""

    transfer: int
    reference: str
    amount_cents: int
    state: Literal["proposed", "sent", "booked", "returned", "withdrawn"]
    settlements: list[PayoutSettlement]
    payments: list[PayoutPayment]


class PayoutFile(Message):
    """A file for the bank."""

    file: int
    message_id: str
    sha256: Hash
    made_at: int
    can_leave: bool
    withdrawn_at: int | None


class PayoutRun(Message):
    """A payout run as it stands."""

    run: int
    programme: int | None
    state: Literal["prepared", "cancelled", "approved", "settled", "done"]
    amount_cents: int
    prepared_by: Staff
    prepared_at: int
    approved_by: Staff | None
    approved_at: int | None
    cancelled_by: Staff | None
    cancelled_at: int | None
    settled_at: int | None
    transfers: list[PayoutTransfer]
    left_out: list[LeftOutOfRun]
    files: list[PayoutFile]


class PayoutRuns(Message):
    """All runs, newest first."""

    runs: list[PayoutRun]


class PayoutProposal(Message):
    """The account to which a transfer that came back is to be paid."""

    name: Name
    iban: Account


class PayoutApproval(Message):
    """Which payments are to be made again: the end-to-end ids of all that are proposed, as the approver saw them."""

    payments: Annotated[list[EndToEndId], Field(min_length=1)]


class UnmatchedEntry(Message):
    """An entry with a number like ours that does not fit."""

    end_to_end_id: str
    amount_cents: int
    why: Literal[
        "unknown",
        "amount_differs",
        "account_differs",
        "never_sent",
        "paid_twice",
        "paid_after_rejection",
        "paid_after_return",
        "not_booked",
        "paid_already",
        "duplicate_file",
    ]


class StatementImport(Message):
    """What a statement changed."""

    booked: list[PayoutPayment]
    returned: list[PayoutPayment]
    known_count: int
    unmatched: list[UnmatchedEntry]
    other_count: int
