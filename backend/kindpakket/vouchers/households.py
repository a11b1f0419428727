# SPDX-License-Identifier: EUPL-1.2
"""Read a file of households: how many vouchers of how much each gets. Nothing is taken over here."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from kindpakket import programmes
from kindpakket.csv_tables import Column, Faults, Row, parse_cell, read_rows
from kindpakket.registry.letters import REFERENCE_EXPECTED
from kindpakket.services import Services
from kindpakket.units import MAX_VOUCHER_CENTS, format_euros, parse_euros

COLUMNS = (
    Column("reference", ("kenmerk",), required=True),
    Column("children", ("kinderen",)),
    Column("amount", ("bedrag",)),
)
MAX_CHILDREN = 20
_AMOUNT_EXPECTED = "euros above 0, such as 300 or 37,45"


@dataclass(frozen=True, slots=True)
class Household:
    """A line of the file: how many vouchers of how much."""

    line: int
    row_reference: str
    voucher_count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class HouseholdCheck:
    """What a file of households holds, and what is wrong in it."""

    programme: int
    households: list[Household]
    faults: Faults

    @property
    def voucher_count(self) -> int:
        """How many vouchers it asks for."""
        return sum(household.voucher_count for household in self.households)

    @property
    def amount_cents(self) -> int:
        """How much money it asks for."""
        return sum(household.voucher_count * household.amount_cents for household in self.households)


def check_households(
    services: Services, *, programme: int, text: str, amount_cents: int | None = None
) -> HouseholdCheck:
    """Read a file of households without taking anything over. `amount_cents` is for lines without an amount.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    programmes.programme_named(services, programme)
    faults = Faults()
    if amount_cents is not None and not 1 <= amount_cents <= MAX_VOUCHER_CENTS:
        faults.note(1, "amount", format_euros(amount_cents), _AMOUNT_EXPECTED)
    households: list[Household] = []
    seen: dict[str, int] = {}
    for row in read_rows(text, COLUMNS, faults):
        reference = parse_cell(
            row, "reference", _parse_reference, "a reference of 1 to 40 characters", faults
        )
        if reference is not None and reference in seen:
            faults.note(
                row.line, "reference", reference, f"a reference that is not on line {seen[reference]} too"
            )
        household = _read_household(row, amount_cents, faults)
        if reference is None or household is None:
            continue
        seen.setdefault(reference, row.line)
        households.append(Household(row.line, reference, *household))
    existing = services.registry.letters.existing_references(programme, list(seen))
    for reference in existing:
        faults.note(seen[reference], "reference", reference, REFERENCE_EXPECTED)
    return HouseholdCheck(programme=programme, households=households, faults=faults)


def write_household(*, row_reference: str, children: str, amount: str) -> str:
    """Return a file of one household, as somebody typed it, to be checked as any file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([column.name for column in COLUMNS])
    writer.writerow([row_reference, children, amount])
    return text.getvalue()


def _parse_reference(cell: str) -> str:
    if not 1 <= len(cell) <= 40:
        raise ValueError("not a reference")
    return cell


def _read_household(row: Row, default_cents: int | None, faults: Faults) -> tuple[int, int] | None:
    """Return how many vouchers of how many cents a line asks for; None when the line has a fault."""
    before = len(faults)
    children: int | None = 1
    amount_cents: int | None = default_cents
    has_amount = bool(row.cells.get("amount"))
    if row.cells.get("children") or not has_amount:
        children = parse_cell(
            row, "children", _parse_children, f"a whole number from 1 to {MAX_CHILDREN}", faults
        )
    if has_amount:
        amount_cents = parse_cell(row, "amount", _parse_amount, _AMOUNT_EXPECTED, faults)
    if children is not None and amount_cents is None and len(faults) == before:
        faults.note(row.line, "amount", "nothing", "an amount here, or one for all children")
    if children is None or amount_cents is None:
        return None
    return children, amount_cents


def _parse_children(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and 1 <= int(cell) <= MAX_CHILDREN):
        raise ValueError("not a number of children")
    return int(cell)


def _parse_amount(cell: str) -> int:
    amount_cents = parse_euros(cell)
    if not 1 <= amount_cents <= MAX_VOUCHER_CENTS:
        raise ValueError("not an amount for a voucher")
    return amount_cents
