# SPDX-License-Identifier: EUPL-1.2
"""The stores' databases, and how another takes them from the server: SQLite's lock, or PostgreSQL's connections."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

Kind = Literal["sqlite", "postgresql"]
NAMES = ("registry", "ledger")


class Stores(Protocol):
    """The databases of registry and ledger."""

    @property
    def settings(self) -> dict[str, str]:
        """Where they are, as variables of the environment; empty for the default."""

    def take_away(self, dice: random.Random, *, seconds: float) -> str:
        """Take them from the server, for so long if it lasts; say how."""


class SqliteStores:
    """Files in the data folder. Another process locks one, as a backup by hand would."""

    def __init__(self, data_dir: Path) -> None:
        """The files are in this folder."""
        self._data_dir = data_dir
        self.settings: dict[str, str] = {}

    def take_away(self, dice: random.Random, *, seconds: float) -> str:
        """Hold the only writing transaction of one of them."""
        name = dice.choice(NAMES)
        locked = sqlite3.connect(self._data_dir / f"{name}.db", timeout=60, isolation_level=None)
        try:
            locked.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
        except sqlite3.OperationalError as error:
            return f"{name} could not be locked: {error}"
        finally:
            with contextlib.suppress(sqlite3.OperationalError):
                locked.execute("ROLLBACK")
            locked.close()
        return f"{name} locked for {seconds:.1f} s"


class PostgresqlStores:
    """Two databases on a server of our own."""

    def __init__(self, folder: Path) -> None:
        """The server listens on a socket in this folder."""
        self._folder = folder
        self.settings = {f"KINDPAKKET_{name.upper()}_URL": self._url(name) for name in NAMES}
        self._run("postgres", *(f"CREATE DATABASE {name}" for name in NAMES))

    def take_away(self, dice: random.Random, *, seconds: float) -> str:
        """End all connections by PostgreSQL's own means; or kill -9 one of its processes, after which it ends all."""
        (pids,) = self._run(
            "postgres", "SELECT array_agg(pid) FROM pg_stat_activity WHERE datname IN ('registry', 'ledger')"
        )
        if not pids:
            return "there were no connections"
        if dice.random() < 0.5:
            self._run("postgres", *(f"SELECT pg_terminate_backend({pid})" for pid in pids))
            return f"{len(pids)} connections ended"
        with contextlib.suppress(ProcessLookupError):
            os.kill(dice.choice(sorted(pids)), signal.SIGKILL)
        return "a process of PostgreSQL killed"

    def _url(self, name: str) -> str:
        return f"postgresql://kindpakket@/{name}?host={self._folder}"

    def _run(self, name: str, *statements: str) -> list[list[int]]:
        engine = create_engine(self._url(name), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        answers = []
        deadline = time.monotonic() + 60
        for statement in statements:
            while True:
                try:
                    with engine.connect() as connection:
                        found = connection.execute(text(statement))
                        answers.append(found.scalar_one() if found.returns_rows else [])
                    break
                except DBAPIError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
        return answers


@contextmanager
def stores_of(kind: Kind, data_dir: Path) -> Iterator[Stores]:
    """Return the databases; PostgreSQL's server is started, and stopped in the end."""
    if kind == "sqlite":
        yield SqliteStores(data_dir)
        return
    with _postgresql() as folder:
        yield PostgresqlStores(folder)


@contextmanager
def _postgresql() -> Iterator[Path]:
    """Start a server that only this machine reaches, through a socket in the folder."""
    # PostgreSQL refuses to run as root.
    is_root = os.geteuid() == 0
    account = "nobody" if is_root else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="kindpakket-torture-postgresql-"))
    shutil.chown(folder, account)

    def run(program: str, *arguments: str) -> None:
        installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        found = shutil.which(program) or (str(installed[-1]) if installed else None)
        assert found is not None, "Debian's package `postgresql` is installed"
        subprocess.run(
            [found, *arguments],
            user=account if is_root else None,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    data = f"{folder / 'data'}"
    run("initdb", "-D", data, "-A", "trust", "-U", "kindpakket", "--no-sync", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    run("pg_ctl", "-D", data, "-w", "-l", f"{folder / 'log'}", "-o", options, "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)
