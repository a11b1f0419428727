# SPDX-License-Identifier: EUPL-1.2
"""Errors: refusals, by one name everywhere, and failures.

KindpakketError
├── Refusal            someone asked for what the rules forbid; the answer is final until something else changes
│   ├── ContractRefusal    the contract said so (Solidity error `TicketExpired` = class = reason `ticket_expired`)
│   └── ...                the backend said so, before or beside the contract
└── Failure            something is broken or unreachable; `retry` says whether the same request is safe and may help

A refusal carries what was asked and what was possible. `public_details` are the ones that the asker may see: a shop is
never told a balance, nor which voucher a ticket belongs to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar


class KindpakketError(Exception):
    """Any error that is ours."""

    @classmethod
    def reason(cls) -> str:
        """The name of this error in answers and texts: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(eq=False)
class Refusal(KindpakketError):
    """The rules forbid what was asked."""

    status: ClassVar[int] = 409
    retry: ClassVar[bool] = False
    public: ClassVar[tuple[str, ...]] = ()

    def public_details(self) -> dict[str, Any]:
        """What the asker may see of it, by field name."""
        return {name: getattr(self, name) for name in self.public}

    def __str__(self) -> str:
        details = ", ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))
        return f"{self.reason()}({details})"

    @classmethod
    def title(cls) -> str:
        """One English sentence: the docstring's first."""
        return (cls.__doc__ or "").strip().splitlines()[0]


class ContractRefusal(Refusal):
    """The contract refused."""


class Failure(KindpakketError):
    """Something did not work; nothing was decided, or it is not known what was."""

    status: ClassVar[int] = 503
    retry: ClassVar[bool] = True

    def public_details(self) -> dict[str, Any]:
        """What the asker may see of it, by field name."""
        return {}


# ------------------------------------------------------------------ refusals of the contract, as in IVoucherFund.sol


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


# ------------------------------------------------------------------ refusals of the backend


@dataclass(eq=False)
class RequestInvalid(Refusal):
    """The request does not have the form it must have."""

    errors: list[dict[str, Any]]
    status = 400
    public = ("errors",)


@dataclass(eq=False)
class CsvInvalid(Refusal):
    """The file has faults; nothing of it was taken over."""

    errors: list[dict[str, Any]]
    status = 400
    public = ("errors",)


@dataclass(eq=False)
class BodyTooLarge(Refusal):
    """The request is larger than is allowed."""

    max_bytes: int
    status = 413
    public = ("max_bytes",)


@dataclass(eq=False)
class RateTooHigh(Refusal):
    """Too many requests; wait a while."""

    retry_after_seconds: int
    status = 429
    retry = True
    public = ("retry_after_seconds",)


@dataclass(eq=False)
class NotFound(Refusal):
    """There is nothing at this address."""

    status = 404


@dataclass(eq=False)
class MethodNotAllowed(Refusal):
    """This address does not take this method."""

    status = 405


@dataclass(eq=False)
class SignInRequired(Refusal):
    """This is for someone who is signed in; the token is missing, ended or of another kind."""

    status = 401


@dataclass(eq=False)
class TillRemoved(Refusal):
    """This till was removed from its shop."""

    status = 401


@dataclass(eq=False)
class TillNameTaken(Refusal):
    """Another till of this shop has this name already."""

    free_name: str
    public = ("free_name",)


@dataclass(eq=False)
class OwnerRequired(Refusal):
    """Only an owner's till may do this."""

    status = 403


@dataclass(eq=False)
class RoleRequired(Refusal):
    """Only a member of staff with one of these roles may do this."""

    roles: list[str]
    status = 403
    public = ("roles",)


@dataclass(eq=False)
class StaffNameTaken(Refusal):
    """There is a member of staff of this name already."""


@dataclass(eq=False)
class StaffUnknown(Refusal):
    """There is no such member of staff."""

    status = 404


@dataclass(eq=False)
class LastAdministrator(Refusal):
    """There must be an administrator left."""


