# SPDX-License-Identifier: EUPL-1.2
"""Refusals of what families bring and the desk does for them: codes, letters, backups, vouchers."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Refusal


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
class TooManyBackups(Refusal):
    """This phone keeps as many backups as one phone may; it can still change each, and the municipality can help."""

    most: int
    public = ("most",)


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
