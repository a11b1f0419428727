# SPDX-License-Identifier: EUPL-1.2
"""What the bank says of payments: statements of which it made and which came back, reports of which it rejected.

A payment is matched by its end-to-end id, its amount and, when the statement names it, its account. What is ours and
does not match is listed; when money left for it, the inspections tell it too. The payments of others on the same
account are counted, and neither shown nor kept. A report only announces: what a statement has counts more. Euro cents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from kindpakket.bank import camt, pain002, references
from kindpakket.bank.accounts import mask_iban
from kindpakket.bank.returns import is_of_duplicate
from kindpakket.errors import PayoutAccountMissing, StatementInvalid, StatementOfAnotherAccount
from kindpakket.registry.bank_differences import BankDifference, DifferenceWhy
from kindpakket.registry.payout_payments import Booked, Returned
from kindpakket.registry.payout_rows import Payment
from kindpakket.services import Services

log = structlog.get_logger(__name__)

Why = DifferenceWhy | Literal["not_booked", "paid_already", "duplicate_file"]

_OURS = re.compile(r"KP-\d{1,9}-\d{1,9}-\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry with a number like ours that does not fit, and why."""

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
        unmatched: Entries with a number like ours that do not fit. They change nothing; but what the bank booked after
            a report had it rejected is paid.
        other_count: Entries that are not about payouts.
    """

    booked: tuple[Payment, ...]
    returned: tuple[Payment, ...]
    known_count: int
    unmatched: tuple[Unmatched, ...]
    other_count: int


class _Matching:
    """One pass over the entries of a file; what an entry changes holds for the entries after it."""

    def __init__(
        self, payments: dict[str, Payment], live: dict[tuple[int, int], Payment], differing: set[str]
    ) -> None:
        self.payments = payments
        self.live = live
        self.differing = differing
        self.differences: list[BankDifference] = []
        self.booked: list[Booked] = []
        self.paid_after_rejection: list[Booked] = []
        self.confirmed: list[Booked] = []
        self.returned: list[Returned] = []
        self.unmatched: list[Unmatched] = []
        self.known_count = 0
        self.other_count = 0

    def confirm(self, entries: list[camt.Entry]) -> None:
        """Take the returns, before all else, of what only a report had rejected: now its money is seen to be back."""
        debits = {one.end_to_end_id: one for one in entries if one.kind == "paid"}
        for entry in entries:
            payment = self.payments.get(entry.end_to_end_id)
            if (
                payment is not None
                and entry.kind == "returned"
                and payment.returned_by == "report"
                and entry.amount_cents == payment.amount_cents
            ):
                debit = debits.get(entry.end_to_end_id, payment)
                self.confirmed.append(Booked(payment.end_to_end_id, debit.bank_reference, debit.booked_on))
                self._set(
                    replace(
                        payment,
                        returned_by="statement",
                        bank_reference=debit.bank_reference,
                        booked_on=debit.booked_on,
                    )
                )

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
            if entry.account not in ("", payment.iban):
                self._note(entry, "account_differs", account=mask_iban(entry.account))
            elif payment.state == "returned":
                self._take_paid_though_returned(entry, payment)
            else:
                self._take_paid(entry, payment)
        elif payment.state == "returned":
            self.known_count += 1
        else:
            self._return(payment, Returned(payment.end_to_end_id, entry.return_code))

    def reject(self, end_to_end_id: str, code: str) -> None:
        """Take a rejection: the bank says that it did not pay this; unless it refused a copy of what it has."""
        payment = self.payments.get(end_to_end_id)
        if payment is None:
            if _OURS.fullmatch(end_to_end_id):
                self.unmatched.append(Unmatched(end_to_end_id, 0, "unknown"))
            else:
                self.other_count += 1
        elif is_of_duplicate(code):
            self.unmatched.append(Unmatched(end_to_end_id, payment.amount_cents, "duplicate_file"))
        elif payment.state == "returned":
            self.known_count += 1
        elif payment.state == "booked" or end_to_end_id in self.differing:
            self.unmatched.append(Unmatched(end_to_end_id, payment.amount_cents, "paid_already"))
        elif payment.state == "sent":
            self._return(payment, Returned(end_to_end_id, code, "report"))
        else:
            self.unmatched.append(Unmatched(end_to_end_id, payment.amount_cents, "never_sent"))

    def _take_paid(self, entry: camt.Entry, payment: Payment) -> None:
        if payment.state == "sent":
            self.booked.append(_booked(entry))
            self._book(entry, payment)
        elif "" not in (entry.bank_reference, payment.bank_reference) and (
            entry.bank_reference != payment.bank_reference
        ):
            self._note(entry, "paid_twice")
        else:
            self.known_count += 1

    def _take_paid_though_returned(self, entry: camt.Entry, payment: Payment) -> None:
        known = (payment.bank_reference, payment.booked_on)
        if payment.returned_by == "report":
            self._note(entry, "paid_after_rejection")
            self.paid_after_rejection.append(_booked(entry))
            live = self.live.get((payment.run, payment.transfer))
            if live is None or live.state == "proposed":
                self._book(entry, payment)
            else:
                self._set(replace(payment, bank_reference=entry.bank_reference, booked_on=entry.booked_on))
        elif known == (entry.bank_reference, entry.booked_on):
            self.known_count += 1
        else:
            # Statements tell a payment before its return. Who made up a return is told on by the real payment.
            self._note(entry, "paid_after_return" if known == ("", None) else "paid_twice")

    def _book(self, entry: camt.Entry, payment: Payment) -> None:
        self._set(
            replace(
                payment,
                state="booked",
                bank_reference=entry.bank_reference,
                booked_on=entry.booked_on,
                return_code=None,
                returned_by=None,
            )
        )

    def _return(self, payment: Payment, returned: Returned) -> None:
        self.returned.append(returned)
        self._set(
            replace(
                payment,
                state="returned",
                return_code=returned.return_code,
                returned_by=returned.returned_by,
            )
        )

    def _set(self, payment: Payment) -> None:
        self.payments[payment.end_to_end_id] = payment
        place = (payment.run, payment.transfer)
        if payment.state != "returned":
            self.live[place] = payment
        elif place in self.live and self.live[place].attempt == payment.attempt:
            del self.live[place]

    def _note(
        self, entry: camt.Entry, why: DifferenceWhy | Literal["not_booked"], *, account: str = ""
    ) -> None:
        self.unmatched.append(Unmatched(entry.end_to_end_id, entry.amount_cents, why))
        if entry.kind == "paid" and why != "not_booked":
            self.differences.append(
                BankDifference(
                    end_to_end_id=entry.end_to_end_id,
                    why=why,
                    amount_cents=entry.amount_cents,
                    account=account,
                    bank_reference=entry.bank_reference,
                    booked_on=entry.booked_on,
                )
            )


def _booked(entry: camt.Entry) -> Booked:
    return Booked(entry.end_to_end_id, entry.bank_reference, entry.booked_on)


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
        entries = _entries(statements)
        found = payments.find({entry.end_to_end_id for entry in entries} | {one for one, _ in rejected})
        matching = _Matching(
            found, payments.live(found.values()), services.registry.bank_differences.payments()
        )
        matching.confirm(entries)
        for entry in entries:
            matching.take(entry)
        for end_to_end_id, code in rejected:
            matching.reject(end_to_end_id, code)
        payments.record(
            hashlib.sha256(content).digest(),
            booked=matching.booked,
            returned=matching.returned,
            paid_after_rejection=matching.paid_after_rejection,
            confirmed=matching.confirmed,
            differences=matching.differences,
            staff=staff,
            at=services.now(),
        )
    for one in matching.differences:
        log.error("bank_paid_otherwise", payment=one.end_to_end_id, why=one.why)
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


def _entries(statements: list[camt.Statement]) -> list[camt.Entry]:
    """Return all entries, what was paid before what came back: a bank may write the newest first."""
    return sorted((entry for one in statements for entry in one.entries), key=lambda one: one.kind != "paid")
