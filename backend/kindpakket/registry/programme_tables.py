# SPDX-License-Identifier: EUPL-1.2
"""The registry's table of orders to open a programme, so that an order that comes again opens nothing again."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Table, Text

from .tables import hash_check, metadata

programme_order = Table(
    "programme_order",
    metadata,
    # Made by who orders, before the order is sent: 32 hexadecimal digits.
    Column(
        "opening_key", Text, CheckConstraint("length(opening_key) = 32", name="opening_key"), primary_key=True
    ),
    # Of all that was ordered: the same key may not order something else.
    Column("terms_hash", LargeBinary, hash_check("terms_hash"), nullable=False),
    # Under which its name and text wait in programme_opening.
    Column("policy_hash", LargeBinary, hash_check("policy_hash"), nullable=False),
    # How many programmes there were before: what the order opens has a higher number.
    Column(
        "programmes_before",
        Integer,
        CheckConstraint("programmes_before >= 0", name="programmes_before"),
        nullable=False,
    ),
    # What it opened; empty until the chain's answer is written down. An order opens one programme.
    Column(
        "programme", Integer, CheckConstraint("programme > programmes_before", name="programme"), unique=True
    ),
)
