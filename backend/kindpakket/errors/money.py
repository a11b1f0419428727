# SPDX-License-Identifier: EUPL-1.2
"""Refusals of programmes, payouts, the year's end and inspections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .base import Refusal


@dataclass(eq=False)
class OpeningKeyUsed(Refusal):
    """This opening key was used before, for other terms; what it opened is not opened again."""

    programme: int | None
    public = ("programme",)


@dataclass(eq=False)
class PolicyTextInvalid(Refusal):
    """The policy text is empty, too long, not UTF-8 or has characters that nobody can read."""

    because: str
    status = 400
    public = ("because",)


@dataclass(eq=False)
class ClosingTooEarly(Refusal):
    """A programme can be closed only when it is over and the time for refunds is too."""

    possible_at: int
    now_at: int
    public = ("possible_at", "now_at")


@dataclass(eq=False)
class VouchersNotSwept(Refusal):
    """There is money left on vouchers of this programme; sweep them first."""

    voucher_count: int
    public = ("voucher_count",)


@dataclass(eq=False)
class RestChanged(Refusal):
    """Another amount is left in the programme than was asked; look again before withdrawing it."""

    asked_cents: int
    unallocated_cents: int
    public = ("asked_cents", "unallocated_cents")


@dataclass(eq=False)
class SamePerson(Refusal):
    """Another member of staff must approve this than the one who prepared it."""


@dataclass(eq=False)
class PayoutAccountMissing(Refusal):
    """The account that shops are paid from is not set."""


@dataclass(eq=False)
class NothingOwed(Refusal):
    """No shop is owed anything that can be paid out."""


@dataclass(eq=False)
class PayoutRunUnknown(Refusal):
    """There is no such payout run."""

    run: int
    status = 404
    public = ("run",)


@dataclass(eq=False)
class PayoutRunOpen(Refusal):
    """Another payout run is open; approve or cancel it first."""

    run: int
    public = ("run",)


@dataclass(eq=False)
class PayoutRunDecided(Refusal):
    """This payout run was approved or cancelled already; nothing in it waits for that."""

    run: int
    public = ("run",)


@dataclass(eq=False)
class PayoutRunOutdated(Refusal):
    """A shop is owed less or has another account than this payout run says; cancel it and prepare another."""

    run: int
    shop: int
    public = ("run", "shop")


@dataclass(eq=False)
class PayoutProposalChanged(Refusal):
    """What is proposed in this payout run is not what you looked at: read it again."""

    run: int
    public = ("run",)


@dataclass(eq=False)
class PayoutFileNotReady(Refusal):
    """The file may not leave yet: not all of it is on the chain."""

    run: int
    public = ("run",)


@dataclass(eq=False)
class TransferNotReturned(Refusal):
    """There is no such transfer, or it did not come back."""

    run: int
    transfer: int
    public = ("run", "transfer")


@dataclass(eq=False)
class StatementInvalid(Refusal):
    """The file is not a bank statement or report that can be read (camt.053, pain.002)."""

    errors: list[dict[str, Any]]
    status = 400
    public = ("errors",)


@dataclass(eq=False)
class StatementOfAnotherAccount(Refusal):
    """The statement is of another account than the one that shops are paid from."""


@dataclass(eq=False)
class InspectionUnknown(Refusal):
    """There is no such inspection of the books."""

    inspection: int
    status = 404
    public = ("inspection",)


@dataclass(eq=False)
class NothingToAcknowledge(Refusal):
    """This inspection found nothing, or an auditor took note of it before."""

    inspection: int
    public = ("inspection",)
