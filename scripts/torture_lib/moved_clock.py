# SPDX-License-Identifier: EUPL-1.2
"""`python -m torture_lib.moved_clock serve …`: the very command line of Kindpakket, in a process whose clock is moved.

What stands in the file that `TORTURE_CLOCK` names, seconds, is added to each time that the process asks for, as when an
administrator or a time server sets the machine's clock while it runs. Nothing else differs from `kindpakket`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

VARIABLE = "TORTURE_CLOCK"

_true_time = time.time


def moved_seconds(file: Path) -> int:
    """Return by how much the clock is moved."""
    return int(file.read_text("ascii"))


def set_clock(file: Path, seconds: int) -> None:
    """Move the clock of the processes that read this file; whole at once."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(f"{seconds}", "ascii")
    beside.replace(file)


def main() -> None:
    """Run the command line with a clock that follows the file."""
    file = Path(os.environ[VARIABLE])

    def moved_time() -> float:
        return _true_time() + moved_seconds(file)

    time.time = moved_time
    from kindpakket.cli import app

    app()


if __name__ == "__main__":
    main()
