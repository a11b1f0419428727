# SPDX-License-Identifier: EUPL-1.2
"""Databases: how both stores open one. SQLite in a file by default, PostgreSQL by its address.

A store has one writer at a time on either engine, so that what it reads before it writes still holds when it
writes. Readers never wait for it, and each sees one moment.

On PostgreSQL that one writer holds an advisory lock until it commits, whichever process it is of; the threads of one
process queue before they take a connection, so that readers always find one.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, ExceptionContext, Select, Update, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from .errors import ChainMismatch, DatabaseUnreachable

BUSY_TIMEOUT_SECONDS = 30
CONNECTIONS = 20
CONNECTIONS_AT_PEAK = 40

#: What libpq takes, unless the address says otherwise: a server that is gone is noticed within half a minute.
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
#: The server's half: it lets go of a writer whose machine is gone, and no writer waits for another for ever.
SESSION = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4 "
    f"-c lock_timeout={BUSY_TIMEOUT_SECONDS}s"
)

UNWILLING = ("25006", "25P03")
"""PostgreSQL only reads, as a standby does that took over or waits to; or let a transaction wait too long."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a file that is no database, or not whole."""
UNABLE = ("53", "57", "58")
"""The first digits of its codes for no room, somebody's intervention, and a failure of the system."""


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
            synchronous: FULL keeps the last commit through a power cut, NORMAL may lose it.

        Raises:
            ValueError: The URL is of another kind, or of SQLite in memory, which threads cannot share; or the database
                keeps its texts in another encoding than UTF-8.
            DatabaseUnreachable: PostgreSQL does not answer.
            ChainMismatch: The file is not a database.
        """
        parsed = _parse(url)
        kind = parsed.get_backend_name()
        self._is_sqlite = kind == "sqlite"
        self._lock_key = zlib.crc32(f"kindpakket {name}".encode())
        self._writing = threading.Lock()
        if self._is_sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise ValueError("a SQLite database must be a file")
            _make_private(str(parsed.database))
            patience: dict[str, Any] = {}
        elif kind == "postgresql":
            parsed, patience = _set_up_postgresql(parsed, synchronous)
        else:
            raise ValueError(f"not SQLite or PostgreSQL: {kind}")
        self._engine: Engine = sqlalchemy.create_engine(
            parsed,
            connect_args=patience,
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS_AT_PEAK - CONNECTIONS,
            # A connection that broke while it was idle is replaced before anyone gets it.
            pool_pre_ping=not self._is_sqlite,
            # Bank accounts and references stay out of errors, and so out of logs.
            hide_parameters=True,
        )
        event.listen(self._engine, "handle_error", _hide_values)
        if self._is_sqlite:
            _set_up_sqlite(self._engine, synchronous)
            self._reader: Engine = self._engine
            self._writer: Engine = self._engine.execution_options(kindpakket_writes=True)
            self._try_file(url)
        else:
            self._reader = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            # Whatever the database's default is: a snapshot from before the lock was got would be too old to write by.
            self._writer = self._engine.execution_options(isolation_level="READ COMMITTED")
            try:
                self._make_schema()
            except BaseException:
                self.close()
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and changes nothing.

        Raises:
            DatabaseUnreachable: No answer; safe to call again.
        """
        with _failures_named(), self._reader.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    def look_up(self, lookup: Lookup, **values: Any) -> Any:
        """Return the row that a lookup finds, by its columns' names; None when there is none.

        Raises:
            DatabaseUnreachable: No answer; safe to call again.
        """
        with _failures_named():
            return lookup.ask(self._engine, values)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the only writing transaction; all of it is kept, or nothing when an error leaves it.

        Raises:
            DatabaseUnreachable: No answer, or no room. When the answer to the commit was lost, all of it may be kept.
        """
        with _failures_named(), self._turn(), self._writer.begin() as connection:
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
        except (DBAPIError, DatabaseUnreachable):
            return False
        return True

    def close(self) -> None:
        """Close all connections; idempotent."""
        self._engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the turn of this thread to write.

        Threads of one process queue here: SQLite's own waiting is a sleep of growing length, and unfair; and on
        PostgreSQL each that waits for the lock would hold a connection, of which there are fewer than threads. A file
        of this machine answers; a server that does not must not keep a long queue waiting one by one.
        """
        if not self._writing.acquire(timeout=-1 if self._is_sqlite else BUSY_TIMEOUT_SECONDS):
            raise DatabaseUnreachable("the database does not end what is written before this")
        try:
            yield
        finally:
            self._writing.release()

    def _try_file(self, url: str) -> None:
        """Open it once, so that what is no database is refused before anything is asked of it."""
        try:
            with _damage_named(url), self.read() as connection:
                connection.exec_driver_sql("PRAGMA schema_version")
        except BaseException:
            self.close()
            raise

    def _make_schema(self) -> None:
        """Make the schema that the address names, unless it is there."""
        with self.write() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
            if encoding != "UTF8":
                raise ValueError(f"the database keeps texts as {encoding}; make one with ENCODING 'UTF8'")
            named = "SELECT current_schema(), trim((string_to_array(current_setting('search_path'), ','))[1])"
            present, first = connection.exec_driver_sql(named).one()
            # A name in quotes is PostgreSQL's own default, which is for the administrator to put right.
            if present is None and not first.startswith('"'):
                connection.execute(sqlalchemy.schema.CreateSchema(first, if_not_exists=True))


