# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a database has a name; what is wrong with a statement is a bug, and keeps its own.

Given a SQLite file
  when there is no room for what is written: it is a failure that may be tried again, and nothing of it is kept
  when a statement makes no sense: it is a bug
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from kindpakket.databases import Database
from kindpakket.errors import DatabaseUnreachable
from tests.ledger.databases import empty_sqlite

TOO_MUCH = "x" * 100_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A file with one empty table."""
    with closing(Database(empty_sqlite(tmp_path), name="tried", synchronous="FULL")) as database:
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (text text)")
        yield database


def test_a_full_disk_is_a_failure_with_a_name_and_nothing_is_kept(database: Database) -> None:
    def fill() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO kept VALUES ('little')")
            connection.exec_driver_sql("PRAGMA max_page_count = 10")
            connection.exec_driver_sql(f"INSERT INTO kept VALUES ('{TOO_MUCH}')")

    with pytest.raises(DatabaseUnreachable, match="full") as failed:
        fill()
    assert TOO_MUCH not in f"{failed.value}"
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar_one() == 0


def test_a_statement_that_makes_no_sense_is_a_bug(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
