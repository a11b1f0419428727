# SPDX-License-Identifier: EUPL-1.2
"""Closing a programme: sweep what is left on vouchers, withdraw what is left in all, give an account of every cent.

    its end -> a pause for refunds and payouts -> sweep, some at a time -> withdraw the rest -> the closing statement

The contract refuses to sweep before the end. The pause is ours: see `PAUSE_DAYS`. Amounts are whole euro cents.
"""

from .statement import Statement, statement_of
from .steps import PAUSE_DAYS, Closing, closing_of, sweep, withdraw_rest

__all__ = [
    "PAUSE_DAYS",
    "Closing",
    "Statement",
    "closing_of",
    "statement_of",
    "sweep",
    "withdraw_rest",
]
