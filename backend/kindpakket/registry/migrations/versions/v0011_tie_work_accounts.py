# SPDX-License-Identifier: EUPL-1.2
"""Tie work accounts at the municipality's provider to members of staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "work_account",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("account_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(account_hash) = 32", name=op.f("ck_work_account_account_hash")),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_work_account_staff"),
        sa.PrimaryKeyConstraint("account", name="pk_work_account"),
        sa.UniqueConstraint("account_hash", name="uq_work_account_account_hash"),
    )
    op.create_index("ix_work_account_staff", "work_account", ["staff"])
