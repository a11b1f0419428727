# SPDX-License-Identifier: EUPL-1.2
"""Try bytecodes against the contract's tests, in copies of one process that has them loaded (try_server.py)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["killed", "survived", "timeout"]


@dataclass(frozen=True)
class Trial:
    """What became of a bytecode: the test that killed it and its words, or that none did."""

    verdict: Verdict
    by: str = ""
    words: str = ""


class Trials:
    """The process with the tests, and how long each takes on the committed contract (`seconds`, by test)."""

    def __init__(self, log: Path) -> None:
        """Start it and wait until the committed contract has passed all tests; what it says goes to `log`.

        Raises:
            RuntimeError: It did not pass, so that nothing can be learnt from mutants.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="mutants-")
        self._address = Path(self._folder.name) / "socket"
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mutants_lib.try_server", str(self._address)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        rehearsed = json.loads(self._process.stdout.readline() or "{}")
        if not rehearsed or rehearsed["failed"]:
            self.close()
            raise RuntimeError(
                f"The tests fail on the committed contract: {rehearsed.get('failed')}; see {log}"
            )
        self.seconds: dict[str, float] = rehearsed["seconds"]

    def close(self) -> None:
        """End the process and its copies."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate()
        self._folder.cleanup()

    def run(self, bytecode: bytes, tests: Sequence[str], *, cpu_seconds: float) -> Trial:
        """Run these tests in this order on a bytecode until one fails. Threads may call it at once.

        Raises:
            RuntimeError: The process ended without an answer; nothing was learnt.
        """
        asked = {"bytecode": f"0x{bytecode.hex()}", "tests": list(tests), "cpu_seconds": cpu_seconds}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._address))
            with connection.makefile("rw", encoding="utf-8") as stream:
                stream.write(json.dumps(asked) + "\n")
                stream.flush()
                line = stream.readline()
        if not line:
            raise RuntimeError("The process that tried a bytecode broke down.")
        return Trial(**json.loads(line))
