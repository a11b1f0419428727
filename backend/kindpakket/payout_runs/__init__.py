# SPDX-License-Identifier: EUPL-1.2
"""Payout runs: what shops are owed on the chain becomes bank transfers, with four eyes. See docs/payouts.md.

    prepare -> approve: bytes kept -> their hash on the chain -> each settlement on the chain -> the file may leave
            -> the bank's statement: booked, or returned -> another account, proposed and approved -> a next file

What breaks off between two of these is finished by `resume`. The money is whole euro cents; a shop is paid what the
contract says that it is owed, refunds taken off, less what the merchant's other shops owe.
"""

from .approving import approve, approve_again, propose_again
from .debts import held_back_cents
from .files import PayoutFile, file_of
from .preparing import Outline, cancel, outline, prepare
from .settling import resume
from .statements import StatementOutcome, Unmatched, import_statement
from .verifying import verify

__all__ = [
    "Outline",
    "PayoutFile",
    "StatementOutcome",
    "Unmatched",
    "approve",
    "approve_again",
    "cancel",
    "file_of",
    "held_back_cents",
    "import_statement",
    "outline",
    "prepare",
    "propose_again",
    "resume",
    "verify",
]
