# SPDX-License-Identifier: EUPL-1.2
"""Remember audits: the inspections of the books and what they found, and the totals that go with published heads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables. Heads that were published before have no totals."""
    op.create_table(
        "published_total",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("deposited_cents", sa.BigInteger(), nullable=False),
        sa.Column("unallocated_cents", sa.BigInteger(), nullable=False),
        sa.Column("on_vouchers_cents", sa.BigInteger(), nullable=False),
        sa.Column("owed_cents", sa.BigInteger(), nullable=False),
        sa.Column("settled_cents", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_cents", sa.BigInteger(), nullable=False),
        sa.Column("movement_count", sa.BigInteger(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "deposited_cents = unallocated_cents + on_vouchers_cents + owed_cents + settled_cents"
            " + withdrawn_cents",
            name=op.f("ck_published_total_adds_up"),
        ),
        sa.ForeignKeyConstraint(["on"], ["published_head.on"], name="fk_published_total_on"),
        sa.PrimaryKeyConstraint("on", name="pk_published_total"),
    )
    op.create_table(
        "inspection",
        sa.Column("inspection", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("block", sa.BigInteger(), nullable=True),
        sa.Column("finding_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.Column("acknowledged_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("occasion IN ('night', 'staff', 'command')", name=op.f("ck_inspection_occasion")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (block IS NULL)", name=op.f("ck_inspection_ended_as_of_a_block")
        ),
        sa.CheckConstraint(
            "acknowledged_at IS NULL OR (finding_count > 0 AND acknowledged_by IS NOT NULL"
            " AND acknowledged_reason <> '')",
            name=op.f("ck_inspection_acknowledged_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["staff.staff"], name="fk_inspection_acknowledged_by"),
        sa.PrimaryKeyConstraint("inspection", name="pk_inspection"),
    )
    op.create_table(
        "inspection_figure",
        sa.Column("inspection", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("ledger_cents", sa.BigInteger(), nullable=False),
        sa.Column("chain_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("what <> ''", name=op.f("ck_inspection_figure_what")),
        sa.ForeignKeyConstraint(
            ["inspection"], ["inspection.inspection"], name="fk_inspection_figure_inspection"
        ),
        sa.PrimaryKeyConstraint("inspection", "place", name="pk_inspection_figure"),
    )
    op.create_table(
        "inspection_finding",
        sa.Column("inspection", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "part IN ('chain', 'ledger', 'staff_log', 'payouts')", name=op.f("ck_inspection_finding_part")
        ),
        sa.ForeignKeyConstraint(
            ["inspection"], ["inspection.inspection"], name="fk_inspection_finding_inspection"
        ),
        sa.PrimaryKeyConstraint("inspection", "place", name="pk_inspection_finding"),
    )
