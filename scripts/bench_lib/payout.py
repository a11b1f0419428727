# SPDX-License-Identifier: EUPL-1.2
"""A payout: how long it takes to prepare a run, to approve and settle it, and to make the bank's files."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import requests

from kindpakket.demo.api_client import ApiClient

from .figures import Figures
from .server import kindpakket

PATIENCE_SECONDS = 600.0


def pay_out(base_url: str, data_dir: Path) -> Figures:
    """Pay all shops what they are owed, as a treasurer and another member of staff do."""
    treasurer, approver = (_signed_in(base_url, data_dir, name) for name in ("Meting", "Tweede"))
    started = time.monotonic()
    run = treasurer.ask("POST", "/payout-runs", {})["run"]
    prepared = time.monotonic()
    approver.ask("POST", f"/payout-runs/{run}/approvals")
    while (stands := treasurer.ask("GET", f"/payout-runs/{run}"))["state"] not in ("settled", "done"):
        assert time.monotonic() < prepared + PATIENCE_SECONDS, "a run is settled"
        time.sleep(0.05)
    settled = time.monotonic()
    for file in stands["files"]:
        address = f"{base_url}/api/v1/payout-runs/{run}/files/{file['file']}"
        content = requests.get(address, headers={"Authorization": f"Bearer {treasurer.token}"}, timeout=60)
        assert content.status_code == 200, "a settled run has its files"
    ended = time.monotonic()
    return {
        "transfers": len(stands["transfers"]),
        "cents": sum(one["amountCents"] for one in stands["transfers"]),
        "prepare_seconds": round(prepared - started, 2),
        "approve_and_settle_seconds": round(settled - prepared, 2),
        "files_seconds": round(ended - settled, 2),
    }


def sign_in_code(data_dir: Path, name: str, *, ahead_seconds: int = 0) -> str:
    """Make a link for a member of staff beside the running server, by its clock, and return its code."""
    command, environment = kindpakket(data_dir, ahead_seconds=ahead_seconds)
    command = [*command, "sign-in-link", name, "--data-dir", str(data_dir)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return said.strip().partition("#code=")[2]


def _signed_in(base_url: str, data_dir: Path, name: str) -> ApiClient:
    client = ApiClient(base_url)
    client.token = client.ask("POST", "/staff-sessions", {"signInCode": sign_in_code(data_dir, name)})[
        "token"
    ]
    return client
