# SPDX-License-Identifier: EUPL-1.2
"""Tell owners' tills from cashiers', tell a removed till why, and keep the reasons of refunds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROLE = "CHECK (role IN ('owner', 'cashier'))"


def upgrade() -> None:
    """Change the tables. Tills that were paired before came with the municipality's invitation: they are owners'."""
    for table in ("till", "pairing_code"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN role TEXT DEFAULT 'owner' NOT NULL CONSTRAINT ck_{table}_role {_ROLE}"
        )
    op.execute("ALTER TABLE till ADD COLUMN last_seen_at BIGINT")
    op.create_table(
        "removed_till_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_removed_till_token_token_hash")),
        sa.PrimaryKeyConstraint("token_hash", name="pk_removed_till_token"),
    )
    op.create_table(
        "refund_reason",
        sa.Column("ticket_id", sa.LargeBinary(), nullable=False),
        sa.Column("remaining_cents", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(ticket_id) = 32", name=op.f("ck_refund_reason_ticket_id")),
        sa.CheckConstraint("remaining_cents > 0", name=op.f("ck_refund_reason_remaining_cents")),
        sa.CheckConstraint(
            "reason IN ('returned', 'mistake', 'price', 'other')", name=op.f("ck_refund_reason_reason")
        ),
        sa.ForeignKeyConstraint(["till"], ["till.till"], name="fk_refund_reason_till"),
        sa.PrimaryKeyConstraint("ticket_id", "remaining_cents", "till", name="pk_refund_reason"),
    )
