# SPDX-License-Identifier: EUPL-1.2
"""Compile the contracts and write contracts/artifacts.json. A tool for developers; nothing needs it at run time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import solcx

from .artifacts import ARTIFACTS_FILE, CONTRACTS_FOLDER

SOLC_VERSION = "0.8.37"
FUND_SOURCES = ("IVoucherFund.sol", "VoucherRecord.sol", "VoucherFund.sol")
"""What the fund's bytecode is made of, OpenZeppelin's part aside."""
SOURCES = (*FUND_SOURCES, "VoucherSums.sol")
SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "viaIR": True,
    "evmVersion": "prague",
    "outputSelection": {
        "VoucherFund.sol": {"VoucherFund": ["abi", "evm.bytecode.object", "storageLayout"]},
        "VoucherSums.sol": {"VoucherSums": ["evm.bytecode.object"]},
    },
}


def install_compiler() -> None:
    """Make solc known to py-solc-x: one installed, else one it downloads, else the npm one behind `contracts/solc`."""
    try:
        solcx.set_solc_version(SOLC_VERSION, silent=True)
        return
    except solcx.exceptions.SolcNotInstalled:
        pass
    wrapper = CONTRACTS_FOLDER / "solc"
    if (CONTRACTS_FOLDER / "node_modules" / "solc").is_dir():
        folder = Path(tempfile.mkdtemp(prefix="solc-"))
        (folder / f"solc-v{SOLC_VERSION}").symlink_to(wrapper)
        os.environ["SOLCX_BINARY_PATH"] = str(folder)
        solcx.set_solc_version(SOLC_VERSION, silent=True)
        return
    solcx.install_solc(SOLC_VERSION)
    solcx.set_solc_version(SOLC_VERSION, silent=True)


def read_sources() -> dict[str, str]:
    """Return the sources of the contract, by file name."""
    return {name: (CONTRACTS_FOLDER / name).read_text("utf-8") for name in SOURCES}


def compile_contracts(sources: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Compile and return what artifacts.json holds.

    That is: ABI, bytecode, slots, the question about sums, compiler, settings, checksums of the sources.
    `sources`: other ones than those in the folder, by file name.

    Raises:
        solcx.exceptions.SolcError: The sources do not compile.
    """
    install_compiler()
    sources = sources or read_sources()
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {name: {"content": content} for name, content in sources.items()},
            "settings": SETTINGS,
        },
        allow_paths=[str(CONTRACTS_FOLDER)],
    )
    warnings = [error["formattedMessage"] for error in output.get("errors", [])]
    if warnings:
        print("\n".join(warnings), file=sys.stderr)
    contract = output["contracts"]["VoucherFund.sol"]["VoucherFund"]
    sums = output["contracts"]["VoucherSums.sol"]["VoucherSums"]
    return {
        "contract": "VoucherFund",
        "compiler": f"solc {SOLC_VERSION}",
        "settings": {key: value for key, value in SETTINGS.items() if key != "outputSelection"},
        "sources": {name: hashlib.sha256(content.encode()).hexdigest() for name, content in sources.items()},
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "voucher_sums": "0x" + sums["evm"]["bytecode"]["object"],
        "slots": {kept["label"]: int(kept["slot"]) for kept in contract["storageLayout"]["storage"]},
    }


def main() -> None:
    """Write contracts/artifacts.json."""
    if shutil.which("node") is None:
        print("Node 20 is needed to run the npm compiler; see `kindpakket doctor`.", file=sys.stderr)
    artifacts = compile_contracts()
    ARTIFACTS_FILE.write_text(json.dumps(artifacts, indent=1) + "\n", "utf-8")
    print(f"{ARTIFACTS_FILE.name}: {len(artifacts['bytecode']) // 2 - 1} bytes to deploy")


if __name__ == "__main__":
    main()
