# SPDX-License-Identifier: EUPL-1.2
"""Anvil as a child process on the loopback interface: found, started, stopped. It keeps nothing; our journal does."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from kindpakket.errors import ChainUnreachable

from .artifacts import CONTRACTS_FOLDER
from .rpc import NodeUnreachable, Rpc

BLOCK_GAS = 1_000_000_000_000
HARDFORK = "prague"
_START_SECONDS = 20.0
_BLOCK_SECONDS = 60.0

# Between fork and exec a child of a threaded program may do very little, so a small Python of its own asks to be killed
# when the thread that started it ends, and becomes anvil. A parent that is gone by then is no parent.
_LAUNCHER = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Genesis:
    """What a chain's first block, and so every block, depends on. `at` in epoch seconds.

    `has_state_roots`: Anvil computes a state root anew from everything that is stored, so that with them a block
    takes the longer the more vouchers there are (1 ms, 25 ms with 20,000); chains begin without.
    """

    chain_id: int
    at: int
    block_gas: int = BLOCK_GAS
    hardfork: str = HARDFORK
    has_state_roots: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return it for the journal."""
        return asdict(self)


def find_anvil() -> Path | None:
    """Return the anvil that npm installed for this machine; None when there is none."""
    system = platform.system().lower()
    machine = platform.machine().lower()
    package = f"anvil-{system}-{_MACHINES.get(machine, machine)}"
    binary = CONTRACTS_FOLDER / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
    return binary if binary.is_file() else None


def require_anvil() -> Path:
    """Return the anvil that npm installed for this machine.

    Raises:
        ChainUnreachable: There is none; the message says how to get it.
    """
    binary = find_anvil()
    if binary is None:
        raise ChainUnreachable(
            f"anvil is not installed: run `npm ci --omit=dev` in {CONTRACTS_FOLDER} (scripts/demo does it);"
            " `kindpakket doctor` says what else is missing"
        )
    return binary


class Anvil:
    """A running anvil. Start it from a thread that lives as long as it should: on Linux it ends with that thread."""

    def __init__(self, genesis: Genesis, *, binary: Path, patience_seconds: float = 30.0) -> None:
        """Start it with an empty chain.

        Args:
            genesis: What the chain depends on.
            binary: The program.
            patience_seconds: How long a question by `reads` may take; `rpc` has more, for long blocks.

        Raises:
            NodeUnreachable: It does not start.
        """
        self._ground = None if genesis.has_state_roots else _Process(binary, _arguments(genesis))
        try:
            more = [] if self._ground is None else _above(self._ground.port)
            self._process = _Process(binary, [*_arguments(genesis), *more])
        except BaseException:
            if self._ground is not None:
                self._ground.stop()
            raise
        port = self._process.port
        self.url = f"http://127.0.0.1:{port}"
        self.rpc = Rpc(port, timeout_seconds=max(_BLOCK_SECONDS, patience_seconds))
        self.reads = Rpc(port, timeout_seconds=patience_seconds)
        try:
            self.rpc.request("anvil_setLoggingEnabled", False)
            self.version: str = self.rpc.request("web3_clientVersion")
        except BaseException:
            self.stop()
            raise

    @property
    def process_id(self) -> int:
        """The number of its process."""
        return self._process.pid

    def stop(self) -> None:
        """Kill it; there is nothing in it to lose."""
        self._process.stop()
        if self._ground is not None:
            self._ground.stop()
        self.rpc.close()
        self.reads.close()


class _Process:
    """Anvil's process, listening on a port that it chose."""

    def __init__(self, binary: Path, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(binary), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Its own session: Ctrl-C is for us, and we stop it when our work is done.
            start_new_session=True,
        )
        self.pid = self._process.pid
        self.port = self._read_port()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _read_port(self) -> int:
        """Return the port it chose; afterwards throw away what it prints, so that it never waits for a reader."""
        output = self._process.stdout
        assert output is not None, "its output was asked for"
        too_late = threading.Timer(_START_SECONDS, self._process.kill)
        too_late.start()
        try:
            for line in output:
                if line.startswith(b"Listening on "):
                    threading.Thread(target=_drain, args=(output,), name="anvil-output", daemon=True).start()
                    return int(line.rsplit(b":", 1)[1])
        finally:
            too_late.cancel()
        output.close()
        self._process.kill()
        raise NodeUnreachable(f"anvil ended while starting, with code {self._process.wait()}")


def _drain(output: IO[bytes]) -> None:
    with output:
        for _ in output:
            pass


def _arguments(genesis: Genesis) -> list[str]:
    return [
        "--host=127.0.0.1",
        "--port=0",
        "--no-cors",
        "--no-request-size-limit",
        # No account of its own: nothing that reaches the port can send.
        "--accounts=0",
        "--no-mining",
        "--prune-history",
        "--order=fifo",
        f"--hardfork={genesis.hardfork}",
        f"--chain-id={genesis.chain_id}",
        f"--timestamp={genesis.at}",
        f"--gas-limit={genesis.block_gas}",
        "--base-fee=0",
        "--gas-price=0",
        "--disable-min-priority-fee",
    ]


def _above(port: int) -> list[str]:
    """Let it go on from another anvil's empty chain: only so does it leave the state root out.

    It asks that one for accounts that it does not know; what the contract stores is all its own.
    """
    return [
        f"--fork-url=http://127.0.0.1:{port}",
        "--fork-block-number=0",
        "--no-storage-caching",
        "--no-rate-limit",
    ]
