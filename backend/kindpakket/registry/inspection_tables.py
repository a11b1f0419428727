# SPDX-License-Identifier: EUPL-1.2
"""The registry's tables of inspections: what the books' nightly check found, and the totals that went with heads."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    Table,
    Text,
)

from .tables import metadata

OCCASION = "occasion IN ('night', 'staff', 'command')"
PART = "part IN ('chain', 'ledger', 'staff_log', 'payouts')"

published_total = Table(
    "published_total",
    metadata,
    # The totals of a head. A row is never changed.
    Column("on", Date, ForeignKey("published_head.on"), primary_key=True),
    Column("deposited_cents", BigInteger, nullable=False),
    Column("unallocated_cents", BigInteger, nullable=False),
    Column("on_vouchers_cents", BigInteger, nullable=False),
    Column("owed_cents", BigInteger, nullable=False),
    Column("settled_cents", BigInteger, nullable=False),
    Column("withdrawn_cents", BigInteger, nullable=False),
    Column("movement_count", BigInteger, nullable=False),
    # Not shown with the head at once.
    Column("withheld", Boolean, nullable=False),
    # Money is conserved.
    CheckConstraint(
        "deposited_cents = unallocated_cents + on_vouchers_cents + owed_cents + settled_cents"
        " + withdrawn_cents",
        name="adds_up",
    ),
)

inspection = Table(
    "inspection",
    metadata,
    Column("inspection", Integer, primary_key=True),
    Column("occasion", Text, CheckConstraint(OCCASION, name="occasion"), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    # When it was done, and as of which block; empty until then.
    Column("ended_at", BigInteger),
    Column("block", BigInteger),
    Column("finding_count", Integer, nullable=False, server_default="0"),
    # When an auditor took note of what was found, who, and why that is enough.
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Integer, ForeignKey("staff.staff")),
    Column("acknowledged_reason", Text),
    # Done as a whole.
    CheckConstraint("(ended_at IS NULL) = (block IS NULL)", name="ended_as_of_a_block"),
    # Only what was found can be taken note of, and by somebody, for a reason.
    CheckConstraint(
        "acknowledged_at IS NULL OR (finding_count > 0 AND acknowledged_by IS NOT NULL"
        " AND acknowledged_reason <> '')",
        name="acknowledged_by_somebody",
    ),
)

inspection_figure = Table(
    "inspection_figure",
    metadata,
    Column("inspection", Integer, ForeignKey("inspection.inspection"), primary_key=True, autoincrement=False),
    # In the order in which they are shown.
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("programme", Integer, nullable=False),
    # 0 for an amount of the programme itself.
    Column("shop", Integer, nullable=False),
    Column("what", Text, CheckConstraint("what <> ''", name="what"), nullable=False),
    Column("ledger_cents", BigInteger, nullable=False),
    Column("chain_cents", BigInteger, nullable=False),
)

inspection_finding = Table(
    "inspection_finding",
    metadata,
    Column("inspection", Integer, ForeignKey("inspection.inspection"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("part", Text, CheckConstraint(PART, name="part"), nullable=False),
    # What it is about, what must be there, and what is.
    Column("subject", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("found", Text, nullable=False),
)
