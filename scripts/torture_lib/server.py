# SPDX-License-Identifier: EUPL-1.2
"""The server under torture: `kindpakket serve` in a process of its own, which may be killed and is started again."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from kindpakket.demo.api_client import ApiClient
from kindpakket.demo.seed import PAYOUT_IBAN

from . import moved_clock

START_SECONDS = 300.0
STEP_SECONDS = 0.05
COMMAND = (sys.executable, "-m", "torture_lib.moved_clock")


class NotStarted(Exception):
    """The server does not start."""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """The server on a data folder.

    Attributes:
        folder: Where its log, its clock and its temporary files are.
        data_dir: Its data folder, on a disk that may be full.
        stores: Settings of databases elsewhere, as variables of the environment.
        ended_by_itself: How often it ended though nobody killed it.
    """

    folder: Path
    data_dir: Path
    stores: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    ended_by_itself: int = 0
    _log: threading.Thread | None = None

    def __post_init__(self) -> None:
        """Let the clock be right at first."""
        self.set_clock(0)
        self.temporary.mkdir()

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """What it prints."""
        return self.folder / "server.log"

    @property
    def temporary(self) -> Path:
        """Where its temporary files are."""
        return self.folder / "temporary"

    @property
    def environment(self) -> dict[str, str]:
        """What it is started with."""
        ours = {
            moved_clock.VARIABLE: f"{self.folder / 'clock'}",
            "PYTHONPATH": f"{Path(__file__).resolve().parents[1]}",
            "TMPDIR": f"{self.temporary}",
            "KINDPAKKET_PAYOUT_IBAN": PAYOUT_IBAN,
            # A wide terminal, so that the sign-in link stays on one line.
            "COLUMNS": "400",
        }
        return os.environ | ours | self.stores

    def set_clock(self, seconds: int) -> None:
        """Move its clock by so much from the machine's."""
        moved_clock.set_clock(self.folder / "clock", seconds)

    def now(self) -> int:
        """Return the time by its clock."""
        return int(time.time()) + moved_clock.moved_seconds(self.folder / "clock")

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            NotStarted: It ended instead, or does not answer.
        """
        self.starts += 1
        # It prints into a pipe: what limits the files that it writes must not silence it.
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--data-dir", f"{self.data_dir}", "--port", f"{self.port}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            start_new_session=True,
        )
        self._log = threading.Thread(target=self._write_log, args=(self.process,), daemon=True)
        self._log.start()
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if not self.is_running:
                raise NotStarted(f"it ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                raise NotStarted(f"no answer within {START_SECONDS} s")
            time.sleep(STEP_SECONDS)

    def answers(self) -> bool:
        """Whether it answers."""
        client = ApiClient(self.url, timeout_seconds=10)
        try:
            client.ask("GET", "/fund")
        except OSError:
            return False
        finally:
            client.close()
        return True

    def kill(self) -> None:
        """kill -9; its chain dies with it."""
        assert self.process is not None, "it was started"
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Leave nothing behind."""
        if self.is_running:
            self.kill()

    def stop(self) -> int:
        """Stop it in good order; return its code."""
        assert self.process is not None, "it was started"
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run another command of Kindpakket's, by the same clock and with the same stores."""
        return subprocess.run(
            [*COMMAND, *command], env=self.environment, capture_output=True, text=True, check=False
        )

    def chain_pids(self) -> list[int]:
        """Return the numbers of the chain's processes; the one that answers is the last."""
        assert self.process is not None, "it was started"
        found = []
        for file in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            for pid in file.read_text().split():
                # What is a Python still is not the chain yet, or something else of the server's.
                if Path(f"/proc/{pid}/exe").readlink().name == "anvil":
                    found.append(int(pid))
        return sorted(found, key=_stands_on_another)

    def stall_chain(self, dice: random.Random, *, seconds: float) -> bool:
        """Let one of the chain's processes stand still for a while; return whether there was one."""
        pids = self.chain_pids()
        if not pids:
            return False
        pid = dice.choice(pids)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        return True

    def kill_chain(self, dice: random.Random) -> bool:
        """kill -9 one of the chain's processes; return whether there was one."""
        try:
            pids = self.chain_pids()
            if pids:
                os.kill(dice.choice(pids), signal.SIGKILL)
        except OSError:
            return False
        return bool(pids)

    def node_url(self) -> str | None:
        """Return where the chain's process answers on this machine; None when it is not there now."""
        try:
            pids = self.chain_pids()
            return f"http://{_listening_at(pids[-1])}" if pids else None
        except (OSError, LookupError):
            return None

    def count_logged(self, event: str) -> int:
        """Return how often it logged this."""
        return self.log_file.read_text("utf-8").count(f" event={event} ")

    def sign_in_code(self) -> str:
        """Return the code that it printed at its first start."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(r"aanmelden#code=([\w-]+)", self.log_file.read_text("utf-8"))
            if found:
                return found[1]
            time.sleep(STEP_SECONDS)
        raise NotStarted("it prints no sign-in link")

    def _write_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None, "its output was asked for"
        with self.log_file.open("ab", buffering=0) as log, process.stdout as output:
            for line in output:
                log.write(line)


def _stands_on_another(pid: int) -> bool:
    return b"--fork-url" in Path(f"/proc/{pid}/cmdline").read_bytes()


def _listening_at(pid: int) -> str:
    """Return the address and port at which a process listens, as in `127.1.2.3:4567`.

    Raises:
        LookupError: It does not listen.
    """
    own = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = f"{descriptor.readlink()}"
        if target.startswith("socket:["):
            own.add(target[8:-1])
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in own:
            address, _, port = words[1].partition(":")
            return f"{socket.inet_ntoa(bytes.fromhex(address)[::-1])}:{int(port, 16)}"
    raise LookupError(f"process {pid} does not listen")
