# SPDX-License-Identifier: EUPL-1.2
"""The pinned npm compiler in a process that stays loaded, with what it compiled kept on disk.

Bytecode comes without a hash of the source in the metadata at its end, which would make all mutants differ.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket.chain.artifacts import CONTRACTS_FOLDER
from kindpakket.chain.compile import FUND_SOURCES, SETTINGS

SERVER = Path(__file__).with_name("compiler.cjs")
LOCK = CONTRACTS_FOLDER / "package-lock.json"
WITHOUT_HASH = {"bytecodeHash": "none"}
OUTPUT = {"VoucherFund.sol": {"VoucherFund": ["evm.bytecode.object"]}}


@dataclass(frozen=True)
class Compiled:
    """What became of a set of sources: their bytecode, or why there is none."""

    bytecode: bytes
    fault: str = ""

    @property
    def hash(self) -> str:
        """SHA-256 of the bytecode, in hex."""
        return hashlib.sha256(self.bytecode).hexdigest()


def read_sources() -> dict[str, str]:
    """Return the contract's own sources by name."""
    return {name: (CONTRACTS_FOLDER / name).read_text("utf-8") for name in FUND_SOURCES}


class Compiler:
    """One compiler process. Not for two threads at once."""

    def __init__(self, kept: Path) -> None:
        """Start it; `kept` is the folder for what was compiled before."""
        self._kept = kept
        kept.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            ["node", str(SERVER), str(CONTRACTS_FOLDER)],  # noqa: S607 - the node that all our scripts use
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def parse(self, sources: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Return the syntax tree of each source by its name, with the types of all expressions."""
        output = self._ask(sources, {**SETTINGS, "outputSelection": {"*": {"": ["ast"]}}})
        assert not _fault(output), _fault(output)
        return {name: output["sources"][name]["ast"] for name in sources}

    def compile(self, sources: Mapping[str, str]) -> Compiled:
        """Compile as for the chain, or find it compiled."""
        settings = {**SETTINGS, "metadata": WITHOUT_HASH, "outputSelection": OUTPUT}
        name = hashlib.sha256(json.dumps([sources, settings, LOCK.read_text("utf-8")]).encode()).hexdigest()
        bytecode_file, fault_file = self._kept / f"{name}.bin", self._kept / f"{name}.txt"
        if bytecode_file.exists():
            return Compiled(bytecode_file.read_bytes())
        if fault_file.exists():
            return Compiled(b"", fault_file.read_text("utf-8"))
        output = self._ask(sources, settings)
        if fault := _fault(output):
            _write(fault_file, fault.encode())
            return Compiled(b"", fault)
        compiled = output["contracts"]["VoucherFund.sol"]["VoucherFund"]["evm"]["bytecode"]["object"]
        _write(bytecode_file, bytes.fromhex(compiled))
        return Compiled(bytes.fromhex(compiled))

    def _ask(self, sources: Mapping[str, str], settings: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        contents = {name: {"content": content} for name, content in sources.items()}
        request = {"language": "Solidity", "sources": contents, "settings": settings}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the compiler's process has ended"
        output: dict[str, Any] = json.loads(answer)
        return output


def _fault(output: Mapping[str, Any]) -> str:
    """Return the first error's message, or nothing."""
    errors = [error for error in output.get("errors", []) if error["severity"] == "error"]
    return f"{errors[0]['type']}: {errors[0]['message']}" if errors else ""


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, so that a run which is cut off leaves no half."""
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
