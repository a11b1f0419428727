# SPDX-License-Identifier: EUPL-1.2
"""The commands of docs/operations.md: the shell blocks that it marks to be tried, by name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "operations.md"

_BLOCK = re.compile(r"<!-- try: (?P<name>[a-z-]+) -->\n```sh\n(?P<commands>.*?)\n```", re.DOTALL)

REPOSITORY = "/srv/kindpakket.git"
VERSION, NEWER_VERSION = "tried", "tried-newer"


def blocks() -> dict[str, str]:
    """Return each block's commands, as they stand there but for the words that stand for a place or a version."""
    found = {match["name"]: match["commands"] for match in _BLOCK.finditer(GUIDE.read_text("utf-8"))}
    return {name: _fill_in(commands) for name, commands in found.items()}


def _fill_in(commands: str) -> str:
    for word, value in (
        ("NEWER_VERSION", NEWER_VERSION),
        ("VERSION", VERSION),
        ("REPOSITORY", f"file://{REPOSITORY}"),
    ):
        commands = re.sub(rf"\b{word}\b", value, commands)
    return commands
