# SPDX-License-Identifier: EUPL-1.2
"""Why a payment came back: the codes of banks, in the few kinds that people can do something about.

A copy that a bank refuses is none of them: the first is paid.

Source: ISO 20022 ExternalReturnReason1Code; European Payments Council, EPC115-06 (R-transactions).
"""

from __future__ import annotations

from typing import Literal, get_args

ReturnReason = Literal[
    "account_wrong", "account_closed", "account_blocked", "name_wrong", "not_allowed", "by_receiver", "other"
]
RETURN_REASONS: tuple[ReturnReason, ...] = get_args(ReturnReason)

_KINDS: dict[str, ReturnReason] = {
    **dict.fromkeys(("AC01", "AC02", "AC03", "AC15", "RC01", "RC04", "RC07"), "account_wrong"),
    **dict.fromkeys(("AC04", "AC07", "MD07"), "account_closed"),
    "AC06": "account_blocked",
    **dict.fromkeys(("BE01", "BE04", "BE05", "BE06", "BE07", "BE08", "BE22"), "name_wrong"),
    **dict.fromkeys(("AG01", "AG02", "AG03", "AC14", "RR01", "RR02", "RR03", "RR04"), "not_allowed"),
    **dict.fromkeys(("MS02", "CUST", "FOCR"), "by_receiver"),
}

#: Source: ISO 20022 ExternalStatusReason1Code; DUPL is of ExternalCancellationReason1Code.
_DUPLICATES = {"DU01", "DU02", "DU03", "DU04", "DU05", "AM05", "DUPL"}


def is_of_duplicate(code: str) -> bool:
    """Return whether a bank's code says that it refused a copy of what it has already."""
    return code in _DUPLICATES


def reason_of(code: str) -> ReturnReason:
    """Return the kind of a bank's code; `other` for what is unknown or not given."""
    return _KINDS.get(code, "other")
