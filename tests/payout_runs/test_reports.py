# SPDX-License-Identifier: EUPL-1.2
"""What the bank reports of a file before it is debited, and what a statement has otherwise afterwards.

Given a file that is at the bank
  when a report says that it was rejected, alone or with its whole file: it is open again, with the reason
  a report on what was paid already, was never sent or is not ours changes nothing, and is listed
  a report on a copy of it changes nothing, whatever it says of single payments, and is listed
Given a payment that came back
  when a statement shows that what a report had rejected was paid: it is done, and no proposal is left
    when it was sent anew meanwhile: both stay, as two payments
    when it came back, too: it came back, by a statement, and nothing is listed
  when a statement shows the payment itself after its return: it is listed, and changes nothing
"""

from __future__ import annotations

import pytest

from kindpakket import payout_runs
from kindpakket.errors import (
    PayoutRunDecided,
    TransferNotReturned,
)
from kindpakket.services import Services

from .bank import entry, paid, payments_in, report, statement, status
from .conftest import approve_again, state, states, take

NEW_IBAN = "NL02ABNA0123456789"


# ---------------------------------------------------------------- rejected before it was debited


def test_what_the_bank_rejected_is_open_again_and_goes_to_another_account(
    services: Services, run: int, anna: int, bram: int
) -> None:
    outcome = take(services, report(status(f"KP-{run}-2-1", "RJCT", "AC01"), message=f"KP-{run}-F1"), anna)
    assert [(one.end_to_end_id, one.return_code) for one in outcome.returned] == [(f"KP-{run}-2-1", "AC01")]
    assert states(services, run) == [["sent"], ["returned"]]
    payout_runs.propose_again(services, run=run, transfer=2, name="Boek BV", iban=NEW_IBAN, staff=anna)
    approve_again(services, run=run, staff=bram)
    [again] = payments_in(payout_runs.file_of(services, run=run, file=2).content)
    assert (again.end_to_end_id, again.iban, again.cents) == (f"KP-{run}-2-2", NEW_IBAN, 1200)


@pytest.mark.parametrize("whole", ["file", "batch"])
def test_a_file_that_was_rejected_whole_opens_all_its_payments_and_the_same_report_nothing_more(
    services: Services, run: int, anna: int, whole: str
) -> None:
    content = report(
        status(f"KP-{run}-1-1", "RJCT", "AC04"), message=f"KP-{run}-F1", whole=whole, code="FF01"
    )
    outcome = take(services, content, anna)
    assert {one.end_to_end_id: one.return_code for one in outcome.returned} == {
        f"KP-{run}-1-1": "AC04",
        f"KP-{run}-2-1": "FF01",
    }
    again = take(services, content, anna)
    assert (again.returned, again.known_count, again.unmatched) == ((), 2, ())


def test_a_report_on_what_was_paid_or_is_not_ours_changes_nothing(
    services: Services, run: int, anna: int
) -> None:
    take(services, statement(entry(f"KP-{run}-1-1", "37.45")), anna)
    rejected = [status(one, "RJCT", "AC01") for one in (f"KP-{run}-1-1", "KP-900-1-1", "ANOTHERS")]
    outcome = take(services, report(*rejected, message="ANOTHERS"), anna)
    assert [(one.end_to_end_id, one.why) for one in outcome.unmatched] == [
        (f"KP-{run}-1-1", "paid_already"),
        ("KP-900-1-1", "unknown"),
    ]
    assert (outcome.returned, outcome.other_count) == ((), 1)
    assert states(services, run) == [["booked"], ["sent"]]
    for message in ("KP-900-F1", f"KP-{run}-F9", "KP-1-F", ""):
        assert take(services, report(message=message, whole="file"), anna).returned == ()
    assert states(services, run) == [["booked"], ["sent"]]


@pytest.mark.parametrize("code", ["DU01", "DU02", "DU03", "DU04", "DU05", "AM05", "DUPL"])
@pytest.mark.parametrize("whole", ["file", "batch"])
def test_a_report_on_a_copy_of_a_file_opens_no_payment(
    services: Services, run: int, anna: int, whole: str, code: str
) -> None:
    single = status(f"KP-{run}-1-1", "RJCT", "AC04")
    content = report(single, message=f"KP-{run}-F1", whole=whole, code=code)
    outcome = take(services, content, anna)
    assert [(one.end_to_end_id, one.amount_cents, one.why) for one in outcome.unmatched] == [
        (f"KP-{run}-1-1", 3745, "duplicate_file"),
        (f"KP-{run}-2-1", 1200, "duplicate_file"),
    ]
    assert (outcome.returned, states(services, run)) == ((), [["sent"], ["sent"]])
    assert len(take(services, paid(payout_runs.file_of(services, run=run, file=1).content), anna).booked) == 2


@pytest.mark.parametrize("code", ["DU04", "AM05"])
def test_a_report_on_a_copy_of_a_payment_opens_it_not(
    services: Services, run: int, anna: int, code: str
) -> None:
    outcome = take(services, report(status(f"KP-{run}-2-1", "RJCT", code)), anna)
    assert [one.why for one in outcome.unmatched] == ["duplicate_file"]
    assert (outcome.returned, states(services, run)) == ((), [["sent"], ["sent"]])


# ---------------------------------------------------------------- paid, whatever was said before


def reject(services: Services, run: int, staff: int) -> None:
    """Load a report, true or not, that the first payment was rejected."""
    take(services, report(status(f"KP-{run}-1-1", "RJCT", "AC04"), message=f"KP-{run}-F1"), staff)


