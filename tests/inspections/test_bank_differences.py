# SPDX-License-Identifier: EUPL-1.2
"""What a statement has otherwise than the payouts is told by every inspection until an auditor took note of one.

given a payment that was made to another account than the file's
├── when an inspection is done: it is told, and by the next one too
├── when an auditor takes note
│   └── the next one tells nothing, also when the same statement is loaded again
└── when another payment is made otherwise after the inspection
    └── to take note of that inspection is not to take note of the other payment
"""

from __future__ import annotations

import pytest

from kindpakket import inspections, payout_runs
from kindpakket.inspections import AcknowledgeReason
from kindpakket.services import Services
from tests.payout_runs.bank import entry, statement

OTHER = "NL02ABNA0123456789"
TOLD = "payment KP-1-1-1: the bank paid 3745 cents on 2026-11-27, to another account than the payment's (NL..6789)"
TOLD_LATER = (
    "payment KP-1-2-1: the bank paid 1201 cents on 2026-11-27, which the register has as another amount"
)


def inspect(services: Services) -> tuple[int, list[str]]:
    """Inspect now; return the inspection's number and what it found."""
    number = inspections.perform(services, inspections.ask(services, occasion="staff")).inspection
    return number, [one.subject for one in inspections.report(services, number).findings]


def take_note(services: Services, number: int, staff: int) -> None:
    inspections.acknowledge(services, number, staff=staff, reason=AcknowledgeReason.REPORTED)


@pytest.fixture
def otherwise(books: Services, anna: int) -> bytes:
    """A statement, loaded, on which the first payment went elsewhere."""
    content = statement(entry("KP-1-1-1", "37.45", account=OTHER))
    payout_runs.import_statement(books, content=content, staff=anna)
    return content


def test_it_is_told_until_an_auditor_took_note(
    books: Services, otherwise: bytes, anna: int, bram: int
) -> None:
    first, second = inspect(books), inspect(books)
    assert (first[1], second[1]) == ([TOLD], [TOLD])
    take_note(books, second[0], bram)
    assert inspect(books)[1] == []
    payout_runs.import_statement(books, content=otherwise, staff=anna)
    assert inspect(books)[1] == []


def test_to_take_note_of_an_inspection_is_not_to_take_note_of_what_came_after_it(
    books: Services, otherwise: bytes, anna: int, bram: int
) -> None:
    number, _ = inspect(books)
    later = statement(entry("KP-1-2-1", "12.01"))
    payout_runs.import_statement(books, content=later, staff=anna)
    take_note(books, number, bram)
    assert inspect(books)[1] == [TOLD_LATER]
