# SPDX-License-Identifier: EUPL-1.2
"""What the bank says of a file closes it, or opens it again.

Given a file that is at the bank
  when a statement books a payment: that transfer is done; all of them: the run is done
  when one came back: that transfer is open again, with the reason
  the same statement twice changes nothing, and neither does an older one
  what does not match is listed, what is not about us is counted
  a payment that was made to another account than the file's is listed, and no report opens it
  a statement of another account, or one that is none, is refused whole
Given a payment that came back
  when another account is proposed and approved by two people: a next file, with nothing settled again
  an account that cannot be paid from here is refused
  the account of the merchant stays what it was, also when the payment goes to another merchant's
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kindpakket import payout_runs
from kindpakket.bank import camt, messages
from kindpakket.errors import (
    PayoutAccountMissing,
    PayoutRunDecided,
    PayoutRunUnknown,
    RequestInvalid,
    SamePerson,
    StatementInvalid,
    StatementOfAnotherAccount,
    TransferNotReturned,
)
from kindpakket.services import Services
from tests.ledger.databases import connect
from tests.support import Town

from .bank import entry, paid, payments_in, report, statement, status
from .conftest import Shopping, approve_again, state, states, take

NEW_IBAN = "NL02ABNA0123456789"


# ---------------------------------------------------------------- booked


@pytest.mark.parametrize("version", ["02", "08"])
def test_what_the_bank_booked_is_done(services: Services, run: int, anna: int, version: str) -> None:
    first = statement(entry(f"KP-{run}-1-1", "37.45", version=version), version=version)
    outcome = take(services, first, anna)
    assert [(one.end_to_end_id, one.state) for one in outcome.booked] == [(f"KP-{run}-1-1", "booked")]
    assert (state(services, run).state, states(services, run)) == ("settled", [["booked"], ["sent"]])
    take(services, statement(entry(f"KP-{run}-2-1", "12.00", version=version), version=version), anna)
    assert state(services, run).state == "done"


def test_the_same_statement_twice_changes_nothing(services: Services, run: int, anna: int) -> None:
    content = paid(payout_runs.file_of(services, run=run, file=1).content)
    assert len(take(services, content, anna).booked) == 2
    before = state(services, run)
    outcome = take(services, content, anna)
    assert (outcome.booked, outcome.returned, outcome.known_count) == ((), (), 2)
    assert state(services, run) == before


@pytest.mark.parametrize(
    ("one", "why"),
    [
        ({"end_to_end_id": "KP-9-9-9", "amount": "1.00"}, "unknown"),
        ({"end_to_end_id": "KP-1-1-1", "amount": "37.44"}, "amount_differs"),
        ({"end_to_end_id": "KP-1-1-1", "amount": "37.46"}, "amount_differs"),
        ({"end_to_end_id": "KP-1-1-1", "amount": "37.44", "returned": "AC04"}, "amount_differs"),
        ({"end_to_end_id": "KP-1-1-1", "amount": "37.45", "status": "PDNG"}, "not_booked"),
        ({"end_to_end_id": "KP-1-1-1", "amount": "37.45", "direction": "CRDT"}, "not_booked"),
    ],
)
def test_what_does_not_match_is_listed_and_changes_nothing(
    services: Services, run: int, anna: int, one: dict[str, str], why: str
) -> None:
    before = state(services, run)
    outcome = take(services, statement(entry(**one)), anna)
    assert [(line.end_to_end_id, line.why) for line in outcome.unmatched] == [(one["end_to_end_id"], why)]
    assert state(services, run) == before


def test_the_payments_of_others_are_counted_and_not_shown(services: Services, run: int, anna: int) -> None:
    others = [
        entry("HUUR-2026", "900.00"),
        entry("NOTPROVIDED", "5.00", direction="CRDT"),
        entry("KP-1-1-1", "37.45", currency="USD"),
    ]
    outcome = take(services, statement(*others), anna)
    assert (outcome.other_count, outcome.unmatched, outcome.booked) == (3, (), ())


def test_a_payment_that_the_bank_made_twice_is_told(services: Services, run: int, anna: int) -> None:
    once = entry(f"KP-{run}-1-1", "37.45", reference="BANK1")
    outcome = take(services, statement(once, entry(f"KP-{run}-1-1", "37.45", reference="BANK2")), anna)
    assert [(len(outcome.booked)), *(one.why for one in outcome.unmatched)] == [1, "paid_twice"]
    assert take(services, statement(once), anna).unmatched == ()


# ---------------------------------------------------------------- refused whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
        b"PK\x03\x04",
    ],
)
def test_what_is_no_statement_is_refused(services: Services, run: int, anna: int, content: bytes) -> None:
    with pytest.raises(StatementInvalid):
        take(services, content, anna)


def test_a_statement_of_another_account_is_refused_whole(services: Services, run: int, anna: int) -> None:
    for iban in (NEW_IBAN, ""):
        with pytest.raises(StatementOfAnotherAccount):
            take(services, statement(entry(f"KP-{run}-1-1", "37.45"), iban=iban), anna)
    assert states(services, run) == [["sent"], ["sent"]]
    services.settings.payout_iban = ""
    with pytest.raises(PayoutAccountMissing):
        take(services, statement(), anna)


# ---------------------------------------------------------------- what came back


@pytest.mark.parametrize("booked_first", [True, False])
@pytest.mark.parametrize(("code", "kept"), [("AC04", "AC04"), ("", "")])
def test_what_came_back_is_open_again_with_its_reason(
    services: Services, run: int, anna: int, booked_first: bool, code: str, kept: str
) -> None:
    if booked_first:
        take(services, paid(payout_runs.file_of(services, run=run, file=1).content), anna)
    back = statement(entry(f"KP-{run}-1-1", "37.45", returned=code))
    outcome = take(services, back, anna)
    assert [(one.end_to_end_id, one.return_code) for one in outcome.returned] == [(f"KP-{run}-1-1", kept)]
    assert (state(services, run).state, states(services, run)[0]) == ("settled", ["returned"])
    assert take(services, back, anna).known_count == 1
    take(services, paid(payout_runs.file_of(services, run=run, file=1).content), anna)
    assert states(services, run)[0] == ["returned"], "a statement of before the return changes nothing"


def test_a_return_in_the_same_statement_as_its_booking_is_a_return(
    services: Services, run: int, anna: int
) -> None:
    number = f"KP-{run}-1-1"
    outcome = take(services, statement(entry(number, "37.45"), entry(number, "37.45", returned="BE01")), anna)
    assert (outcome.booked, [one.end_to_end_id for one in outcome.returned]) == ((), [number])
    assert states(services, run)[0] == ["returned"]


def test_what_came_back_is_paid_to_another_account_and_not_settled_again(
    services: Services, town: Town, run: int, anna: int, bram: int
) -> None:
    take(services, statement(entry(f"KP-{run}-1-1", "37.45", returned="AC04")), anna)
    blocks = services.chain.head().number
    found = payout_runs.propose_again(
        services, run=run, transfer=1, name=" Jansen  Fietsen BV", iban="nl02 abna 0123 4567 89", staff=anna
    )
    assert [one.iban for one in found.proposed] == [NEW_IBAN]
    with pytest.raises(SamePerson):
        approve_again(services, run=run, staff=anna)
    approve_again(services, run=run, staff=bram)
    (payment,) = payments_in(payout_runs.file_of(services, run=run, file=2).content)
    assert (payment.end_to_end_id, payment.name, payment.iban, payment.amount) == (
        f"KP-{run}-1-2",
        "Jansen Fietsen BV",
        NEW_IBAN,
        "37.45",
    )
    assert services.chain.head().number == blocks + 1, "only the hash of the file"
    assert len(payments_in(payout_runs.file_of(services, run=run, file=1).content)) == 2
    payee = services.registry.payout_runs.payees()[town.shops[0]]
    assert (payee.name, payee.iban) == ("Fietsen Jansen", "NL90INGB0009000000"), (
        "it was for that payment only"
    )

    take(services, statement(entry(f"KP-{run}-1-2", "37.45"), entry(f"KP-{run}-2-1", "12.00")), anna)
    assert (state(services, run).state, states(services, run)) == (
        "done",
        [["returned", "booked"], ["booked"]],
    )


def test_a_second_return_gets_a_third_number(services: Services, run: int, anna: int, bram: int) -> None:
    for attempt in (1, 2):
        take(services, statement(entry(f"KP-{run}-1-{attempt}", "37.45", returned="AC01")), anna)
        payout_runs.propose_again(services, run=run, transfer=1, name="Jansen", iban=NEW_IBAN, staff=anna)
        approve_again(services, run=run, staff=bram)
    (payment,) = payments_in(payout_runs.file_of(services, run=run, file=3).content)
    assert payment.end_to_end_id == f"KP-{run}-1-3"


def test_a_proposal_can_be_mended_and_only_the_last_one_is_paid(
    services: Services, run: int, anna: int, bram: int
) -> None:
    take(services, statement(entry(f"KP-{run}-1-1", "37.45", returned="AC01")), anna)
    for iban in ("NL90INGB0009000000", NEW_IBAN):
        payout_runs.propose_again(services, run=run, transfer=1, name="Jansen", iban=iban, staff=anna)
    outcome = take(services, statement(entry(f"KP-{run}-1-2", "37.45")), anna)
    assert [one.why for one in outcome.unmatched] == ["never_sent"]
    approve_again(services, run=run, staff=bram)
    (payment,) = payments_in(payout_runs.file_of(services, run=run, file=2).content)
    assert (payment.end_to_end_id, payment.iban) == (f"KP-{run}-1-3", NEW_IBAN)


def test_a_payment_to_the_account_of_another_merchant_leaves_both_merchants_as_they_are(
    services: Services, town: Town, run: int, anna: int, bram: int
) -> None:
    before = services.registry.payout_runs.payees()
    take(services, statement(entry(f"KP-{run}-1-1", "37.45", returned="AC01")), anna)
    payout_runs.propose_again(
        services, run=run, transfer=1, name="Sport en Spel", iban="NL95INGB0009000007", staff=anna
    )
    approve_again(services, run=run, staff=bram)
    assert services.registry.payout_runs.payees() == before


@pytest.mark.parametrize(("transfer", "given"), [(2, "sent"), (2, "booked"), (3, "none")])
def test_what_did_not_come_back_is_not_paid_again(
    services: Services, run: int, anna: int, transfer: int, given: str
) -> None:
    if given == "booked":
        take(services, paid(payout_runs.file_of(services, run=run, file=1).content), anna)
    with pytest.raises(TransferNotReturned):
        payout_runs.propose_again(
            services, run=run, transfer=transfer, name="Jansen", iban=NEW_IBAN, staff=anna
        )
    with pytest.raises(PayoutRunDecided):
        approve_again(services, run=run, staff=anna)


def test_a_run_that_is_not_there_has_nothing_that_came_back(services: Services, anna: int) -> None:
    with pytest.raises(PayoutRunUnknown):
        payout_runs.propose_again(services, run=9, transfer=1, name="Jansen", iban=NEW_IBAN, staff=anna)


def test_a_run_that_was_only_prepared_has_nothing_to_pay_again(
    services: Services, town: Town, earned: Shopping, anna: int
) -> None:
    run = payout_runs.prepare(services, programme=None, staff=anna).run
    with pytest.raises(TransferNotReturned):
        payout_runs.propose_again(services, run=run, transfer=1, name="Jansen", iban=NEW_IBAN, staff=anna)


@pytest.mark.parametrize(
    "iban", ["NL02ABNA0123456780", "NL90ING10009000000", "BR1800360305000010009795493C1"]
)
def test_an_account_that_cannot_be_right_is_refused(
    services: Services, run: int, anna: int, iban: str
) -> None:
    take(services, statement(entry(f"KP-{run}-1-1", "37.45", returned="AC01")), anna)
    with pytest.raises(RequestInvalid) as refused:
        payout_runs.propose_again(services, run=run, transfer=1, name=" ", iban=iban, staff=anna)
    assert [one["at"] for one in refused.value.errors] == ["name", "iban"]


def test_a_transfer_never_has_two_payments_that_did_not_come_back(services: Services, run: int) -> None:
    with (
        pytest.raises(Exception, match=r"UNIQUE|unique"),
        connect(services.settings.registry_address) as connection,
    ):
        connection.execute(
            text(
                "INSERT INTO payout_payment (run, transfer, attempt, end_to_end_id, name, iban,"
                " amount_cents, state, live, proposed_by) SELECT run, transfer, 2, 'KP-x', name, iban,"
                " amount_cents, 'proposed', 1, proposed_by FROM payout_payment WHERE transfer = 1"
            )
        )


def test_a_statement_of_the_greatest_size_is_read(
    services: Services, run: int, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = statement(entry(f"KP-{run}-1-1", "37.45"), entry("x", "1.00"))
    monkeypatch.setattr(messages, "MOST_BYTES", len(content))
    monkeypatch.setattr(camt, "MOST_ENTRIES", 2)
    assert len(take(services, content, anna).booked) == 1
    monkeypatch.setattr(camt, "MOST_ENTRIES", 1)
    with pytest.raises(StatementInvalid):
        take(services, content, anna)
    monkeypatch.setattr(camt, "MOST_ENTRIES", 2)
    monkeypatch.setattr(messages, "MOST_BYTES", len(content) - 1)
    with pytest.raises(StatementInvalid):
        take(services, content, anna)


# ---------------------------------------------------------------- to another account


def test_a_payment_to_another_account_than_the_file_s_is_told_and_no_report_opens_it(
    services: Services, run: int, anna: int
) -> None:
    other = statement(entry(f"KP-{run}-1-1", "37.45", reference="BANK1", account=NEW_IBAN))
    outcome = take(services, other, anna)
    assert [(one.end_to_end_id, one.why) for one in outcome.unmatched] == [
        (f"KP-{run}-1-1", "account_differs")
    ]
    assert (outcome.booked, states(services, run)) == ((), [["sent"], ["sent"]])
    [told] = payout_runs.verify(services)
    assert told == (
        f"payment KP-{run}-1-1: the bank paid 3745 cents on 2026-11-27, its number BANK1, "
        "to another account than the payment's (NL..6789)"
    )
    outcome = take(services, report(status(f"KP-{run}-1-1", "RJCT", "AC04")), anna)
    assert [one.why for one in outcome.unmatched] == ["paid_already"]
    assert states(services, run) == [["sent"], ["sent"]]
    take(services, statement(entry(f"KP-{run}-1-1", "37.45", returned="AC04")), anna)
    assert states(services, run) == [["returned"], ["sent"]], "the money is back"


@pytest.mark.parametrize("account", ["", "NL90INGB0009000000", "nl90 ingb 0009 0000 00", "NL** **** **00 00"])
def test_a_payment_to_its_account_or_to_one_that_is_not_told_is_booked(
    services: Services, run: int, anna: int, account: str
) -> None:
    outcome = take(services, statement(entry(f"KP-{run}-1-1", "37.45", account=account)), anna)
    assert [one.end_to_end_id for one in outcome.booked] == [f"KP-{run}-1-1"]
    assert (outcome.unmatched, payout_runs.verify(services)) == ((), [])


@pytest.mark.parametrize(
    ("number", "amount", "told"),
    [
        ("KP-9-9-9", "1.00", "the bank paid 100 cents on 2026-11-27, which the register does not know"),
        (
            "KP-1-1-1",
            "37.46",
            "the bank paid 3746 cents on 2026-11-27, which the register has as another amount",
        ),
    ],
)
def test_what_left_our_account_otherwise_than_our_file_has_it_is_told(
    services: Services, run: int, anna: int, number: str, amount: str, told: str
) -> None:
    take(services, statement(entry(number, amount)), anna)
    assert payout_runs.verify(services) == [f"payment {number}: {told}"]
