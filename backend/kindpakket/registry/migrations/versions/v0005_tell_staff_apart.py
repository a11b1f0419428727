# SPDX-License-Identifier: EUPL-1.2
"""Tell the municipality's staff apart: who may do what, their passkeys, and the log of what they did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ROLES = ("issuer", "shop_manager", "treasurer", "approver", "auditor", "administrator")


def upgrade() -> None:
    """Make the tables. Who was staff before could do all there was, and keeps every role."""
    op.execute("ALTER TABLE staff ADD COLUMN removed_at BIGINT")
    op.create_table(
        "staff_role",
        sa.Column("staff", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('issuer', 'shop_manager', 'treasurer', 'approver', 'auditor', 'administrator')",
            name=op.f("ck_staff_role_role"),
        ),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_staff_role_staff"),
        sa.PrimaryKeyConstraint("staff", "role", name="pk_staff_role"),
    )
    staff = sa.table("staff", sa.column("staff"))
    staff_role = sa.table("staff_role", sa.column("staff"), sa.column("role"))
    for role in _ROLES:
        op.execute(
            sa.insert(staff_role).from_select(["staff", "role"], sa.select(staff.c.staff, sa.literal(role)))
        )
    op.create_table(
        "passkey",
        sa.Column("passkey", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(credential_id) BETWEEN 1 AND 1023", name=op.f("ck_passkey_credential_id")),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_passkey_name")),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_passkey_staff"),
        sa.PrimaryKeyConstraint("passkey", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_staff", "passkey", ["staff"])
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(challenge) = 32", name=op.f("ck_passkey_challenge_challenge")),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_passkey_challenge_staff"),
        sa.PrimaryKeyConstraint("challenge", name="pk_passkey_challenge"),
    )
    op.create_table(
        "staff_log",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("staff_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("entry >= 1", name=op.f("ck_staff_log_entry")),
        sa.CheckConstraint("staff_name <> ''", name=op.f("ck_staff_log_staff_name")),
        sa.CheckConstraint("action <> ''", name=op.f("ck_staff_log_action")),
        sa.CheckConstraint(
            "outcome IN ('begun', 'done', 'refused', 'failed')", name=op.f("ck_staff_log_outcome")
        ),
        sa.CheckConstraint("length(previous_hash) = 32", name=op.f("ck_staff_log_previous_hash")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_staff_log_hash")),
        sa.CheckConstraint(
            "begun IS NULL OR (begun < entry AND outcome <> 'begun')", name=op.f("ck_staff_log_begun_before")
        ),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_staff_log_staff"),
        sa.ForeignKeyConstraint(["begun"], ["staff_log.entry"], name="fk_staff_log_begun"),
        sa.PrimaryKeyConstraint("entry", name="pk_staff_log"),
        sa.UniqueConstraint("begun", name="uq_staff_log_begun"),
        sa.UniqueConstraint("previous_hash", name="uq_staff_log_previous_hash"),
        sa.UniqueConstraint("hash", name="uq_staff_log_hash"),
    )
    op.create_table(
        "staff_log_anchor",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["staff_log.entry"], name="fk_staff_log_anchor_entry"),
        sa.PrimaryKeyConstraint("entry", name="pk_staff_log_anchor"),
    )
