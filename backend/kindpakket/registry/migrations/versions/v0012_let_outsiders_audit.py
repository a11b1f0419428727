# SPDX-License-Identifier: EUPL-1.2
"""Let an accountant from outside read the chain, with a key of their own that ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "audit_key",
        sa.Column("audit_key", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_audit_key_token_hash")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_audit_key_name")),
        sa.CheckConstraint("ends_at >= made_at", name=op.f("ck_audit_key_ends_after")),
        sa.PrimaryKeyConstraint("audit_key", name="pk_audit_key"),
        sa.UniqueConstraint("token_hash", name="uq_audit_key_token_hash"),
    )
