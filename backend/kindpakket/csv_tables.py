# SPDX-License-Identifier: EUPL-1.2
"""Tables that people upload as CSV: read whole, every fault named by line and column, nothing half taken over."""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .errors import CsvInvalid

MAX_ROWS = 250_000

MAX_FAULTS = 200
"""A file of another kind has a fault on every line; nobody mends more than these at once."""

_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Unicode counts these among letters and marks, and fonts draw nothing for them.
_INVISIBLE_MARKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)

# Some spreadsheets take the wide forms of these signs for the signs.
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
# A spreadsheet that splits at another separator, or knows no quotes, lets cells begin inside of ours.
_FORMULA = re.compile(rf'^(?=[\t\r\n{_SIGNS}])|(?<=[;,\t\r\n"])(?=[{_SIGNS}])')

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


class Faults:
    """Faults as they are found, the first `MAX_FAULTS` of them; how many lines more there are is only counted."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: list[Fault] = []
        self._lines_left_out: set[int] = set()

    def __len__(self) -> int:
        """Return how many were written down."""
        return len(self._found)

    @property
    def is_full(self) -> bool:
        """Whether no more are written down."""
        return len(self._found) >= MAX_FAULTS

    def note(self, line: int, column: str, found: str, expected: str) -> None:
        """Write one down."""
        if self.is_full:
            self.leave_out([line])
            return
        self._found.append(Fault(line=line, column=column, found=found[:60] or "nothing", expected=expected))

    def leave_out(self, lines: Iterable[int]) -> None:
        """Count lines that have more faults, or were not looked at."""
        self._lines_left_out.update(lines)

    def refuse(self) -> None:
        """Refuse the file if there is any.

        Raises:
            CsvInvalid: With all of them in the order of the lines, and a last one for the lines that were left out.
        """
        if not self._found:
            return
        told = sorted(self._found, key=lambda fault: fault.line)
        if self._lines_left_out:
            told.append(
                Fault(
                    line=min(self._lines_left_out),
                    column="",
                    found=f"{len(self._lines_left_out)} more lines, which may have faults too",
                    expected="the faults above mended first",
                )
            )
        raise CsvInvalid(
            errors=[
                {
                    "line": fault.line,
                    "column": fault.column,
                    "found": fault.found,
                    "expected": fault.expected,
                }
                for fault in told
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


def read_rows(text: str, columns: Iterable[Column], faults: Faults) -> Iterator[Row]:
    """Read the lines below the header one by one; comma or semicolon, whichever it has more of.

    Empty lines are passed over, lines with a fault too. It ends when `faults` is full. Cells are in Unicode's composed
    form (NFC), with ordinary spaces.
    """
    known_count = len(faults)
    lines = io.StringIO(text, newline="")
    header_line, header = next(
        ((number, line) for number, line in enumerate(lines, 1) if line.strip()), (0, "")
    )
    if not header_line:
        faults.note(1, "", "an empty file", "a first line with the names of the columns")
        return
    numbered = _split_lines(header, lines, header_line, faults)
    names = next((_column_names(cells, list(columns), header_line, faults) for _, cells in numbered), [])
    if len(faults) > known_count:
        return
    row_count = 0
    for line, cells in numbered:
        if not any(cell.strip() for cell in cells):
            continue
        row_count += 1
        if row_count > MAX_ROWS:
            faults.note(line, "", f"more than {MAX_ROWS} lines", "a smaller file; upload it in parts")
            return
        row = _read_row(line, names, cells, faults)
        if row is not None:
            yield row
        if faults.is_full:
            faults.leave_out(number for number, rest in enumerate(lines, line + 1) if rest.strip())
            return
    if not row_count and len(faults) == known_count:
        faults.note(header_line, "", "only the first line", "at least one line below it")


def _split_lines(
    header: str, lines: Iterator[str], header_line: int, faults: Faults
) -> Iterator[tuple[int, list[str]]]:
    """Return the cells of each row, the header too, and its first line: cells in quotes may hold line breaks."""
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(itertools.chain([header], lines), delimiter=delimiter)
    line = header_line
    try:
        for cells in reader:
            yield line, cells
            line = header_line + reader.line_num
    except csv.Error:
        # The only one there is: the reader takes no cell above its limit.
        limit = csv.field_size_limit()
        faults.note(
            line, "", f"a cell of more than {limit} characters", "a shorter one; is a quotation mark missing?"
        )


def _read_row(line: int, names: list[str], cells: list[str], faults: Faults) -> Row | None:
    """Return a row of the columns that are read; None when it has a fault."""
    if len(cells) != len(names):
        faults.note(line, "", f"{len(cells)} cells", f"{len(names)} cells, as in the first line")
        return None
    read: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        if not name:
            continue
        if cell.isascii() and cell.isprintable():
            read[name] = cell.strip()
            continue
        read[name] = _normalise(cell)
        invisible = next((character for character in read[name] if _is_invisible(character)), None)
        if invisible is not None:
            found = f"an invisible character, U+{ord(invisible):04X}"
            faults.note(line, name, found, "text without invisible characters")
            return None
    return Row(line=line, cells=read)


def tidy(text: str) -> str:
    """Return a text that somebody typed as the cells of a table are read: composed, with ordinary spaces.

    Raises:
        ValueError: It holds an invisible character.
    """
    normal = _normalise(text)
    if any(_is_invisible(character) for character in normal):
        raise ValueError("an invisible character")
    return normal


def _normalise(cell: str) -> str:
    """Write what looks the same the same way."""
    composed = unicodedata.normalize("NFC", cell)
    return "".join(
        " " if character == "\t" or unicodedata.category(character) == "Zs" else character
        for character in composed
    ).strip(" ")


def _is_invisible(character: str) -> bool:
    return (
        unicodedata.category(character) in _INVISIBLE_CATEGORIES
        or _INVISIBLE_MARKS.match(character) is not None
    )


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


def write_rows(header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str) -> str:
    """Return a table as CSV that a spreadsheet opens as text: UTF-8 with its mark, no cell that is a formula.

    Source: OWASP, CSV injection.
    """
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([without_formula(cell) for cell in row] for row in rows)
    return f"\ufeff{written.getvalue()}"


def without_formula(cell: str) -> str:
    """Return a cell that a spreadsheet reads as text, whatever it begins with and wherever that splits it."""
    return _FORMULA.sub("'", cell)
