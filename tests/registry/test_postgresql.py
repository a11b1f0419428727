# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL where it is not SQLite: schemas, connections that break, a server that is away. On a server of its own.

Given one database for both stores
  when it is opened: each store has a schema, made when it was not there, and nothing else is touched
  when the database's own default is an older snapshot: writers still see what was written before them
Given connections that broke while nobody used them
  when somebody asks again: they get an answer, and no error
Given a connection that breaks in the middle of writing
  it says so by its name, and nothing is kept
Given a server that is away
  when a request comes: 503, a reason, and that it may be sent again; no password in the log
  when it is back: the same request is answered, by the same process
Given a server that only reads, as a standby that takes over
  it is away, too, and no event is blamed for it
Given a writer that keeps the others waiting
  it is an error with a name for them, too
Given more threads than connections
  all are served
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from kindpakket import databases
from kindpakket.chain.tester import TesterChain
from kindpakket.console.visits import SESSION_COOKIE
from kindpakket.databases import CONNECTIONS_AT_PEAK, Database
from kindpakket.doctor import examine
from kindpakket.errors import DatabaseUnreachable
from kindpakket.ledger.follower import Follower
from kindpakket.ledger.store import Ledger
from kindpakket.main import THREADS, create_app, services_on
from kindpakket.registry.store import Registry
from kindpakket.settings import Settings
from tests.ledger.databases import Postgresql, connect
from tests.ledger.source import CHAIN_ID, CONTRACT, begun, redeemed
from tests.support import InProcess, new_sign_in_code, sign_in

