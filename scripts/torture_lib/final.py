# SPDX-License-Identifier: EUPL-1.2
"""The end of a torture: what an auditor and an administrator would run, with the commands that they would run."""

from __future__ import annotations

import contextlib

from kindpakket.demo.api_client import ApiClient

from .server import Server
from .stage import Stage


def final_differences(server: Server, stage: Stage) -> list[str]:
    """Audit the running chain from outside; stop the server in good order; verify and inspect what it left."""
    stage.end()
    if not server.is_running:
        return ["the server does not run in the end"]
    with contextlib.closing(ApiClient(server.url)) as client:
        contract = client.ask("GET", "/fund")["contract"]
    folder = f"{server.data_dir}"
    commands = [
        ("audit", "--rpc", f"{server.node_url()}", "--contract", contract),
        ("verify-staff-log", "--data-dir", folder),
        ("verify-journal", "--data-dir", folder),
        ("inspect", "--data-dir", folder),
    ]
    differences = []
    for place, command in enumerate(commands):
        if place == 1 and (code := server.stop()) != 0:
            differences.append(f"the server stopped with {code}")
        done = server.run(*command)
        if done.returncode != 0:
            differences.append(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return differences
