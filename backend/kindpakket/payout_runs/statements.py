# SPDX-License-Identifier: EUPL-1.2
"""What the bank says of payments: statements of which it made and which came back, reports of which it rejected.

A payment is matched by its end-to-end id and its amount. What is ours and does not match is listed; the payments of
others on the same account are counted, and neither shown nor kept. Euro cents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from kindpakket.bank import camt, pain002, references
from kindpakket.errors import PayoutAccountMissing, StatementInvalid, StatementOfAnotherAccount
from kindpakket.registry.payout_payments import Booked, Returned
from kindpakket.registry.payout_rows import Payment
from kindpakket.services import Services

log = structlog.get_logger(__name__)

Why = Literal["unknown", "amount_differs", "never_sent", "paid_twice", "not_booked", "paid_already"]

_OURS = re.compile(r"KP-\d{1,9}-\d{1,9}-\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry with a number like ours that changes nothing, and why."""

    end_to_end_id: str
    amount_cents: int
    why: Why


@dataclass(frozen=True, slots=True)
class StatementOutcome:
    """What a file of statements changed.

    Attributes:
        booked: Payments that the bank made and that did not come back.
        returned: Payments that came back or were rejected, with the bank's reason.
        known_count: Entries that were known already.
        unmatched: Entries with a number like ours that change nothing.
        other_count: Entries that are not about payouts.
    """

    booked: tuple[Payment, ...]
    returned: tuple[Payment, ...]
    known_count: int
    unmatched: tuple[Unmatched, ...]
    other_count: int


class _Matching:
    """One pass over the entries of a file; what an entry changes holds for the entries after it."""

    def __init__(self, payments: dict[str, Payment]) -> None:
        self.payments = payments
        self.booked: list[Booked] = []
        self.returned: list[Returned] = []
        self.unmatched: list[Unmatched] = []
        self.known_count = 0
        self.other_count = 0

    def take(self, entry: camt.Entry) -> None:
        payment = self.payments.get(entry.end_to_end_id)
        if payment is None:
            if _OURS.fullmatch(entry.end_to_end_id):
                self._note(entry, "unknown")
            else:
                self.other_count += 1
        elif entry.kind == "other":
            self._note(entry, "not_booked")
        elif entry.amount_cents != payment.amount_cents:
            self._note(entry, "amount_differs")
        elif payment.state in ("proposed", "withdrawn"):
            self._note(entry, "never_sent")
        elif entry.kind == "paid":
            self._take_paid(entry, payment)
        elif payment.state == "returned":
            self.known_count += 1
        else:
            self.returned.append(Returned(payment.end_to_end_id, entry.return_code))
            self._set(replace(payment, state="returned", return_code=entry.return_code))

    def reject(self, end_to_end_id: str, code: str) -> None:
        """Take a rejection: the bank did not pay this, and no statement will name it."""
        payment = self.payments.get(end_to_end_id)
        if payment is None:
            if _OURS.fullmatch(end_to_end_id):
                self.unmatched.append(Unmatched(end_to_end_id, 0, "unknown"))
            else:
                self.other_count += 1
        elif payment.state == "returned":
            self.known_count += 1
        elif payment.state == "sent":
            self.returned.append(Returned(end_to_end_id, code))
            self._set(replace(payment, state="returned", return_code=code))
        else:
            why: Why = "paid_already" if payment.state == "booked" else "never_sent"
            self.unmatched.append(Unmatched(end_to_end_id, payment.amount_cents, why))

    def _take_paid(self, entry: camt.Entry, payment: Payment) -> None:
        if payment.state == "sent":
            self.booked.append(Booked(payment.end_to_end_id, entry.bank_reference, entry.booked_on))
            self._set(
                replace(
                    payment, state="booked", bank_reference=entry.bank_reference, booked_on=entry.booked_on
                )
            )
        elif "" not in (entry.bank_reference, payment.bank_reference) and (
            entry.bank_reference != payment.bank_reference
        ):
            self._note(entry, "paid_twice")
        else:
            self.known_count += 1

    def _set(self, payment: Payment) -> None:
        self.payments[payment.end_to_end_id] = payment

    def _note(self, entry: camt.Entry, why: Why) -> None:
        self.unmatched.append(Unmatched(entry.end_to_end_id, entry.amount_cents, why))


def import_statement(services: Services, *, content: bytes, staff: int) -> StatementOutcome:
    """Read a file of the bank: payments are done, come back or were rejected. The same file again changes nothing.

    A statement is camt.053; a report on a file of ours is pain.002.

    Raises:
        PayoutAccountMissing: It is not known which account pays.
        StatementInvalid: It is no such file, or not one that can be read safely.
        StatementOfAnotherAccount: It is of another account.
    """
    own_iban = services.settings.payout_iban
    if not own_iban:
        raise PayoutAccountMissing
    try:
        statements, rejections = _read(content)
    except ValueError as error:
        raise StatementInvalid(errors=[{"at": "file", "message": str(error)}]) from error
    if any(one.iban != own_iban for one in statements):
        raise StatementOfAnotherAccount
    payments = services.registry.payout_payments
    with services.one_at_a_time:
        rejected = list(_rejected(services, rejections))
        named = {entry.end_to_end_id for entry in _entries(statements)} | {one for one, _ in rejected}
        matching = _Matching(payments.find(named))
        for entry in _entries(statements):
            matching.take(entry)
        for end_to_end_id, code in rejected:
            matching.reject(end_to_end_id, code)
        payments.record(
            hashlib.sha256(content).digest(),
            booked=matching.booked,
            returned=matching.returned,
            staff=staff,
            at=services.now(),
        )
    log.info(
        "statement_imported",
        booked=len(matching.booked),
        returned=len(matching.returned),
        known=matching.known_count,
        unmatched=[one.why for one in matching.unmatched],
    )
    outcomes = [matching.payments[one.end_to_end_id] for one in matching.booked]
    return StatementOutcome(
        booked=tuple(one for one in outcomes if one.state == "booked"),
        returned=tuple(matching.payments[one.end_to_end_id] for one in matching.returned),
        known_count=matching.known_count,
        unmatched=tuple(matching.unmatched),
        other_count=matching.other_count + sum(one.passed_over for one in statements),
    )


def _read(content: bytes) -> tuple[list[camt.Statement], list[pain002.Rejection]]:
    if pain002.is_report(content):
        return [], pain002.read(content)
    return camt.read(content), []


def _rejected(services: Services, rejections: list[pain002.Rejection]) -> Iterator[tuple[str, str]]:
    """Yield each payment that was rejected with the reason; a file that was rejected whole as all its payments."""
    told: set[str] = set()
    for one in rejections:
        of_file = references.file_of(one.message_id)
        if one.end_to_end_id:
            told.add(one.end_to_end_id)
            yield one.end_to_end_id, one.code
        elif of_file is not None:
            for payment in services.registry.payout_payments.in_file(*of_file):
                if payment not in told:
                    yield payment, one.code


def _entries(statements: list[camt.Statement]) -> Iterator[camt.Entry]:
    for one in statements:
        yield from one.entries
