# SPDX-License-Identifier: EUPL-1.2
"""A witness who does not believe the node: each event is proved by its block's receipts, header and hash.

Every header leads to the one before it, so that the newest hash stands for all that ever happened. Who knows that hash,
or an older one that was published, needs no word of the node for what happened until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from kindpakket.errors import ProofUnavailable
from kindpakket.events import Event, Place

from .evidence import parent_of
from .reading import read_event
from .witness import Witness

PROVED_AT_ONCE = 50
"""So many blocks are asked for in one journey: each is told twice, with all its receipts."""

_HASH_BYTES = 32


class ProvingWitness(Witness):
    """A contract at an address, on any node whose block hashes are those of Ethereum."""

    def __init__(self, url: str, *, contract: str, key: str = "") -> None:
        """Read from the node at `url`; raises what a witness does."""
        super().__init__(url, contract=contract, key=key)
        self._hashes = bytearray()

    def events(self, first_block: int, last_block: int) -> Iterator[tuple[int, list[tuple[Place, Event]]]]:
        """Go through what happened in these blocks, in order; each time from the block after the last one on.

        Raises:
            ChainMismatch: There is an event that the contract does not have.
            ProofUnavailable: What the node tells does not lead to the hashes that it tells.
        """
        assert first_block * _HASH_BYTES == len(self._hashes), "a chain is proved from its first block on"
        for first in range(first_block, last_block + 1, PROVED_AT_ONCE):
            last = min(first + PROVED_AT_ONCE - 1, last_block)
            placed: list[tuple[Place, Event]] = []
            for block in self._reader.proved_logs(address=self.contract, first_block=first, last_block=last):
                if self._hashes and parent_of(block.sealed) != self._hashes[-_HASH_BYTES:]:
                    raise ProofUnavailable(f"block {block.sealed.number} does not follow the one before it")
                self._hashes += block.sealed.hash
                placed += [event for log in block.logs if (event := read_event(log))]
            yield last, placed

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of blocks that were proved (both included), in order.

        Raises:
            LookupError: One was not.
        """
        if not 0 <= first_block <= last_block < len(self._hashes) // _HASH_BYTES:
            raise LookupError(f"there is no block {last_block}")
        return [
            bytes(self._hashes[number * _HASH_BYTES : (number + 1) * _HASH_BYTES])
            for number in range(first_block, last_block + 1)
        ]
