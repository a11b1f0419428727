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
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

Verdict = Literal["killed", "survived", "timeout"]


@dataclass(frozen=True)
class Trial:
    """What became of a bytecode: the test that killed it and its words, or that none did."""

    verdict: Verdict
    by: str = ""
    words: str = ""


class Trials:
    """The process with the tests. It first runs them on the unchanged contract, while others can compile."""

    def __init__(self, unchanged: bytes, *, log: Path) -> None:
        """Start it with the unchanged contract's bytecode; what it says goes to `log`."""
        self._log = log
        self._folder = tempfile.TemporaryDirectory(prefix="mutants-")
        self._address = Path(self._folder.name) / "socket"
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mutants_lib.try_server", str(self._address)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(f"0x{unchanged.hex()}\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def seconds(self) -> dict[str, float]:
        """Wait until the unchanged contract has passed all tests; return how long each test took.

        Raises:
            RuntimeError: It did not pass, so that nothing can be learnt from mutants.
        """
        with self._lock:
            if not self._seconds:
                assert self._process.stdout is not None
                rehearsed = json.loads(self._process.stdout.readline() or "{}")
                if not rehearsed or rehearsed["failed"]:
                    failed = rehearsed.get("failed")
                    raise RuntimeError(f"The tests fail on the unchanged contract: {failed}; see {self._log}")
                self._seconds = rehearsed["seconds"]
            return self._seconds

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
