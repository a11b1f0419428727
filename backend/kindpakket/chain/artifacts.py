# SPDX-License-Identifier: EUPL-1.2
"""The compiled contract, as committed in contracts/artifacts.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

CONTRACTS_FOLDER = Path(__file__).resolve().parents[3] / "contracts"
ARTIFACTS_FILE = CONTRACTS_FOLDER / "artifacts.json"


@cache
def load_artifacts() -> dict[str, Any]:
    """Return the artifacts: `abi`, `bytecode`, `voucher_sums` (0x hex), `compiler`, `settings`, `sources` (SHA-256)."""
    content: dict[str, Any] = json.loads(ARTIFACTS_FILE.read_text("utf-8"))
    return content
