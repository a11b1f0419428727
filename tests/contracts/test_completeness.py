# SPDX-License-Identifier: EUPL-1.2
"""Every refusal, event and verb of the contract is tried here, and each leaf of a module's tree is one test.

completeness
├── it tries every refusal in the ABI, by name and arguments
├── it tries every event in the ABI, with all its fields
├── it calls every verb in the ABI
└── it has a test for each leaf of each tree
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .fund import names_of

FOLDER = Path(__file__).parent
MODULES = sorted(FOLDER.glob("test_*.py"))
SOURCES = [*MODULES, FOLDER / "fund.py", FOLDER / "town.py"]
TEXT = "\n".join(path.read_text("utf-8") for path in SOURCES if path != Path(__file__))

NEVER_REFUSED = {
    "InvalidShortString",  # OpenZeppelin's, for a contract name that is not stored as ours is.
    "SafeCastOverflowedUintDowncast",  # OpenZeppelin's, for a handover of the admin after the year 8,900,000.
    "StringTooLong",  # OpenZeppelin's, for a contract name of more than 31 bytes.
}
NEVER_EMITTED = {
    "EIP712DomainChanged",  # Nothing changes the domain.
    "RoleAdminChanged",  # Nothing changes who grants a role.
}


def _missing(names: set[str], pattern: str) -> set[str]:
    return {name for name in names if not re.search(pattern.format(name), TEXT)}


def test_every_refusal_is_tried() -> None:
    assert _missing(names_of("error"), r'refused\(\s*"{}"') == NEVER_REFUSED


def test_every_event_is_tried() -> None:
    assert _missing(names_of("event"), r'Event\("{}"') == NEVER_EMITTED


def test_every_verb_is_called() -> None:
    verbs = {name for name in names_of("function") if not name.isupper()}
    assert _missing(verbs, r'"{}"') == set()


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_each_leaf_of_a_tree_is_a_test(path: Path) -> None:
    module = ast.parse(path.read_text("utf-8"))
    leaves = re.findall(r"[├└]── it ", ast.get_docstring(module) or "")
    tests = [
        node for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    if leaves:
        assert len(leaves) == len(tests)
