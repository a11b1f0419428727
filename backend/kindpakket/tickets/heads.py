# SPDX-License-Identifier: EUPL-1.2
"""The tree of a published head: all block hashes since the head before it, under one root.

A leaf is keccak256(0x00 ++ block number, 8 bytes ++ block hash); a node keccak256(0x01 ++ left ++ right). Nodes are
paired from the left; one that is left over at the end of a level goes up as it is.

Source: RFC 9162, section 2.1, with keccak256.
"""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.hashes import keccak


class HeadTree:
    """The tree over the hashes of the blocks from `first_block` on."""

    def __init__(self, hashes: Sequence[bytes], *, first_block: int) -> None:
        """Build it from at least one hash, in the order of the blocks."""
        assert hashes, "a head covers at least one block"
        self._first_block = first_block
        level = [_leaf(number, block_hash) for number, block_hash in enumerate(hashes, first_block)]
        self._levels = [level]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            level = [keccak(b"\1" + left + right) for left, right in pairs] + level[len(level) & ~1 :]
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """The top, 32 bytes."""
        return self._levels[-1][0]

    def siblings(self, block: int) -> list[bytes]:
        """Return the neighbours on the way from a block's leaf to the root, lowest first.

        Raises:
            LookupError: The tree does not cover the block.
        """
        place = block - self._first_block
        if not 0 <= place < len(self._levels[0]):
            raise LookupError(f"block {block} is not in this tree")
        found = []
        for level in self._levels[:-1]:
            if place ^ 1 < len(level):
                found.append(level[place ^ 1])
            place >>= 1
        return found


def _leaf(number: int, block_hash: bytes) -> bytes:
    return keccak(b"\0" + number.to_bytes(8, "big") + block_hash)
