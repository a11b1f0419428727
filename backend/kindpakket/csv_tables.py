# SPDX-License-Identifier: EUPL-1.2
"""Tables that people upload as CSV: read whole, every fault named by line and column, nothing half taken over."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from .errors import CsvInvalid

MAX_ROWS = 250_000

Cell = TypeVar("Cell")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file. `line` counts from 1; `column` is empty when it is about the whole line."""

    line: int
    column: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number in the file and its cells by column name, trimmed."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is looked for: its name, the other names it may have, and whether it must be there."""

    name: str
    also: tuple[str, ...] = ()
    required: bool = False


class Faults(list[Fault]):
    """Faults as they are found."""

    def note(self, line: int, column: str, found: str, expected: str) -> None:
        """Write one down."""
        self.append(Fault(line=line, column=column, found=found[:60] or "nothing", expected=expected))

    def refuse(self) -> None:
        """Refuse the file if there is any.

        Raises:
            CsvInvalid: With all of them, in the order of the lines.
        """
        if self:
            in_order = sorted(self, key=lambda fault: fault.line)
            raise CsvInvalid(
                errors=[
                    {
                        "line": fault.line,
                        "column": fault.column,
                        "found": fault.found,
                        "expected": fault.expected,
                    }
                    for fault in in_order
                ]
            )


def decode_upload(content: bytes) -> str:
    """Return an uploaded file's text.

    Raises:
        CsvInvalid: It is not UTF-8 text.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults = Faults()
        faults.note(
            line, "", f"byte 0x{content[error.start]:02x}", "text in UTF-8 (save the file as 'CSV UTF-8')"
        )
        faults.refuse()
        raise
    if "\0" in text:
        faults = Faults()
        faults.note(
            text[: text.index("\0")].count("\n") + 1, "", "a zero byte", "text (is this a spreadsheet file?)"
        )
        faults.refuse()
    return text


def read_rows(text: str, columns: Iterable[Column], faults: Faults) -> list[Row]:
    """Read the lines below the header; comma or semicolon, whichever it has more of. Empty lines are passed over."""
    lines = text.splitlines()
    header_line = next((number for number, line in enumerate(lines) if line.strip()), None)
    if header_line is None:
        faults.note(1, "", "an empty file", "a first line with the names of the columns")
        return []
    delimiter = ";" if lines[header_line].count(";") > lines[header_line].count(",") else ","
    reader = csv.reader(lines[header_line:], delimiter=delimiter)
    names = _column_names(next(reader), list(columns), header_line + 1, faults)
    if faults:
        return []
    rows: list[Row] = []
    for cells in reader:
        line = header_line + reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            faults.note(line, "", f"{len(cells)} cells", f"{len(names)} cells, as in the first line")
            continue
        if len(rows) == MAX_ROWS:
            faults.note(line, "", f"more than {MAX_ROWS} lines", "a smaller file; upload it in parts")
            break
        rows.append(
            Row(
                line=line, cells={name: cell.strip() for name, cell in zip(names, cells, strict=True) if name}
            )
        )
    if not rows and not faults:
        faults.note(header_line + 1, "", "only the first line", "at least one line below it")
    return rows


def parse_cell(
    row: Row, column: str, parse: Callable[[str], Cell], expected: str, faults: Faults
) -> Cell | None:
    """Read one cell; a ValueError of `parse` becomes a fault, and None."""
    found = row.cells.get(column, "")
    try:
        return parse(found)
    except ValueError:
        faults.note(row.line, column, found, expected)
        return None


def _column_names(header: list[str], columns: list[Column], line: int, faults: Faults) -> list[str]:
    """Return our name for each column of the file; empty for one that we do not read."""
    known = {name: column.name for column in columns for name in (column.name, *column.also)}
    names = [known.get(cell.strip().lower().replace(" ", "_"), "") for cell in header]
    for column in columns:
        if column.required and column.name not in names:
            also = "".join(f" or {name}" for name in column.also)
            faults.note(line, column.name, ", ".join(header), f"a column {column.name}{also}")
        if names.count(column.name) > 1:
            faults.note(line, column.name, ", ".join(header), f"one column {column.name}")
    return names
