# SPDX-License-Identifier: EUPL-1.2
"""Make the registry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "deployment",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "length(contract) = 42 AND contract = lower(contract) AND contract LIKE '0x%'",
            name=op.f("ck_deployment_contract"),
        ),
        sa.CheckConstraint("one = 1", name=op.f("ck_deployment_one")),
        sa.PrimaryKeyConstraint("one", name="pk_deployment"),
    )
    op.create_table(
        "letter_batch",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("shown_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "shown_at IS NULL OR issued_at IS NOT NULL", name=op.f("ck_letter_batch_shown_after_issued")
        ),
        sa.PrimaryKeyConstraint("batch", name="pk_letter_batch"),
        sa.UniqueConstraint("batch", "programme", name="uq_letter_batch_batch_programme"),
    )
    op.create_table(
        "merchant",
        sa.Column("merchant", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.CheckConstraint("iban <> ''", name=op.f("ck_merchant_iban")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_merchant_name")),
        sa.PrimaryKeyConstraint("merchant", name="pk_merchant"),
        sa.UniqueConstraint("iban", name="uq_merchant_iban"),
    )
    op.create_table(
        "phone",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_phone_token_hash")),
        sa.PrimaryKeyConstraint("token_hash", name="pk_phone"),
    )
    op.create_table(
        "programme_opening",
        sa.Column("policy_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy_text", sa.Text(), nullable=False),
        sa.CheckConstraint("length(policy_hash) = 32", name=op.f("ck_programme_opening_policy_hash")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_programme_opening_name")),
        sa.PrimaryKeyConstraint("policy_hash", name="pk_programme_opening"),
    )
    op.create_table(
        "programme_text",
        sa.Column("programme", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy_text", sa.Text(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_programme_text_name")),
        sa.CheckConstraint("programme BETWEEN 1 AND 65535", name=op.f("ck_programme_text_programme")),
        sa.PrimaryKeyConstraint("programme", name="pk_programme_text"),
    )
    op.create_table(
        "staff",
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_staff_name")),
        sa.PrimaryKeyConstraint("staff", name="pk_staff"),
        sa.UniqueConstraint("name", name="uq_staff_name"),
    )
    op.create_table(
        "ticket_list",
        sa.Column("ticket_list", sa.Integer(), nullable=False),
        sa.Column("voucher", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_root", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_keys", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("generation BETWEEN 0 AND 255", name=op.f("ck_ticket_list_generation")),
        sa.CheckConstraint("length(holder) = 20", name=op.f("ck_ticket_list_holder")),
        sa.CheckConstraint("length(ticket_keys) = 5120", name=op.f("ck_ticket_list_ticket_keys")),
        sa.CheckConstraint("length(ticket_root) = 32", name=op.f("ck_ticket_list_ticket_root")),
        sa.PrimaryKeyConstraint("ticket_list", name="pk_ticket_list"),
        sa.UniqueConstraint(
            "voucher",
            "generation",
            "ticket_root",
            "holder",
            name="uq_ticket_list_voucher_generation_ticket_root_holder",
        ),
    )
    op.create_table(
        "household",
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False),
        sa.Column("row_reference", sa.Text(), nullable=False),
        sa.CheckConstraint("row_reference <> ''", name=op.f("ck_household_row_reference")),
        sa.ForeignKeyConstraint(
            ["batch", "programme"],
            ["letter_batch.batch", "letter_batch.programme"],
            name="fk_household_batch",
        ),
        sa.PrimaryKeyConstraint("household", name="pk_household"),
        sa.UniqueConstraint("programme", "row_reference", name="uq_household_programme_row_reference"),
    )
    op.create_index("ix_household_batch", "household", ["batch"])
    op.create_table(
        "phone_voucher",
        sa.Column("voucher", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["token_hash"], ["phone.token_hash"], name="fk_phone_voucher_token_hash"),
        sa.PrimaryKeyConstraint("voucher", name="pk_phone_voucher"),
    )
    op.create_index("ix_phone_voucher_token_hash", "phone_voucher", ["token_hash"])
    op.create_table(
        "shop",
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("merchant", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("categories", sa.BigInteger(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("joining", sa.Integer(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_shop_name")),
        sa.CheckConstraint("categories BETWEEN 1 AND 4294967295", name=op.f("ck_shop_categories")),
        sa.CheckConstraint("shop BETWEEN 1 AND 65535", name=op.f("ck_shop_shop")),
        sa.CheckConstraint("joining BETWEEN 1 AND 65535", name=op.f("ck_shop_joining")),
        sa.ForeignKeyConstraint(["merchant"], ["merchant.merchant"], name="fk_shop_merchant"),
        sa.PrimaryKeyConstraint("shop", name="pk_shop"),
        sa.UniqueConstraint("name", name="uq_shop_name"),
    )
    op.create_index("ix_shop_joining", "shop", ["joining"])
    op.create_index("ix_shop_merchant", "shop", ["merchant"])
    op.create_table(
        "sign_in_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(code_hash) = 32", name=op.f("ck_sign_in_code_code_hash")),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_sign_in_code_staff"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_sign_in_code"),
    )
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.CheckConstraint("csrf <> ''", name=op.f("ck_staff_session_csrf")),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_staff_session_token_hash")),
        sa.ForeignKeyConstraint(["staff"], ["staff.staff"], name="fk_staff_session_staff"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_staff_session"),
    )
    op.create_table(
        "ticket_key",
        sa.Column("ticket_key", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_list", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(ticket_key) = 20", name=op.f("ck_ticket_key_ticket_key")),
        sa.CheckConstraint("place BETWEEN 0 AND 255", name=op.f("ck_ticket_key_place")),
        sa.ForeignKeyConstraint(
            ["ticket_list"], ["ticket_list.ticket_list"], name="fk_ticket_key_ticket_list"
        ),
        sa.PrimaryKeyConstraint("ticket_key", name="pk_ticket_key"),
        sa.UniqueConstraint("ticket_list", "place", name="uq_ticket_key_ticket_list_place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "letter",
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("length(letter_id) = 32", name=op.f("ck_letter_letter_id")),
        sa.ForeignKeyConstraint(["household"], ["household.household"], name="fk_letter_household"),
        sa.PrimaryKeyConstraint("letter_id", name="pk_letter"),
    )
    op.create_index("ix_letter_household", "letter", ["household"])
    op.create_table(
        "till",
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("paired_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(till) = 42 AND till = lower(till) AND till LIKE '0x%'", name=op.f("ck_till_till")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_till_name")),
        sa.CheckConstraint(
            "(token_hash IS NULL) = (removed_at IS NOT NULL)", name=op.f("ck_till_token_until_removed")
        ),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_till_token_hash")),
        sa.ForeignKeyConstraint(["shop"], ["shop.shop"], name="fk_till_shop"),
        sa.PrimaryKeyConstraint("till", name="pk_till"),
        sa.UniqueConstraint("token_hash", name="uq_till_token_hash"),
    )
    op.create_index("ix_till_shop", "till", ["shop"])
    op.create_table(
        "letter_voucher",
        sa.Column("letter_key", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("voucher", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(letter_key) = 42 AND letter_key = lower(letter_key) AND letter_key LIKE '0x%'",
            name=op.f("ck_letter_voucher_letter_key"),
        ),
        sa.CheckConstraint(
            "amount_cents BETWEEN 1 AND 16777215", name=op.f("ck_letter_voucher_amount_cents")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_letter_voucher_position")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.letter_id"], name="fk_letter_voucher_letter_id"),
        sa.PrimaryKeyConstraint("letter_key", name="pk_letter_voucher"),
        sa.UniqueConstraint("letter_id", "position", name="uq_letter_voucher_letter_id_position"),
        sa.UniqueConstraint("voucher", name="uq_letter_voucher_voucher"),
    )
    op.create_table(
        "pairing_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.CheckConstraint("length(code_hash) = 32", name=op.f("ck_pairing_code_code_hash")),
        sa.ForeignKeyConstraint(["shop"], ["shop.shop"], name="fk_pairing_code_shop"),
        sa.ForeignKeyConstraint(["used_by"], ["till.till"], name="fk_pairing_code_used_by"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_pairing_code"),
    )
