# SPDX-License-Identifier: EUPL-1.2
"""The outbox and a node together: what is in the outbox is brought to the node, again if it forgets, until it is final.

For one thread only. Nothing here reads what a node's error says, because each kind of node says it in its own words: a
transaction that was not taken and is not known is brought again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import structlog

from . import blocks
from .client import Receipt, Submission
from .node_rpc import NodeError, NodeRpc
from .outbox import Outbox
from .rpc import Call, NodeUnreachable
from .transactions import SignedTransaction, least_gas

log = structlog.get_logger(__name__)

IN_FLIGHT = 200
"""How many transactions of one account a node is given at a time; pools hold few that cannot be executed yet."""

_LOST_AFTER_LOOKS = 3


@dataclass(slots=True)
class _Parcel:
    """A transaction on its way. `refused_since` (monotonic) is when the node first would not have it."""

    transaction: SignedTransaction
    brought: bool = False
    refused_since: float | None = None
    said: str = ""
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A transaction that waits no longer. Without a receipt it was not executed, and never will be; `said` is why."""

    transaction: SignedTransaction
    receipt: Receipt | None
    said: str = ""


@dataclass(slots=True)
class _Account:
    """An account's transactions on their way, in order. `end` is the number that its next one gets."""

    parcels: dict[int, _Parcel] = field(default_factory=dict)
    end: int | None = None


