# SPDX-License-Identifier: EUPL-1.2
"""Where the tools are, and how one is run: with the configuration of tests/contracts/native."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NATIVE = ROOT / "tests" / "contracts" / "native"
WORK = ROOT / ".setup" / "prove"
"""What the tools write. It can be thrown away."""


class ProofFailed(Exception):
    """Something is not proved, or a tool did not do its work. The message is for whoever ran the command."""


def run(
    *command: str,
    profile: str,
    folder: Path = ROOT,
    settings: Mapping[str, str] | None = None,
    most_seconds: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run forge or a tool of the audit environment, and return what it printed and its exit code."""
    WORK.mkdir(parents=True, exist_ok=True)
    (forge,) = (NATIVE / "node_modules" / "@foundry-rs").glob("forge-*/bin")
    tools = [str(forge), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(tools),
        "FOUNDRY_CONFIG": str(NATIVE / "foundry.toml"),
        "FOUNDRY_PROFILE": profile,
        **(settings or {}),
    }
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=most_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise ProofFailed(f"{command[0]} did not end in {most_seconds} s.\n{expired.output}") from expired
