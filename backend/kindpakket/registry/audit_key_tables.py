# SPDX-License-Identifier: EUPL-1.2
"""The registry's table of audit keys: who outside the municipality may read the chain, and until when."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, Table, Text

from .tables import hash_check, metadata

audit_key = Table(
    "audit_key",
    metadata,
    Column("audit_key", Integer, primary_key=True),
    Column("token_hash", LargeBinary, hash_check("token_hash"), nullable=False, unique=True),
    # Whose it is, as who made it calls them.
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    # It ends by itself; when it is taken back, at that moment.
    Column("ends_at", BigInteger, nullable=False),
    CheckConstraint("ends_at >= made_at", name="ends_after"),
)
