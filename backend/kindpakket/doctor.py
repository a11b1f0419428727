# SPDX-License-Identifier: EUPL-1.2
"""What is missing on this machine or wrong with this installation, and how to mend it. Changes nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .chain.anvil import find_anvil
from .chain.artifacts import ARTIFACTS_FILE
from .chain.journal import last_block_at
from .databases import why_out_of_reach
from .errors import DatabaseUnreachable
from .missing_parts import what_is_missing
from .settings import Settings

_PACKAGES = ("fastapi", "uvicorn", "web3", "coincurve", "sqlalchemy", "qrcode", "cryptography")
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CLOCK_NOT_IN_STEP = 5
"""What adjtimex(2) returns of a clock that nothing keeps in step (TIME_ERROR)."""
_STRUCT_TIMEX_BYTES = 512
"""More than the structure has on any Linux; all zeros, it asks without changing anything."""
_SECONDS_AHEAD = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must be there."""

    what: str
    ok: bool
    remedy: str


def examine(settings: Settings, *, now: int) -> list[Finding]:
    """Return what was looked at, good and bad."""
    return [
        *_of_the_machine(),
        _of_the_disk(settings),
        *_of_the_clock(settings.data_dir, now=now),
        *_of_the_folder(settings.data_dir),
        _of_the_passphrase(settings),
        *_of_the_admin_key(settings),
        _of_a_database("ledger", settings.ledger_address),
        _of_a_database("registry", settings.registry_address),
        *_of_the_parts(settings),
    ]


def _of_the_machine() -> list[Finding]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    anvil = find_anvil()
    findings = [
        Finding(
            f"Python 3.11 or newer: {python}", sys.version_info >= (3, 11), "Install Python 3.11 or newer."
        ),
        Finding(
            f"Node for set-up: {shutil.which('node') or 'none'}",
            shutil.which("npm") is not None,
            "Install Node with npm (Debian: apt-get install npm).",
        ),
        Finding(
            f"anvil, the embedded chain: {anvil or 'none'}",
            anvil is not None,
            "Run `npm ci --omit=dev` in contracts/, or scripts/install, which does it.",
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
                "Run scripts/install, which installs requirements.txt.",
            )
        )
    return findings


def _of_the_disk(settings: Settings) -> Finding:
    folder = next(parent for parent in (settings.data_dir, *settings.data_dir.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    least = settings.least_free_bytes
    return Finding(
        f"disk space for {settings.data_dir}: {free // 1_000_000} MB free",
        free >= least,
        f"Free at least {least // 1_000_000} MB, or choose another folder with --data-dir.",
    )


def _of_the_clock(data_dir: Path, *, now: int) -> list[Finding]:
    findings = [
        Finding(
            "a clock that is kept in step",
            _is_clock_in_step(),
            "Install a time service (Debian: apt-get install systemd-timesyncd) and let it reach a time server.",
        )
    ]
    last_at = last_block_at(data_dir / "chain" / "journal.db")
    if last_at is not None:
        ahead = last_at - now
        findings.append(
            Finding(
                "a clock that is not behind the last payment",
                ahead <= _SECONDS_AHEAD,
                f"The clock is {ahead} s behind the chain's last block: set it right before the server starts.",
            )
        )
    return findings


def _is_clock_in_step() -> bool:
    """Ask the kernel. Where it may not be asked, as in some containers, the machine around it minds the clock."""
    answer: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_STRUCT_TIMEX_BYTES))
    return answer != _CLOCK_NOT_IN_STEP


def _of_the_folder(data_dir: Path) -> list[Finding]:
    if not data_dir.exists():
        return [Finding(f"data folder {data_dir}: made at the first start", True, "")]
    own = data_dir.stat()
    open_to_others = [
        file for file in (data_dir, *_secrets_in(data_dir)) if file.stat().st_mode & _FOR_OTHERS
    ]
    return [
        Finding(
            f"data folder {data_dir} belongs to who runs the server",
            own.st_uid == os.geteuid(),
            f"Run this as who runs the server, or give it the folder: chown -R NAME {data_dir}",
        ),
        Finding(
            "nobody else may read the data folder and the keys",
            not open_to_others,
            f"chmod go= {' '.join(str(file) for file in open_to_others)}",
        ),
    ]


def _secrets_in(data_dir: Path) -> list[Path]:
    return [file for file in (data_dir / "keystore", data_dir / "keystore.passphrase") if file.exists()]


def _of_the_passphrase(settings: Settings) -> Finding:
    if settings.keystore_passphrase_file:
        file = Path(settings.keystore_passphrase_file)
        is_apart = settings.data_dir.resolve() not in file.resolve().parents
        return Finding(
            f"passphrase in {file}, for its owner only, apart from the keystore",
            file.is_file() and not file.stat().st_mode & _FOR_OTHERS and is_apart,
            "Put it outside the data folder, and let nobody else read it: chmod go= FILE",
        )
    is_given = bool(settings.keystore_passphrase.get_secret_value())
    return Finding(
        f"passphrase of the keystore: {'in the environment' if is_given else 'in a file beside it'}",
        # Who can copy the folder can then open the keystore; that does for a demo on one machine.
        is_given or not settings.secure,
        "Choose one and name its file in KINDPAKKET_KEYSTORE_PASSPHRASE_FILE, before the first start.",
    )


def _of_the_admin_key(settings: Settings) -> list[Finding]:
    files = sorted((settings.data_dir / "keystore").glob("admin*.json"))
    return [
        Finding(
            f"the admin's key, which belongs in a safe, is in {file}"
            if settings.secure
            else f"the admin's key is in {file}, which does for a demo",
            not settings.secure,
            "After the first start no server needs it: copy it to two sticks for two safes, then shred -u the file.",
        )
        for file in files
    ]


def _of_the_parts(settings: Settings) -> list[Finding]:
    """Look whether all parts are there; when a database is out of reach, that is what is told."""
    try:
        missing = what_is_missing(settings)
    except (DatabaseUnreachable, ValueError):
        return []
    return [Finding("every part of the installation", missing is None, missing or "")]


def _of_a_database(name: str, url: str) -> Finding:
    why = why_out_of_reach(url)
    return Finding(
        f"database of the {name}{'' if why is None else ': ' + why}",
        why is None,
        f"Start the database, or mend KINDPAKKET_DATABASE_URL or KINDPAKKET_{name.upper()}_URL.",
    )
