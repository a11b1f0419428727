# SPDX-License-Identifier: EUPL-1.2
"""Keep the desk's work on vouchers: which batch each came with, when letters are open, top-ups, codes on paper,
letters made anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the tables. Until now a household's vouchers all came with the household's own batch."""
    op.execute("ALTER TABLE letter_batch ADD COLUMN opened_at BIGINT")
    _remember_batches()
    op.create_table(
        "top_up",
        sa.Column("top_up", sa.Integer(), nullable=False),
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("voucher", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("issued_cents_before", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents BETWEEN 1 AND 16777215", name=op.f("ck_top_up_amount_cents")),
        sa.CheckConstraint("issued_cents_before > 0", name=op.f("ck_top_up_issued_cents_before")),
        sa.CheckConstraint(
            "reason IN ('cost', 'mistake', 'decision', 'other')", name=op.f("ck_top_up_reason")
        ),
        sa.CheckConstraint("length(note) <= 200", name=op.f("ck_top_up_note")),
        sa.ForeignKeyConstraint(["household"], ["household.household"], name="fk_top_up_household"),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_top_up_staff"),
        sa.PrimaryKeyConstraint("top_up", name="pk_top_up"),
    )
    op.create_index("ix_top_up_household", "top_up", ["household"])
    op.create_table(
        "code_sheet",
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("voucher", sa.BigInteger(), nullable=False),
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("code_count", sa.Integer(), nullable=False),
        sa.Column("max_cents", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(letter_id) = 32", name=op.f("ck_code_sheet_letter_id")),
        sa.CheckConstraint("code_count BETWEEN 1 AND 256", name=op.f("ck_code_sheet_code_count")),
        sa.CheckConstraint("max_cents > 0", name=op.f("ck_code_sheet_max_cents")),
        sa.ForeignKeyConstraint(["household"], ["household.household"], name="fk_code_sheet_household"),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_code_sheet_staff"),
        sa.PrimaryKeyConstraint("sheet", name="pk_code_sheet"),
        sa.UniqueConstraint("letter_id", name="uq_code_sheet_letter_id"),
    )
    op.create_index("ix_code_sheet_household", "code_sheet", ["household"])
    op.create_table(
        "letter_reissue",
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("old_letter_id", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(letter_id) = 32", name=op.f("ck_letter_reissue_letter_id")),
        sa.CheckConstraint(
            "(secret_sealed IS NULL) = (done_at IS NOT NULL)",
            name=op.f("ck_letter_reissue_secret_until_done"),
        ),
        sa.ForeignKeyConstraint(
            ["old_letter_id"], ["letter.letter_id"], name="fk_letter_reissue_old_letter_id"
        ),
        sa.ForeignKeyConstraint(["batch"], ["letter_batch.batch"], name="fk_letter_reissue_batch"),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_letter_reissue_staff"),
        sa.PrimaryKeyConstraint("letter_id", name="pk_letter_reissue"),
        sa.UniqueConstraint("old_letter_id", name="uq_letter_reissue_old_letter_id"),
    )
    op.create_index("ix_letter_reissue_batch", "letter_reissue", ["batch"])


def _remember_batches() -> None:
    """Make the table of vouchers anew with their batch: SQLite adds no rule to a table that is there."""
    op.execute(
        "CREATE TEMPORARY TABLE kept AS SELECT letter_voucher.*, household.batch AS batch FROM letter_voucher "
        "JOIN letter ON letter.letter_id = letter_voucher.letter_id "
        "JOIN household ON household.household = letter.household"
    )
    op.drop_table("letter_voucher")
    op.create_table(
        "letter_voucher",
        sa.Column("letter_key", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("voucher", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(letter_key) = 42 AND letter_key = lower(letter_key) AND letter_key LIKE '0x%'",
            name=op.f("ck_letter_voucher_letter_key"),
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_letter_voucher_position")),
        sa.CheckConstraint(
            "amount_cents BETWEEN 1 AND 16777215", name=op.f("ck_letter_voucher_amount_cents")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.letter_id"], name="fk_letter_voucher_letter_id"),
        sa.ForeignKeyConstraint(["batch"], ["letter_batch.batch"], name="fk_letter_voucher_batch"),
        sa.PrimaryKeyConstraint("letter_key", name="pk_letter_voucher"),
        sa.UniqueConstraint("letter_id", "position", name="uq_letter_voucher_letter_id_position"),
        sa.UniqueConstraint("voucher", name="uq_letter_voucher_voucher"),
    )
    op.create_index("ix_letter_voucher_batch", "letter_voucher", ["batch"])
    op.execute("INSERT INTO letter_voucher SELECT * FROM kept")
    op.execute("DROP TABLE kept")
