# SPDX-License-Identifier: EUPL-1.2
"""Publish heads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of published heads."""
    op.create_table(
        "published_head",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_block >= 0", name=op.f("ck_published_head_first_block")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_published_head_hash")),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_published_head_root")),
        sa.CheckConstraint("block >= first_block", name=op.f("ck_published_head_covers_a_block")),
        sa.PrimaryKeyConstraint("on", name="pk_published_head"),
        sa.UniqueConstraint("block", name="uq_published_head_block"),
        sa.UniqueConstraint("first_block", name="uq_published_head_first_block"),
    )
