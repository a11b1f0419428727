# SPDX-License-Identifier: EUPL-1.2
"""The tables of the desk's work: what was put on a voucher later, its codes on paper, letters made anew. Euro cents.

Imported where the registry opens, so that the migrations' tests see them beside all others.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, Table, Text

from .tables import metadata

TOP_UP_REASON = "reason IN ('cost', 'mistake', 'decision', 'other')"

top_up = Table(
    "top_up",
    metadata,
    Column("top_up", Integer, primary_key=True),
    Column("household", Integer, ForeignKey("household.household"), nullable=False, index=True),
    Column("voucher", BigInteger, nullable=False),
    # The contract keeps an amount in 24 bits.
    Column(
        "amount_cents",
        Integer,
        CheckConstraint("amount_cents BETWEEN 1 AND 16777215", name="amount_cents"),
        nullable=False,
    ),
    # What was given out on the voucher before: by this the chain tells whether the top-up was done.
    Column(
        "issued_cents_before",
        BigInteger,
        CheckConstraint("issued_cents_before > 0", name="issued_cents_before"),
        nullable=False,
    ),
    # A short list, so that nobody writes down a name.
    Column("reason", Text, CheckConstraint(TOP_UP_REASON, name="reason"), nullable=False),
    Column("note", Text, CheckConstraint("length(note) <= 200", name="note"), nullable=False),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # When the chain had it; empty while that is not known.
    Column("done_at", BigInteger),
)

code_sheet = Table(
    "code_sheet",
    metadata,
    Column("sheet", Integer, primary_key=True),
    Column("household", Integer, ForeignKey("household.household"), nullable=False, index=True),
    Column("voucher", BigInteger, nullable=False),
    # The letter of this id was never written: its secret is forgotten, as the codes are.
    Column(
        "letter_id",
        Text,
        CheckConstraint("length(letter_id) = 32", name="letter_id"),
        nullable=False,
        unique=True,
    ),
    # A list has 256 places.
    Column(
        "code_count",
        Integer,
        CheckConstraint("code_count BETWEEN 1 AND 256", name="code_count"),
        nullable=False,
    ),
    Column("max_cents", Integer, CheckConstraint("max_cents > 0", name="max_cents"), nullable=False),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # When the chain knew its codes. One that broke off never prints; its voucher waits for a new sheet or letter.
    Column("done_at", BigInteger),
)

letter_reissue = Table(
    "letter_reissue",
    metadata,
    # A new letter in the place of one of a lost batch that nobody opened.
    Column("letter_id", Text, CheckConstraint("length(letter_id) = 32", name="letter_id"), primary_key=True),
    # A letter is made anew once; its successor may be, again.
    Column("old_letter_id", Text, ForeignKey("letter.letter_id"), nullable=False, unique=True),
    Column("batch", Integer, ForeignKey("letter_batch.batch"), nullable=False, index=True),
    # Sealed; it moves to the letter when the chain has it.
    Column("secret_sealed", LargeBinary),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    # Here the secret is kept until it is done.
    CheckConstraint("(secret_sealed IS NULL) = (done_at IS NOT NULL)", name="secret_until_done"),
)
