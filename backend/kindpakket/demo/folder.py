# SPDX-License-Identifier: EUPL-1.2
"""The demo's data folder: only a folder that the demo made itself is ever erased, and never while it is in use."""

from __future__ import annotations

import shutil
from pathlib import Path

from kindpakket.chain.files import lock_folder
from kindpakket.errors import ChainMismatch

MARK = "kindpakket.demo"


def take(folder: Path, *, fresh: bool) -> None:
    """Make the folder, or take the one of an earlier demo; `fresh` erases what that one held.

    Raises:
        ChainMismatch: It is not a demo's folder; nothing was touched.
        ChainUnreachable: A demo that runs has it; nothing was touched.
    """
    mark = folder / MARK
    if folder.is_dir() and any(folder.iterdir()):
        if not mark.is_file():
            raise ChainMismatch(f"{folder} is not a demo's data folder; choose another with --data-dir")
        if fresh:
            with lock_folder(folder / "chain"):
                shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    mark.touch()
