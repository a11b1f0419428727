# SPDX-License-Identifier: EUPL-1.2
"""The threat model names tests that there are, and says of every actor what remains."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOLD = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
ACTORS = (
    *(
        "A parent",
        "A cashier",
        "A shop owner",
        "A thief",
        "Officers, by role",
        "The operator",
        "The supplier",
    ),
    *("Another validator, and a node of others", "The internet"),
)
FEWEST_TESTS = 90


def functions_of(file: Path) -> set[str]:
    """The names of what a file defines, at any depth."""
    return {
        node.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_each_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TOLD)
    assert len(set(named)) >= FEWEST_TESTS
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or name not in functions_of(ROOT / file)
    ]
    assert missing == []


def test_whatever_looks_like_a_test_is_written_so_that_it_is_checked() -> None:
    checked = {f"{file}::{name}" for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TOLD)}
    assert set(re.findall(r"tests/[^\s`,|]*::[^\s`,|]*", TOLD)) == checked
    for file in re.findall(r"tests/[\w/]+\.\w+", TOLD):
        assert (ROOT / file).is_file(), file


def test_each_actor_has_a_table_that_says_what_remains() -> None:
    parts = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TOLD, flags=re.MULTILINE | re.DOTALL))
    for actor in ACTORS:
        rows = [line for line in parts[actor].splitlines() if line.startswith("|")]
        assert rows and rows[0].rstrip(" |").endswith("remains"), actor
        assert len(rows) > 5, actor
        assert len({row.count("|") for row in rows}) == 1, f"a row of {actor} has another number of cells"


def test_each_place_that_is_pointed_at_is_there() -> None:
    headings = {
        re.sub(r"[^\w -]", "", one).lower().replace(" ", "-")
        for one in re.findall("^#+ (.+)$", TOLD, flags=re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TOLD)) <= headings
    for file in re.findall(r"\]\((\w[\w.-]*\.md)", TOLD):
        assert (ROOT / "docs" / file).is_file(), file
