# SPDX-License-Identifier: EUPL-1.2
"""Publish programmes: an order to open one is remembered, so that it opens nothing when it comes again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "programme_order",
        sa.Column("opening_key", sa.Text(), nullable=False),
        sa.Column("terms_hash", sa.LargeBinary(), nullable=False),
        sa.Column("policy_hash", sa.LargeBinary(), nullable=False),
        sa.Column("programmes_before", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(opening_key) = 32", name=op.f("ck_programme_order_opening_key")),
        sa.CheckConstraint("length(terms_hash) = 32", name=op.f("ck_programme_order_terms_hash")),
        sa.CheckConstraint("length(policy_hash) = 32", name=op.f("ck_programme_order_policy_hash")),
        sa.CheckConstraint("programmes_before >= 0", name=op.f("ck_programme_order_programmes_before")),
        sa.CheckConstraint("programme > programmes_before", name=op.f("ck_programme_order_programme")),
        sa.PrimaryKeyConstraint("opening_key", name="pk_programme_order"),
        sa.UniqueConstraint("programme", name="uq_programme_order_programme"),
    )
