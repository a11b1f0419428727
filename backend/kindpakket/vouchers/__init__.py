# SPDX-License-Identifier: EUPL-1.2
"""Vouchers: given out with letters, handed over to phones, read as budgets. Amounts in euro cents."""

from .activation import Handover, Renewal, activate, refuse_unknown_phone, renew_tickets
from .backups import retrieve_backup, save_backup
from .budgets import Budget, BudgetVoucher, Payment, PaymentRefund, budget_of, payments_of
from .households import Household, HouseholdCheck, check_households
from .issue import ImportResult, import_households, resume_imports
from .letters import Letter, LetterVoucher, disclose_letters, letter_batches, look_up_letter
from .proofs import PaymentProof, payment_of, prove_payment
from .receipts import make_receipt
from .replacement import (
    HouseholdState,
    HouseholdVoucher,
    ReplacementReason,
    find_household,
    household_numbered,
    replace_letter,
)

__all__ = [
    "Budget",
    "BudgetVoucher",
    "Handover",
    "Household",
    "HouseholdCheck",
    "HouseholdState",
    "HouseholdVoucher",
    "ImportResult",
    "Letter",
    "LetterVoucher",
    "Payment",
    "PaymentProof",
    "PaymentRefund",
    "Renewal",
    "ReplacementReason",
    "activate",
    "budget_of",
    "check_households",
    "disclose_letters",
    "find_household",
    "household_numbered",
    "import_households",
    "letter_batches",
    "look_up_letter",
    "make_receipt",
    "payment_of",
    "payments_of",
    "prove_payment",
    "refuse_unknown_phone",
    "renew_tickets",
    "replace_letter",
    "resume_imports",
    "retrieve_backup",
    "save_backup",
]