@dataclass(eq=False)
class MemberIsOneself(Refusal):
    """Nobody changes or removes themselves: another administrator must do it."""


@dataclass(eq=False)
class PasskeyInvalid(Refusal):
    """The passkey is not known here, or its answer is wrong or too late."""

    status = 401


@dataclass(eq=False)
class PasskeyUnknown(Refusal):
    """This member of staff has no such passkey."""

    status = 404


@dataclass(eq=False)
class SignInElsewhere(Refusal):
    """Here staff sign in with their work account."""

    status = 403


@dataclass(eq=False)
class WorkAccountInvalid(Refusal):
    """The work account is not known here, or the answer of its provider is wrong or too late."""

    status = 401


@dataclass(eq=False)
class WorkAccountUnknown(Refusal):
    """This member of staff has no such work account."""

    status = 404


@dataclass(eq=False)
class PhoneRetired(Refusal):
    """This phone's vouchers are on another phone (`moved`), or wait for a new letter (`replaced`)."""

    retired_at: int
    because: str
    status = 401
    public = ("retired_at", "because")


@dataclass(eq=False)
class SignInCodeInvalid(Refusal):
    """The sign-in code is wrong, used or too old."""

    status = 401


@dataclass(eq=False)
class Unreadable(Refusal):
    """The code is not a ticket."""

    status = 400


@dataclass(eq=False)
class TicketIdWrong(Refusal):
    """The address names another ticket than the code."""

    status = 400


@dataclass(eq=False)
class RedemptionUnknown(Refusal):
    """This shop was not paid with that ticket."""

    status = 404


@dataclass(eq=False)
class PaymentUnknown(Refusal):
    """This phone made no such payment."""

    status = 404


@dataclass(eq=False)
class LetterUnknown(Refusal):
    """There is no such letter, or it was replaced."""

    status = 404


@dataclass(eq=False)
class LetterIncomplete(Refusal):
    """The request does not name exactly the vouchers of the letter."""

    vouchers: list[int]
    public = ("vouchers",)


@dataclass(eq=False)
class TicketKeysTaken(Refusal):
    """A ticket key in the list is already another voucher's."""


@dataclass(eq=False)
class PairingCodeInvalid(Refusal):
    """The pairing code is wrong, used or too old."""

    status = 404


@dataclass(eq=False)
class ShopUnknown(Refusal):
    """There is no such shop."""

    shop: int
    status = 404
    public = ("shop",)


@dataclass(eq=False)
class ShopSuspended(Refusal):
    """The municipality suspended the shop in this programme; `because` is from a short list."""

    because: str
    public = ("because",)


@dataclass(eq=False)
class ShopNameTaken(Refusal):
    """There is a shop of this name in the register already."""


@dataclass(eq=False)
class ApplicationUnknown(Refusal):
    """There is no such application of a shop."""

    status = 404


@dataclass(eq=False)
class ApplicationOpen(Refusal):
    """This business applied for this shop already, and that is not decided yet."""


@dataclass(eq=False)
class ApplicationDecided(Refusal):
    """This application was approved or refused already."""

    application: int
    public = ("application",)


@dataclass(eq=False)
class ApplicationChanged(Refusal):
    """This application is not as it was when you looked: read it again."""

    application: int
    public = ("application",)


@dataclass(eq=False)
class ApplicationNotAssessed(Refusal):
    """Nobody has said yet what this shop may take part in."""

    application: int
    public = ("application",)


@dataclass(eq=False)
class NothingMissing(Refusal):
    """Nothing was asked of this application."""


@dataclass(eq=False)
class AccountChangeUnknown(Refusal):
    """There is no such change of an account."""

    status = 404


@dataclass(eq=False)
class AccountChangeOpen(Refusal):
    """Another change of this account waits; approve or withdraw it first."""

    change: int
    public = ("change",)


@dataclass(eq=False)
class AccountChangeDecided(Refusal):
    """This change of an account was approved or withdrawn already."""

    change: int
    public = ("change",)


