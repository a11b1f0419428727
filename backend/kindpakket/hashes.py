# SPDX-License-Identifier: EUPL-1.2
"""Keccak-256, the hash of the chain and of all that is signed for it.

By `safe-pysha3`, in C: a voucher's tree of tickets is 511 hashes, and pycryptodome's way through Python takes five
times as long for each.
"""

from __future__ import annotations

from sha3 import keccak_256


def keccak(data: bytes) -> bytes:
    """Return the 32 bytes of Keccak-256."""
    digest: bytes = keccak_256(data).digest()
    return digest
