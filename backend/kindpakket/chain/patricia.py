# SPDX-License-Identifier: EUPL-1.2
"""The Merkle-Patricia trie of a numbered list: its root, and the nodes that prove one of its values.

Only what a block's receipts need: the keys are the RLP of 0, 1, 2 and so on, no key is the beginning of another.

Source: the Ethereum yellow paper, appendix D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlp.codec import encode_raw

from kindpakket.hashes import keccak

EMPTY_ROOT = keccak(encode_raw(b""))
"""The root of an empty list."""

_HASH_BYTES = 32

_Item = tuple[bytes, bytes]
"""What is left of a key, a half byte each, and its value."""
_Node = list["bytes | _Node"]
"""What a node is before it is written: a pair or seventeen, of texts or of nodes too short to be hashed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The way to one value: the nodes that are hashed, from the root down, as they are hashed."""

    root: bytes
    nodes: tuple[bytes, ...]


def key_of(number: int) -> bytes:
    """Return the key of the value of this number."""
    written: bytes = encode_raw(number.to_bytes((number.bit_length() + 7) // 8, "big"))
    return written


def prove(values: Sequence[bytes], number: int) -> Proof:
    """Return the way to the value of this number in a list.

    Raises:
        LookupError: The list is shorter.
    """
    if not 0 <= number < len(values):
        raise LookupError(f"there is no value {number} in a list of {len(values)}")
    path: list[bytes] = []
    root = _write_root(values, way=_half_bytes(key_of(number)), path=path)
    # They are found from the value up.
    return Proof(root=root, nodes=tuple(reversed(path)))


def root_of(values: Sequence[bytes]) -> bytes:
    """Return the root of a list."""
    return _write_root(values, way=None, path=[]) if values else EMPTY_ROOT


def _write_root(values: Sequence[bytes], *, way: bytes | None, path: list[bytes]) -> bytes:
    items = sorted((_half_bytes(key_of(number)), value) for number, value in enumerate(values))
    written: bytes = encode_raw(_build(items, way, path))
    if way is not None:
        path.append(written)
    return keccak(written)


def _build(items: Sequence[_Item], way: bytes | None, path: list[bytes]) -> _Node:
    """Return the node above these items; note the hashed nodes below it that lie on the way."""
    if len(items) == 1:
        ((rest, value),) = items
        return [_pack(rest, is_leaf=True), value]
    shared = _shared_length(items[0][0], items[-1][0])
    if shared:
        rest = items[0][0][:shared]
        below = _way_on(way, rest)
        branch = _build([(key[shared:], value) for key, value in items], below, path)
        return [_pack(rest, is_leaf=False), _refer(branch, is_on_way=below is not None, path=path)]
    children: _Node = []
    for half_byte in range(16):
        own = [(key[1:], value) for key, value in items if key[0] == half_byte]
        below = _way_on(way, bytes([half_byte]))
        children.append(
            _refer(_build(own, below, path), is_on_way=below is not None, path=path) if own else b""
        )
    return [*children, b""]


def _refer(node: _Node, *, is_on_way: bool, path: list[bytes]) -> bytes | _Node:
    """Return what stands for a node in the one above it: its hash, or itself when it is shorter than that."""
    written: bytes = encode_raw(node)
    if len(written) < _HASH_BYTES:
        return node
    if is_on_way:
        path.append(written)
    return keccak(written)


def _way_on(way: bytes | None, step: bytes) -> bytes | None:
    return way[len(step) :] if way is not None and way.startswith(step) else None


def _shared_length(first: bytes, last: bytes) -> int:
    """Return how much the first and the last of sorted keys, and so all of them, begin with."""
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return length


def _half_bytes(key: bytes) -> bytes:
    return bytes(half for byte in key for half in (byte >> 4, byte & 15))


def _pack(half_bytes: bytes, *, is_leaf: bool) -> bytes:
    """Write half bytes as bytes, with a mark before them for a leaf and for an odd number."""
    mark = 2 * is_leaf + len(half_bytes) % 2
    whole = bytes([mark, *([] if len(half_bytes) % 2 else [0]), *half_bytes])
    return bytes(high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True))
