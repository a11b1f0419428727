# SPDX-License-Identifier: EUPL-1.2
"""The registry's tables of payouts: runs, their transfers and settlements, files for the bank, what became of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from .tables import hash_check, metadata

BANK_DIFFERENCE = (
    "why IN ('unknown', 'never_sent', 'amount_differs', 'account_differs', 'paid_twice',"
    " 'paid_after_rejection', 'paid_after_return')"
)

payout_run = Table(
    "payout_run",
    metadata,
    Column("run", Integer, primary_key=True),
    # For which programme; empty for all.
    Column("programme", Integer, CheckConstraint("programme BETWEEN 1 AND 65535", name="programme")),
    Column("prepared_by", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("prepared_at", BigInteger, nullable=False),
    # The chain's newest block then: its settlements come after it.
    Column("prepared_block", BigInteger, nullable=False),
    Column("approved_by", Integer, ForeignKey("staff.staff")),
    Column("approved_at", BigInteger),
    Column("cancelled_by", Integer, ForeignKey("staff.staff")),
    Column("cancelled_at", BigInteger),
    # When each of its settlements was on the chain, or refused by it.
    Column("settled_at", BigInteger),
    # One run is open at a time, so that the same money cannot be in two.
    Column("open", Integer, CheckConstraint("open = 1", name="open"), unique=True),
    CheckConstraint(
        "(open IS NULL) = (cancelled_at IS NOT NULL OR settled_at IS NOT NULL)", name="open_until_decided"
    ),
    # Four eyes.
    CheckConstraint("approved_by <> prepared_by", name="four_eyes"),
    CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_by_someone"),
    CheckConstraint("(cancelled_by IS NULL) = (cancelled_at IS NULL)", name="cancelled_by_someone"),
    CheckConstraint("cancelled_at IS NULL OR approved_at IS NULL", name="cancelled_or_approved"),
    CheckConstraint("settled_at IS NULL OR approved_at IS NOT NULL", name="approved_before_settled"),
)

payout_transfer = Table(
    "payout_transfer",
    metadata,
    Column("run", Integer, ForeignKey("payout_run.run"), nullable=False),
    # Counted from 1 in its run.
    Column("transfer", Integer, CheckConstraint("transfer > 0", name="transfer"), nullable=False),
    Column("merchant", Integer, ForeignKey("merchant.merchant"), nullable=False),
    PrimaryKeyConstraint("run", "transfer"),
    # A merchant gets one transfer of a run.
    UniqueConstraint("run", "merchant"),
)

payout_settlement = Table(
    "payout_settlement",
    metadata,
    Column("run", Integer, nullable=False),
    Column("transfer", Integer, nullable=False),
    Column("programme", Integer, nullable=False),
    Column("shop", Integer, ForeignKey("shop.shop"), nullable=False),
    # A settlement is of more than nothing.
    Column(
        "amount_cents",
        BigInteger,
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        nullable=False,
    ),
    # What the contract knows it by.
    Column("payment_reference", LargeBinary, hash_check("payment_reference"), nullable=False, unique=True),
    # The block that it stands in.
    Column("block", BigInteger),
    # When the contract refused it, because the shop is owed less by now.
    Column("refused_at", BigInteger),
    CheckConstraint("block IS NULL OR refused_at IS NULL", name="settled_or_refused"),
    # What a programme owes a shop is in a run once.
    PrimaryKeyConstraint("run", "programme", "shop"),
    ForeignKeyConstraint(["run", "transfer"], ["payout_transfer.run", "payout_transfer.transfer"]),
)

payout_left_out = Table(
    "payout_left_out",
    metadata,
    Column("run", Integer, ForeignKey("payout_run.run"), nullable=False),
    Column("programme", Integer, nullable=False),
    # A shop of the chain, that the register may not know.
    Column("shop", Integer, nullable=False),
    # Nothing, or less. Or more: of a shop that the register does not know all of it, of one whose merchant owes for
    # another shop what is held back.
    Column("owed_cents", BigInteger, nullable=False),
    PrimaryKeyConstraint("run", "programme", "shop"),
)

payout_file = Table(
    "payout_file",
    metadata,
    Column("run", Integer, ForeignKey("payout_run.run"), nullable=False),
    # Counted from 1 in its run.
    Column("file", Integer, CheckConstraint("file > 0", name="file"), nullable=False),
    # The exact bytes for the bank. Written once.
    Column("content", LargeBinary, nullable=False),
    # Of the content; it is put on the chain before the file may leave.
    Column("sha256", LargeBinary, hash_check("sha256"), nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    # The block that its hash stands in.
    Column("anchored_block", BigInteger),
    # When another file took its place, before it could leave.
    Column("withdrawn_at", BigInteger),
    PrimaryKeyConstraint("run", "file"),
)

payout_payment = Table(
    "payout_payment",
    metadata,
    Column("run", Integer, nullable=False),
    Column("transfer", Integer, nullable=False),
    # Counted from 1 in its transfer.
    Column("attempt", Integer, CheckConstraint("attempt > 0", name="attempt"), nullable=False),
    # What the bank carries along.
    Column(
        "end_to_end_id",
        Text,
        CheckConstraint("length(end_to_end_id) BETWEEN 1 AND 35", name="end_to_end_id"),
        nullable=False,
        unique=True,
    ),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    Column("iban", Text, CheckConstraint("iban <> ''", name="iban"), nullable=False),
    Column(
        "amount_cents",
        BigInteger,
        CheckConstraint("amount_cents > 0", name="amount_cents"),
        nullable=False,
    ),
    # proposed -> sent (it is in a file) -> booked -> returned; or withdrawn, before its file could leave.
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('proposed', 'sent', 'booked', 'returned', 'withdrawn')", name="state"),
        nullable=False,
    ),
    # A transfer is paid at most once at a time: it has one payment that did not come back.
    Column("live", Integer, CheckConstraint("live = 1", name="live")),
    CheckConstraint("(live IS NULL) = (state IN ('returned', 'withdrawn'))", name="live_until_returned"),
    UniqueConstraint("run", "transfer", "live"),
    # Who chose the account, and who approved it: four eyes.
    Column("proposed_by", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("approved_by", Integer, ForeignKey("staff.staff")),
    CheckConstraint("approved_by <> proposed_by", name="four_eyes"),
    Column("file", Integer),
    CheckConstraint("(file IS NULL) = (approved_by IS NULL)", name="in_a_file_when_approved"),
    CheckConstraint("file IS NOT NULL OR state IN ('proposed', 'withdrawn')", name="in_a_file_when_sent"),
    # The bank's own number of the booking, to know a second one by.
    Column("bank_reference", Text, nullable=False, server_default=""),
    Column("booked_on", Date),
    # Why it came back: the bank's code, empty when it gave none.
    Column("return_code", Text),
    CheckConstraint("(return_code IS NULL) = (state <> 'returned')", name="returned_with_a_code"),
    # What said so: a statement, with the money on it; or only a report that it was rejected. Empty before it was kept.
    Column(
        "returned_by",
        Text,
        CheckConstraint("returned_by IN ('statement', 'report')", name="returned_by"),
        CheckConstraint("returned_by IS NULL OR state = 'returned'", name="returned_by_what"),
    ),
    PrimaryKeyConstraint("run", "transfer", "attempt"),
    ForeignKeyConstraint(
        ["run", "transfer"],
        ["payout_transfer.run", "payout_transfer.transfer"],
        name="fk_payout_payment_transfer",
    ),
    ForeignKeyConstraint(
        ["run", "file"], ["payout_file.run", "payout_file.file"], name="fk_payout_payment_file"
    ),
)

bank_statement = Table(
    "bank_statement",
    metadata,
    # A file of statements, by its SHA-256. What is in it is not kept: others' payments are in it too.
    Column("sha256", LargeBinary, hash_check("sha256"), primary_key=True),
    Column("imported_by", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("booked_count", Integer, nullable=False),
    Column("returned_count", Integer, nullable=False),
)

bank_difference = Table(
    "bank_difference",
    metadata,
    # Money that left our account under a number of ours, and not as these books have it.
    Column("difference", Integer, primary_key=True),
    # As the statement has it; the register may not know it.
    Column(
        "end_to_end_id",
        Text,
        CheckConstraint("length(end_to_end_id) BETWEEN 1 AND 35", name="end_to_end_id"),
        nullable=False,
    ),
    Column("why", Text, CheckConstraint(BANK_DIFFERENCE, name="why"), nullable=False),
    Column(
        "amount_cents",
        BigInteger,
        CheckConstraint("amount_cents >= 0", name="amount_cents"),
        nullable=False,
    ),
    # The account that was paid, masked; empty when it is the payment's, or the bank names none.
    Column("account", Text, nullable=False, server_default=""),
    Column("bank_reference", Text, nullable=False, server_default=""),
    Column("booked_on", Date),
    Column("found_by", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("found_at", BigInteger, nullable=False),
    # The first inspection that told it; each later one does too, until an auditor took note of one of them.
    Column("told_by", Integer, ForeignKey("inspection.inspection")),
    Column("noted_at", BigInteger),
    CheckConstraint("noted_at IS NULL OR told_by IS NOT NULL", name="told_before_noted"),
    # The same statement again is no other difference.
    UniqueConstraint(
        "end_to_end_id", "why", "amount_cents", "account", "bank_reference", name="uq_bank_difference_once"
    ),
)
