# SPDX-License-Identifier: EUPL-1.2
"""A witness: the contract on a node, read by somebody who trusts nobody. No key, no database, no signing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from kindpakket.errors import ChainMismatch
from kindpakket.events import Event, Place

from . import abi
from .client import CallReverted, Head
from .node_reader import NodeReader
from .reading import read_event, read_refusal

RANGE_BLOCKS = 4_096
QUESTIONS_AT_ONCE = 2_000
_PATIENCE_SECONDS = 60.0

Question = tuple[str, tuple[Any, ...]]
"""A function of the contract that only reads, and its words."""


class Witness:
    """A contract at an address, on any node that speaks `eth_*`."""

    def __init__(self, url: str, *, contract: str, key: str = "") -> None:
        """Read from the node at `url`; `key` opens one that lets not everybody in.

        Raises:
            ChainMismatch: There is no contract of ours at that address.
            ChainUnreachable: No answer.
        """
        self.contract = contract.lower()
        self._reader = NodeReader(
            url,
            depth=0,
            patience_seconds=_PATIENCE_SECONDS,
            clock=lambda: int(time.time()),
            closing=threading.Event(),
            key=key,
        )
        self.chain_id = self._reader.chain_id()
        question = abi.verbs()["programmeCount"].write()
        try:
            (answer,) = self._reader.call_all(to=self.contract, inputs=[question])
        except CallReverted:
            answer = b""
        if len(answer) != abi.WORD:
            raise ChainMismatch(f"there is no fund at {contract} on chain {self.chain_id}")

    def head(self) -> Head:
        """Return the newest block."""
        return self._reader.newest()

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block.

        Raises:
            LookupError: There is no such block.
        """
        return self._reader.block_hash(number)

    def block_hashes(self, first_block: int, last_block: int) -> list[bytes]:
        """Return the hashes of these blocks (both included), in order.

        Raises:
            LookupError: One is not there.
        """
        return self._reader.block_hashes(first_block, last_block)

    def events(self, first_block: int, last_block: int) -> Iterator[tuple[int, list[tuple[Place, Event]]]]:
        """Go through what happened in these blocks (both included), in order: the last block read, and its events.

        Raises:
            ChainMismatch: There is an event that the contract does not have.
        """
        for first in range(first_block, last_block + 1, RANGE_BLOCKS):
            last = min(first + RANGE_BLOCKS - 1, last_block)
            logs = self._reader.logs(address=self.contract, first_block=first, last_block=last)
            yield last, [event for log in logs if (event := read_event(log))]

    def ask(self, questions: Sequence[Question]) -> list[list[Any]]:
        """Ask the contract many things, as of the newest block; the answers in the same order, each a list of values.

        Raises:
            ContractRefusal: It refused one.
        """
        answers: list[list[Any]] = []
        for start in range(0, len(questions), QUESTIONS_AT_ONCE):
            part = questions[start : start + QUESTIONS_AT_ONCE]
            forms = [abi.verbs()[verb] for verb, _ in part]
            inputs = [form.write(*words) for form, (_, words) in zip(forms, part, strict=True)]
            try:
                contents = self._reader.call_all(to=self.contract, inputs=inputs)
            except CallReverted as reverted:
                if not reverted.revert:
                    raise
                raise read_refusal(reverted.revert, sender=None) from None
            answers += [form.outputs.read(content) for form, content in zip(forms, contents, strict=True)]
        return answers

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()
