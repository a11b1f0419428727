# SPDX-License-Identifier: EUPL-1.2
"""Builds: the contract compiled as it is measured, with what says where in the sources each instruction is from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import solcx

from kindpakket.chain.artifacts import CONTRACTS_FOLDER, load_artifacts
from kindpakket.chain.compile import FUND_SOURCES, SETTINGS, install_compiler

from .program import Program
from .source import Source

CONTRACT = ("VoucherFund.sol", "VoucherFund")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "source": {"enabled": False},
    "committed": SETTINGS["optimizer"],
}
_OUTPUT = ["abi", "evm.bytecode.object", "evm.deployedBytecode"]


@dataclass(frozen=True)
class Build:
    """A compiled contract."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    program: Program
    sources: Mapping[str, Source]
    contract_file: str


def compile_sources(name: str, sources: Mapping[str, str]) -> dict[str, Any]:
    """Compile source texts by their names for one of the builds, and return what the compiler says."""
    install_compiler()
    output: dict[str, Any] = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {file: {"content": content} for file, content in sources.items()},
            "settings": {
                **SETTINGS,
                "optimizer": OPTIMIZERS[name],
                "outputSelection": {"*": {"*": _OUTPUT, "": ["ast"]}},
            },
        },
        allow_paths=[str(CONTRACTS_FOLDER)],
    )
    return output


def compile_fund(name: str) -> dict[str, Any]:
    """Compile the contract for one of the builds."""
    texts = {file: (CONTRACTS_FOLDER / file).read_text("utf-8") for file in FUND_SOURCES}
    return compile_sources(name, texts)


def read_build(
    name: str,
    output: Mapping[str, Any],
    *,
    contract: tuple[str, str] = CONTRACT,
    texts: Mapping[str, str] | None = None,
) -> Build:
    """Return a build from what the compiler said; the texts are those in the folder of the contracts, or as given."""
    file, contract_name = contract
    found = output["contracts"][file][contract_name]
    evm = found["evm"]
    if name == "committed" and contract == CONTRACT:
        assert "0x" + evm["bytecode"]["object"] == load_artifacts()["bytecode"], (
            "scripts/compile_contracts first"
        )
    files = {about["id"]: source for source, about in output["sources"].items()}
    return Build(
        name=name,
        abi=found["abi"],
        bytecode="0x" + evm["bytecode"]["object"],
        program=Program.of(evm["deployedBytecode"], files, is_optimized=name == "committed"),
        sources={
            source: Source(source, _content(source, texts or {}), about["ast"])
            for source, about in output["sources"].items()
        },
        contract_file=file,
    )


def _content(source: str, texts: Mapping[str, str]) -> bytes:
    if source in texts:
        return texts[source].encode()
    folder = CONTRACTS_FOLDER if (CONTRACTS_FOLDER / source).exists() else CONTRACTS_FOLDER / "node_modules"
    return (folder / source).read_bytes()


def load_build(name: str, path: Path) -> Build:
    """Return a build from a file that holds what the compiler said."""
    return read_build(name, json.loads(path.read_text("utf-8")))
