# SPDX-License-Identifier: EUPL-1.2
"""The registry's tables of staff: members and their roles, ways to sign in, sessions, the log of what they did."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
)

from .tables import hash_check, metadata

STAFF_ROLE = "role IN ('issuer', 'shop_manager', 'treasurer', 'approver', 'auditor', 'administrator')"


staff = Table(
    "staff",
    metadata,
    Column("staff", Integer, primary_key=True),
    # Staff are told apart by name.
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False, unique=True),
    # Since when they are no member any more. What they did keeps their number.
    Column("removed_at", BigInteger),
)

sign_in_code = Table(
    "sign_in_code",
    metadata,
    Column("code_hash", LargeBinary, hash_check("code_hash"), primary_key=True),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    # A code works once.
    Column("used_at", BigInteger),
    # Whether whoever runs the server made it, and no administrator.
    Column("by_operator", Boolean, nullable=False, server_default=false()),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", LargeBinary, hash_check("token_hash"), primary_key=True),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    # Comes with each form; worth nothing without the session's token.
    Column("csrf", Text, CheckConstraint("csrf <> ''", name="csrf"), nullable=False),
    # Whether it was opened with such a code.
    Column("by_operator", Boolean, nullable=False, server_default=false()),
)

staff_role = Table(
    "staff_role",
    metadata,
    # What a member of staff may do; one may have several roles.
    Column("staff", Integer, ForeignKey("staff.staff"), primary_key=True, autoincrement=False),
    Column("role", Text, CheckConstraint(STAFF_ROLE, name="role"), primary_key=True),
)

passkey = Table(
    "passkey",
    metadata,
    Column("passkey", Integer, primary_key=True),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False, index=True),
    # A passkey is one member's.
    Column(
        "credential_id",
        LargeBinary,
        CheckConstraint("length(credential_id) BETWEEN 1 AND 1023", name="credential_id"),
        nullable=False,
        unique=True,
    ),
    # As COSE writes it.
    Column("public_key", LargeBinary, nullable=False),
    # What its device counted last; 0 for one that does not count.
    Column("sign_count", BigInteger, CheckConstraint("sign_count >= 0", name="sign_count"), nullable=False),
    # By which its member knows it.
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    # What a device is asked to sign, once, before `ends_at`.
    Column("challenge", LargeBinary, hash_check("challenge"), primary_key=True),
    # For whom a passkey is added; empty to sign in, when it is not known yet who that is.
    Column("staff", Integer, ForeignKey("staff.staff")),
    Column("ends_at", BigInteger, nullable=False),
)

work_account = Table(
    "work_account",
    metadata,
    Column("account", Integer, primary_key=True),
    # Of the provider and its number of a person. An account is one member's, also after it was untied.
    Column("account_hash", LargeBinary, hash_check("account_hash"), nullable=False, unique=True),
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False, index=True),
    Column("added_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    # Since when it opens nothing: untied by its member, or its member was removed or got a new link.
    Column("untied_at", BigInteger),
)

staff_log = Table(
    "staff_log",
    metadata,
    # Numbered from 1, without a gap. A row is never changed.
    Column(
        "entry", Integer, CheckConstraint("entry >= 1", name="entry"), primary_key=True, autoincrement=False
    ),
    Column("at", BigInteger, nullable=False),
    # Who, as a number, and as they were called then; no number for whoever runs the server.
    Column("staff", Integer, ForeignKey("staff.staff")),
    Column("staff_name", Text, CheckConstraint("staff_name <> ''", name="staff_name"), nullable=False),
    # The code has the list: a table could not learn a new action without being made anew.
    Column("action", Text, CheckConstraint("action <> ''", name="action"), nullable=False),
    # Numbers of what it was about; never personal data.
    Column("about", Text, nullable=False),
    # Why, from a list; or why it was refused or failed.
    Column("reason", Text, nullable=False),
    Column(
        "outcome",
        Text,
        CheckConstraint("outcome IN ('begun', 'done', 'refused', 'failed')", name="outcome"),
        nullable=False,
    ),
    # Of which entry that was begun this is the outcome. One has one outcome.
    Column("begun", Integer, ForeignKey("staff_log.entry"), unique=True),
    # An entry follows another one.
    Column("previous_hash", LargeBinary, hash_check("previous_hash"), nullable=False, unique=True),
    Column("hash", LargeBinary, hash_check("hash"), nullable=False, unique=True),
    # An outcome is one of something begun before it; what was begun is none.
    CheckConstraint("begun IS NULL OR (begun < entry AND outcome <> 'begun')", name="begun_before"),
)

staff_log_anchor = Table(
    "staff_log_anchor",
    metadata,
    # Up to where the log was put on record on the chain, which is asked when it matters.
    Column("entry", Integer, ForeignKey("staff_log.entry"), primary_key=True, autoincrement=False),
    Column("block", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
