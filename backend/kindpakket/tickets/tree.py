# SPDX-License-Identifier: EUPL-1.2
"""The list of a voucher's 256 ticket keys: a Merkle tree that the contract knows by its root.

A leaf is keccak256(ticket key (20 bytes) ++ number (2 bytes, big end first)); a node is keccak256 of its two children,
the smaller first.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_hash.auto import keccak

TICKETS = 256
LEVELS = 8


def leaf(ticket_key: bytes, number: int) -> bytes:
    """Return the leaf of a 20-byte ticket key address with its number."""
    return keccak(ticket_key + number.to_bytes(2, "big"))


def node(one: bytes, other: bytes) -> bytes:
    """Return the parent of two nodes."""
    return keccak(one + other if one < other else other + one)


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
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            self.levels.append([node(below[i], below[i + 1]) for i in range(0, len(below), 2)])

    @property
    def root(self) -> bytes:
        """The 32 bytes that commit to all of them."""
        return self.levels[-1][0]

    def siblings(self, place: int) -> list[bytes]:
        """Return the eight neighbours on the way from a place (0 to 255) to the root."""
        return [level[place >> height ^ 1] for height, level in enumerate(self.levels[:-1])]


def fingerprint(holder: bytes, ticket_root: bytes) -> bytes:
    """Return the 20 bytes that a voucher's record keeps of its holder and root."""
    return keccak(holder + ticket_root)[12:]
