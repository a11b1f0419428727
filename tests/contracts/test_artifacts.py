# SPDX-License-Identifier: EUPL-1.2
"""contracts/artifacts.json is what the sources compile to, and small enough to deploy.

artifacts
├── it holds the checksums of the sources as they are
├── it is, byte for byte, what compiling them again gives
├── it fits into what a chain lets a contract be
└── it was made for no newer rules than eth-tester and the embedded chain have
"""

from __future__ import annotations

import hashlib

from kindpakket.chain.artifacts import CONTRACTS_FOLDER, load_artifacts
from kindpakket.chain.compile import SOURCES, compile_contracts

from .fund import Fund

CODE_LIMIT_BYTES = 24_576
"""Source: EIP-170."""


def test_the_checksums_are_those_of_the_sources() -> None:
    recorded = load_artifacts()["sources"]
    assert set(recorded) == set(SOURCES) == {path.name for path in CONTRACTS_FOLDER.glob("*.sol")}
    for name, checksum in recorded.items():
        assert hashlib.sha256((CONTRACTS_FOLDER / name).read_bytes()).hexdigest() == checksum, name


def test_compiling_again_gives_the_same() -> None:
    assert compile_contracts() == load_artifacts()


def test_the_contract_fits_on_a_chain(empty_fund: Fund) -> None:
    assert 0 < len(empty_fund.code()) <= CODE_LIMIT_BYTES


def test_the_rules_are_not_newer_than_prague() -> None:
    assert load_artifacts()["settings"]["evmVersion"] == "prague"