def forget_schema(url: str) -> None:
    """Drop the schema that an address of PostgreSQL names, with all that is in it; nothing happens to SQLite's.

    Raises:
        DatabaseUnreachable: PostgreSQL does not answer, or somebody uses it.
    """
    if _parse(url).get_backend_name() != "postgresql":
        return
    database = Database(url, name="forgotten", synchronous="FULL")
    try:
        with database.write() as connection:
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
            connection.execute(sqlalchemy.schema.DropSchema(schema, cascade=True))
    finally:
        database.close()


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # The reason would tell parts of the address, perhaps of its password.
        raise ValueError("this is not the address of a database") from None


def _set_up_postgresql(address: URL, synchronous: str) -> tuple[URL, dict[str, Any]]:
    """Return the address with our driver and our settings of a session, and what the driver takes besides."""
    ours = SESSION if synchronous == "FULL" else f"{SESSION} -c synchronous_commit=off"
    # The last word counts, and it is the address's.
    options = " ".join((ours, *address.normalized_query.get("options", ())))
    address = address.set(drivername="postgresql+psycopg").update_query_dict({"options": options})
    return address, {name: value for name, value in PATIENCE.items() if name not in address.query}


@contextmanager
def _damage_named(url: str) -> Iterator[None]:
    """Tell that a file is no database, or not whole, and what to do with it."""
    try:
        yield
    except DBAPIError as error:
        if (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) not in DAMAGED:
            raise
        raise ChainMismatch(
            f"{make_url(url).database} is not a database that can be read: {error.orig}. Nothing was changed. A ledger"
            " is booked anew when its file is removed; a registry comes from the newest backup (docs/running.md, When"
            " a start is refused)."
        ) from error


@contextmanager
def _failures_named() -> Iterator[None]:
    """Tell what is wrong with the database, or with the way to it, from what is wrong with what was asked of it."""
    try:
        yield
    except (DBAPIError, NoConnectionFree) as error:
        if not is_out_of_reach(error):
            raise
        original = error.orig if isinstance(error, DBAPIError) else error
        said = str(original).partition("\n")[0]
        raise DatabaseUnreachable(f"the database does not answer as it should: {said}") from error


def is_out_of_reach(error: Exception) -> bool:
    """Return whether an error is of the database or the way to it, and not of what was asked."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if state in UNWILLING or state[:2] in UNABLE:
            return True
        # SQLite names a faulty statement as it names a full disk.
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            return False
    return isinstance(error, (OperationalError, InterfaceError, NoConnectionFree))


def why_out_of_reach(url: str) -> str | None:
    """Return why a database cannot be asked anything; None when it can, or is a file that is yet to be made.

    Nothing is made or changed, and what is told holds no password.
    """
    try:
        with _as_it_is(url) as engine:
            if engine is not None:
                sqlalchemy.inspect(engine).get_table_names()
    except (SQLAlchemyError, OSError) as error:
        return type(getattr(error, "orig", None) or error).__name__
    return None


def look_at(url: str, question: Select[Any]) -> Any:
    """Return the first row of what a table of a database has; None when there is no such row, table or file.

    Nothing is made or changed.

    Raises:
        DatabaseUnreachable: No answer; safe to ask again.
        ChainMismatch: It is not a database.
    """
    (table,) = question.get_final_froms()
    assert isinstance(table, sqlalchemy.Table), "one table is asked"
    with _failures_named(), _damage_named(url), _as_it_is(url) as engine:
        if engine is None or not sqlalchemy.inspect(engine).has_table(table.name):
            return None
        with engine.connect() as connection:
            return connection.execute(question).first()


def name_of(url: str) -> str:
    """Return what people call a database, without its password: its file, or its name in PostgreSQL."""
    parsed = _parse(url)
    is_file = parsed.get_backend_name() == "sqlite"
    return f"{parsed.database}" if is_file else f"database {parsed.database} of PostgreSQL"


@contextmanager
def _as_it_is(url: str) -> Iterator[Engine | None]:
    """Open a database without making or changing anything; None when it is a file that is yet to be made."""
    parsed = make_url(url)
    patience: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        if not file.exists():
            yield None
            return
        parsed = parsed.set(database=f"file:{file}", query={"mode": "rw", "uri": "true"})
    else:
        parsed, patience = _set_up_postgresql(parsed, "FULL")
    engine = sqlalchemy.create_engine(parsed, connect_args=patience, hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


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
