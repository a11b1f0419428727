# SPDX-License-Identifier: EUPL-1.2
"""Units: euro cents, UTC epoch seconds, Dutch dates, and their written forms.

Money is an integer number of euro cents everywhere; euros exist only in text. Instants are UTC epoch seconds, dates are
those of the Europe/Amsterdam calendar.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

MAX_VOUCHER_CENTS = 2**24 - 1
"""The most a voucher can ever hold; the contract keeps it in 24 bits."""

MAX_REDEMPTION_CENTS = 2**18 - 1
"""The most one payment can be; the contract keeps what is left of a charge in 18 bits."""

_EUROS = re.compile(r"(?:€\s*)?(?P<euros>\d{1,9}|\d{1,3}(?:\.\d{3}){1,2})(?:,(?P<cents>\d{1,2}))?", re.ASCII)


def parse_euros(text: str) -> int:
    """Return the cents of an amount as Dutch people type it: `300`, `37,45`, `€ 1.250,00`.

    Raises:
        ValueError: The text is not such an amount.
    """
    # A point and one or two digits at the very end is a decimal point typed by habit.
    normal = re.sub(r"\.(\d{1,2})$", r",\1", text.strip())
    match = _EUROS.fullmatch(normal)
    if match is None:
        raise ValueError(f"not an amount in euros: {text!r}")
    return int(match["euros"].replace(".", "")) * 100 + int((match["cents"] or "0").ljust(2, "0"))


def format_euros(amount_cents: int, *, language: str = "nl") -> str:
    """Return an amount as `€ 1.234,50` (nl) or `€ 1,234.50` (en); a negative one with a minus sign."""
    sign = "−" if amount_cents < 0 else ""
    euros, cents = divmod(abs(amount_cents), 100)
    english = f"{euros:,}.{cents:02d}"
    text = english if language == "en" else english.translate(str.maketrans(",.", ".,"))
    return f"{sign}€\u00a0{text}"


def format_plain_euros(amount_cents: int, *, language: str = "nl") -> str:
    """Return an amount as a spreadsheet reads it: `1234,50` (nl) or `1234.50` (en)."""
    sign = "-" if amount_cents < 0 else ""
    euros, cents = divmod(abs(amount_cents), 100)
    return f"{sign}{euros}{'.' if language == 'en' else ','}{cents:02d}"


def format_time(at: int) -> str:
    """Return the time of the day in Amsterdam, `14:05`."""
    return datetime.fromtimestamp(at, AMSTERDAM).strftime("%H:%M")


def day_of(at: int) -> date:
    """Return the Dutch calendar day that the instant falls in."""
    return datetime.fromtimestamp(at, AMSTERDAM).date()


def day_starts_at(on: date) -> int:
    """Return the first second of a Dutch calendar day."""
    return int(datetime.combine(on, time(), AMSTERDAM).timestamp())


def day_ends_at(on: date) -> int:
    """Return the first second after a Dutch calendar day, on days of 23 and 25 hours too."""
    if on == date.max:
        # The calendar has no next day; this one has 24 hours.
        return day_starts_at(on) + 24 * 3600
    return day_starts_at(on + timedelta(days=1))
