# SPDX-License-Identifier: EUPL-1.2
"""Who tampers with the log of staff is caught.

Given a log that is on record on the chain
  when nothing was touched: it verifies, also with entries that came later
  when an entry is changed, deleted, put in, or changes places, or the tail is cut off: that is told
  when the whole log was written anew with hashes that fit: that is told
  when the chain does not have what was put on record: that is told
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from kindpakket.chain import fund as fund_calls
from kindpakket.registry import staff_tables
from kindpakket.registry.staff_log import NOTHING_BEFORE, Entry
from kindpakket.services import Services
from kindpakket.staff_log import anchor, verify
from tests.ledger.databases import connect, on_postgresql
from tests.support import Town


@pytest.fixture
def anchored(services: Services, town: Town) -> Services:
    """A log of some entries, all on record, and a few more that are not yet."""
    assert anchor(services) is not None
    town.desk.ask("POST", "/shops/1/pairing-codes")
    return services


@pytest.fixture
def registry(anchored: Services) -> Iterator[Callable[[Callable[[Connection], None]], list[str]]]:
    """Tampers with the registry, and returns what the check then tells."""

    def tamper(change: Callable[[Connection], None]) -> list[str]:
        with connect(anchored.settings.registry_address) as connection:
            if on_postgresql():
                # Whoever owns the database turns off what would refuse it; SQLite asks nobody.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            change(connection)
        return list(verify(anchored).differences)

    return tamper


Tampers = Callable[[Callable[[Connection], None]], list[str]]


def rewrite(connection: Connection, change: Callable[[list[Entry]], list[Entry]]) -> None:
    """Write the whole log anew after a change, numbered and with hashes that fit, as only its owner could."""
    table = staff_tables.staff_log
    kept = [Entry(**row._mapping) for row in connection.execute(select(table).order_by(table.c.entry))]
    connection.execute(delete(table))
    hash_before, moved = NOTHING_BEFORE, {}
    for number, one in enumerate(change(kept), start=1):
        moved[one.entry] = number
        begun = None if one.begun is None else moved[one.begun]
        new = dataclasses.replace(one, entry=number, begun=begun, previous_hash=hash_before)
        hash_before = new.own_hash()
        connection.execute(insert(table).values(dataclasses.asdict(new) | {"hash": hash_before}))


def test_a_log_that_nobody_touched_is_right(anchored: Services) -> None:
    verdict = verify(anchored)
    assert verdict.differences == ()
    assert (verdict.entry_count, verdict.anchored, verdict.anchor_count) == (14, 12, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"at": 5},
        {"staff": None},
        {"staff_name": "Bram"},
        {"action": "shop_allowed"},
        {"about": "programme=2"},
        {"reason": "lost"},
        {"outcome": "failed"},
        {"begun": None},
        {"previous_hash": b"x" * 32},
        {"hash": b"x" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_is_told(registry: Tampers, change: dict[str, Any]) -> None:
    table = staff_tables.staff_log

    def tamper(connection: Connection) -> None:
        connection.execute(update(table).where(table.c.entry == 8).values(**change))

    told = registry(tamper)
    assert any(line.startswith("entry 8 ") for line in told), told


def test_a_changed_entry_with_its_own_hash_mended_is_told_by_the_next_one(registry: Tampers) -> None:
    table = staff_tables.staff_log

    def tamper(connection: Connection) -> None:
        row = connection.execute(select(table).where(table.c.entry == 5)).one()
        changed = dataclasses.replace(Entry(**row._mapping), staff_name="Bram")
        connection.execute(
            update(table).where(table.c.entry == 5).values(staff_name="Bram", hash=changed.own_hash())
        )

    assert registry(tamper) == ["entry 6 does not hold the hash of the entry before it"]


def test_a_deleted_entry_is_told(registry: Tampers) -> None:
    told = registry(lambda connection: _run(connection, "DELETE FROM staff_log WHERE entry = 6"))
    assert told == ["entry 7 follows entry 5", "entry 7 does not hold the hash of the entry before it"]


def test_an_entry_that_was_put_in_is_told(registry: Tampers) -> None:
    def tamper(connection: Connection) -> None:
        forged = Entry(15, 5, 1, "Anna", "shop_removed", "shop=1", "", "done", None, b"x" * 32, b"")
        connection.execute(
            insert(staff_tables.staff_log).values(dataclasses.asdict(forged) | {"hash": forged.own_hash()})
        )

    assert registry(tamper) == ["entry 15 does not hold the hash of the entry before it"]


def test_entries_that_changed_places_are_told(registry: Tampers) -> None:
    def tamper(connection: Connection) -> None:
        for old, new in ((3, 99), (5, 3), (99, 5)):
            _run(connection, f"UPDATE staff_log SET entry = {new} WHERE entry = {old}")

    told = registry(tamper)
    assert "entry 3 was changed: its hash is of another text" in told
    assert "entry 5 was changed: its hash is of another text" in told


def test_an_unknown_action_or_an_outcome_of_nothing_is_told(registry: Tampers) -> None:
    def tamper(connection: Connection) -> None:
        rewrite(
            connection,
            lambda log: [
                *log,
                dataclasses.replace(log[0], entry=15, action="dance"),
                dataclasses.replace(log[0], entry=16, begun=1),
            ],
        )

    assert registry(tamper) == [
        "entry 15 is of an action that there is not: dance",
        "entry 16 is the outcome of nothing that was begun",
    ]


@pytest.mark.parametrize("kept", [11, 4, 0])
def test_a_tail_that_was_cut_off_is_told(registry: Tampers, kept: int) -> None:
    told = registry(lambda connection: _run(connection, f"DELETE FROM staff_log WHERE entry > {kept}"))
    assert any("is no entry of the log" in line for line in told), told
    assert any("entry 12 was put on record" in line for line in told), told


REWRITES: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "changed": lambda log: [dataclasses.replace(one, staff_name="Bram") for one in log],
    "deleted": lambda log: [*log[:2], *log[4:]],
    "put in": lambda log: [log[0], dataclasses.replace(log[0], entry=99), *log[1:]],
    "changed places": lambda log: [log[1], log[0], *log[2:]],
    "cut off": lambda log: log[:-4],
}


@pytest.mark.parametrize("change", REWRITES.values(), ids=REWRITES)
def test_a_log_that_was_written_anew_is_told(
    registry: Tampers, change: Callable[[list[Entry]], list[Entry]]
) -> None:
    told = registry(lambda connection: rewrite(connection, change))
    assert len(told) == 2, told
    assert "is no entry of the log: entries were changed or cut off" in told[0]
    assert told[1].startswith("entry 12 was put on record in block ")


def test_an_anchor_that_the_chain_does_not_have_is_told(registry: Tampers) -> None:
    told = registry(lambda connection: _run(connection, "INSERT INTO staff_log_anchor VALUES (14, 99, 5)"))
    assert told == ["entry 14 was put on record in block 99, and the chain does not have it"]


def test_what_another_role_put_on_record_is_not_of_the_log(services: Services, town: Town) -> None:
    """A payout's file is on record too, by the treasurer."""
    assert anchor(services) is not None
    call = fund_calls.anchor(hash=b"\x12" * 32)
    services.fund.execute(call, sender=services.accounts.treasurer)
    assert verify(services).differences == ()
    services.fund.execute(call, sender=services.accounts.issuer)
    assert any("is no entry of the log" in line for line in verify(services).differences)


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
