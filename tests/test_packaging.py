# SPDX-License-Identifier: EUPL-1.2
"""What is shipped: pinned, from wherever the machine gets its packages, with its licence on it."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import stat
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "backend" / "kindpakket" / "static" / "vendor"
PYTHON_LOCKS = [ROOT / f"requirements{kind}.txt" for kind in ("", "-dev")]
# Environments of their own, whose pins need not agree with the others'.
OTHER_LOCKS = [ROOT / "requirements-audit.txt", ROOT / "requirements-tools.txt"]
NODE_LOCKS = [
    ROOT / folder / "package-lock.json"
    for folder in (
        "contracts",
        "tests",
        "tests/contracts/native",
        "scripts/vendored",
        "scripts/lighthouse_lib",
    )
]

NOT_OURS = {
    ".git",
    ".venv",
    ".venv-audit",
    ".venv-tools",
    ".setup",
    "node_modules",
    "vendor",
    "var",
    "__pycache__",
}
SOURCES = {".css", ".html", ".js", ".mjs", ".py", ".sol", ".toml"}
FOR_DEVELOPERS = {"compile.py", "tester.py"}
"""The compiler and the chain for tests: their packages are in requirements-dev.in."""

TEXTS = SOURCES | {"", ".csv", ".in", ".json", ".md", ".svg", ".txt", ".webmanifest", ".yml", ".yaml"}

# Written in parts, so that this file does not name them either.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("binaries", "soliditylang", "org"),
    )
]


def our_files(folder: Path = ROOT) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        hidden_cache = entry.name.startswith(".") and entry.name.endswith("cache")
        if entry.name in NOT_OURS or hidden_cache or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir():
            yield from our_files(entry)
        elif entry.suffix in TEXTS:
            yield entry


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize("lock", [*PYTHON_LOCKS, *OTHER_LOCKS], ids=name_of)
def test_every_python_package_is_pinned_with_hashes(lock: Path) -> None:
    pins = re.split(r"\n(?=[a-z])", lock.read_text("utf-8"))[1:]
    assert pins
    for pin in pins:
        assert re.match(r"[a-z0-9-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", pin), pin.splitlines()[0]


@pytest.mark.parametrize("lock", [*PYTHON_LOCKS, *OTHER_LOCKS], ids=name_of)
def test_a_python_lock_does_not_say_where_packages_come_from(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", lock.read_text("utf-8"))


def test_both_python_locks_agree() -> None:
    runtime, development = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text("utf-8"), re.M)) for lock in PYTHON_LOCKS
    )
    shared = runtime.keys() & development.keys()
    assert {name: runtime[name] for name in shared} == {name: development[name] for name in shared}


@pytest.mark.parametrize("lock", NODE_LOCKS, ids=name_of)
def test_every_node_package_is_pinned_by_its_checksum_and_not_by_its_place(lock: Path) -> None:
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_every_package_that_the_backend_imports_is_asked_for() -> None:
    # What another package happens to bring along may go with its next version.
    asked = {
        normal(re.split(r"[\[>=<;# ]", line)[0])
        for line in (ROOT / "requirements.in").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    }
    distributions = packages_distributions()
    missing = set()
    for file in (ROOT / "backend" / "kindpakket").rglob("*.py"):
        if file.name in FOR_DEVELOPERS:
            continue
        for module in imported_modules(file):
            if module not in sys.stdlib_module_names and module != "kindpakket":
                missing |= {module} - {module for name in distributions[module] if normal(name) in asked}
    assert not missing


def imported_modules(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules.add(node.module.split(".")[0])
    return modules


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="kindpakket")
    assert callable(command.load())


def test_vendored_files_are_the_ones_that_were_taken_over() -> None:
    listed = json.loads((VENDOR / "vendor.json").read_text("utf-8"))
    for entry in listed:
        found = hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest()
        assert found == entry["sha256"], f"{entry['file']} was changed by hand, or vendor.json is old"


def test_every_vendored_file_is_listed_with_its_licence() -> None:
    listed = {
        entry["file"]: entry["licence"] for entry in json.loads((VENDOR / "vendor.json").read_text("utf-8"))
    }
    scripts = {
        file.relative_to(VENDOR).as_posix()
        for file in VENDOR.rglob("*")
        if file.suffix in {".css", ".js", ".mjs", ".ttf", ".wasm", ".woff2"}
    }
    assert scripts <= set(listed)
    assert all(listed.values())


def test_every_source_file_names_its_licence() -> None:
    unmarked = [
        name_of(file)
        for file in our_files()
        if (file.suffix in SOURCES or is_script(file))
        and file.stat().st_size
        and "SPDX-License-Identifier: EUPL-1.2" not in file.read_text("utf-8")[:400]
    ]
    assert not unmarked


def test_no_file_names_a_package_registry() -> None:
    naming = [
        name_of(file)
        for file in our_files()
        if any(host in file.read_text("utf-8", errors="replace") for host in REGISTRY_HOSTS)
    ]
    assert not naming


def test_every_script_can_be_run() -> None:
    scripts = [*(file for file in (ROOT / "scripts").iterdir() if is_script(file)), ROOT / ".ci" / "run"]
    assert {script.name for script in scripts} >= {"bench", "check", "demo", "run", "test"}
    for script in scripts:
        assert script.stat().st_mode & stat.S_IXUSR, script.name
        assert "\nset -euo pipefail\n" in script.read_text("utf-8"), script.name


def is_script(file: Path) -> bool:
    return file.is_file() and not file.suffix and file.read_bytes().startswith(b"#!")
