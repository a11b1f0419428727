# SPDX-License-Identifier: EUPL-1.2
"""Databases: how both stores open one. SQLite in a file by default, PostgreSQL by its URL.

A store has one writer at a time on either engine, so that what it reads before it writes still holds when it
writes. Readers never wait for it, and each sees one moment.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, ExceptionContext, Select, Update, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

BUSY_TIMEOUT_SECONDS = 30
CONNECTIONS = 20
CONNECTIONS_AT_PEAK = 40


class Lookup:
    """A question for one row that every payment asks: its SQL is made once, and asked by the driver itself.

    SQLAlchemy's own way to the same row takes ten times as long as SQLite needs to find it.
    """

    def __init__(self, question: Select[Any]) -> None:
        """Ask this; each `bindparam` is a value that is given when it is asked."""
        self._question = question
        self._names = [str(column.key) for column in question.selected_columns]
        self._written: dict[str, tuple[str, list[str] | None]] = {}

    def ask(self, engine: Engine, values: dict[str, Any]) -> Any:
        """Return the row, by its columns' names; None when there is none."""
        sql, order = self._written.get(engine.dialect.name) or self._write(engine)
        parameters = values if order is None else [values[name] for name in order]
        dialect = engine.dialect
        try:
            with closing(engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(sql, parameters)
                row = cursor.fetchone()
        except dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
            ) from error
        return None if row is None else SimpleNamespace(**dict(zip(self._names, row, strict=True)))

    def _write(self, engine: Engine) -> tuple[str, list[str] | None]:
        compiled = self._question.compile(engine)
        order = list(compiled.positiontup or ()) if compiled.positional else None
        self._written[engine.dialect.name] = (compiled.string, order)
        return self._written[engine.dialect.name]


class Database:
    """One open database, usable from many threads."""

    def __init__(self, url: str, *, name: str, synchronous: str) -> None:
        """Open it, and on SQLite make the file, readable by its owner only.

        Args:
            url: SQLAlchemy URL of a SQLite file or a PostgreSQL database.
            name: Of the store; its writers wait for each other, not for another store's.
            synchronous: SQLite's setting: FULL keeps the last commit through a power cut, NORMAL may lose it.

        Raises:
            ValueError: The URL is of another kind, or of SQLite in memory, which threads cannot share.
        """
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        self._is_sqlite = kind == "sqlite"
        self._lock_key = zlib.crc32(f"kindpakket {name}".encode())
        self._writing = threading.Lock()
        if self._is_sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise ValueError("a SQLite database must be a file")
            _make_private(str(parsed.database))
        elif kind != "postgresql":
            raise ValueError(f"not SQLite or PostgreSQL: {kind}")
        self._engine: Engine = sqlalchemy.create_engine(
            parsed,
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS_AT_PEAK - CONNECTIONS,
            pool_pre_ping=not self._is_sqlite,
            # Bank accounts and references stay out of errors, and so out of logs.
            hide_parameters=True,
        )
        event.listen(self._engine, "handle_error", _hide_values)
        if self._is_sqlite:
            _set_up_sqlite(self._engine, synchronous)
            self._reader: Engine = self._engine
            self._writer: Engine = self._engine.execution_options(kindpakket_writes=True)
        else:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and changes nothing."""
        with self._reader.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    def look_up(self, lookup: Lookup, **values: Any) -> Any:
        """Return the row that a lookup finds, by its columns' names; None when there is none."""
        return lookup.ask(self._engine, values)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the only writing transaction; all of it is kept, or nothing when an error leaves it."""
        # Threads of one process queue here: SQLite's own waiting is a sleep of growing length, and unfair.
        with self._writing if self._is_sqlite else nullcontext(), self._writer.begin() as connection:
            if not self._is_sqlite:
                connection.execute(
                    sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock_key)"), {"lock_key": self._lock_key}
                )
            yield connection

    def can_write(self, statement: Update) -> bool:
        """Execute a statement that changes nothing, and keep it; return whether that worked."""
        try:
            with self.write() as connection:
                connection.execute(statement)
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        """Close all connections; idempotent."""
        self._engine.dispose()


def why_out_of_reach(url: str) -> str | None:
    """Return why a database cannot be asked anything; None when it can, or is a file that is yet to be made.

    Nothing is made or changed, and what is told holds no password.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            file = Path(parsed.database or "")
            if not file.exists():
                return None
            parsed = parsed.set(database=f"file:{file}", query={"mode": "rw", "uri": "true"})
        engine = sqlalchemy.create_engine(parsed, hide_parameters=True)
        try:
            sqlalchemy.inspect(engine).get_table_names()
        finally:
            engine.dispose()
    except (SQLAlchemyError, OSError) as error:
        return type(getattr(error, "orig", None) or error).__name__
    return None


def _hide_values(context: ExceptionContext) -> None:
    """Keep an error's first line: PostgreSQL tells the values of the refused row in the ones below it."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (error.args[0].partition("\n")[0], *error.args[1:])


def _make_private(file: str) -> None:
    """Make a missing SQLite file that only its owner may read; its side files get the same rights."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _set_up_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # Python's driver would begin transactions by its own rules; SQLAlchemy's `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is erased is overwritten, not only forgotten.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("kindpakket_writes", False)
        # IMMEDIATE: one that reads first and writes later would otherwise fail when another wrote between.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
