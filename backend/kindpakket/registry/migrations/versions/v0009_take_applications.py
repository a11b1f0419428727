# SPDX-License-Identifier: EUPL-1.2
"""Take applications of shops, change their accounts by two people, and say why a shop is suspended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "shop_application",
        sa.Column("application", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("kvk", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("categories", sa.BigInteger(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("missing_note", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("assessed_by", sa.Integer(), nullable=True),
        sa.Column("assessed_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("refused_because", sa.Text(), nullable=True),
        sa.Column("shop", sa.Integer(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(shop IS NOT NULL) = (decision IS NOT NULL AND decision = 'approved')",
            name=op.f("ck_shop_application_a_shop"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR assessed_by IS NOT NULL",
            name=op.f("ck_shop_application_assessed_before_decided"),
        ),
        sa.CheckConstraint(
            "(assessed_by IS NULL) = (assessed_at IS NULL)",
            name=op.f("ck_shop_application_assessed_by_someone"),
        ),
        sa.CheckConstraint(
            "assessed_by IS NULL OR missing = ''", name=op.f("ck_shop_application_assessed_when_complete")
        ),
        sa.CheckConstraint(
            "categories BETWEEN 1 AND 4294967295", name=op.f("ck_shop_application_categories")
        ),
        sa.CheckConstraint("length(code_hash) = 32", name=op.f("ck_shop_application_code_hash")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_shop_application_decided_by_someone")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decision IS NULL)", name=op.f("ck_shop_application_decided_either_way")
        ),
        sa.CheckConstraint("decision IN ('approved', 'refused')", name=op.f("ck_shop_application_decision")),
        sa.CheckConstraint(
            "(email IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_shop_application_email_until_erased")
        ),
        sa.CheckConstraint("decided_by <> assessed_by", name=op.f("ck_shop_application_four_eyes")),
        sa.CheckConstraint(
            "(holder IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_shop_application_holder_until_erased")
        ),
        sa.CheckConstraint(
            "(iban IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_shop_application_iban_until_erased")
        ),
        sa.CheckConstraint("length(kvk) = 8", name=op.f("ck_shop_application_kvk")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_shop_application_name")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_shop_application_name_key")),
        sa.CheckConstraint("open = 1", name=op.f("ck_shop_application_open")),
        sa.CheckConstraint(
            "(open IS NULL) = (decided_at IS NOT NULL)", name=op.f("ck_shop_application_open_until_decided")
        ),
        sa.CheckConstraint(
            "refused_because IN ('not_in_trade_register', 'not_in_area', 'goods_do_not_fit', "
            "'account_does_not_fit', 'not_complete', 'other')",
            name=op.f("ck_shop_application_refused_because"),
        ),
        sa.CheckConstraint(
            "(refused_because IS NOT NULL) = (decision IS NOT NULL AND decision = 'refused')",
            name=op.f("ck_shop_application_refused_with_a_reason"),
        ),
        sa.CheckConstraint("rules <> ''", name=op.f("ck_shop_application_rules")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_shop_application_version")),
        sa.ForeignKeyConstraint(["assessed_by"], ["staff.staff"], name="fk_shop_application_assessed_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.staff"], name="fk_shop_application_decided_by"),
        sa.ForeignKeyConstraint(["shop"], ["shop.shop"], name="fk_shop_application_shop"),
        sa.PrimaryKeyConstraint("application", name="pk_shop_application"),
        sa.UniqueConstraint("code_hash", name="uq_shop_application_code_hash"),
        sa.UniqueConstraint("kvk", "name_key", "open", name="uq_shop_application_kvk_name_key_open"),
        sa.UniqueConstraint("shop", name="uq_shop_application_shop"),
    )
    op.create_table(
        "shop_application_programme",
        sa.Column("application", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("categories", sa.BigInteger(), nullable=False),
        sa.Column("joining", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "categories BETWEEN 1 AND 4294967295", name=op.f("ck_shop_application_programme_categories")
        ),
        sa.CheckConstraint("joining = 1", name=op.f("ck_shop_application_programme_joining")),
        sa.CheckConstraint(
            "programme BETWEEN 1 AND 65535", name=op.f("ck_shop_application_programme_programme")
        ),
        sa.ForeignKeyConstraint(
            ["application"],
            ["shop_application.application"],
            name="fk_shop_application_programme_application",
        ),
        sa.PrimaryKeyConstraint("application", "programme", name="pk_shop_application_programme"),
    )
    op.create_index("ix_shop_application_programme_joining", "shop_application_programme", ["joining"])
    op.create_table(
        "account_change",
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("merchant", sa.Integer(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban_before", sa.Text(), nullable=False),
        sa.Column("name_before", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "because IN ('asked_by_shop', 'new_owner', 'mistake')", name=op.f("ck_account_change_because")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_account_change_decided_by_someone")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decision IS NULL)", name=op.f("ck_account_change_decided_either_way")
        ),
        sa.CheckConstraint("decision IN ('approved', 'withdrawn')", name=op.f("ck_account_change_decision")),
        sa.CheckConstraint(
            "decision <> 'approved' OR decided_by <> proposed_by", name=op.f("ck_account_change_four_eyes")
        ),
        sa.CheckConstraint("iban <> ''", name=op.f("ck_account_change_iban")),
        sa.CheckConstraint("iban_before <> ''", name=op.f("ck_account_change_iban_before")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_account_change_name")),
        sa.CheckConstraint("name_before <> ''", name=op.f("ck_account_change_name_before")),
        sa.CheckConstraint("open = 1", name=op.f("ck_account_change_open")),
        sa.CheckConstraint(
            "(open IS NULL) = (decided_at IS NOT NULL)", name=op.f("ck_account_change_open_until_decided")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.staff"], name="fk_account_change_decided_by"),
        sa.ForeignKeyConstraint(["merchant"], ["merchant.merchant"], name="fk_account_change_merchant"),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.staff"], name="fk_account_change_proposed_by"),
        sa.ForeignKeyConstraint(["shop"], ["shop.shop"], name="fk_account_change_shop"),
        sa.PrimaryKeyConstraint("change", name="pk_account_change"),
        sa.UniqueConstraint("merchant", "open", name="uq_account_change_merchant_open"),
    )
    op.create_table(
        "shop_suspension",
        sa.Column("suspension", sa.Integer(), nullable=False),
        sa.Column("shop", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Integer(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("suspended_by", sa.Integer(), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "because IN ('rules_broken', 'under_review', 'asked_by_shop', 'closed', 'account_unclear')",
            name=op.f("ck_shop_suspension_because"),
        ),
        sa.CheckConstraint("open = 1", name=op.f("ck_shop_suspension_open")),
        sa.CheckConstraint(
            "(open IS NULL) = (ended_at IS NOT NULL)", name=op.f("ck_shop_suspension_open_until_ended")
        ),
        sa.CheckConstraint("programme BETWEEN 1 AND 65535", name=op.f("ck_shop_suspension_programme")),
        sa.ForeignKeyConstraint(["shop"], ["shop.shop"], name="fk_shop_suspension_shop"),
        sa.ForeignKeyConstraint(["suspended_by"], ["staff.staff"], name="fk_shop_suspension_suspended_by"),
        sa.PrimaryKeyConstraint("suspension", name="pk_shop_suspension"),
        sa.UniqueConstraint("shop", "programme", "open", name="uq_shop_suspension_shop_programme_open"),
    )