def propose(services: Services, run: int, staff: int) -> None:
    payout_runs.propose_again(services, run=run, transfer=1, name="Jansen", iban=NEW_IBAN, staff=staff)


def first_paid(run: int, reference: str = "BANK1") -> bytes:
    return statement(entry(f"KP-{run}-1-1", "37.45", reference=reference))


@pytest.mark.parametrize("is_proposed", [False, True])
def test_what_a_report_had_rejected_and_a_statement_books_is_done_and_not_paid_anew(
    services: Services, run: int, anna: int, bram: int, is_proposed: bool
) -> None:
    reject(services, run, anna)
    if is_proposed:
        propose(services, run, anna)
    outcome = take(services, first_paid(run), anna)
    assert [(one.end_to_end_id, one.why) for one in outcome.unmatched] == [
        (f"KP-{run}-1-1", "paid_after_rejection")
    ]
    assert (outcome.booked, outcome.known_count) == ((), 0)
    assert states(services, run)[0] == (["booked", "withdrawn"] if is_proposed else ["booked"])
    assert state(services, run).transfers[0].state == "booked"
    with pytest.raises(PayoutRunDecided):
        approve_again(services, run=run, staff=bram)
    with pytest.raises(TransferNotReturned):
        propose(services, run, anna)
    [told] = payout_runs.verify(services)
    assert told == (
        f"payment KP-{run}-1-1: the bank paid 3745 cents on 2026-11-27, its number BANK1, "
        "which a report had said to be rejected"
    )
    again = take(services, first_paid(run), anna)
    assert (again.known_count, again.unmatched, payout_runs.verify(services)) == (1, (), [told])
    with_report = take(services, report(status(f"KP-{run}-1-1", "RJCT", "AC04")), anna)
    assert [one.why for one in with_report.unmatched] == ["paid_already"]
    take(services, statement(entry(f"KP-{run}-2-1", "12.00")), anna)
    assert state(services, run).state == "done"


def test_what_came_back_after_all_is_proposed_under_a_number_of_its_own(
    services: Services, run: int, anna: int
) -> None:
    reject(services, run, anna)
    propose(services, run, anna)
    take(services, first_paid(run), anna)
    take(services, statement(entry(f"KP-{run}-1-1", "37.45", returned="AC04")), anna)
    assert state(services, run).transfers[0].state == "returned"
    propose(services, run, anna)
    assert [one.end_to_end_id for one in state(services, run).proposed] == [f"KP-{run}-1-3"]


def test_what_was_sent_anew_and_paid_the_first_time_too_is_told_as_two_payments(
    services: Services, run: int, anna: int, bram: int
) -> None:
    reject(services, run, anna)
    propose(services, run, anna)
    approve_again(services, run=run, staff=bram)
    both = statement(
        entry(f"KP-{run}-1-1", "37.45", reference="BANK1"),
        entry(f"KP-{run}-1-2", "37.45", reference="BANK2"),
    )
    outcome = take(services, both, anna)
    assert [(one.end_to_end_id, one.why) for one in outcome.unmatched] == [
        (f"KP-{run}-1-1", "paid_after_rejection")
    ]
    assert [one.end_to_end_id for one in outcome.booked] == [f"KP-{run}-1-2"]
    assert states(services, run)[0] == ["returned", "booked"]
    [told] = payout_runs.verify(services)
    take(services, both, anna)
    assert payout_runs.verify(services) == [told], "the same statement is no other difference"


def test_what_was_sent_anew_and_came_back_leaves_the_first_one_paid(
    services: Services, run: int, anna: int, bram: int
) -> None:
    reject(services, run, anna)
    propose(services, run, anna)
    approve_again(services, run=run, staff=bram)
    take(services, statement(entry(f"KP-{run}-1-2", "37.45", returned="AC04")), anna)
    take(services, first_paid(run), anna)
    assert states(services, run)[0] == ["booked", "returned"]
    with pytest.raises(TransferNotReturned):
        propose(services, run, anna)


@pytest.mark.parametrize("newest_first", [False, True])
def test_what_a_report_had_rejected_and_a_statement_shows_there_and_back_did_come_back(
    services: Services, run: int, anna: int, newest_first: bool
) -> None:
    reject(services, run, anna)
    assert state(services, run).transfers[0].newest.returned_by == "report"
    there = entry(f"KP-{run}-1-1", "37.45", reference="BANK1")
    back = entry(f"KP-{run}-1-1", "37.45", returned="AC04")
    content = statement(back, there) if newest_first else statement(there, back)
    for _ in range(2):
        outcome = take(services, content, anna)
        assert (outcome.unmatched, outcome.known_count) == ((), 2)
    newest = state(services, run).transfers[0].newest
    assert (newest.state, newest.returned_by, newest.bank_reference) == ("returned", "statement", "BANK1")
    assert payout_runs.verify(services) == []


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ([("", {"returned": "AC04"})], "paid_after_return"),
        ([("MADE-UP", {}), ("", {"returned": "AC04"})], "paid_twice"),
        ([("", {}), ("", {"returned": "AC04"})], "paid_twice"),
    ],
)
def test_a_return_that_somebody_made_up_is_told_by_the_payment_itself(
    services: Services, run: int, anna: int, forged: list[tuple[str, dict[str, str]]], why: str
) -> None:
    number = f"KP-{run}-1-1"
    take(services, statement(*(entry(number, "37.45", reference=ref, **more) for ref, more in forged)), anna)
    assert state(services, run).transfers[0].newest.returned_by == "statement"
    outcome = take(services, first_paid(run), anna)
    assert [one.why for one in outcome.unmatched] == [why]
    assert len(payout_runs.verify(services)) == 1
