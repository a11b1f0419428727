# SPDX-License-Identifier: EUPL-1.2
"""Heads: the blocks that were published day by day, held against the chain as it is now.

A chain that one operator runs can be written anew from the start, and every sum in it is right again. Whoever kept a
published head then finds another hash at its number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from .findings import Finding


class HeadsUnreadable(ValueError):
    """The file is not one of published heads."""


class Chained(Protocol):
    """Who knows the hashes of blocks."""

    def block_hash(self, number: int) -> bytes:
        """Return a block's hash.

        Raises:
            LookupError: There is no such block.
        """


@dataclass(frozen=True, slots=True)
class Head:
    """A published head: the newest block at the end of a day."""

    on: str
    block: int
    hash: bytes


def read_heads(text: str) -> list[Head]:
    """Read what `GET /api/v1/heads` answers, or the file of it.

    Raises:
        HeadsUnreadable: It is something else.
    """
    try:
        return [
            Head(
                on=str(one["on"]), block=int(one["block"]), hash=bytes.fromhex(one["hash"].removeprefix("0x"))
            )
            for one in json.loads(text)["heads"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HeadsUnreadable("this is not a file of published heads") from error


def check_heads(chain: Chained, heads: list[Head]) -> list[Finding]:
    """Return each published head that the chain no longer has."""
    found = []
    for head in heads:
        try:
            there = f"0x{chain.block_hash(head.block).hex()}"
        except LookupError:
            there = "no such block"
        published = f"0x{head.hash.hex()}"
        if there != published:
            found.append(Finding("head", f"{head.on}, block {head.block}", published, there))
    return found
