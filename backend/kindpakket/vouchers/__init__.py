# SPDX-License-Identifier: EUPL-1.2
"""Vouchers: given out with letters, handed over to phones, read as budgets. Amounts in euro cents."""

from .activation import Handover, Renewal, activate, refuse_unknown_phone, renew_tickets
from .backups import retrieve_backup, save_backup
from .blocking import BlockReason, block_voucher, unblock_voucher
from .budgets import Budget, BudgetVoucher, Payment, PaymentRefund, budget_of, payments_of
from .code_sheets import print_codes
from .households import Household, HouseholdCheck, check_households, write_household
from .issue import ImportResult, add_vouchers, import_households, resume_imports
from .letter_files import amounts_of, draw_letters, write_letters
from .letters import (
    Letter,
    LetterVoucher,
    confirm_letters,
    disclose_letters,
    forget_letters,
    letter_batches,
    look_up_letter,
)
from .proofs import PaymentProof, payment_of, prove_payment
from .receipts import make_receipt
from .reissue import lost_letters, reissue_letters
from .replacement import (
    HouseholdState,
    HouseholdVoucher,
    ReplacementReason,
    find_household,
    household_numbered,
    replace_letter,
)
from .top_ups import TopUpReason, list_top_ups, resume_top_ups, top_up_voucher
from .use import ProgrammeUse, Unopened, unopened_households, voucher_use, write_reminders

__all__ = [
    "BlockReason",
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
    "ProgrammeUse",
    "Renewal",
    "ReplacementReason",
    "TopUpReason",
    "Unopened",
    "activate",
    "add_vouchers",
    "amounts_of",
    "block_voucher",
    "budget_of",
    "check_households",
    "confirm_letters",
    "disclose_letters",
    "draw_letters",
    "find_household",
    "forget_letters",
    "household_numbered",
    "import_households",
    "letter_batches",
    "list_top_ups",
    "look_up_letter",
    "lost_letters",
    "make_receipt",
    "payment_of",
    "payments_of",
    "print_codes",
    "prove_payment",
    "refuse_unknown_phone",
    "reissue_letters",
    "renew_tickets",
    "replace_letter",
    "resume_imports",
    "resume_top_ups",
    "retrieve_backup",
    "save_backup",
    "top_up_voucher",
    "unblock_voucher",
    "unopened_households",
    "voucher_use",
    "write_household",
    "write_letters",
    "write_reminders",
]