NOWHERE = "postgresql://kindpakket:geheim@127.0.0.1:1/kindpakket"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A server that tests may stop."""
    server = Postgresql()
    yield server
    server.erase()


@pytest.fixture
def settings(server: Postgresql, tmp_path: Path) -> Settings:
    """Settings with an empty database of that server."""
    server.administrate("DROP DATABASE IF EXISTS municipality WITH (FORCE)")
    server.administrate("CREATE DATABASE municipality")
    return Settings(data_dir=tmp_path, database_url=server.url("municipality"))


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    """An empty registry in that database."""
    with closing(Registry(settings.registry_address)) as registry:
        yield registry


def cut_connections(server: Postgresql) -> int:
    """End all sessions of the municipality, as a restart or a firewall does; return how many."""
    with connect(server.url("postgres")) as connection:
        ended = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = 'municipality'"
            )
        )
        return len(ended.all())


# ------------------------------------------------------------------ schemas


def test_each_store_has_a_schema_and_nothing_else_is_touched(
    server: Postgresql, settings: Settings, chain: TesterChain, keystore: Path, tmp_path: Path
) -> None:
    shutil.copytree(keystore, tmp_path, dirs_exist_ok=True)
    with (
        services_on(settings, chain, now=chain.now, follow=False),
        connect(server.url("municipality")) as found,
    ):
        tables = "SELECT DISTINCT table_schema FROM information_schema.tables"
        schemas = {row.table_schema for row in found.execute(text(tables))}
    assert schemas - {"pg_catalog", "information_schema"} == {
        "kindpakket_ledger",
        "kindpakket_registry",
    }
    assert not list(tmp_path.glob("*.db"))


def test_what_the_operator_says_of_a_session_counts(settings: Settings) -> None:
    address = settings.database_url.get_secret_value() + "&options=-c%20application_name%3Dgemeente"
    settings = Settings(data_dir=settings.data_dir, database_url=address, database_schema="proef")
    Registry(settings.registry_address).close()
    database = Database(settings.registry_address, name="registry", synchronous="NORMAL")
    with closing(database), database.read() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("application_name", "search_path", "synchronous_commit", "lock_timeout")
        ]
        assert connection.exec_driver_sql("SELECT count(*) FROM registry_version").scalar_one() == 1
    assert shown == ["gemeente", "proef_registry", "off", "30s"]


def test_a_forgotten_schema_is_gone_and_the_others_stay(server: Postgresql, settings: Settings) -> None:
    other = settings.model_copy(update={"database_schema": "proef"})
    for one in (settings, other):
        Registry(one.registry_address).close()
    databases.forget_schema(other.registry_address)
    databases.forget_schema(f"sqlite:///{settings.data_dir / 'registry.db'}")
    with connect(server.url("municipality")) as found:
        schemas = found.execute(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%_registry'"))
        assert schemas.scalars().all() == ["kindpakket_registry"]


def test_a_database_in_another_encoding_is_refused(server: Postgresql, settings: Settings) -> None:
    server.administrate("DROP DATABASE IF EXISTS old")
    server.administrate("CREATE DATABASE old ENCODING 'LATIN9' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(ValueError, match="LATIN9"):
        Registry(server.url("old"))


def test_writers_see_what_was_written_before_them_whatever_the_database_prefers(
    server: Postgresql, settings: Settings
) -> None:
    server.administrate("ALTER DATABASE municipality SET default_transaction_isolation = 'serializable'")
    first, second = (
        Database(settings.registry_address, name="registry", synchronous="FULL") for _ in range(2)
    )
    with closing(first), closing(second):
        with first.write() as connection:
            connection.exec_driver_sql("CREATE TABLE counted (number integer)")
            connection.exec_driver_sql("INSERT INTO counted VALUES (0)")
        start = threading.Barrier(2)

        def count(database: Database) -> None:
            start.wait()
            for _ in range(20):
                with database.write() as connection:
                    number = connection.exec_driver_sql("SELECT number FROM counted").scalar_one()
                    connection.execute(text("UPDATE counted SET number = :next"), {"next": number + 1})

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(count, (first, second)))
        with first.read() as connection:
            assert connection.exec_driver_sql("SELECT number FROM counted").scalar_one() == 40


# ------------------------------------------------------------------ connections


def test_a_connection_that_broke_while_idle_is_replaced(server: Postgresql, registry: Registry) -> None:
    registry.staff.ensure_member("Anna", roles=["issuer"])
    assert cut_connections(server) > 0
    assert registry.staff.anyone()
    assert cut_connections(server) > 0
    assert registry.staff.ensure_member("Bram", roles=["issuer"]) == 2


def test_a_connection_that_breaks_while_writing_keeps_nothing(server: Postgresql, settings: Settings) -> None:
    database = Database(settings.registry_address, name="registry", synchronous="FULL")
    with closing(database):
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (number integer)")

        def write_two() -> None:
            with database.write() as connection:
                connection.exec_driver_sql("INSERT INTO kept VALUES (1)")
                assert cut_connections(server) > 0
                connection.exec_driver_sql("INSERT INTO kept VALUES (2)")

        with pytest.raises(DatabaseUnreachable, match="terminat"):
            write_two()
        with database.write() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar_one() == 0


def test_a_writer_that_keeps_another_waiting_is_an_error_with_a_name(settings: Settings) -> None:
    address = settings.database_url.get_secret_value() + "&options=-c%20lock_timeout%3D50ms"
    settings = Settings(data_dir=settings.data_dir, database_url=address)
    first, second = (
        Database(settings.registry_address, name="registry", synchronous="FULL") for _ in range(2)
    )
    other_store = Database(settings.ledger_address, name="ledger", synchronous="NORMAL")
    with closing(first), closing(second), closing(other_store), first.write():
        with pytest.raises(DatabaseUnreachable, match="lock timeout"), second.write():
            raise AssertionError("it must not get so far")
        with other_store.write(), second.read():
            pass


def test_more_threads_than_connections_are_all_served(server: Postgresql, registry: Registry) -> None:
    start = threading.Barrier(THREADS)

    def come(place: int) -> bool:
        start.wait()
        registry.staff.ensure_member(f"Anna {place}", roles=["issuer"])
        return registry.staff.anyone()

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(come, range(THREADS)))
    assert cut_connections(server) <= CONNECTIONS_AT_PEAK
    assert len(registry.members.all(now=5)) == THREADS


# ------------------------------------------------------------------ a server that is away


@pytest.fixture
def client(
    settings: Settings, chain: TesterChain, keystore: Path, tmp_path: Path
) -> Iterator[tuple[TestClient, InProcess]]:
    """An installation on that server with its follower at work, and a signed-in member of staff."""
    shutil.copytree(keystore, tmp_path, dirs_exist_ok=True)
    with (
        services_on(settings, chain, now=chain.now) as services,
        TestClient(create_app(services), raise_server_exceptions=False) as client,
    ):
        desk = InProcess(client)
        sign_in(services, desk)
        assert new_sign_in_code(services)
        yield client, desk


def test_while_the_server_is_away_answers_say_so_and_afterwards_all_goes_on(
    server: Postgresql, client: tuple[TestClient, InProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    http, desk = client
    assert desk.ask("GET", "/payout-runs") == {"runs": []}
    server.stop()
    try:
        for _ in range(3):
            answer = http.get("/api/v1/payout-runs", headers={"Authorization": f"Bearer {desk.token}"})
            assert (answer.status_code, answer.json()["reason"]) == (503, "database_unreachable")
            assert (answer.json()["retry"], answer.json()["result"]) == (True, "failed")
            assert server.url("municipality") not in answer.text
        http.cookies.set(SESSION_COOKIE, "a" * 43)
        page = http.get("/gemeente/", headers={"Accept-Language": "en"})
        assert (page.status_code, "The system does not answer now" in page.text) == (503, True)
    finally:
        server.start()
    assert desk.ask("GET", "/payout-runs") == {"runs": []}
    assert "password" not in capfd.readouterr().out


def test_a_server_that_only_reads_for_a_while_stops_no_follower(
    server: Postgresql, settings: Settings
) -> None:
    chain = begun()
    with closing(Ledger(settings.ledger_address, chain_id=CHAIN_ID, contract=CONTRACT)) as ledger:
        follower = Follower(chain, ledger)
        base = follower.catch_up()
        block = chain.add_block(redeemed(1, 0, 5))
        let_only_read(server, "on")
        with pytest.raises(DatabaseUnreachable, match="read-only"):
            follower.catch_up()
        with pytest.raises(DatabaseUnreachable, match="read-only"):
            ledger.find_unbookable(chain.events(block, block))
        assert (ledger.next_block(), follower.failed) == (base + 1, None)
        let_only_read(server, "off")
        assert follower.catch_up() == block


def let_only_read(server: Postgresql, value: str) -> None:
    """Let the database refuse to write, as a standby does, or take it again."""
    server.administrate(f"ALTER DATABASE municipality SET default_transaction_read_only = {value}")
    cut_connections(server)


def test_the_doctor_says_whether_it_answers(server: Postgresql, settings: Settings) -> None:
    for address, answers in ((settings.database_url.get_secret_value(), True), (NOWHERE, False)):
        asked = settings.model_copy(update={"database_url": SecretStr(address)})
        found = [one for one in examine(asked, now=0) if one.what.startswith("database of")]
        assert [one.ok for one in found] == [answers, answers], found
        assert "geheim" not in str(found)


def test_no_password_is_in_what_is_said_of_a_database(tmp_path: Path) -> None:
    for address in (
        NOWHERE,
        "postgresql://kindpakket:geheim@127.0.0.1:port/kindpakket",
        "postgresql://kindpakket:geheim/2@127.0.0.1:1/kindpakket",
        "mysql://kindpakket:geheim@127.0.0.1/kindpakket",
    ):
        with pytest.raises((DatabaseUnreachable, ValueError)) as failed:
            Registry(Settings(data_dir=tmp_path, database_url=address).registry_address)
        assert "geheim" not in f"{failed.value!r} {failed.value}", failed.value
    assert "geheim" not in repr(Settings(database_url="postgresql://kindpakket:geheim@127.0.0.1/kindpakket"))
