# SPDX-License-Identifier: EUPL-1.2
"""Applications of shops: made on a public page, assessed by one member of staff, decided by another."""

from .applying import RULES, Receipt, apply, find, offered_categories, supplement
from .deciding import MOST_OF_NOTE, approve, ask, assess, erase_due, eraser, refuse, resume
from .fields import FIELDS, MOST_CHARACTERS, Written
from .limits import ApplicationLimit

__all__ = [
    "FIELDS",
    "MOST_CHARACTERS",
    "MOST_OF_NOTE",
    "RULES",
    "ApplicationLimit",
    "Receipt",
    "Written",
    "apply",
    "approve",
    "ask",
    "assess",
    "erase_due",
    "eraser",
    "find",
    "offered_categories",
    "refuse",
    "resume",
    "supplement",
]
