# SPDX-License-Identifier: EUPL-1.2
"""The registry's tables of how shops come to take part, how their accounts change, and when they are suspended.

An application holds what a shop wrote of itself: its bank account and an e-mail address too. Those are erased after the
decision; nothing of it goes to the chain or a log.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from .tables import hash_check, metadata

BECAUSE_ACCOUNT = "because IN ('asked_by_shop', 'new_owner', 'mistake')"
BECAUSE_SUSPENDED = (
    "because IN ('rules_broken', 'under_review', 'asked_by_shop', 'closed', 'account_unclear')"
)
REFUSED_BECAUSE = (
    "refused_because IN ('not_in_trade_register', 'not_in_area', 'goods_do_not_fit', 'account_does_not_fit', "
    "'not_complete', 'other')"
)

shop_application = Table(
    "shop_application",
    metadata,
    Column("application", Integer, primary_key=True),
    # The code with which the applicant asks how it stands.
    Column("code_hash", LargeBinary, hash_check("code_hash"), nullable=False, unique=True),
    # Goes up with each change: who decides decides on what they saw.
    Column("version", Integer, CheckConstraint("version >= 1", name="version"), nullable=False),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    # The name as it is compared, whatever its capitals.
    Column("name_key", Text, CheckConstraint("name_key <> ''", name="name_key"), nullable=False),
    Column("kvk", Text, CheckConstraint("length(kvk) = 8", name="kvk"), nullable=False),
    Column("street", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("opening", Text, nullable=False),
    # What it asks to be paid for, bit n for category n.
    Column(
        "categories",
        BigInteger,
        CheckConstraint("categories BETWEEN 1 AND 4294967295", name="categories"),
        nullable=False,
    ),
    # Empty once they are erased, and not before.
    Column("iban", Text),
    Column("holder", Text),
    Column("email", Text),
    Column("erased_at", BigInteger),
    CheckConstraint("(iban IS NULL) = (erased_at IS NOT NULL)", name="iban_until_erased"),
    CheckConstraint("(holder IS NULL) = (erased_at IS NOT NULL)", name="holder_until_erased"),
    CheckConstraint("(email IS NULL) = (erased_at IS NOT NULL)", name="email_until_erased"),
    # To which text of the rules the applicant agreed.
    Column("rules", Text, CheckConstraint("rules <> ''", name="rules"), nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    # The names of the fields that are to be given anew, with spaces between; empty when nothing is asked.
    Column("missing", Text, nullable=False),
    # What staff wrote: to the applicant, what is missing; to the colleague who decides; to the applicant, why not.
    Column("missing_note", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("assessed_by", Integer, ForeignKey("staff.staff")),
    Column("assessed_at", BigInteger),
    Column("decided_by", Integer, ForeignKey("staff.staff")),
    Column("decided_at", BigInteger),
    Column("decision", Text, CheckConstraint("decision IN ('approved', 'refused')", name="decision")),
    Column("refused_because", Text, CheckConstraint(REFUSED_BECAUSE, name="refused_because")),
    # The shop that it became.
    Column("shop", Integer, ForeignKey("shop.shop"), unique=True),
    # 1 until it is decided.
    Column("open", Integer, CheckConstraint("open = 1", name="open")),
    # Nobody decides on what they assessed themselves.
    CheckConstraint("decided_by <> assessed_by", name="four_eyes"),
    # Nothing is decided that nobody assessed, or while something is missing.
    CheckConstraint("(assessed_by IS NULL) = (assessed_at IS NULL)", name="assessed_by_someone"),
    CheckConstraint("decided_by IS NULL OR assessed_by IS NOT NULL", name="assessed_before_decided"),
    CheckConstraint("assessed_by IS NULL OR missing = ''", name="assessed_when_complete"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_by_someone"),
    CheckConstraint("(decided_by IS NULL) = (decision IS NULL)", name="decided_either_way"),
    CheckConstraint("(open IS NULL) = (decided_at IS NOT NULL)", name="open_until_decided"),
    # Only an approved one became a shop; only a refused one has a reason, and has one.
    CheckConstraint("(shop IS NOT NULL) = (decision IS NOT NULL AND decision = 'approved')", name="a_shop"),
    CheckConstraint(
        "(refused_because IS NOT NULL) = (decision IS NOT NULL AND decision = 'refused')",
        name="refused_with_a_reason",
    ),
    # The same business applies once at a time for the same shop.
    UniqueConstraint("kvk", "name_key", "open"),
)

shop_application_programme = Table(
    "shop_application_programme",
    metadata,
    # For what an application was assessed, and what the chain is to allow once it is approved.
    Column("application", Integer, ForeignKey("shop_application.application"), primary_key=True),
    Column(
        "programme",
        Integer,
        CheckConstraint("programme BETWEEN 1 AND 65535", name="programme"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "categories",
        BigInteger,
        CheckConstraint("categories BETWEEN 1 AND 4294967295", name="categories"),
        nullable=False,
    ),
    # 1 from the approval until the chain allows it, or staff decided otherwise.
    Column("joining", Integer, CheckConstraint("joining = 1", name="joining"), index=True),
)

account_change = Table(
    "account_change",
    metadata,
    Column("change", Integer, primary_key=True),
    Column("merchant", Integer, ForeignKey("merchant.merchant"), nullable=False),
    # On the page of which shop it was proposed.
    Column("shop", Integer, ForeignKey("shop.shop"), nullable=False),
    Column("iban", Text, CheckConstraint("iban <> ''", name="iban"), nullable=False),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    # What it was, so that the log of changes can be read back.
    Column("iban_before", Text, CheckConstraint("iban_before <> ''", name="iban_before"), nullable=False),
    Column("name_before", Text, CheckConstraint("name_before <> ''", name="name_before"), nullable=False),
    Column("because", Text, CheckConstraint(BECAUSE_ACCOUNT, name="because"), nullable=False),
    Column("proposed_by", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("decided_by", Integer, ForeignKey("staff.staff")),
    Column("decided_at", BigInteger),
    Column("decision", Text, CheckConstraint("decision IN ('approved', 'withdrawn')", name="decision")),
    # 1 until it is decided; a merchant has one that is open.
    Column("open", Integer, CheckConstraint("open = 1", name="open")),
    # Whoever proposed an account does not approve it.
    CheckConstraint("decision <> 'approved' OR decided_by <> proposed_by", name="four_eyes"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_by_someone"),
    CheckConstraint("(decided_by IS NULL) = (decision IS NULL)", name="decided_either_way"),
    CheckConstraint("(open IS NULL) = (decided_at IS NOT NULL)", name="open_until_decided"),
    UniqueConstraint("merchant", "open"),
)

shop_suspension = Table(
    "shop_suspension",
    metadata,
    Column("suspension", Integer, primary_key=True),
    Column("shop", Integer, ForeignKey("shop.shop"), nullable=False),
    Column(
        "programme",
        Integer,
        CheckConstraint("programme BETWEEN 1 AND 65535", name="programme"),
        nullable=False,
    ),
    # From a short list, for the shop is told.
    Column("because", Text, CheckConstraint(BECAUSE_SUSPENDED, name="because"), nullable=False),
    Column("suspended_by", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("suspended_at", BigInteger, nullable=False),
    # In which block the chain took the shop out of the programme; empty while that is still to be done.
    Column("block", BigInteger),
    # When the shop was allowed again.
    Column("ended_at", BigInteger),
    # 1 until it ends; a shop is suspended once at a time in a programme.
    Column("open", Integer, CheckConstraint("open = 1", name="open")),
    CheckConstraint("(open IS NULL) = (ended_at IS NOT NULL)", name="open_until_ended"),
    UniqueConstraint("shop", "programme", "open"),
)
