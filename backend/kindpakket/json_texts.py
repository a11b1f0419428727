# SPDX-License-Identifier: EUPL-1.2
"""JSON that others sent, read so that no two readers can take it for different things.

Source: RFC 8259, section 4: of an object whose members are not unique, each reader makes what it likes.
"""

from __future__ import annotations

import json
from typing import Any


class MemberRepeatedError(ValueError):
    """A member stands twice in an object."""

    def __init__(self, member: str) -> None:
        """Name it."""
        super().__init__(f"the member {member} stands twice")
        self.member = member


def read_json(text: str | bytes) -> Any:
    """Return what a text in JSON says.

    Raises:
        MemberRepeatedError: An object has a member twice.
        ValueError: It is no JSON, or holds a number that is none.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for member, value in pairs:
        if member in members:
            raise MemberRepeatedError(member)
        members[member] = value
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
