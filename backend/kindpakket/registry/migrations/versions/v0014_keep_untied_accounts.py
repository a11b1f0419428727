# SPDX-License-Identifier: EUPL-1.2
"""Keep whose a work account was after it was untied, and which link and session whoever runs the server opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns. Links and sessions of before count as made by an administrator."""
    op.add_column("work_account", sa.Column("untied_at", sa.BigInteger(), nullable=True))
    for table in ("sign_in_code", "staff_session"):
        op.add_column(
            table, sa.Column("by_operator", sa.Boolean(), nullable=False, server_default=sa.false())
        )
