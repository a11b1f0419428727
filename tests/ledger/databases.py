# SPDX-License-Identifier: EUPL-1.2
"""Databases for tests, on the engine that the run was told (`--database`): SQLite files, or Debian's PostgreSQL.

PostgreSQL is one server for each process that runs tests, started when the first test asks for it and stopped in the
end. Only this machine reaches it, through a socket in a folder of its own. It flushes nothing to disk: that is the only
thing in which it differs from a municipality's. Each installation has a database of its own there, known by its data
folder. On both, an installation begins as a copy of an empty one whose registry is migrated already.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from kindpakket.registry.store import Registry
from kindpakket.settings import Settings

START_SECONDS = 300
ENGINES = ("sqlite", "postgresql")
OPTIONS = "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB -c max_connections=300"

_chosen = "sqlite"
_databases: dict[Path, str] = {}
"""The names of the databases of installations, by data folder."""
_prepared: set[Path] = set()
"""The data folders that were given an empty registry on SQLite."""


def choose(engine: str) -> None:
    """Say on which engine this process runs its tests."""
    global _chosen  # noqa: PLW0603 - a process runs its tests on one
    _chosen = engine


def on_postgresql() -> bool:
    """Whether this run is on PostgreSQL."""
    return _chosen == "postgresql"


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Open a transaction past the store, to look at its rows or to change them."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


def bytes_in_sql(content: bytes) -> str:
    """Return bytes as they stand in a statement."""
    return f"decode('{content.hex()}', 'hex')" if on_postgresql() else f"x'{content.hex()}'"


def empty_database(folder: Path) -> str:
    """Return the URL of an empty database, the only one of its test."""
    return empty_postgresql() if on_postgresql() else empty_sqlite(folder)


def empty_sqlite(folder: Path) -> str:
    """Return the URL of an empty SQLite file."""
    return f"sqlite:///{folder / 'store.db'}"


def empty_postgresql() -> str:
    """Return the URL of an empty database on PostgreSQL."""
    url = postgresql().url("postgres")
    with connect(url) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return url


# ------------------------------------------------------------------ installations


def settings_in(folder: Path, **more: Any) -> Settings:
    """Return the settings of an installation in this data folder, on the chosen engine; its registry is migrated."""
    if not on_postgresql() and folder not in _prepared:
        _prepared.add(folder)
        _put_empty_registry(folder)
    return Settings(data_dir=folder, **_database_of(folder), **more)


def environment_of(folder: Path) -> dict[str, str]:
    """Return the environment of a command on the installation in this data folder."""
    return os.environ | {f"KINDPAKKET_{name.upper()}": value for name, value in _database_of(folder).items()}


def copy_database(of: Path, to: Path) -> None:
    """Give the installation in a copied data folder its own copy of what the first one keeps in PostgreSQL."""
    if on_postgresql():
        postgresql().administrate(f"CREATE DATABASE {_name(to)} TEMPLATE {_databases[of]} STRATEGY FILE_COPY")
        _databases[to] = _name(to)


def dump_registry(folder: Path, file: Path) -> None:
    """Save the registry of the installation in this data folder, as `docs/running.md` says for PostgreSQL."""
    _run_client(
        "pg_dump", "--schema=kindpakket_registry", "--clean", "--if-exists", f"--file={file}", of=folder
    )


def put_back_registry(folder: Path, file: Path) -> None:
    """Put a saved registry into the database of the installation in this data folder."""
    _run_client("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={file}", of=folder)


def kept_in_registry(settings: Settings) -> bytes:
    """Return all bytes that a registry keeps: its files, or the values of all rows."""
    if not on_postgresql():
        return b"".join(file.read_bytes() for file in settings.data_dir.glob("registry.db*"))
    with connect(settings.registry_address) as connection:
        tables = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            )
        )
        values = (
            value
            for name in tables.scalars().all()
            for row in connection.execute(text(f"SELECT * FROM {name}"))
            for value in row
        )
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def forget_databases(folder: Path) -> None:
    """Drop the databases of all installations in this folder; one that is in use, too."""
    for data_dir in [data_dir for data_dir in _databases if data_dir.is_relative_to(folder)]:
        postgresql().administrate(f"DROP DATABASE {_databases.pop(data_dir)} WITH (FORCE)")


def _database_of(folder: Path) -> dict[str, str]:
    if not on_postgresql():
        return {}
    if folder not in _databases:
        postgresql().administrate(
            f"CREATE DATABASE {_name(folder)} TEMPLATE {_template()} STRATEGY FILE_COPY"
        )
        _databases[folder] = _name(folder)
    return {"database_url": postgresql().url(_databases[folder])}


def _name(folder: Path) -> str:
    return "town_" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _run_client(program: str, *arguments: str, of: Path) -> None:
    """Run a program of PostgreSQL's on the database of the installation in this data folder."""
    address = f"--dbname={_database_of(of)['database_url']}"
    subprocess.run([_find(program), *arguments, address], check=True, stdout=subprocess.DEVNULL)


