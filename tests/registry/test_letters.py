# SPDX-License-Identifier: EUPL-1.2
"""Letters: a row is taken in once, a batch all or none, a secret leaves once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import BatchUnknown, CsvInvalid, LettersAlreadyShown
from kindpakket.registry.disclosures import SHOWN_SECONDS, SealedLetter
from kindpakket.registry.letters import LetterPosition, NewHousehold, NewVoucher
from kindpakket.registry.store import Registry
from tests.ledger.databases import connect


def letter_key(household: int, position: int) -> str:
    return f"0x{household * 100 + position:040x}"


def letter_id(household: int) -> str:
    return f"{household:032x}"


def household(number: int, *, children: int = 1, reference: str = "") -> NewHousehold:
    return NewHousehold(
        line=number + 1,
        row_reference=reference or f"R{number}",
        letter_id=letter_id(number),
        sealed_secret=b"sealed %d" % number,
        vouchers=[NewVoucher(letter_key(number, position), 30_000) for position in range(children)],
    )


def issue(registry: Registry, batch: int, *, first: int = 1) -> None:
    """Give the vouchers of a batch their numbers, as after the chain did."""
    pending = registry.letters.vouchers_to_issue(batch)
    registry.letters.assign_vouchers(
        {voucher.letter_key: first + place for place, voucher in enumerate(pending)}
    )
    registry.letters.mark_issued(batch, at=20)


# ------------------------------------------------------------------ refusals


def test_rows_that_were_taken_in_before_are_refused_and_named(registry: Registry) -> None:
    registry.letters.create_batch(1, [household(1), household(2)], created_at=10)
    with pytest.raises(CsvInvalid) as refused:
        registry.letters.create_batch(
            1, [household(3), household(4, reference="R2"), household(5, reference="R1")], created_at=11
        )
    assert [(fault["line"], fault["found"]) for fault in refused.value.errors] == [(5, "R2"), (6, "R1")]
    assert len(registry.letters.batches()) == 1
    assert registry.letters.existing_references(1, ["R3", "R2", "R1"]) == ["R2", "R1"]


def test_the_same_row_in_another_programme_is_another_household(registry: Registry) -> None:
    registry.letters.create_batch(1, [household(1)], created_at=10)
    registry.letters.create_batch(2, [household(2, reference="R1")], created_at=10)
    assert registry.letters.existing_references(2, ["R1"]) == ["R1"]
    assert registry.letters.existing_references(3, ["R1"]) == []


def test_a_letter_key_is_used_once_and_nothing_of_the_batch_stays(registry: Registry) -> None:
    registry.letters.create_batch(1, [household(1)], created_at=10)
    stolen = NewHousehold(2, "R9", letter_id(9), b"sealed", [NewVoucher(letter_key(1, 0), 5)])
    with pytest.raises(IntegrityError) as refused:
        registry.letters.create_batch(1, [household(2), stolen], created_at=11)
    for told in (str(refused.value), str(refused.value.orig)):
        assert letter_key(1, 0) not in told and "R9" not in told, "an error lands in logs"
    assert registry.letters.existing_references(1, ["R2", "R9"]) == []


def test_of_two_uploads_of_one_file_at_once_one_is_taken_in(registry: Registry) -> None:
    start = threading.Barrier(2)

    def upload(first: int) -> bool:
        households = [household(first + place, reference=f"R{place}") for place in range(20)]
        start.wait()
        try:
            registry.letters.create_batch(1, households, created_at=10)
        except CsvInvalid:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(upload, [100, 200])) == [False, True]
    (batch,) = registry.letters.batches()
    assert batch.household_count == 20


def test_letters_of_no_batch_are_not_shown(registry: Registry) -> None:
    with pytest.raises(BatchUnknown):
        registry.disclosures.disclose(1, at=30)
    with pytest.raises(BatchUnknown):
        registry.letters.programme_of(1)


def test_letters_are_not_shown_while_their_vouchers_are_being_issued(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1)], created_at=10)
    with pytest.raises(BatchUnknown):
        registry.disclosures.disclose(batch, at=30)


def test_letters_that_nobody_asked_for_are_not_confirmed(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1)], created_at=10)
    issue(registry, batch)
    for unknown in (batch, 99):
        with pytest.raises(BatchUnknown):
            registry.disclosures.confirm(unknown, at=30)
    assert registry.disclosures.disclose(batch, at=31), "they are still there"


def test_confirmed_letters_are_not_shown_again(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1)], created_at=10)
    issue(registry, batch)
    shown = registry.disclosures.disclose(batch, at=30)
    assert registry.disclosures.disclose(batch, at=31) == shown, "a download that was cut off loses nothing"
    registry.disclosures.confirm(batch, at=32)
    registry.disclosures.confirm(batch, at=33)
    with pytest.raises(LettersAlreadyShown):
        registry.disclosures.disclose(batch, at=34)
    (line,) = registry.letters.batches()
    assert (line.opened_at, line.shown_at) == (30, 32)


@pytest.mark.parametrize("asked_again", [True, False])
def test_letters_are_shown_until_an_hour_has_passed_since_they_were_first(
    registry: Registry, url: str, asked_again: bool
) -> None:
    batch = registry.letters.create_batch(1, [household(1)], created_at=10)
    issue(registry, batch)
    registry.disclosures.disclose(batch, at=30)
    last_second = 30 + SHOWN_SECONDS - 1
    if asked_again:
        registry.disclosures.disclose(batch, at=last_second)
    assert registry.disclosures.forget_overdue(at=last_second) == []
    with pytest.raises(LettersAlreadyShown):
        registry.disclosures.disclose(batch, at=last_second + 1)
    assert registry.disclosures.forget_overdue(at=last_second + 1) == [batch]
    assert registry.disclosures.forget_overdue(at=last_second + 2) == []
    with connect(url) as connection:
        left = connection.execute(text("SELECT count(*) FROM letter WHERE secret_sealed IS NOT NULL"))
        assert left.scalar_one() == 0


def test_letters_that_nobody_asked_for_are_kept_however_long(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1)], created_at=10)
    issue(registry, batch)
    assert registry.disclosures.forget_overdue(at=10**10) == []
    assert len(registry.disclosures.disclose(batch, at=10**10)) == 1


def test_two_who_ask_for_the_letters_at_once_see_the_same(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(number) for number in range(20)], created_at=10)
    issue(registry, batch)
    start = threading.Barrier(2)

    def disclose(at: int) -> list[SealedLetter]:
        start.wait()
        return registry.disclosures.disclose(batch, at=at)

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(disclose, [30, 31])
    assert one == other
    assert len(one) == 20


def test_a_batch_is_not_marked_as_issued_before_it_is(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1)], created_at=10)
    with pytest.raises(AssertionError):
        registry.letters.mark_issued(batch, at=20)


def test_a_batch_with_an_issued_voucher_is_not_discarded(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1, children=2)], created_at=10)
    registry.letters.assign_vouchers({letter_key(1, 0): 7})
    with pytest.raises(BatchUnknown):
        registry.letters.discard_batch(batch)
    with pytest.raises(BatchUnknown):
        registry.letters.discard_batch(99)
    assert registry.letters.pending_batches() == [batch]


def test_a_letter_opens_nothing_before_all_of_it_is_issued(registry: Registry) -> None:
    registry.letters.create_batch(1, [household(1, children=2)], created_at=10)
    registry.letters.assign_vouchers({letter_key(1, 0): 7})
    assert registry.letters.vouchers_of_letter(letter_id(1)) == []
    assert registry.letters.vouchers_of_letter(letter_id(2)) == []


# ------------------------------------------------------------------ the way of a batch


def test_a_batch_is_pending_until_the_chain_has_all_its_vouchers(registry: Registry) -> None:
    letters = registry.letters
    batch = letters.create_batch(4, [household(1, children=2), household(2)], created_at=10)
    assert letters.pending_batches() == [batch]
    assert letters.programme_of(batch) == 4
    keys = [voucher.letter_key for voucher in letters.vouchers_to_issue(batch)]
    assert keys == [letter_key(1, 0), letter_key(1, 1), letter_key(2, 0)]

    letters.assign_vouchers({keys[0]: 12, keys[1]: 13})
    assert [voucher.letter_key for voucher in letters.vouchers_to_issue(batch)] == [keys[2]]
    letters.assign_vouchers({keys[0]: 12, keys[2]: 14})
    letters.assign_vouchers({})
    letters.mark_issued(batch, at=20)
    letters.mark_issued(batch, at=21)

    assert letters.pending_batches() == []
    assert letters.vouchers_of_letter(letter_id(1)) == [LetterPosition(12, 0), LetterPosition(13, 1)]
    (shown,) = letters.batches()
    assert (shown.programme, shown.created_at, shown.issued_at, shown.shown_at) == (4, 10, 20, None)
    assert (shown.household_count, shown.voucher_count) == (2, 3)


def test_what_is_still_to_be_given_out_is_counted_for_its_programme(registry: Registry) -> None:
    letters = registry.letters
    assert letters.pending_cents(1) == 0
    batch = letters.create_batch(1, [household(1, children=2), household(2)], created_at=10)
    letters.create_batch(2, [household(3)], created_at=10)
    assert (letters.pending_cents(1), letters.pending_cents(2)) == (90_000, 30_000)
    letters.assign_vouchers({letter_key(1, 0): 7})
    assert letters.pending_cents(1) == 60_000
    issue(registry, batch, first=8)
    assert letters.pending_cents(1) == 0


def test_letters_come_in_the_order_of_the_file_and_their_secrets_are_gone(
    registry: Registry, url: str
) -> None:
    batch = registry.letters.create_batch(
        1, [household(9, children=2), household(3), household(5)], created_at=10
    )
    other = registry.letters.create_batch(1, [household(6)], created_at=11)
    issue(registry, batch)
    issue(registry, other, first=50)
    assert registry.disclosures.disclose(batch, at=30) == [
        SealedLetter("R9", b"sealed 9", (1, 2)),
        SealedLetter("R3", b"sealed 3", (3,)),
        SealedLetter("R5", b"sealed 5", (4,)),
    ]
    registry.disclosures.confirm(batch, at=30)
    with connect(url) as connection:
        left = connection.execute(text("SELECT count(*) FROM letter WHERE secret_sealed IS NOT NULL"))
        assert left.scalar_one() == 1
    assert [batch.shown_at for batch in registry.letters.batches()] == [None, 30]
    assert registry.disclosures.disclose(other, at=31) == [SealedLetter("R6", b"sealed 6", (50,))]


def test_a_discarded_batch_can_be_taken_in_again(registry: Registry) -> None:
    batch = registry.letters.create_batch(1, [household(1, children=2), household(2)], created_at=10)
    registry.letters.discard_batch(batch)
    assert registry.letters.batches() == []
    registry.letters.create_batch(1, [household(1, children=2), household(2)], created_at=11)


def test_thousands_of_households_keep_their_own_letters(registry: Registry) -> None:
    households = [household(number) for number in range(2_500)]
    batch = registry.letters.create_batch(1, households, created_at=10)
    issue(registry, batch)
    shown = registry.disclosures.disclose(batch, at=30)
    assert [letter.sealed_secret for letter in shown] == [one.sealed_secret for one in households]
    references = [one.row_reference for one in households]
    assert registry.letters.existing_references(1, references) == references
