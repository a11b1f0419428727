# SPDX-License-Identifier: EUPL-1.2
"""Anvil as a child process on the loopback interface: found, started, stopped. It keeps nothing; our journal does."""

from __future__ import annotations

import platform
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from kindpakket.errors import ChainMismatch, ChainUnreachable

from .artifacts import CONTRACTS_FOLDER
from .blocks import BlockDiffersError
from .children import start_child
from .rpc import NodeUnreachable, Rpc

BLOCK_GAS = 1_000_000_000_000
HARDFORK = "prague"
_START_SECONDS = 20.0
_BLOCK_SECONDS = 60.0
_LONG_SECONDS = 600.0
_GROUND_MILLISECONDS = 60_000
_ENDING_SECONDS = 0.5

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Genesis:
    """What a chain's first block, and so every block, depends on.

    Attributes:
        at: Its time, epoch seconds.
        has_state_roots: Whether blocks name the root of all that is stored. Anvil computes it anew from everything, so
            that a block takes the longer the more vouchers there are (1 ms, and 27 ms with 20,000). Only journals of
            before there was a choice have them.
    """

    chain_id: int
    at: int
    block_gas: int = BLOCK_GAS
    hardfork: str = HARDFORK
    has_state_roots: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return it for the journal; one with state roots as journals had it before there was a choice."""
        content = asdict(self)
        if self.has_state_roots:
            del content["has_state_roots"]
        return content


def origin_of(anvil: Anvil, genesis: Genesis) -> dict[str, Any]:
    """Return what a new anvil begins with: its version, what was asked of it, and the hash of its first block."""
    first = anvil.rpc.request("eth_getBlockByNumber", "0x0", False)
    if first is None:
        raise NodeUnreachable("anvil has no first block")
    return {"genesis": genesis.as_dict(), "anvil": anvil.version, "genesis_hash": first["hash"]}


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
            f"anvil is not installed: run `npm ci --omit=dev` in {CONTRACTS_FOLDER} (scripts/install does it);"
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
        self._processes: list[_Process] = []
        try:
            if not genesis.has_state_roots:
                self._processes.append(_Process(binary, _arguments(genesis)))
            above = [argument for ground in self._processes for argument in _above(ground)]
            top = _Process(binary, [*_arguments(genesis), *above])
        except BaseException:
            self._kill()
            raise
        self._processes.append(top)
        self.url = top.url
        self.rpc = Rpc(top.port, host=top.host, timeout_seconds=max(_BLOCK_SECONDS, patience_seconds))
        self.reads = Rpc(top.port, host=top.host, timeout_seconds=patience_seconds)
        try:
            self.rpc.request("anvil_setLoggingEnabled", False)
            self.version: str = self.rpc.request("web3_clientVersion")
        except BaseException:
            self.stop()
            raise

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The numbers of its processes; the last one is the one that answers."""
        return tuple(process.id for process in self._processes)

    @property
    def is_running(self) -> bool:
        """Whether nothing of it has ended."""
        return all(process.is_running for process in self._processes)

    def require_running(self) -> None:
        """Raise `NodeUnreachable` if a part of it has ended: then what it answered counts for nothing.

        For when it answered what it should not: whoever ends has no connections any more a moment before.
        """
        if any(process.wait(_ENDING_SECONDS) for process in self._processes):
            raise NodeUnreachable("a part of anvil has ended")

    def stop(self) -> None:
        """Kill it; there is nothing in it to lose."""
        self._kill()
        self.rpc.close()
        self.reads.close()

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()


class _Process:
    """A process of anvil, listening on a port that it chose."""

    def __init__(self, binary: Path, arguments: Sequence[str]) -> None:
        self.host = _choose_host()
        try:
            self._process = start_child([str(binary), f"--host={self.host}", *arguments])
        except OSError as error:
            raise NodeUnreachable(f"anvil cannot be started: {error}") from error
        self.port = self._read_port()

    @property
    def id(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float) -> bool:
        """Wait until it ends, so long at most; return whether it did."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
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


@contextmanager
def anvil_like(origin: dict[str, Any]) -> Iterator[Anvil]:
    """Start an anvil of its own for a while, that begins as a journal's did. It may be asked long questions.

    Raises:
        ChainMismatch: This anvil, or its first block, is another one.
        ChainUnreachable: Anvil is missing.
        NodeUnreachable: It does not start.
    """
    genesis = Genesis(**origin["genesis"])
    anvil = Anvil(genesis, binary=require_anvil(), patience_seconds=_LONG_SECONDS)
    try:
        found = origin_of(anvil, genesis)
        if found != origin:
            raise ChainMismatch(describe_other(origin, found))
        yield anvil
    except BlockDiffersError as error:
        anvil.require_running()
        raise error
    finally:
        anvil.stop()


def describe_other(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    """Say that a journal was begun by another anvil, and what to do."""
    return (
        f"the journal was made by {wanted['anvil']} from genesis {wanted['genesis_hash']}; here is"
        f" {found['anvil']} with genesis {found['genesis_hash']}. Install that anvil (contracts/package.json pins it),"
        " or take another data folder."
    )


def _drain(output: IO[bytes]) -> None:
    with output:
        for _ in output:
            pass


def _choose_host() -> str:
    """Return an address of this machine that nobody can guess, another at each start.

    Anvil asks nobody who they are, and takes WebSockets from any page: one that is open in a browser on this machine
    could try the ports of 127.0.0.1. It cannot try all of 127.0.0.0/8, which is this machine on Linux (elsewhere only
    the first is).
    """
    if sys.platform != "linux":
        return "127.0.0.1"
    return ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])


def _arguments(genesis: Genesis) -> list[str]:
    return [
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


def _above(ground: _Process) -> list[str]:
    """Let it go on from another anvil's empty chain: only so does it leave the state root out.

    It asks that one for what it does not know. When that one is gone, it is of no use either, and says so at once.
    """
    return [
        f"--fork-url={ground.url}",
        "--fork-block-number=0",
        "--no-storage-caching",
        "--no-rate-limit",
        "--retries=0",
        f"--timeout={_GROUND_MILLISECONDS}",
    ]