def _put_empty_registry(folder: Path) -> None:
    """Begin an installation with a registry that is migrated already. One that began before is left as it is."""
    file = folder / "registry.db"
    if folder.is_dir() and not file.exists() and not Settings(data_dir=folder).deployment_file.exists():
        shutil.copy(_template_file(), file)


@functools.cache
def _template_file() -> Path:
    """Make a file with an empty registry in it, once."""
    folder = Path(tempfile.mkdtemp(prefix="kindpakket-registry-"))
    atexit.register(shutil.rmtree, folder)
    Registry(Settings(data_dir=folder).registry_address).close()
    return folder / "registry.db"


@functools.cache
def _template() -> str:
    """Make a database with an empty registry in it, once."""
    postgresql().administrate("CREATE DATABASE empty_town")
    Registry(Settings(database_url=postgresql().url("empty_town")).registry_address).close()
    return "empty_town"


# ------------------------------------------------------------------ the server


class Postgresql:
    """A server of Debian's PostgreSQL with its own data; tests may stop it, kill it and start it again."""

    def __init__(self) -> None:
        """Make its data and start it."""
        # PostgreSQL refuses to run as root.
        self._account = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        # A socket's path is short, and that account must reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="kindpakket-postgresql-", dir="/tmp"))
        shutil.chown(self._folder, self._account)
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [
                _find("initdb"),
                "-D",
                str(self._data),
                *["-A", "trust", "-U", "kindpakket", "--no-sync", "-E", "UTF8"],
            ],
            user=self._account if os.geteuid() == 0 else None,
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.start()

    def url(self, database: str) -> str:
        """Return where one of its databases is."""
        return f"postgresql://kindpakket@/{database}?host={self._folder}"

    def administrate(self, statement: str) -> None:
        """Do what can be done in no transaction."""
        engine = create_engine(self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))

    def start(self) -> None:
        """Start it and wait until it answers; it ends with this process, however that ends."""
        places = f"-c listen_addresses= -c unix_socket_directories={self._folder}"
        command = ["setpriv", "--pdeathsig", "QUIT", "--", _find("postgres"), "-D", str(self._data)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *places.split(), *OPTIONS.split()],
                user=self._account if os.geteuid() == 0 else None,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OperationalError), connect(self.url("postgres")):
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.05)
        raise AssertionError("PostgreSQL does not start")

    def stop(self) -> None:
        """Stop it as a crash would: what is being done is not finished."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def erase(self) -> None:
        """Stop it and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._folder)


@functools.cache
def postgresql() -> Postgresql:
    """Return the server of this process."""
    server = Postgresql()
    atexit.register(server.erase)
    return server


def _find(program: str) -> str:
    installed = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda file: int(file.parts[-3])
    )
    found = str(installed[-1]) if installed else shutil.which(program)
    assert found is not None, (
        "PostgreSQL is not installed; scripts/test does that (Debian: apt-get install postgresql)"
    )
    return found
