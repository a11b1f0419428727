# SPDX-License-Identifier: EUPL-1.2
"""Lines of the log: whatever is told in one stays in one, and does nothing to the screen that shows it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any


def escape_unprintable(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Write what is not seen as its number: ends of lines, commands to terminals, marks that turn text around.

    A line feed stays for the renderer, which writes it so that tracebacks can be read.
    """
    for name, value in line.items():
        if isinstance(value, str) and not value.isprintable():
            line[name] = "".join(
                one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
                for one in value
            )
    return line
