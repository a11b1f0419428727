# SPDX-License-Identifier: EUPL-1.2
"""Vouchers: given out with letters, handed over to phones, read as budgets. Amounts in euro cents."""

from .activation import Handover, Renewal, activate, renew_tickets
from .budgets import Budget, BudgetVoucher, Payment, PaymentRefund, budget_of, payments_of
from .households import Household, HouseholdCheck, check_households
from .issue import ImportResult, import_households, resume_imports
from .letters import Letter, LetterVoucher, disclose_letters, letter_batches, look_up_letter
from .proofs import PaymentProof, payment_of, prove_payment
from .receipts import make_receipt

__all__ = [
    "Budget",
    "BudgetVoucher",
    "Handover",
    "Household",
    "HouseholdCheck",
    "ImportResult",
    "Letter",
    "LetterVoucher",
    "Payment",
    "PaymentProof",
    "PaymentRefund",
    "Renewal",
    "activate",
    "budget_of",
    "check_households",
    "disclose_letters",
    "import_households",
    "letter_batches",
    "look_up_letter",
    "make_receipt",
    "payment_of",
    "payments_of",
    "prove_payment",
    "renew_tickets",
    "resume_imports",
]
