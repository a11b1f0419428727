# SPDX-License-Identifier: EUPL-1.2
"""The demo's data folder: only a folder that the demo made itself is ever erased, and never while it is in use.

Where PostgreSQL is set, each demo has schemas of its own there, named after its folder: never a real installation's.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from kindpakket.chain.files import lock_folder
from kindpakket.databases import forget_schema
from kindpakket.errors import ChainMismatch
from kindpakket.settings import Settings

MARK = "kindpakket.demo"


def take(folder: Path, *, fresh: bool) -> None:
    """Make the folder, or take the one of an earlier demo; `fresh` erases what that one held.

    Raises:
        ChainMismatch: It is not a demo's folder; nothing was touched.
        ChainUnreachable: A demo that runs has it; nothing was touched.
        DatabaseUnreachable: PostgreSQL does not answer; the folder stays.
    """
    mark = folder / MARK
    if folder.is_dir() and any(folder.iterdir()):
        if not mark.is_file():
            raise ChainMismatch(f"{folder} is not a demo's data folder; choose another with --data-dir")
        if fresh:
            with lock_folder(folder / "chain"):
                _forget_schemas(folder)
                shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    mark.touch()


def settings_of(folder: Path) -> Settings:
    """Return the settings of the installation in a folder, be it a demo's or a real one's."""
    return with_own_schemas(Settings(data_dir=folder))


def with_own_schemas(settings: Settings) -> Settings:
    """Return the settings with the schemas of a demo, if their data folder is one's."""
    if not (settings.data_dir / MARK).is_file():
        return settings
    name = hashlib.sha256(str(settings.data_dir.resolve()).encode()).hexdigest()[:12]
    return settings.model_copy(update={"database_schema": f"kindpakket_demo_{name}"})


def _forget_schemas(folder: Path) -> None:
    settings = settings_of(folder)
    for elsewhere, address in (
        (settings.registry_url, settings.registry_address),
        (settings.ledger_url, settings.ledger_address),
    ):
        if not elsewhere.get_secret_value():
            forget_schema(address)
