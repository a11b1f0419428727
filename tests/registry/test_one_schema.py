# SPDX-License-Identifier: EUPL-1.2
"""Both databases hold the same: the migrations of the registry, and the ledger's tables, end alike on either.

What is compared goes by names, kinds and columns: how a rule is written differs between them. Each rule's effect has
its own test in this room and in the ledger's, which run on both.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy import Inspector, inspect

from kindpakket.ledger.store import Ledger
from kindpakket.registry.store import Registry
from tests.ledger.databases import connect, empty_postgresql, empty_sqlite
from tests.ledger.source import CHAIN_ID, CONTRACT

KINDS = {"BYTEA": "BLOB", "JSONB": "JSON"}
"""What PostgreSQL calls what SQLite calls so."""

Shape = dict[str, dict[str, object]]


def shape_of_table(inspector: Inspector, table: str, *, named: bool) -> dict[str, object]:
    """What a table holds, in words that both databases share. `named`: its rules have names of ours."""
    checks = inspector.get_check_constraints(table)
    return {
        "columns": [
            (one["name"], KINDS.get(str(one["type"]), str(one["type"])), one["nullable"])
            for one in inspector.get_columns(table)
        ],
        "key": inspector.get_pk_constraint(table)["constrained_columns"],
        "checks": sorted(f"{one['name']}" for one in checks) if named else len(checks),
        "unique": sorted(one["column_names"] for one in inspector.get_unique_constraints(table)),
        "foreign": sorted(
            (one["constrained_columns"], one["referred_table"], one["referred_columns"])
            for one in inspector.get_foreign_keys(table)
        ),
        "indexes": sorted(
            (one["column_names"], bool(one["unique"]))
            for one in inspector.get_indexes(table)
            # PostgreSQL tells the index of a unique rule, too.
            if "duplicates_constraint" not in one
        ),
    }


def shape(url: str, *, named: bool) -> Shape:
    with connect(url) as connection:
        inspector = inspect(connection)
        return {
            table: shape_of_table(inspector, table, named=named)
            for table in sorted(inspector.get_table_names())
        }


def test_the_registry_s_migrations_end_alike_on_both(tmp_path: Path) -> None:
    shapes = []
    for url in (empty_sqlite(tmp_path), empty_postgresql()):
        with closing(Registry(url)):
            shapes.append(shape(url, named=True))
    assert len(shapes[0]) > 1
    assert shapes[0] == shapes[1]


def test_the_ledger_s_tables_are_alike_on_both(tmp_path: Path) -> None:
    shapes = []
    for url in (empty_sqlite(tmp_path), empty_postgresql()):
        with closing(Ledger(url, chain_id=CHAIN_ID, contract=CONTRACT)):
            shapes.append(shape(url, named=False))
    assert len(shapes[0]) > 1
    assert shapes[0] == shapes[1]
