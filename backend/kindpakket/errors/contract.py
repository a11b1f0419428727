# SPDX-License-Identifier: EUPL-1.2
"""Refusals of the contract: the names in IVoucherFund.sol, with what was asked and what was possible."""

from __future__ import annotations

from dataclasses import dataclass

from .base import ContractRefusal


@dataclass(eq=False)
class AmountZero(ContractRefusal):
    """An amount of nothing was asked."""


@dataclass(eq=False)
class AmountAboveTicket(ContractRefusal):
    """The charge is above what the ticket allows."""

    asked_cents: int
    max_cents: int
    public = ("asked_cents", "max_cents")


@dataclass(eq=False)
class AmountAboveMaximum(ContractRefusal):
    """The charge is above what this programme allows in one payment."""

    asked_cents: int
    max_cents: int
    public = ("asked_cents", "max_cents")


@dataclass(eq=False)
class BalanceTooLow(ContractRefusal):
    """The voucher holds less than the charge."""

    asked_cents: int
    balance_cents: int
    public = ("asked_cents",)


@dataclass(eq=False)
class BalanceTooHigh(ContractRefusal):
    """The voucher would hold more than a voucher can."""

    asked_cents: int
    max_cents: int


@dataclass(eq=False)
class UnallocatedTooLow(ContractRefusal):
    """The programme has less money on no voucher than was asked."""

    asked_cents: int
    unallocated_cents: int
    public = ("asked_cents", "unallocated_cents")


@dataclass(eq=False)
class SettlementAboveOwed(ContractRefusal):
    """The shop is owed less than was asked."""

    asked_cents: int
    owed_cents: int
    public = ("asked_cents", "owed_cents")


@dataclass(eq=False)
class PaymentAlreadyRecorded(ContractRefusal):
    """This payment reference is on record already."""

    programme: int
    shop: int
    payment_reference: bytes


@dataclass(eq=False)
class RefundAboveRedemption(ContractRefusal):
    """The refund is above what is left of that payment."""

    asked_cents: int
    remaining_cents: int
    public = ("asked_cents", "remaining_cents")


@dataclass(eq=False)
class RefundOutdated(ContractRefusal):
    """The refund was signed for another state of that payment: it was probably already made."""

    signed_cents: int
    remaining_cents: int
    public = ("remaining_cents",)


@dataclass(eq=False)
class TicketNotRedeemed(ContractRefusal):
    """That ticket was never redeemed, so there is nothing to refund."""

    voucher: int
    number: int


@dataclass(eq=False)
class TicketSignatureInvalid(ContractRefusal):
    """The ticket's signature is not one."""


@dataclass(eq=False)
class TicketUnknown(ContractRefusal):
    """The ticket key is not one of a voucher's."""

    ticket_key: str


@dataclass(eq=False)
class TicketAlreadyUsed(ContractRefusal):
    """The ticket was used before."""

    voucher: int
    number: int


@dataclass(eq=False)
class TicketExpired(ContractRefusal):
    """The ticket is too old."""

    expires_at: int
    now_at: int
    public = ("expires_at", "now_at")


@dataclass(eq=False)
class TicketForAnotherShop(ContractRefusal):
    """The ticket is for one other shop."""

    shop: int
    ticket_shop: int


@dataclass(eq=False)
class TillUnknown(ContractRefusal):
    """The till that signed is no shop's till."""

    till: str
    public = ("till",)


@dataclass(eq=False)
class TillAlreadyAdded(ContractRefusal):
    """The till belongs to a shop already."""

    till: str
    shop: int


@dataclass(eq=False)
class ShopNotAllowed(ContractRefusal):
    """The shop does not take part in this programme."""

    programme: int
    shop: int
    public = ("shop",)


@dataclass(eq=False)
class ShopNumberInvalid(ContractRefusal):
    """A shop has a number from 1 to the last one."""

    shop: int
    last_shop: int
    public = ("shop", "last_shop")


@dataclass(eq=False)
class RefundByAnotherShop(ContractRefusal):
    """The refund is not by the shop that charged the ticket."""

    shop: int
    charged_by: int


@dataclass(eq=False)
class CategoryNotAllowed(ContractRefusal):
    """This kind of purchase is not allowed here."""

    asked: int
    allowed: int
    public = ("asked",)


@dataclass(eq=False)
class VoucherUnknown(ContractRefusal):
    """The voucher does not exist."""

    voucher: int


@dataclass(eq=False)
class VoucherBlocked(ContractRefusal):
    """The voucher is blocked."""

    voucher: int
    block_reason: int


@dataclass(eq=False)
class VoucherNotBlocked(ContractRefusal):
    """The voucher is not blocked."""

    voucher: int


@dataclass(eq=False)
class VoucherNotActivated(ContractRefusal):
    """Nobody activated the voucher yet."""

    voucher: int


@dataclass(eq=False)
class VoucherAlreadyActivated(ContractRefusal):
    """The voucher was activated before."""

    voucher: int


@dataclass(eq=False)
class LetterSignatureInvalid(ContractRefusal):
    """The signature is not by the voucher's letter."""

    signer: str


@dataclass(eq=False)
class HolderSignatureInvalid(ContractRefusal):
    """The signature is not by the voucher's holder."""

    signer: str


@dataclass(eq=False)
class KeyZero(ContractRefusal):
    """A key or a root was left empty."""


@dataclass(eq=False)
class ReasonZero(ContractRefusal):
    """A block or a replacement needs a reason."""


@dataclass(eq=False)
class GenerationsExhausted(ContractRefusal):
    """The ticket keys of this voucher were replaced as often as is possible."""

    voucher: int


@dataclass(eq=False)
class ProgrammeUnknown(ContractRefusal):
    """The programme does not exist."""

    programme: int
    status = 404
    public = ("programme",)


@dataclass(eq=False)
class ProgrammeNotStarted(ContractRefusal):
    """The programme has not started."""

    starts_at: int
    now_at: int
    public = ("starts_at", "now_at")


@dataclass(eq=False)
class ProgrammeEnded(ContractRefusal):
    """The programme is over."""

    ends_at: int
    now_at: int
    public = ("ends_at", "now_at")


@dataclass(eq=False)
class ProgrammeNotEnded(ContractRefusal):
    """The programme is not over yet."""

    ends_at: int
    now_at: int
    public = ("ends_at", "now_at")


@dataclass(eq=False)
class ProgrammeTermsInvalid(ContractRefusal):
    """The period, the categories or the maximum make no sense."""


@dataclass(eq=False)
class ExtensionTooShort(ContractRefusal):
    """A period can only grow."""

    asked_at: int
    ends_at: int
    public = ("asked_at", "ends_at")


@dataclass(eq=False)
class RoleMissing(ContractRefusal):
    """Only someone with a role may do this."""

    account: str
    status = 403
