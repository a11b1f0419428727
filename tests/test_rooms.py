# SPDX-License-Identifier: EUPL-1.2
"""The rooms: imports point downwards, and each outside thing is known in its own room only."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "backend" / "kindpakket"

# What reads the environment although it is not the settings: the compiler's own settings are read by py-solc-x there,
# and children are left a few names of it.
ENVIRONMENT_READERS = {"settings.py", "chain/compile.py", "chain/children.py"}

FORBIDDEN_IMPORTS = {
    "a chain outside the chain room": ("redemptions.py", "import web3"),
    "HTTP in a use case": ("shops.py", "import fastapi"),
    "SQL outside the stores": ("services.py", "import sqlalchemy"),
    "settings from elsewhere": ("units.py", "import pydantic_settings"),
    "an import that points upwards": ("errors/base.py", "from kindpakket import services"),
    "a room that no layer names": ("attic.py", ""),
}


def lint_imports(backend: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(backend)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("file", "line"), FORBIDDEN_IMPORTS.values(), ids=FORBIDDEN_IMPORTS)
def test_the_rules_refuse(file: str, line: str, tmp_path: Path) -> None:
    backend = tmp_path / "backend"
    shutil.copytree(
        ROOT / "backend", backend, ignore=shutil.ignore_patterns("static", "__pycache__", "*.egg-info")
    )
    with (backend / "kindpakket" / file).open("a", encoding="utf-8") as changed:
        changed.write(f"\n{line}\n")
    assert lint_imports(backend).returncode == 1


def test_imports_between_rooms_point_downwards() -> None:
    checked = lint_imports(ROOT / "backend")
    assert checked.returncode == 0, checked.stdout


def test_only_settings_read_the_environment() -> None:
    readers = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}:
                readers.add(file.relative_to(PACKAGE).as_posix())
    assert readers <= ENVIRONMENT_READERS
