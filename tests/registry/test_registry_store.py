# SPDX-License-Identifier: EUPL-1.2
"""The registry's store: whose it is, how it comes to its tables, and which rows they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from kindpakket.errors import ChainMismatch
from kindpakket.registry import tables
from kindpakket.registry.programmes import Order
from kindpakket.registry.store import MIGRATIONS, Registry
from kindpakket.staff import Role
from tests.ledger.databases import connect, empty_sqlite

CONTRACT = "0x" + "c0" * 20
TABLE_COUNT = 51


def log_entry(told: str, hash_before: str, own_hash: str) -> str:
    """A statement that writes an entry of the log of staff; a hash is a letter, 32 times."""
    return f"INSERT INTO staff_log VALUES ({told}, '{hash_before * 32}', '{own_hash * 32}')"


def shape(connection: Connection) -> dict[str, Any]:
    """Everything that the database says about its tables."""
    inspector = inspect(connection)

    def sorted_by_name(found: Any) -> list[Any]:
        return sorted(([*one.items()] for one in found), key=str)

    return {
        table: {
            "columns": [
                (one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(table)
            ],
            "key": inspector.get_pk_constraint(table),
            "checks": sorted_by_name(inspector.get_check_constraints(table)),
            "unique": sorted_by_name(inspector.get_unique_constraints(table)),
            "foreign": sorted_by_name(inspector.get_foreign_keys(table)),
            "indexes": sorted_by_name(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "registry_version"
    }


# ------------------------------------------------------------------ whose it is


def test_it_refuses_another_chain_or_contract(registry: Registry) -> None:
    registry.bind(chain_id=72910, contract=CONTRACT)
    for chain_id, contract in ((1, CONTRACT), (72910, "0x" + "c1" * 20)):
        with pytest.raises(ChainMismatch, match="is of contract 0xc0"):
            registry.bind(chain_id=chain_id, contract=contract)


def test_it_knows_its_own_contract_again(registry: Registry) -> None:
    registry.bind(chain_id=72910, contract=CONTRACT)
    registry.bind(chain_id=72910, contract="0x" + CONTRACT[2:].upper())


# ------------------------------------------------------------------ tables


def test_the_migrations_make_the_tables_that_the_code_knows(registry: Registry, url: str) -> None:
    with connect(url) as connection:
        migrated = shape(connection)
        connection.execute(text("DROP TABLE registry_version"))
        tables.metadata.drop_all(connection)
        tables.metadata.create_all(connection)
        assert migrated == shape(connection)
    assert len(migrated) == TABLE_COUNT


def test_who_was_staff_before_there_were_roles_has_every_role(url: str) -> None:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with connect(url) as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0004")
        connection.execute(text("INSERT INTO staff (staff, name) VALUES (7, 'Anna')"))
    registry = Registry(url)
    (anna,) = registry.members.all(now=5)
    assert (anna.staff, anna.name, anna.roles) == (7, "Anna", set(Role))
    assert registry.staff_log.all() == []
    registry.close()


def test_a_voucher_of_before_came_with_the_batch_of_its_household(url: str) -> None:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with connect(url) as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0006")
        for batch in (1, 2):
            letter = f"{batch}" * 32
            for row in (
                f"letter_batch (batch, programme, created_at) VALUES ({batch}, 1, 5)",
                f"household VALUES ({batch}, {batch}, 1, 'A-{batch}')",
                f"letter VALUES ('{letter}', {batch}, NULL)",
                f"letter_voucher VALUES ('0x{f'{batch}' * 40}', '{letter}', 0, 100, 4{batch})",
            ):
                connection.execute(text(f"INSERT INTO {row}"))
    registry = Registry(url)
    with connect(url) as connection:
        kept = connection.execute(
            text("SELECT voucher, amount_cents, batch FROM letter_voucher ORDER BY batch")
        )
        assert [tuple(row) for row in kept] == [(41, 100, 1), (42, 100, 2)]
    registry.close()


def test_opened_again_it_keeps_what_it_knows(registry: Registry, url: str) -> None:
    order = Order("a" * 32, terms_hash=b"\x02" * 32, policy_hash=b"\x01" * 32, programmes_before=0)
    registry.programmes.announce(order, name="Kindpakket 2026", policy_text="Iedereen doet mee.")
    registry.programmes.attach(b"\x01" * 32, [1])
    again = Registry(url)
    assert again.programmes.names() == {1: "Kindpakket 2026"}
    again.close()


def test_a_sqlite_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    registry = Registry(empty_sqlite(tmp_path))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    registry.close()


@pytest.fixture
def filled(registry: Registry, url: str) -> str:
    """A registry with one row of what others refer to."""
    rows = [
        "INSERT INTO letter_batch (batch, programme, created_at) VALUES (1, 1, 5)",
        "INSERT INTO household (household, batch, programme, row_reference) VALUES (1, 1, 1, 'A1')",
        f"INSERT INTO letter (letter_id, household) VALUES ('{'a' * 32}', 1)",
        f"INSERT INTO letter_voucher VALUES ('0x{'a' * 40}', '{'a' * 32}', 0, 100, 12, 1)",
        "INSERT INTO merchant (merchant, name, iban) VALUES (1, 'Jansen', 'NL90INGB0009000000')",
        "INSERT INTO staff (staff, name) VALUES (1, 'Anna')",
        "INSERT INTO staff_role VALUES (1, 'issuer')",
        log_entry("1, 5, 1, 'Anna', 'y', '', '', 'begun', NULL", "a", "b"),
        "INSERT INTO shop VALUES (3, 1, 'Fietsen Jansen', 8, '', '', '', NULL)",
    ]
    with connect(url) as connection:
        for row in rows:
            connection.execute(text(row))
    return url


REFUSED = {
    "a second contract": f"INSERT INTO deployment VALUES (2, 1, '{CONTRACT}')",
    "a contract in capitals": f"INSERT INTO deployment VALUES (1, 1, '0x{'C0' * 20}')",
    "programme 0": "INSERT INTO programme_text VALUES (0, 'x', '')",
    "programme 65536": "INSERT INTO programme_text VALUES (65536, 'x', '')",
    "a programme without a name": "INSERT INTO programme_text VALUES (1, '', '')",
    "an opening without a name": f"INSERT INTO programme_opening VALUES ('{'a' * 32}', '', '')",
    "an opening whose hash is too short": "INSERT INTO programme_opening VALUES ('a', 'x', '')",
    "letters shown before they are issued": "UPDATE letter_batch SET shown_at = 9",
    "a household twice in a programme": (
        "INSERT INTO household (batch, programme, row_reference) VALUES (1, 1, 'A1')"
    ),
    "a household in another programme than its batch": (
        "INSERT INTO household (batch, programme, row_reference) VALUES (1, 2, 'A2')"
    ),
    "a household without a reference": (
        "INSERT INTO household (batch, programme, row_reference) VALUES (1, 1, '')"
    ),
    "a letter of no household": f"INSERT INTO letter (letter_id, household) VALUES ('{'b' * 32}', 9)",
    "a letter id that is too short": "INSERT INTO letter (letter_id, household) VALUES ('aa', 1)",
    "a voucher of two letters": (
        "INSERT INTO letter_voucher (letter_key, letter_id, position, amount_cents, voucher)"
        f" VALUES ('0x{'b' * 40}', '{'a' * 32}', 1, 100, 12)"
    ),
    "two vouchers at one position": (
        "INSERT INTO letter_voucher (letter_key, letter_id, position, amount_cents)"
        f" VALUES ('0x{'b' * 40}', '{'a' * 32}', 0, 100)"
    ),
    "a voucher of nothing": "UPDATE letter_voucher SET amount_cents = 0",
    "a voucher above 24 bits": "UPDATE letter_voucher SET amount_cents = 16777216",
    "a letter key that is no address": "UPDATE letter_voucher SET letter_key = 'a'",
    "a merchant's account twice": "INSERT INTO merchant (name, iban) VALUES ('Pietersen', 'NL90INGB0009000000')",
    "shop 0": "UPDATE shop SET shop = 0",
    "shop 65536": "UPDATE shop SET shop = 65536",
    "a shop of no merchant": "UPDATE shop SET merchant = 9",
    "a shop that sells nothing": "UPDATE shop SET categories = 0",
    "a category above 31": "UPDATE shop SET categories = 4294967296",
    "a shop that waits for programme 0": "UPDATE shop SET joining = 0",
    "a shop that waits for programme 65536": "UPDATE shop SET joining = 65536",
    "a till without a token that was not removed": (
        f"INSERT INTO till (till, shop, name, paired_at) VALUES ('0x{'a' * 40}', 3, 'Kassa 1', 5)"
    ),
    "a till of another role": (
        "INSERT INTO till (till, shop, name, paired_at, removed_at, role)"
        f" VALUES ('0x{'a' * 40}', 3, 'Kassa 1', 5, 6, 'boss')"
    ),
    "a code for another role": (
        f"INSERT INTO pairing_code (code_hash, shop, ends_at, role) VALUES ('{'a' * 32}', 3, 9, 'boss')"
    ),
    "a removed till's token that is too short": "INSERT INTO removed_till_token VALUES ('a', 5)",
    "a reason of an unknown till": (
        f"INSERT INTO refund_reason VALUES ('{'a' * 32}', 5, '0x{'d' * 40}', 'price', 6)"
    ),
    "a till of no shop": (
        "INSERT INTO till (till, shop, name, paired_at, removed_at)"
        f" VALUES ('0x{'a' * 40}', 9, 'Kassa 1', 5, 6)"
    ),
    "a passkey of nobody": "INSERT INTO passkey VALUES (1, 9, 'a', 'a', 0, 'x', 5, NULL)",
    "a passkey without an id": "INSERT INTO passkey VALUES (1, 1, '', 'a', 0, 'x', 5, NULL)",
    "a passkey that counts below 0": "INSERT INTO passkey VALUES (1, 1, 'a', 'a', -1, 'x', 5, NULL)",
    "a passkey without a name": "INSERT INTO passkey VALUES (1, 1, 'a', 'a', 0, '', 5, NULL)",
    "a challenge that is too short": "INSERT INTO passkey_challenge VALUES ('a', NULL, 5)",
    "a log that begins at 0": log_entry("0, 5, NULL, 'x', 'y', '', '', 'done', NULL", "c", "d"),
    "an entry by nobody": log_entry("2, 5, NULL, '', 'y', '', '', 'done', NULL", "c", "d"),
    "an entry by a stranger": log_entry("2, 5, 9, 'x', 'y', '', '', 'done', NULL", "c", "d"),
    "an entry of nothing": log_entry("2, 5, NULL, 'x', '', '', '', 'done', NULL", "c", "d"),
    "an unknown outcome": log_entry("2, 5, NULL, 'x', 'y', '', '', 'lost', NULL", "c", "d"),
    "two entries after one": log_entry("2, 5, NULL, 'x', 'y', '', '', 'done', NULL", "a", "d"),
    "one hash of two entries": log_entry("2, 5, NULL, 'x', 'y', '', '', 'done', NULL", "c", "b"),
    "the outcome of a later entry": log_entry("2, 5, NULL, 'x', 'y', '', '', 'done', 3", "c", "d"),
    "the outcome of no entry": log_entry("3, 5, NULL, 'x', 'y', '', '', 'done', 2", "c", "d"),
    "an outcome that is only begun": log_entry("2, 5, NULL, 'x', 'y', '', '', 'begun', 1", "c", "d"),
    "an anchor of no entry": "INSERT INTO staff_log_anchor VALUES (9, 1, 5)",
    "an unknown role": "INSERT INTO staff_role VALUES (1, 'boss')",
    "a role of nobody": "INSERT INTO staff_role VALUES (9, 'auditor')",
    "a role twice": "INSERT INTO staff_role VALUES (1, 'issuer')",
    "a voucher on an unknown phone": (
        "INSERT INTO phone_voucher (voucher, token_hash) SELECT 1, secret_sealed FROM letter"
    ),
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_its_tables_refuse(statement: str, filled: str) -> None:
    def write() -> None:
        with connect(filled) as connection:
            if filled.startswith("sqlite"):
                connection.execute(text("PRAGMA foreign_keys = ON"))
            connection.execute(text(statement))

    with pytest.raises(IntegrityError):
        write()
