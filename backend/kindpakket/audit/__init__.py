# SPDX-License-Identifier: EUPL-1.2
"""The audit: what anyone with read access to the chain can redo. It needs no database and no key of ours.

It reads every event of the contract, keeps books of its own by the rules of contracts/README.md, and compares them with
the contract's storage: each programme, voucher, shop, till and used ticket.
"""

from .books import Books
from .findings import Finding
from .statement import ProgrammeStatement, Statement, audit, audit_books, programmes_of, read_on

__all__ = [
    "Books",
    "Finding",
    "ProgrammeStatement",
    "Statement",
    "audit",
    "audit_books",
    "programmes_of",
    "read_on",
]
