# SPDX-License-Identifier: EUPL-1.2
"""Hold payouts against the bank: what said that a payment came back, and what a statement has otherwise than we do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the column and the table. Of what came back before, nobody knows any more what said so."""
    # Both databases take a rule with a new column as it stands here; alembic would make SQLite's table anew for it.
    op.execute(
        """ALTER TABLE payout_payment ADD COLUMN
        returned_by TEXT
        CONSTRAINT ck_payout_payment_returned_by CHECK (returned_by IN ('statement', 'report'))
        CONSTRAINT ck_payout_payment_returned_by_what CHECK (returned_by IS NULL OR state = 'returned')
        """
    )
    op.create_table(
        "bank_difference",
        sa.Column("difference", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False, server_default=""),
        sa.Column("bank_reference", sa.Text(), nullable=False, server_default=""),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("found_by", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("told_by", sa.Integer(), nullable=True),
        sa.Column("noted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(end_to_end_id) BETWEEN 1 AND 35", name=op.f("ck_bank_difference_end_to_end_id")
        ),
        sa.CheckConstraint(
            "why IN ('unknown', 'never_sent', 'amount_differs', 'account_differs', 'paid_twice',"
            " 'paid_after_rejection', 'paid_after_return')",
            name=op.f("ck_bank_difference_why"),
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_bank_difference_amount_cents")),
        sa.CheckConstraint(
            "noted_at IS NULL OR told_by IS NOT NULL", name=op.f("ck_bank_difference_told_before_noted")
        ),
        sa.ForeignKeyConstraint(["found_by"], ["staff.staff"], name="fk_bank_difference_found_by"),
        sa.ForeignKeyConstraint(["told_by"], ["inspection.inspection"], name="fk_bank_difference_told_by"),
        sa.PrimaryKeyConstraint("difference", name="pk_bank_difference"),
        sa.UniqueConstraint(
            "end_to_end_id",
            "why",
            "amount_cents",
            "account",
            "bank_reference",
            name="uq_bank_difference_once",
        ),
    )