@dataclass(eq=False)
class AccountChangeOutdated(Refusal):
    """The account is another by now than when this change was proposed; withdraw it and propose another."""

    change: int
    public = ("change",)


@dataclass(eq=False)
class AccountOfAnotherMerchant(Refusal):
    """Another merchant is paid on this account."""


@dataclass(eq=False)
class BatchUnknown(Refusal):
    """There is no such batch of letters."""

    batch: int
    status = 404
    public = ("batch",)


@dataclass(eq=False)
class LettersAlreadyShown(Refusal):
    """The letters of this batch were shown before; their codes are not kept."""

    batch: int
    public = ("batch",)


@dataclass(eq=False)
class BackupUnknown(Refusal):
    """There is no such backup, or its phone has no vouchers any more."""

    status = 404


@dataclass(eq=False)
class BackupProofWrong(Refusal):
    """The proof does not fit: probably a wrong PIN."""

    tries_left: int
    status = 403
    public = ("tries_left",)


@dataclass(eq=False)
class BackupLocked(Refusal):
    """The proof was wrong too often; this backup stays closed until its own phone makes a new one."""

    status = 403


@dataclass(eq=False)
class BackupOfAnotherPhone(Refusal):
    """Another phone keeps its backup with this letter."""


@dataclass(eq=False)
class HouseholdUnknown(Refusal):
    """There is no household of this reference in the programme."""

    status = 404


@dataclass(eq=False)
class HouseholdChanged(Refusal):
    """The household got another new letter meanwhile."""

    replacement_count: int
    public = ("replacement_count",)


@dataclass(eq=False)
class VoucherChanged(Refusal):
    """The voucher or its household was changed meanwhile: look again."""


@dataclass(eq=False)
class NoteNotAllowed(Refusal):
    """The note is too long, or holds a number or an address that somebody could be found by."""

    status = 400


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


# ------------------------------------------------------------------ failures


class ChainUnreachable(Failure):
    """The chain does not answer; the request is kept or can be sent again."""


class ChainMismatch(Failure):
    """A chain, contract or journal is another than the one expected; nothing was done."""

    retry = False


class ProofUnavailable(Failure):
    """What the chain's node tells of this payment is not enough to check it."""

    retry = False


class ProviderUnreachable(Failure):
    """The provider of work accounts does not answer, or not as it should."""


class LedgerStopped(Failure):
    """The ledger met an event that it could not book; it books nothing after it."""

    retry = False


class ImportUnfinished(Failure):
    """Part of the import may not be on the chain yet; it continues by itself."""

    retry = False

    def __init__(self, *, batch: int | None = None) -> None:
        """Name the batch of letters, if it is one."""
        super().__init__("part of the import may not be on the chain yet; it continues by itself")
        self.batch = batch

    def public_details(self) -> dict[str, Any]:
        """The batch of letters, if it is one."""
        return {} if self.batch is None else {"batch": self.batch}


class ShopJoinsLater(Failure):
    """It is approved, and the chain may not let the shop take part yet; that continues by itself."""

    retry = False

    def __init__(self, *, shop: int) -> None:
        """Name the shop, which has its number now."""
        super().__init__(f"shop {shop} joins by itself")
        self.shop = shop

    def public_details(self) -> dict[str, Any]:
        """The shop's number."""
        return {"shop": self.shop}


class SuspensionUnfinished(Failure):
    """The suspension is written down, and the chain may not have it yet; it continues by itself."""

    retry = False


class TopUpUnfinished(Failure):
    """The top-up is written down, and the chain may not have it yet; it continues by itself."""

    retry = False


class PayoutUnfinished(Failure):
    """The payout run is approved, and part of it may not be on the chain yet; it continues by itself."""

    retry = False


class PayoutFileAltered(Failure):
    """What is stored of this payout is not what was prepared or approved; it must not go to the bank."""

    retry = False


class InternalError(Failure):
    """Something unforeseen went wrong; it was written down for the administrator."""

    status = 500
