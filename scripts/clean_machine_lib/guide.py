# SPDX-License-Identifier: EUPL-1.2
"""The commands of docs/operations.md: the shell blocks that it marks to be tried, by name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "operations.md"

_BLOCK = re.compile(r"<!-- try: (?P<name>[a-z-]+) -->\n```sh\n(?P<commands>.*?)\n```", re.DOTALL)

POSTGRESQL = "postgresql"
"""How the names of blocks begin that are only for a registry in PostgreSQL."""

ADDRESS = "postgresql:///kindpakket?host=/var/run/postgresql"
REPOSITORY = "/srv/kindpakket.git"
VERSION, NEWER_VERSION = "tried", "tried-newer"


def blocks(*, on_postgresql: bool = False) -> dict[str, str]:
    """Return each block's commands, as they stand there but for the words that stand for a place, a name or a version.

    Args:
        on_postgresql: Follow what is for PostgreSQL too; else the commands of those blocks are empty.
    """
    found = {match["name"]: match["commands"] for match in _BLOCK.finditer(GUIDE.read_text("utf-8"))}
    return {
        name: _fill_in(commands) if on_postgresql or not name.startswith(POSTGRESQL) else ""
        for name, commands in found.items()
    }


def _fill_in(commands: str) -> str:
    for word, value in (
        (r"\bNEWER_VERSION\b", NEWER_VERSION),
        (r"\bVERSION\b", VERSION),
        (r"\bREPOSITORY\b", f"file://{REPOSITORY}"),
        (r"\bADDRESS\b", ADDRESS),
        (r"\bNAME(?=_)", "kindpakket"),
    ):
        commands = re.sub(word, value, commands)
    return commands
