# SPDX-License-Identifier: EUPL-1.2
"""Numbers put into the contract's storage, to stand where no test can wait to come by calls: near a type's limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from eth_hash.auto import keccak

from .fund import Fund

SLOTS = range(32)
"""More than the contract declares."""


def kept_under(key: int) -> list[int]:
    """Return the slots in which one of the contract's mappings may keep what is under this key."""
    return [
        int.from_bytes(keccak(key.to_bytes(32, "big") + slot.to_bytes(32, "big")), "big") for slot in SLOTS
    ]


def put_number(
    fund: Fund, read: Callable[[], int], number: int, *, bits: int, slots: Iterable[int] = SLOTS
) -> None:
    """Make the number that `read` reads another one, wherever in these slots the contract keeps it.

    Its place is found by trying, so that it does not matter here how storage is packed, nor whether a count is kept or
    the number that comes next.
    """
    was, mask = read(), 2**bits - 1
    for slot in slots:
        word = fund.storage(slot)
        for shift in range(0, 256 - bits + 1, 8):
            for ahead in (0, 1):
                if word >> shift & mask == was + ahead:
                    fund.put_storage(slot, word & ~(mask << shift) | number + ahead << shift)
                    if read() == number:
                        return
                    fund.put_storage(slot, word)
    raise AssertionError("the contract keeps that number elsewhere")
