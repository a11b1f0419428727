# SPDX-License-Identifier: EUPL-1.2
"""Pay out: runs, their transfers and settlements, files for the bank, what the bank says of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "payout_run",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=True),
        sa.Column("prepared_by", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.Column("prepared_block", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_by", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "settled_at IS NULL OR approved_at IS NOT NULL",
            name=op.f("ck_payout_run_approved_before_settled"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_payout_run_approved_by_someone")
        ),
        sa.CheckConstraint(
            "(cancelled_by IS NULL) = (cancelled_at IS NULL)", name=op.f("ck_payout_run_cancelled_by_someone")
        ),
        sa.CheckConstraint(
            "cancelled_at IS NULL OR approved_at IS NULL", name=op.f("ck_payout_run_cancelled_or_approved")
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name=op.f("ck_payout_run_four_eyes")),
        sa.CheckConstraint("open = 1", name=op.f("ck_payout_run_open")),
        sa.CheckConstraint(
            "(open IS NULL) = (cancelled_at IS NOT NULL OR settled_at IS NOT NULL)",
            name=op.f("ck_payout_run_open_until_decided"),
        ),
        sa.CheckConstraint("programme BETWEEN 1 AND 65535", name=op.f("ck_payout_run_programme")),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.staff"], name="fk_payout_run_approved_by"),
        sa.ForeignKeyConstraint(["cancelled_by"], ["staff.staff"], name="fk_payout_run_cancelled_by"),
        sa.ForeignKeyConstraint(["prepared_by"], ["staff.staff"], name="fk_payout_run_prepared_by"),
        sa.PrimaryKeyConstraint("run", name="pk_payout_run"),
        sa.UniqueConstraint("open", name="uq_payout_run_open"),
    )
    op.create_table(
        "payout_transfer",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("transfer", sa.Integer(), nullable=False),
        sa.Column("merchant", sa.Integer(), nullable=False),
        sa.CheckConstraint("transfer > 0", name=op.f("ck_payout_transfer_transfer")),
        sa.ForeignKeyConstraint(["merchant"], ["merchant.merchant"], name="fk_payout_transfer_merchant"),
        sa.ForeignKeyConstraint(["run"], ["payout_run.run"], name="fk_payout_transfer_run"),
        sa.PrimaryKeyConstraint("run", "transfer", name="pk_payout_transfer"),
        sa.UniqueConstraint("run", "merchant", name="uq_payout_transfer_run_merchant"),
    )
    op.create_table(
        "payout_settlement",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("transfer", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("payment_reference", sa.LargeBinary(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=True),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payout_settlement_amount_cents")),
        sa.CheckConstraint(
            "length(payment_reference) = 32", name=op.f("ck_payout_settlement_payment_reference")
        ),
        sa.CheckConstraint(
            "block IS NULL OR refused_at IS NULL", name=op.f("ck_payout_settlement_settled_or_refused")
        ),
        sa.ForeignKeyConstraint(
            ["run", "transfer"],
            ["payout_transfer.run", "payout_transfer.transfer"],
            name="fk_payout_settlement_run",
        ),
        sa.ForeignKeyConstraint(["shop"], ["shop.shop"], name="fk_payout_settlement_shop"),
        sa.PrimaryKeyConstraint("run", "programme", "shop", name="pk_payout_settlement"),
        sa.UniqueConstraint("payment_reference", name="uq_payout_settlement_payment_reference"),
    )
    op.create_table(
        "payout_left_out",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("owed_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["payout_run.run"], name="fk_payout_left_out_run"),
        sa.PrimaryKeyConstraint("run", "programme", "shop", name="pk_payout_left_out"),
    )
    op.create_table(
        "payout_file",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("file", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("anchored_block", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("file > 0", name=op.f("ck_payout_file_file")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_payout_file_sha256")),
        sa.ForeignKeyConstraint(["run"], ["payout_run.run"], name="fk_payout_file_run"),
        sa.PrimaryKeyConstraint("run", "file", name="pk_payout_file"),
        sa.UniqueConstraint("sha256", name="uq_payout_file_sha256"),
    )
    op.create_table(
        "payout_payment",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("transfer", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("file", sa.Integer(), nullable=True),
        sa.Column("bank_reference", sa.Text(), nullable=False, server_default=""),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("return_code", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payout_payment_amount_cents")),
        sa.CheckConstraint("attempt > 0", name=op.f("ck_payout_payment_attempt")),
        sa.CheckConstraint(
            "length(end_to_end_id) BETWEEN 1 AND 35", name=op.f("ck_payout_payment_end_to_end_id")
        ),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_payout_payment_four_eyes")),
        sa.CheckConstraint("iban <> ''", name=op.f("ck_payout_payment_iban")),
        sa.CheckConstraint(
            "(file IS NULL) = (approved_by IS NULL)", name=op.f("ck_payout_payment_in_a_file_when_approved")
        ),
        sa.CheckConstraint(
            "file IS NOT NULL OR state IN ('proposed', 'withdrawn')",
            name=op.f("ck_payout_payment_in_a_file_when_sent"),
        ),
        sa.CheckConstraint("live = 1", name=op.f("ck_payout_payment_live")),
        sa.CheckConstraint(
            "(live IS NULL) = (state IN ('returned', 'withdrawn'))",
            name=op.f("ck_payout_payment_live_until_returned"),
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_payout_payment_name")),
        sa.CheckConstraint(
            "(return_code IS NULL) = (state <> 'returned')",
            name=op.f("ck_payout_payment_returned_with_a_code"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'sent', 'booked', 'returned', 'withdrawn')",
            name=op.f("ck_payout_payment_state"),
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.staff"], name="fk_payout_payment_approved_by"),
        sa.ForeignKeyConstraint(
            ["run", "file"], ["payout_file.run", "payout_file.file"], name="fk_payout_payment_file"
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.staff"], name="fk_payout_payment_proposed_by"),
        sa.ForeignKeyConstraint(
            ["run", "transfer"],
            ["payout_transfer.run", "payout_transfer.transfer"],
            name="fk_payout_payment_transfer",
        ),
        sa.PrimaryKeyConstraint("run", "transfer", "attempt", name="pk_payout_payment"),
        sa.UniqueConstraint("end_to_end_id", name="uq_payout_payment_end_to_end_id"),
        sa.UniqueConstraint("run", "transfer", "live", name="uq_payout_payment_run_transfer_live"),
    )
    op.create_table(
        "bank_statement",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("booked_count", sa.Integer(), nullable=False),
        sa.Column("returned_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_bank_statement_sha256")),
        sa.ForeignKeyConstraint(["imported_by"], ["staff.staff"], name="fk_bank_statement_imported_by"),
        sa.PrimaryKeyConstraint("sha256", name="pk_bank_statement"),
    )