class Courier:
    """The way from the outbox to the chain."""

    def __init__(
        self,
        rpc: NodeRpc,
        outbox: Outbox,
        *,
        depth: int,
        look_again_seconds: float,
        give_up_seconds: float,
        sign: Callable[[Submission, int], SignedTransaction | None],
    ) -> None:
        """Take up what the outbox has.

        Args:
            rpc: The node.
            outbox: What was promised to be sent.
            depth: How many blocks must follow a block before it is final.
            look_again_seconds: How often the node is asked whether it still knows what it was given.
            give_up_seconds: After this time an account's first transaction that the node will not have is replaced by
                one that does nothing, so that those behind it can go on.
            sign: Signs with a number; None when it cannot sign for that account.
        """
        self._rpc = rpc
        self._outbox = outbox
        self._depth = depth
        self._look_again_seconds = look_again_seconds
        self._give_up_seconds = give_up_seconds
        self._sign = sign
        self._accounts: dict[str, _Account] = {}
        self._look_at = 0.0
        # Found between two deliveries.
        self._displaced: list[Delivery] = []
        self.read_again()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._displaced and not any(account.parcels for account in self._accounts.values())

    def read_again(self) -> None:
        """Take what waits from the disk."""
        self._accounts = defaultdict(_Account)
        for transaction in self._outbox.waiting():
            self._accounts[transaction.sender].parcels[transaction.nonce] = _Parcel(transaction)
        if not self.is_idle:
            log.info("outbox_resumed", count=sum(len(one.parcels) for one in self._accounts.values()))

    def what_was_said_of(self, sender: str, nonce: int) -> str:
        """Return why the node does not have a transaction, in its words; empty when it does. Any thread may ask."""
        account = self._accounts.get(sender)
        parcel = account.parcels.get(nonce) if account else None
        return parcel.said if parcel else ""

    def next_nonces(self, senders: Iterable[str]) -> dict[str, int]:
        """Return the numbers that the senders' next transactions get.

        Raises:
            NodeUnreachable: No answer; nothing was done.
        """
        unknown = [sender for sender in set(senders) if self._accounts[sender].end is None]
        for sender, latest, pending in zip(
            unknown,
            self._ask_counts(unknown, "latest"),
            # Ours, when this outbox is younger than the account.
            self._ask_counts(unknown, "pending"),
            strict=True,
        ):
            self._accounts[sender].end = max(self._outbox.next_nonce(sender), latest, pending)
        return {sender: self._accounts[sender].end or 0 for sender in senders}

    def take(self, transactions: Sequence[SignedTransaction]) -> None:
        """Take transactions with the next numbers. When this returns, they are on disk, and will be brought.

        Raises:
            sqlite3.Error: They could not be written, or it is not known whether they were; `read_again` tells.
        """
        self._outbox.append(transactions)
        for transaction in transactions:
            account = self._accounts[transaction.sender]
            assert account.end == transaction.nonce, "numbers are given in order"
            account.end += 1
            account.parcels[transaction.nonce] = _Parcel(transaction)

    def go(self) -> list[Delivery]:
        """Bring what was not brought yet, and return what became final since.

        Raises:
            NodeUnreachable: No answer; all that was done is found again.
        """
        try:
            if time.monotonic() >= self._look_at:
                self._look_again()
                self._look_at = time.monotonic() + self._look_again_seconds
            self._bring()
            return self._collect()
        except NodeUnreachable:
            # What it knew, it may have forgotten when it comes back.
            self._look_at = 0.0
            raise

    # ---------------------------------------------------------------- bringing

    def _bring(self) -> None:
        due = [parcel for parcel in self._in_flight() if not parcel.brought and not parcel.said]
        answers = self._rpc.batch([_bring_call(parcel.transaction) for parcel in due])
        refused = []
        for parcel, answer in zip(due, answers, strict=True):
            parcel.brought = not isinstance(answer, NodeError)
            if not parcel.brought:
                refused.append((parcel, str(answer)))
        # Refused because it has it already, or has done it: then it knows it.
        known = self._ask_known([parcel for parcel, _ in refused])
        for (parcel, said), is_known in zip(refused, known, strict=True):
            parcel.brought = is_known
            if not is_known:
                if parcel.refused_since is None:
                    parcel.refused_since = time.monotonic()
                    log.warning("node_refuses", transaction=parcel.transaction.hash.hex(), said=said)
                parcel.said = said
        for parcel in due:
            if parcel.brought:
                parcel.refused_since, parcel.said = None, ""

    def _look_again(self) -> None:
        """See what the node forgot, so that it is brought again."""
        parcels = self._in_flight()
        if not parcels:
            return
        brought = [parcel for parcel in parcels if parcel.brought]
        for parcel, is_known in zip(brought, self._ask_known(brought), strict=True):
            parcel.brought = is_known
        if forgotten := sum(not parcel.brought for parcel in brought):
            log.warning("node_forgot", count=forgotten)
        for parcel in parcels:
            parcel.said = ""
        senders = [sender for sender, account in self._accounts.items() if account.parcels]
        for sender, count in zip(senders, self._ask_counts(senders, "latest"), strict=True):
            first = min(self._accounts[sender].parcels)
            if count < first:
                self._bring_settled(sender, count, first)
            elif count == first:
                self._replace_if_never_taken(self._accounts[sender].parcels[first])
        final = self._ask_counts(senders, self._ask_final_tag())
        for sender, count in zip(senders, final, strict=True):
            self._look_for_displaced(sender, count)

    def _bring_settled(self, sender: str, first: int, end: int) -> None:
        """Bring what was final when the node went back in time to before it."""
        forgotten = self._outbox.settled_between(sender, first, end)
        log.error("node_went_back", sender=sender, count=end - first, kept=len(forgotten))
        self._rpc.batch([_bring_call(transaction) for transaction in forgotten])

    def _replace_if_never_taken(self, parcel: _Parcel) -> None:
        since = parcel.refused_since
        if since is None or time.monotonic() - since < self._give_up_seconds:
            return
        old = parcel.transaction
        nothing = Submission(sender=old.sender, to=old.sender, input=b"", gas=0)
        nothing = Submission(sender=old.sender, to=old.sender, input=b"", gas=least_gas(nothing))
        new = self._sign(nothing, old.nonce)
        if new is None or new.hash == old.hash:
            return
        self._outbox.replace(old, new)
        self._accounts[old.sender].parcels[old.nonce] = _Parcel(new)
        self._displaced.append(Delivery(old, None, "the node would not take it"))
        log.error("given_up", transaction=old.hash.hex(), replaced_by=new.hash.hex())

    def _look_for_displaced(self, sender: str, count: int) -> None:
        """Give up what lost its number to another transaction of the same account."""
        account = self._accounts[sender]
        for nonce, parcel in list(account.parcels.items()):
            if nonce >= count or parcel.brought:
                continue
            # A node may know the count before it finds the transaction.
            parcel.looks += 1
            if parcel.looks < _LOST_AFTER_LOOKS:
                continue
            log.error("displaced", transaction=parcel.transaction.hash.hex(), sender=sender, nonce=nonce)
            del account.parcels[nonce]
            self._outbox.note_settled([parcel.transaction])
            self._displaced.append(
                Delivery(parcel.transaction, None, "another transaction of its account took its number")
            )
            if not account.parcels:
                account.end = None

    # ---------------------------------------------------------------- collecting

    def _collect(self) -> list[Delivery]:
        """Return what is final now. One small question when nothing is."""
        deliveries, self._displaced = self._displaced, []
        senders = [sender for sender, account in self._accounts.items() if account.parcels]
        final = self._ask_final_tag()
        counts = self._ask_counts(senders, final)
        executed = [
            parcel
            for sender, count in zip(senders, counts, strict=True)
            for nonce, parcel in self._accounts[sender].parcels.items()
            if nonce < count
        ]
        found = self._rpc.batch(
            [Call("eth_getTransactionReceipt", (_text(parcel.transaction.hash),)) for parcel in executed]
        )
        receipts = [
            (parcel, answer)
            for parcel, answer in zip(executed, found, strict=True)
            if _is_receipt(answer) and (self._depth == 0 or int(answer["blockNumber"], 16) <= int(final, 16))
        ]
        times = self._ask_times({answer["blockNumber"] for _, answer in receipts})
        for parcel, answer in receipts:
            receipt = blocks.read_receipt(answer, times[answer["blockNumber"]])
            deliveries.append(Delivery(parcel.transaction, receipt))
            del self._accounts[parcel.transaction.sender].parcels[parcel.transaction.nonce]
        # What was refused for being too early may be next now.
        for sender in {parcel.transaction.sender for parcel, _ in receipts}:
            for parcel in self._accounts[sender].parcels.values():
                parcel.said = ""
        self._outbox.note_settled(parcel.transaction for parcel, _ in receipts)
        return deliveries

    # ---------------------------------------------------------------- asking

    def _in_flight(self) -> list[_Parcel]:
        return [
            parcel
            for account in self._accounts.values()
            for parcel in islice(account.parcels.values(), IN_FLIGHT)
        ]

    def _ask_final_tag(self) -> str:
        """Return the newest final block, as a node is asked for it."""
        if self._depth == 0:
            return "latest"
        newest = int(_answer(self._rpc.batch([Call("eth_blockNumber")])[0]), 16)
        return hex(max(0, newest - self._depth))

    def _ask_counts(self, senders: Sequence[str], tag: str) -> list[int]:
        calls = [Call("eth_getTransactionCount", (sender, tag)) for sender in senders]
        return [int(_answer(answer), 16) for answer in self._rpc.batch(calls)]

    def _ask_known(self, parcels: Sequence[_Parcel]) -> list[bool]:
        calls = [Call("eth_getTransactionByHash", (_text(parcel.transaction.hash),)) for parcel in parcels]
        return [_answer(answer) is not None for answer in self._rpc.batch(calls)]

    def _ask_times(self, numbers: set[str]) -> dict[str, int]:
        wanted = sorted(numbers)
        found = self._rpc.batch([Call("eth_getBlockByNumber", (number, False)) for number in wanted])
        return {
            number: int(_block(answer)["timestamp"], 16) for number, answer in zip(wanted, found, strict=True)
        }


def _bring_call(transaction: SignedTransaction) -> Call:
    return Call("eth_sendRawTransaction", (_text(transaction.raw),))


def _text(content: bytes) -> str:
    return f"0x{content.hex()}"


def _is_receipt(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get("blockNumber") is not None


def _answer(answer: Any) -> Any:
    """Return an answer to a question that any node can answer; an error is as good as none."""
    if isinstance(answer, NodeError):
        raise NodeUnreachable(f"the node would not say: {answer}")
    return answer


def _block(answer: Any) -> dict[str, Any]:
    block = _answer(answer)
    if not isinstance(block, dict):
        raise NodeUnreachable("the node does not have its own block")
    return block
