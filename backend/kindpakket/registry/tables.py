# SPDX-License-Identifier: EUPL-1.2
"""The registry's tables as they are now; `migrations` says how they came to be. Euro cents, epoch seconds.

Codes and tokens are kept as SHA-256 hashes (32 bytes). Addresses of letter keys and tills are lower-case `0x`
texts.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _address_check(column: str) -> CheckConstraint:
    return CheckConstraint(
        f"length({column}) = 42 AND {column} = lower({column}) AND {column} LIKE '0x%'", name=column
    )


def hash_check(column: str) -> CheckConstraint:
    """Return the rule that a column holds 32 bytes, a hash."""
    return CheckConstraint(f"length({column}) = 32", name=column)


ROLE = "role IN ('owner', 'cashier')"

deployment = Table(
    "deployment",
    metadata,
    # A registry belongs to one contract.
    Column("one", Integer, CheckConstraint("one = 1", name="one"), primary_key=True, autoincrement=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", Text, _address_check("contract"), nullable=False),
)

programme_text = Table(
    "programme_text",
    metadata,
    # The contract numbers programmes from 1, in 16 bits.
    Column(
        "programme",
        Integer,
        CheckConstraint("programme BETWEEN 1 AND 65535", name="programme"),
        primary_key=True,
        autoincrement=False,
    ),
    # A programme has a name.
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    Column("policy_text", Text, nullable=False),
)

programme_opening = Table(
    "programme_opening",
    metadata,
    # What is known of a programme before the chain numbers it: by the hash of its policy text, which the chain keeps.
    Column("policy_hash", LargeBinary, hash_check("policy_hash"), primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    Column("policy_text", Text, nullable=False),
)

letter_batch = Table(
    "letter_batch",
    metadata,
    Column("batch", Integer, primary_key=True),
    Column("programme", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # When the chain had all its vouchers; empty while they are being issued.
    Column("issued_at", BigInteger),
    # When its letters were shown, and forgotten.
    Column("shown_at", BigInteger),
    # Letters are shown when their vouchers are there.
    CheckConstraint("shown_at IS NULL OR issued_at IS NOT NULL", name="shown_after_issued"),
    # Since when they can be taken; empty while nobody asked.
    Column("opened_at", BigInteger),
    UniqueConstraint("batch", "programme"),
)

household = Table(
    "household",
    metadata,
    Column("household", Integer, primary_key=True),
    Column("batch", Integer, nullable=False),
    Column("programme", Integer, nullable=False),
    # A household is the municipality's row, whatever that means there.
    Column(
        "row_reference", Text, CheckConstraint("row_reference <> ''", name="row_reference"), nullable=False
    ),
    # A household is in its batch's programme.
    ForeignKeyConstraint(["batch", "programme"], ["letter_batch.batch", "letter_batch.programme"]),
    # A household gets vouchers once in a programme.
    UniqueConstraint("programme", "row_reference"),
    Index(None, "batch"),
)

letter = Table(
    "letter",
    metadata,
    # 16 bytes, lower-case hexadecimal: names the letter and does not open it.
    Column("letter_id", Text, CheckConstraint("length(letter_id) = 32", name="letter_id"), primary_key=True),
    Column("household", Integer, ForeignKey("household.household"), nullable=False, index=True),
    # Sealed with a key that is not in this database; erased when the letter was shown.
    Column("secret_sealed", LargeBinary),
)

letter_voucher = Table(
    "letter_voucher",
    metadata,
    # A letter key opens one voucher.
    Column("letter_key", Text, _address_check("letter_key"), primary_key=True),
    Column("letter_id", Text, ForeignKey("letter.letter_id"), nullable=False),
    Column("position", Integer, CheckConstraint("position >= 0", name="position"), nullable=False),
    # The contract keeps a voucher's amount in 24 bits.
    Column(
        "amount_cents",
        Integer,
        CheckConstraint("amount_cents BETWEEN 1 AND 16777215", name="amount_cents"),
        nullable=False,
    ),
    # A voucher is one letter's; empty until the chain has given it out.
    Column("voucher", BigInteger, unique=True),
    # With which batch it was given out, whatever letter opens it by now.
    Column("batch", Integer, ForeignKey("letter_batch.batch"), nullable=False, index=True),
    # A letter's vouchers are told apart by their position.
    UniqueConstraint("letter_id", "position"),
)

ticket_list = Table(
    "ticket_list",
    metadata,
    Column("ticket_list", Integer, primary_key=True),
    Column("voucher", BigInteger, nullable=False),
    # The contract counts generations in 8 bits.
    Column(
        "generation",
        Integer,
        CheckConstraint("generation BETWEEN 0 AND 255", name="generation"),
        nullable=False,
    ),
    # An address is 20 bytes.
    Column("holder", LargeBinary, CheckConstraint("length(holder) = 20", name="holder"), nullable=False),
    Column("ticket_root", LargeBinary, hash_check("ticket_root"), nullable=False),
    # 256 addresses in the order of their places.
    Column(
        "ticket_keys",
        LargeBinary,
        CheckConstraint("length(ticket_keys) = 5120", name="ticket_keys"),
        nullable=False,
    ),
    # A list is kept once. Two phones that activate at once both have one; the contract takes the first.
    UniqueConstraint("voucher", "generation", "ticket_root", "holder"),
)

ticket_key = Table(
    "ticket_key",
    metadata,
    # A ticket key stands in one list, at one place.
    Column(
        "ticket_key",
        LargeBinary,
        CheckConstraint("length(ticket_key) = 20", name="ticket_key"),
        primary_key=True,
    ),
    Column("ticket_list", Integer, ForeignKey("ticket_list.ticket_list"), nullable=False),
    # A list has 256 places.
    Column("place", Integer, CheckConstraint("place BETWEEN 0 AND 255", name="place"), nullable=False),
    UniqueConstraint("ticket_list", "place"),
    sqlite_with_rowid=False,
)

phone = Table(
    "phone",
    metadata,
    # A phone is known by the hash of its access token only.
    Column("token_hash", LargeBinary, hash_check("token_hash"), primary_key=True),
)

phone_voucher = Table(
    "phone_voucher",
    metadata,
    # A voucher is on one phone at a time.
    Column("voucher", BigInteger, primary_key=True, autoincrement=False),
    Column("token_hash", LargeBinary, ForeignKey("phone.token_hash"), nullable=False, index=True),
)

merchant = Table(
    "merchant",
    metadata,
    Column("merchant", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    # A merchant is the one who is paid on an account.
    Column("iban", Text, CheckConstraint("iban <> ''", name="iban"), nullable=False, unique=True),
)

shop = Table(
    "shop",
    metadata,
    # The contract numbers shops from 1, in 16 bits.
    Column("shop", Integer, CheckConstraint("shop BETWEEN 1 AND 65535", name="shop"), primary_key=True),
    Column("merchant", Integer, ForeignKey("merchant.merchant"), nullable=False, index=True),
    # A shop is registered once: its name tells it from the others, for parents and for the municipality.
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False, unique=True),
    # What it sells, bit n for category n, from 0 to 31.
    Column(
        "categories",
        BigInteger,
        CheckConstraint("categories BETWEEN 1 AND 4294967295", name="categories"),
        nullable=False,
    ),
    Column("street", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("opening", Text, nullable=False),
    # The programme that the chain is still to let it take part in; empty when nothing waits.
    Column("joining", Integer, CheckConstraint("joining BETWEEN 1 AND 65535", name="joining"), index=True),
)

till = Table(
    "till",
    metadata,
    # A till's key belongs to one shop at a time.
    Column("till", Text, _address_check("till"), primary_key=True),
    Column("shop", Integer, ForeignKey("shop.shop"), nullable=False, index=True),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    # A token is one till's; it ends when the till is removed.
    Column("token_hash", LargeBinary, hash_check("token_hash"), unique=True),
    Column("paired_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    # An owner's till may also pair and remove tills, see payouts, and see and refund what was paid before it joined.
    Column("role", Text, CheckConstraint(ROLE, name="role"), nullable=False, server_default="owner"),
    # About when it last asked something; empty when it never did since it was paired.
    Column("last_seen_at", BigInteger),
    # A till has a token or was removed.
    CheckConstraint("(token_hash IS NULL) = (removed_at IS NOT NULL)", name="token_until_removed"),
)

pairing_code = Table(
    "pairing_code",
    metadata,
    Column("code_hash", LargeBinary, hash_check("code_hash"), primary_key=True),
    Column("shop", Integer, ForeignKey("shop.shop"), nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    # A code is for one till; that one may ask again.
    Column("used_by", Text, ForeignKey("till.till")),
    # What the till will be beside an owner's till; the first till of a shop is an owner's.
    Column("role", Text, CheckConstraint(ROLE, name="role"), nullable=False, server_default="owner"),
)

removed_till_token = Table(
    "removed_till_token",
    metadata,
    # A token that ended because its till was removed: whoever still has it is told so, and nothing else.
    Column("token_hash", LargeBinary, hash_check("token_hash"), primary_key=True),
    Column("removed_at", BigInteger, nullable=False),
)

refund_reason = Table(
    "refund_reason",
    metadata,
    # Why a till asked to give back something of a payment when so much was left of it. The chain knows no reasons.
    Column("ticket_id", LargeBinary, hash_check("ticket_id"), primary_key=True),
    # Nothing is given back of nothing.
    Column(
        "remaining_cents",
        BigInteger,
        CheckConstraint("remaining_cents > 0", name="remaining_cents"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("till", Text, ForeignKey("till.till"), primary_key=True),
    # A short list, so that nobody writes down a name.
    Column(
        "reason",
        Text,
        CheckConstraint("reason IN ('returned', 'mistake', 'price', 'other')", name="reason"),
        nullable=False,
    ),
    Column("asked_at", BigInteger, nullable=False),
)

published_head = Table(
    "published_head",
    metadata,
    # One head a day, named by its Dutch calendar day. A row is never changed.
    Column("on", Date, primary_key=True),
    # It covers the blocks from the one after the last head's up to its own.
    Column(
        "first_block", BigInteger, CheckConstraint("first_block >= 0", name="first_block"), nullable=False
    ),
    Column("block", BigInteger, nullable=False, unique=True),
    Column("hash", LargeBinary, hash_check("hash"), nullable=False),
    # The root over the hashes of all the blocks that it covers.
    Column("root", LargeBinary, hash_check("root"), nullable=False),
    Column("at", BigInteger, nullable=False),
    # It covers at least one block.
    CheckConstraint("block >= first_block", name="covers_a_block"),
    # No block is covered twice.
    UniqueConstraint("first_block"),
)

retired_phone = Table(
    "retired_phone",
    metadata,
    # A phone that reads no voucher any more is told since when and why, so that a theft is noticed.
    Column("token_hash", LargeBinary, hash_check("token_hash"), primary_key=True),
    Column("retired_at", BigInteger, nullable=False),
    # Its vouchers moved to another phone, or the municipality made a new letter for them.
    Column(
        "because", Text, CheckConstraint("because IN ('moved', 'replaced')", name="because"), nullable=False
    ),
)

backup = Table(
    "backup",
    metadata,
    # 16 bytes, lower-case hexadecimal: made from a letter's secret, names the backup and does not open it.
    Column("backup_id", Text, CheckConstraint("length(backup_id) = 32", name="backup_id"), primary_key=True),
    # A backup is one phone's, and goes with it.
    Column("token_hash", LargeBinary, ForeignKey("phone.token_hash"), nullable=False, index=True),
    Column("proof_hash", LargeBinary, hash_check("proof_hash"), nullable=False),
    # A seed, encrypted on the phone: version 1, nonce 12, seed 32, tag 16.
    Column("blob", LargeBinary, CheckConstraint("length(blob) = 61", name="blob"), nullable=False),
    Column("saved_at", BigInteger, nullable=False),
    # Wrong proofs since the last right one; at the fifth it stays closed.
    Column("failures", Integer, CheckConstraint("failures BETWEEN 0 AND 5", name="failures"), nullable=False),
)

letter_replacement = Table(
    "letter_replacement",
    metadata,
    Column("replacement", Integer, primary_key=True),
    Column("household", Integer, ForeignKey("household.household"), nullable=False, index=True),
    Column(
        "letter_id",
        Text,
        CheckConstraint("length(letter_id) = 32", name="letter_id"),
        nullable=False,
        unique=True,
    ),
    # Kept, sealed, from before the chain has the new letter until the letter is shown.
    Column("secret_sealed", LargeBinary),
    # The number that the contract keeps as well.
    Column("reason", Integer, CheckConstraint("reason BETWEEN 1 AND 255", name="reason"), nullable=False),
    # Who asked for it.
    Column("staff", Integer, ForeignKey("staff.staff"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # When the chain had it for all the household's vouchers.
    Column("done_at", BigInteger),
    # The secret is erased when it is done.
    CheckConstraint("(secret_sealed IS NULL) = (done_at IS NOT NULL)", name="secret_until_done"),
)
