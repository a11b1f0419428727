# SPDX-License-Identifier: EUPL-1.2
"""What a node answers, read as our values. What is not of the form that it must have raises TypeError, ValueError or
LookupError: who asks takes that for no answer.
"""

from __future__ import annotations

from typing import Any

from .client import Head


def read_number(answer: Any) -> int:
    """Return a number that a node wrote as `0x` and hexadecimal digits."""
    if not isinstance(answer, str) or not answer.startswith("0x"):
        raise ValueError("not a number")
    return int(answer, 16)


def read_bytes(answer: Any) -> bytes:
    """Return bytes that a node wrote as `0x` and hexadecimal digits."""
    if not isinstance(answer, str) or not answer.startswith("0x"):
        raise ValueError("not bytes")
    return bytes.fromhex(answer[2:])


def read_hash(answer: Any) -> bytes:
    """Return a hash."""
    found = read_bytes(answer)
    if len(found) != 32:
        raise ValueError("not a hash")
    return found


def read_head(answer: Any) -> Head | None:
    """Return which block this is; None when the node has no such block."""
    if answer is None:
        return None
    return Head(
        number=read_number(answer["number"]),
        hash=read_hash(answer["hash"]),
        at=read_number(answer["timestamp"]),
    )


def read_base_fee(answer: Any) -> int:
    """Return what a block asks for gas, in wei; a chain from before that was possible asks nothing in its blocks."""
    return read_number(answer.get("baseFeePerGas") or "0x0")
