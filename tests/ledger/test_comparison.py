# SPDX-License-Identifier: EUPL-1.2
"""Comparison: a ledger, on each kind of database, with one booked once more from the same chain.

given a ledger of a whole story
├── when nothing was changed
│   └── no row differs, and the figures are those of its reports
├── when any column of any row of any table is changed
│   └── that row is named
├── when any row is taken away
│   └── it is named, with all that it must be
├── when the chain went on meanwhile
│   └── both are read as of the block up to which the ledger was booked
└── when the process is killed while it compares
    └── what it left in the temporary folder is gone after the next comparison; another installation's stays
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, LargeBinary, Table, delete, select, text, update

from kindpakket.ledger import comparison, tables
from kindpakket.ledger.comparison import Compared
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger

from .databases import connect
from .source import CHAIN_ID, CONTRACT, PaperChain, deposited, whole_story

Compare = Callable[[], Compared]
TABLES = [table for table in tables.metadata.sorted_tables if table not in tables.ABOUT_BOOKING]
MOST = 50


@pytest.fixture
def chain() -> PaperChain:
    return whole_story()


@pytest.fixture
def compare(ledger: Ledger, chain: PaperChain, tmp_path: Path) -> Compare:
    """Compare the ledger, which was booked up to the end of the story, with another one."""
    Follower(chain, ledger).catch_up()

    def compare() -> Compared:
        other = Ledger(f"sqlite:///{tmp_path / 'other.db'}", chain_id=CHAIN_ID, contract=CONTRACT)
        other.erase()
        try:
            return comparison.compare(ledger, other, chain, most=MOST)
        finally:
            other.close()

    return compare


def _unchecked(connection: Connection, table: Table) -> None:
    """Let rows be changed that others point at, or that a rule of the table forbids."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        return
    for constraint in connection.execute(
        text(
            "SELECT conrelid::regclass::text AS owner, conname FROM pg_constraint"
            " WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace"
        )
    ).all():
        connection.execute(text(f'ALTER TABLE {constraint.owner} DROP CONSTRAINT "{constraint.conname}"'))


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]


def test_an_honest_ledger_has_no_other_row(ledger: Ledger, compare: Compare) -> None:
    compared = compare()
    assert compared.altered == ()
    assert compared.altered_count == 0
    totals = ledger.reports.totals(1)
    assert totals is not None
    assert compared.block == totals.block
    for name in (
        "deposited",
        "unallocated",
        "withdrawn",
        "issued",
        "redeemed",
        "refunded",
        "settled",
        "owed",
    ):
        assert compared.figures[1, 0, name] == getattr(totals, f"{name}_cents"), name
    assert compared.figures[1, 0, "on_vouchers"] == totals.left_cents


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_a_changed_column_is_named(url: str, compare: Compare, table: Table) -> None:
    for name in _columns(table):
        column = table.c[name]
        with connect(url) as connection:
            _unchecked(connection, table)
            row = connection.execute(select(table).where(column.is_not(None)).limit(1)).one()
            this_row = [key == row._mapping[key.name] for key in table.primary_key]
            old = row._mapping[name]
            connection.execute(update(table).where(*this_row).values({name: _other(old, column.type)}))
        (altered,) = compare().altered
        assert altered.table == table.name
        assert altered.key == " ".join(f"{key.name}={row._mapping[key.name]}" for key in table.primary_key)
        assert altered.expected.startswith(f"{name}=") and altered.found.startswith(f"{name}=")
        with connect(url) as connection:
            _unchecked(connection, table)
            connection.execute(update(table).where(*this_row).values({name: old}))
    assert compare().altered == ()


def _other(old: object, kind: object) -> object:
    if isinstance(old, bool):
        return not old
    if isinstance(kind, LargeBinary):
        assert isinstance(old, bytes)
        return bytes([old[0] ^ 1]) + old[1:]
    if isinstance(old, int):
        return old + 1_000
    return {"x": 1} if isinstance(old, dict) else f"{old}x" if isinstance(old, str) else ["x"]


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_a_row_that_is_gone_is_named(url: str, compare: Compare, table: Table) -> None:
    with connect(url) as connection:
        _unchecked(connection, table)
        row = connection.execute(select(table).limit(1)).one()
        this_row = [key == row._mapping[key.name] for key in table.primary_key]
        connection.execute(delete(table).where(*this_row))
    (altered,) = compare().altered
    assert (altered.table, altered.found) == (table.name, "")
    assert altered.expected.count("=") >= len(table.columns)


def test_what_happened_meanwhile_is_not_compared(compare: Compare, chain: PaperChain) -> None:
    block = chain.add_block(deposited(5))
    compared = compare()
    assert compared.altered == ()
    assert compared.block == block - 1


def test_what_a_killed_comparison_left_behind_is_taken_away_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", f"{temporary}")
    killed = (
        "import os, pathlib, sys\n"
        "from kindpakket.ledger.comparison import ledger_beside\n"
        f"with ledger_beside(pathlib.Path(sys.argv[1]), chain_id={CHAIN_ID}, contract={CONTRACT!r}):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    for data_dir in ("ours", "theirs"):
        command = [sys.executable, "-c", killed, f"{tmp_path / data_dir}"]
        subprocess.run(command, check=False, env=os.environ | {"TMPDIR": f"{temporary}"})
    (first, second) = temporary.iterdir()
    assert (first / "ledger.db").exists() and (second / "ledger.db").exists()
    with comparison.ledger_beside(tmp_path / "ours", chain_id=CHAIN_ID, contract=CONTRACT) as ledger:
        assert ledger.next_block() == 0
        assert len(list(temporary.iterdir())) == 2, "the one of this comparison, and the other installation's"
    (left,) = temporary.iterdir()
    assert left in (first, second)
