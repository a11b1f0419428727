# SPDX-License-Identifier: EUPL-1.2
"""Numbers, days and choices, written in one way only: pydantic alone reads ` +1_000.0` and instants, too.

Each of these stands last in its `Annotated`, so that what the description says of the kind stays as it is.
"""

from __future__ import annotations

import re
from datetime import date

from pydantic import BeforeValidator


def _written_as(pattern: str, said: str, *, ours: type) -> BeforeValidator:
    """Return what lets only a text of this form through, and a value of our own."""
    form = re.compile(pattern)

    def check(value: object) -> object:
        if type(value) is ours or (isinstance(value, str) and form.fullmatch(value)):
            return value
        raise ValueError(said)

    return BeforeValidator(check)


DIGITS = _written_as("0|[1-9][0-9]*", "must be a whole number in digits, as 30000", ours=int)
TRUE_OR_FALSE = _written_as("true|false", "must be true or false", ours=bool)
YEAR_MONTH_DAY = _written_as("[0-9]{4}-[0-9]{2}-[0-9]{2}", "must be a day, as 2026-12-31", ours=date)
