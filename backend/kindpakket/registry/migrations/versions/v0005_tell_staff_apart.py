# SPDX-License-Identifier: EUPL-1.2
"""Tell the municipality's staff apart: who may do what."""

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
