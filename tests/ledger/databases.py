# SPDX-License-Identifier: EUPL-1.2
"""Empty databases for tests: SQLite files, and where PostgreSQL is installed one server for the whole run."""

from __future__ import annotations

import atexit
import functools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, text


def _find(program: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return shutil.which(program) or (str(installed[-1]) if installed else None)


ENGINES = ["sqlite", "postgresql"] if _find("initdb") and _find("pg_ctl") else ["sqlite"]


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Open a transaction past the store, to look at its rows or to change them."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


def empty_database(engine: str, folder: Path) -> str:
    """Return the URL of an empty database."""
    if engine == "sqlite":
        return f"sqlite:///{folder / 'store.db'}"
    url = _postgresql_server()
    with connect(url) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return url


@functools.cache
def _postgresql_server() -> str:
    """Start a server that only this machine reaches, through a socket in its own folder; stop it in the end."""
    # PostgreSQL refuses to run as root.
    account = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="kindpakket-postgresql-"))
    shutil.chown(folder, account)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_find(program)), *arguments],
            user=account if os.geteuid() == 0 else None,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def stop() -> None:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)

    run("initdb", "-D", str(data), "-A", "trust", "-U", "kindpakket", "--no-sync", "-E", "UTF8")
    options = f"-c listen_addresses='' -c fsync=off -c unix_socket_directories='{folder}'"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    atexit.register(stop)
    return f"postgresql://kindpakket@/postgres?host={folder}"
