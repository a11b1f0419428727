# SPDX-License-Identifier: EUPL-1.2
"""The ledger's tables: append-only facts (event, entry) and what they add up to (the others). Euro cents.

Three tell of the booking itself: the cursor, the blocks that were booked last, and what had to be undone.

Never migrated: when a table changes, the ledger is rebuilt from the chain.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

POSTING_RULES = 1
"""Raised when the same events are to be booked differently: older ledgers are then rebuilt."""

metadata = MetaData()

cursor = Table(
    "ledger_cursor",
    metadata,
    # There is one cursor.
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("schema", Text, nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", Text, nullable=False),
    # The first block that is not booked.
    Column("next_block", BigInteger, CheckConstraint("next_block >= 0"), nullable=False),
    # Which chain it was: the hash of the last booked block, once there is one.
    Column("block_hash", LargeBinary(32)),
)

booked_block = Table(
    "booked_block",
    metadata,
    # Blocks that booking came to, and their hashes then: the newest one that the chain still has is where it forked.
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)

undoing = Table(
    "undoing",
    metadata,
    # Blocks that were booked as final, and that the chain replaced by others.
    Column("undoing", Integer, primary_key=True),
    Column("first_block", BigInteger, nullable=False),
    Column("last_block", BigInteger, nullable=False),
    # Of the last block, as it was.
    Column("block_hash", LargeBinary(32), nullable=False),
    Column("event_count", BigInteger, nullable=False),
    Column("redemption_count", BigInteger, nullable=False),
    Column("redeemed_cents", BigInteger, nullable=False),
    # Whether an inspection told it.
    Column("told", Boolean, nullable=False),
    # Something is undone, or nothing is written down.
    CheckConstraint("first_block <= last_block"),
)

event = Table(
    "event",
    metadata,
    # An event stands at one place of the chain, and is booked once.
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("transaction_hash", LargeBinary(32), nullable=False),
    Column("arguments", JSON, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("from_account", Text, nullable=False),
    Column("to_account", Text, nullable=False),
    # Money moves forward: a correction is an entry the other way.
    Column("cents", BigInteger, CheckConstraint("cents > 0"), nullable=False),
    Column("at", BigInteger, nullable=False),
    # Money does not move to where it is.
    CheckConstraint("from_account <> to_account"),
    # No entry without the event that caused it.
    ForeignKeyConstraint(["block", "log_index"], ["event.block", "event.log_index"]),
    Index("entry_from", "from_account", "to_account", "cents"),
    Index("entry_to", "to_account", "from_account", "cents"),
)

programme = Table(
    "programme",
    metadata,
    Column("programme", Integer, primary_key=True, autoincrement=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("categories", BigInteger, nullable=False),
    Column("max_redemption_cents", Integer, nullable=False),
    Column("policy_hash", LargeBinary(32), nullable=False),
    Column("deposited_cents", BigInteger, nullable=False),
    # A programme gives out only what it has.
    Column("unallocated_cents", BigInteger, CheckConstraint("unallocated_cents >= 0"), nullable=False),
    # No more leaves than came in.
    Column("withdrawn_cents", BigInteger, nullable=False),
    CheckConstraint("withdrawn_cents <= deposited_cents"),
    # A period includes its start and excludes its end.
    CheckConstraint("starts_at < ends_at"),
)

voucher = Table(
    "voucher",
    metadata,
    Column("voucher", BigInteger, primary_key=True, autoincrement=False),
    Column("programme", Integer, ForeignKey("programme.programme"), nullable=False),
    Column("letter_key", Text, nullable=False),
    # The letter that it was given out with, whatever letter replaced it since.
    Column("issued_letter_key", Text, nullable=False),
    Column("holder", Text),
    Column("ticket_root", LargeBinary(32)),
    Column("generation", Integer, CheckConstraint("generation BETWEEN 0 AND 255"), nullable=False),
    Column("activated", Boolean, nullable=False),
    Column("block_reason", Integer, CheckConstraint("block_reason BETWEEN 0 AND 255"), nullable=False),
    Column("issued_cents", BigInteger, nullable=False),
    Column("balance_cents", BigInteger, nullable=False),
    # No balance below zero, none above what was put on the voucher.
    CheckConstraint("balance_cents BETWEEN 0 AND issued_cents"),
    # An activated voucher has a holder and tickets, another has neither.
    CheckConstraint("activated = (holder IS NOT NULL)"),
    CheckConstraint("activated = (ticket_root IS NOT NULL)"),
    Index("voucher_of_programme", "programme", "activated", "issued_cents", "balance_cents"),
    Index("voucher_of_letter", "issued_letter_key"),
)

shop_programme = Table(
    "shop_programme",
    metadata,
    Column("programme", Integer, ForeignKey("programme.programme"), primary_key=True, autoincrement=False),
    # A shop has no number 0.
    Column("shop", Integer, CheckConstraint("shop > 0"), primary_key=True, autoincrement=False),
    # 0 when it does not take part now.
    Column("categories", BigInteger, nullable=False),
    Column("redeemed_cents", BigInteger, nullable=False),
    Column("refunded_cents", BigInteger, nullable=False),
    Column("settled_cents", BigInteger, nullable=False),
    Column("redemption_count", Integer, nullable=False),
    # A shop gives back no more than it was paid.
    CheckConstraint("refunded_cents BETWEEN 0 AND redeemed_cents"),
    # It is paid out no more than it earned; after a later refund it may owe at most what was settled to it.
    CheckConstraint("settled_cents BETWEEN 0 AND redeemed_cents"),
)

till = Table(
    "shop_till",
    metadata,
    Column("till", Text, primary_key=True),
    Column("shop", Integer, CheckConstraint("shop > 0"), nullable=False),
    Column("removed", Boolean, nullable=False),
)

redemption = Table(
    "redemption",
    metadata,
    # A ticket is used at most once.
    Column("voucher", BigInteger, ForeignKey("voucher.voucher"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("ticket_id", LargeBinary(32), nullable=False),
    Column("shop", Integer, nullable=False),
    Column("programme", Integer, nullable=False),
    Column("category", Integer, CheckConstraint("category BETWEEN 0 AND 31"), nullable=False),
    # Nothing is paid with nothing.
    Column("amount_cents", BigInteger, CheckConstraint("amount_cents > 0"), nullable=False),
    Column("refunded_cents", BigInteger, nullable=False),
    Column("till", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    # A refund never exceeds its redemption.
    CheckConstraint("refunded_cents BETWEEN 0 AND amount_cents"),
    # Only shops that were allowed in the programme are paid from it.
    ForeignKeyConstraint(["programme", "shop"], ["shop_programme.programme", "shop_programme.shop"]),
    # One event is one redemption.
    UniqueConstraint("block", "log_index"),
    Index("redemption_of_ticket", "ticket_id"),
    Index("redemption_of_shop", "shop", "at"),
    Index("redemption_of_category", "programme", "category", "amount_cents", "refunded_cents"),
    Index("redemption_of_voucher", "programme", "voucher", "amount_cents", "refunded_cents", "at"),
)

refund = Table(
    "refund",
    metadata,
    # One event is one refund.
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("ticket_id", LargeBinary(32), nullable=False),
    Column("voucher", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("shop", Integer, nullable=False),
    Column("programme", Integer, nullable=False),
    # Nothing is not given back.
    Column("amount_cents", BigInteger, CheckConstraint("amount_cents > 0"), nullable=False),
    Column("till", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("to_programme", Boolean, nullable=False),
    # A refund is of a payment.
    ForeignKeyConstraint(["voucher", "number"], ["redemption.voucher", "redemption.number"]),
    Index("refund_of_ticket", "ticket_id"),
    Index("refund_of_shop", "shop", "programme", "block", "log_index"),
)

settlement = Table(
    "settlement",
    metadata,
    # One event is one settlement.
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("programme", Integer, nullable=False),
    Column("shop", Integer, nullable=False),
    Column("amount_cents", BigInteger, CheckConstraint("amount_cents > 0"), nullable=False),
    Column("payment_reference", LargeBinary(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    # Only shops that were allowed in the programme are paid out of it.
    ForeignKeyConstraint(["programme", "shop"], ["shop_programme.programme", "shop_programme.shop"]),
    Index("settlement_of_shop", "shop", "programme", "block", "log_index"),
)


ABOUT_BOOKING = frozenset((cursor, booked_block, undoing))
"""What is not made of the events."""


def schema_fingerprint() -> str:
    """Return what changes whenever a table or a posting rule does."""
    dialect = sqlite.dialect()
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    statements += [
        str(CreateIndex(index).compile(dialect=dialect))
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    return hashlib.sha256("\n".join([str(POSTING_RULES), *statements]).encode()).hexdigest()
