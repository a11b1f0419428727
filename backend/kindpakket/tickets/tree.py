# SPDX-License-Identifier: EUPL-1.2
"""The list of a voucher's 256 ticket keys: a Merkle tree that the contract knows by its root.

What is hashed is whole words: each part as 32 bytes, filled up with zeros in front. A leaf is keccak256(ticket key ++
number), a node keccak256 of its two children, the smaller first. Leaves and nodes are cut to their last 20 bytes, as
addresses are; only the root keeps all 32.
"""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.hashes import keccak

TICKETS = 256
LEVELS = 8


def word(part: bytes) -> bytes:
    """Return a part of at most 32 bytes as a whole word."""
    return part.rjust(32, b"\0")


def leaf(ticket_key: bytes, number: int) -> bytes:
    """Return the 20-byte leaf of a 20-byte ticket key address with its number."""
    return keccak(word(ticket_key) + number.to_bytes(32, "big"))[12:]


def parent(one: bytes, other: bytes) -> bytes:
    """Return what is above two neighbours of 20 bytes: 32 bytes, a root; a node is the last 20 of them."""
    return keccak(word(min(one, other)) + word(max(one, other)))


class TicketTree:
    """A generation's ticket keys in order, their root and their proofs."""

    def __init__(self, ticket_keys: Sequence[bytes], *, generation: int) -> None:
        """Grow the tree from 256 addresses of 20 bytes each.

        Raises:
            ValueError: Not 256 different addresses.
        """
        if len(ticket_keys) != TICKETS or len(set(ticket_keys)) != TICKETS:
            raise ValueError("a voucher has 256 different ticket keys")
        if any(len(ticket_key) != 20 for ticket_key in ticket_keys):
            raise ValueError("a ticket key is an address of 20 bytes")
        self.levels = [[leaf(key, generation << 8 | place) for place, key in enumerate(ticket_keys)]]
        while len(self.levels) < LEVELS:
            below = self.levels[-1]
            self.levels.append([parent(below[i], below[i + 1])[12:] for i in range(0, len(below), 2)])

    @property
    def root(self) -> bytes:
        """The 32 bytes that commit to all of them."""
        return parent(*self.levels[-1])

    def siblings(self, place: int) -> list[bytes]:
        """Return the eight neighbours on the way from a place (0 to 255) to the root, 20 bytes each."""
        return [level[place >> height ^ 1] for height, level in enumerate(self.levels)]


def fingerprint(holder: bytes, ticket_root: bytes) -> bytes:
    """Return the 20 bytes that a voucher's record keeps of its holder and root."""
    return keccak(word(holder) + ticket_root)[12:]
