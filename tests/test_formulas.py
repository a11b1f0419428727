# SPDX-License-Identifier: EUPL-1.2
"""Tables that leave the server: no cell that people wrote is a formula, and no table is written past what sees to it.

Given a cell that begins as a formula, or a part of it does
  when a spreadsheet splits the table at its own separator, at another, or knows no quotes: none of its cells is one

Source: OWASP, CSV injection.
"""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest

from kindpakket import bookkeeping_files
from kindpakket.csv_tables import without_formula, write_rows

BACKEND = Path(__file__).resolve().parents[1] / "backend" / "kindpakket"
BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: The last one writes a file that the server reads itself, with what somebody typed in a form; no spreadsheet sees it.
WRITERS = {"csv_tables.py", "open_data.py", "vouchers/households.py"}


@pytest.mark.parametrize("begin", BEGINS, ids=ascii)
def test_a_cell_that_begins_as_a_formula_is_text(begin: str) -> None:
    for rest in ("", "1+1", 'HYPERLINK("https://evil.example";"x")', "cmd|' /C calc'!A0"):
        cell = begin + rest
        assert without_formula(cell) == f"'{cell}"
        for delimiter in ";,":
            written = write_rows(["a", "b"], [["x", cell]], delimiter=delimiter).removeprefix("\ufeff")
            _, row = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
            assert row == ["x", f"'{cell}"]


@pytest.mark.parametrize("sign", [begin for begin in BEGINS if not begin.isspace()], ids=ascii)
@pytest.mark.parametrize("before", [";", ",", "\t", "\n", "\r\n", '"', ',"', '";"', ";;"], ids=ascii)
def test_no_part_of_a_cell_is_a_formula_wherever_a_spreadsheet_splits_it(before: str, sign: str) -> None:
    hostile = f"Kassa 1{before}{sign}cmd|'/C calc'!A0{before}"
    assert without_formula(hostile) == f"Kassa 1{before}'{sign}cmd|'/C calc'!A0{before}"
    for cells in ([hostile, "x", hostile], ["x", hostile, hostile]):
        for delimiter in ";,":
            written = write_rows(["a", "b", "c"], [cells, cells], delimiter=delimiter).removeprefix("\ufeff")
            for separator in ";,\t":
                lines = written.splitlines()
                read = [cell for row in csv.reader(io.StringIO(written), delimiter=separator) for cell in row]
                read += [cell for line in lines for cell in line.split(separator)]
                read += [cell.strip('"') for line in lines for cell in line.split(separator)]
                assert [cell for cell in read if cell.startswith(BEGINS[:4] + BEGINS[7:])] == []


def test_a_cell_with_separators_and_quotes_is_read_back_as_it_was_written() -> None:
    cells = ['Fietsen "Jansen"; Markt 1, Zuidhorn', "ma-vr 9-17\nza 10-16", "'t Hoekje"]
    for delimiter in ";,":
        written = write_rows(["a", "b", "c"], [cells], delimiter=delimiter).removeprefix("\ufeff")
        assert list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter))[1] == cells


@pytest.mark.parametrize("cell", ["", "Fietsen Jansen", "'t Hoekje", "1-2", "a=b", "info@x.example", " =x"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert without_formula(cell) == cell


def test_no_table_is_written_past_that() -> None:
    found = {
        f"{file.relative_to(BACKEND)}"
        for file in BACKEND.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("csv", "writer"), ("csv", "DictWriter")}
    }
    assert found == WRITERS


def test_a_workbook_is_written_by_kinds_and_never_by_guessing() -> None:
    source = ast.parse(Path(bookkeeping_files.__file__).read_text("utf-8"))
    written = {
        node.func.attr
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("write")
    }
    assert written <= {"write_string", "write_number", "write_datetime"}
