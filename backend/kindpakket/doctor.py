# SPDX-License-Identifier: EUPL-1.2
"""What is missing on this machine, and how to mend it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .chain.anvil import find_anvil
from .chain.artifacts import ARTIFACTS_FILE
from .databases import server_version
from .errors import DatabaseUnreachable
from .settings import Settings

_PACKAGES = ("fastapi", "uvicorn", "web3", "coincurve", "sqlalchemy", "qrcode", "cryptography")
_FREE_BYTES_WANTED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must be there."""

    what: str
    ok: bool
    remedy: str


def examine(data_dir: Path) -> list[Finding]:
    """Return what was looked at, good and bad."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    anvil = find_anvil()
    findings = [
        Finding(
            f"Python 3.11 or newer: {python}", sys.version_info >= (3, 11), "Install Python 3.11 or newer."
        ),
        Finding(
            f"Node for set-up: {shutil.which('node') or 'none'}",
            shutil.which("npm") is not None,
            "Install Node 20 with npm (Debian: apt-get install nodejs npm).",
        ),
        Finding(
            f"anvil, the embedded chain: {anvil or 'none'}",
            anvil is not None,
            "Run `npm ci --omit=dev` in contracts/, or scripts/demo, which does it.",
        ),
        Finding(
            f"compiled contracts: {ARTIFACTS_FILE}",
            ARTIFACTS_FILE.is_file(),
            "Restore contracts/artifacts.json from the repository, or run scripts/compile_contracts.",
        ),
    ]
    for package in _PACKAGES:
        try:
            found = version(package)
        except PackageNotFoundError:
            found = ""
        findings.append(
            Finding(
                f"{package} {found}".strip(),
                bool(found),
                "Run scripts/demo, which installs requirements.txt.",
            )
        )
    if address := Settings(data_dir=data_dir).database_url.get_secret_value():
        findings.append(_look_at_database(address))
    folder = next(parent for parent in (data_dir, *data_dir.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    findings.append(
        Finding(
            f"disk space for {data_dir}: {free // 1_000_000} MB free",
            free >= _FREE_BYTES_WANTED,
            "Free at least 1 GB, or choose another folder with --data-dir.",
        )
    )
    return findings


def _look_at_database(address: str) -> Finding:
    remedy = "Start it, or correct KINDPAKKET_DATABASE_URL; see docs/running.md."
    try:
        return Finding(f"PostgreSQL {server_version(address)}", ok=True, remedy=remedy)
    except (DatabaseUnreachable, ValueError) as error:
        return Finding(f"PostgreSQL: {error}", ok=False, remedy=remedy)
