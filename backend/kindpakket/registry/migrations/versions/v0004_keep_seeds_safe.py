# SPDX-License-Identifier: EUPL-1.2
"""Keep seeds safe: backups, phones that were retired, letters in the place of others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "retired_phone",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.CheckConstraint("because IN ('moved', 'replaced')", name=op.f("ck_retired_phone_because")),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_retired_phone_token_hash")),
        sa.PrimaryKeyConstraint("token_hash", name="pk_retired_phone"),
    )
    op.create_table(
        "backup",
        sa.Column("backup_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("proof_hash", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(backup_id) = 32", name=op.f("ck_backup_backup_id")),
        sa.CheckConstraint("length(proof_hash) = 32", name=op.f("ck_backup_proof_hash")),
        sa.CheckConstraint("length(blob) = 61", name=op.f("ck_backup_blob")),
        sa.CheckConstraint("failures BETWEEN 0 AND 5", name=op.f("ck_backup_failures")),
        sa.ForeignKeyConstraint(["token_hash"], ["phone.token_hash"], name="fk_backup_token_hash"),
        sa.PrimaryKeyConstraint("backup_id", name="pk_backup"),
    )
    op.create_index("ix_backup_token_hash", "backup", ["token_hash"])
    op.create_table(
        "letter_replacement",
        sa.Column("replacement", sa.Integer(), nullable=False),
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(letter_id) = 32", name=op.f("ck_letter_replacement_letter_id")),
        sa.CheckConstraint("reason BETWEEN 1 AND 255", name=op.f("ck_letter_replacement_reason")),
        sa.CheckConstraint(
            "(secret_sealed IS NULL) = (done_at IS NOT NULL)",
            name=op.f("ck_letter_replacement_secret_until_done"),
        ),
        sa.ForeignKeyConstraint(
            ["household"], ["household.household"], name="fk_letter_replacement_household"
        ),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_letter_replacement_staff"),
        sa.PrimaryKeyConstraint("replacement", name="pk_letter_replacement"),
        sa.UniqueConstraint("letter_id", name="uq_letter_replacement_letter_id"),
    )
    op.create_index("ix_letter_replacement_household", "letter_replacement", ["household"])
