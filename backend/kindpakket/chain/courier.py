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
from .client import Head, Receipt, Submission
from .node_answers import read_base_fee, read_hash, read_head, read_number
from .node_rpc import NodeError, NodeRpc, making_sense
from .outbox import Outbox
from .rpc import Call, NodeUnreachable
from .transactions import SignedTransaction, least_gas

log = structlog.get_logger(__name__)

IN_FLIGHT = 200
"""How many transactions of one account a node is given at a time; pools hold few that cannot be executed yet."""

_LOST_AFTER_LOOKS = 3
_WATCH_SECONDS = 2.0


@dataclass(slots=True)
class _Parcel:
    """A transaction on its way. `refused_since` (monotonic) is when the node first would not have it, `said` why, last.

    One that `waits` was refused since the node was last looked at.
    """

    transaction: SignedTransaction
    brought: bool = False
    waits: bool = False
    refused_since: float | None = None
    said: str = ""
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A transaction that waits no longer. Without a receipt we bring it no more (`said` is why); a pool may have it."""

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
        # By account, the number after the last one that settled.
        self._settled_ends = outbox.settled_ends()
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

    def has(self, transaction: SignedTransaction) -> bool:
        """Return whether this one is on its way."""
        account = self._accounts.get(transaction.sender)
        parcel = account.parcels.get(transaction.nonce) if account else None
        return parcel is not None and parcel.transaction.hash == transaction.hash

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

    def watch(self) -> None:
        """While nothing is on its way: see whether the node went back to before what was final, and bring that again.

        Raises:
            NodeUnreachable: No answer.
        """
        self._look_back(before=time.monotonic() + _WATCH_SECONDS)

    # ---------------------------------------------------------------- bringing

    def _bring(self) -> None:
        due = [parcel for parcel in self._in_flight() if not parcel.brought and not parcel.waits]
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
                parcel.waits, parcel.said = True, said
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
            parcel.waits = False
        self._look_back()
        senders = self._senders()
        final = self._ask_counts(senders, self._ask_final_tag())
        for sender, count in zip(senders, final, strict=True):
            self._look_for_displaced(sender, count)

    def _look_back(self, *, before: float | None = None) -> None:
        """See where each account is on the chain, whether or not something of it is on its way."""
        senders = list({*self._settled_ends, *self._senders()})
        for sender, count in zip(senders, self._ask_counts(senders, "latest", before=before), strict=True):
            parcels = self._accounts[sender].parcels
            first = min(parcels) if parcels else self._settled_ends[sender]
            if count < first:
                self._bring_settled(sender, count, first)
            elif parcels and count == first:
                self._replace_if_never_taken(parcels[first])

    def _bring_settled(self, sender: str, first: int, end: int) -> None:
        """Bring what was final when the node went back in time to before it."""
        forgotten = self._outbox.settled_between(sender, first, end)
        log.error("node_went_back", sender=sender, count=end - first, kept=len(forgotten))
        self._rpc.batch([_bring_call(transaction) for transaction in forgotten])

    def _replace_if_never_taken(self, parcel: _Parcel) -> None:
        since = parcel.refused_since
        if since is None or time.monotonic() - since < self._give_up_seconds:
            return
        if (fee := self._ask_base_fee()) > 0:
            # Then it would not take anything else of ours either.
            log.error("node_asks_fee", wei=fee)
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
        doubtful = [
            parcel for nonce, parcel in account.parcels.items() if nonce < count and not parcel.brought
        ]
        for parcel, is_known in zip(doubtful, self._ask_known(doubtful), strict=True):
            parcel.brought = is_known
            if is_known:
                continue
            # A node may know the count before it finds the transaction.
            parcel.looks += 1
            if parcel.looks < _LOST_AFTER_LOOKS:
                continue
            nonce = parcel.transaction.nonce
            log.error("displaced", transaction=parcel.transaction.hash.hex(), sender=sender, nonce=nonce)
            del account.parcels[nonce]
            self._note_settled([parcel.transaction])
            self._displaced.append(
                Delivery(parcel.transaction, None, "another transaction of its account took its number")
            )
            if not account.parcels:
                account.end = None

    # ---------------------------------------------------------------- collecting

    def _collect(self) -> list[Delivery]:
        """Return what is final now. One small question when nothing is."""
        senders = self._senders()
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
        with making_sense():
            placed = [
                (parcel, answer, read_number(answer["blockNumber"]), read_hash(answer["blockHash"]))
                for parcel, answer in zip(executed, found, strict=True)
                if _is_receipt(answer)
            ]
        if self._depth > 0:
            placed = [one for one in placed if one[2] <= int(final, 16)]
        heads = self._ask_heads({number for _, _, number, _ in placed})
        # One of a block that was undone meanwhile is of no use.
        placed = [one for one in placed if heads[one[2]].hash == one[3]]
        with making_sense():
            receipts = [
                (parcel.transaction, blocks.read_receipt(answer, heads[number].at))
                for parcel, answer, number, _ in placed
            ]
        deliveries, self._displaced = self._displaced, []
        for transaction, receipt in receipts:
            deliveries.append(Delivery(transaction, receipt))
            del self._accounts[transaction.sender].parcels[transaction.nonce]
        # What was refused for being too early may be next now.
        for sender in {transaction.sender for transaction, _ in receipts}:
            for parcel in self._accounts[sender].parcels.values():
                parcel.waits = False
        self._note_settled([transaction for transaction, _ in receipts])
        return deliveries

    def _note_settled(self, transactions: Sequence[SignedTransaction]) -> None:
        self._outbox.note_settled(transactions)
        for one in transactions:
            self._settled_ends[one.sender] = max(self._settled_ends.get(one.sender, 0), one.nonce + 1)

    # ---------------------------------------------------------------- asking

    def _senders(self) -> list[str]:
        return [sender for sender, account in self._accounts.items() if account.parcels]

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
        (answer,) = self._rpc.batch([Call("eth_blockNumber")])
        with making_sense():
            newest = read_number(_answer(answer))
        return hex(max(0, newest - self._depth))

    def _ask_base_fee(self) -> int:
        (answer,) = self._rpc.batch([Call("eth_getBlockByNumber", ("latest", False))])
        with making_sense():
            return read_base_fee(_answer(answer))

    def _ask_counts(self, senders: Sequence[str], tag: str, *, before: float | None = None) -> list[int]:
        calls = [Call("eth_getTransactionCount", (sender, tag)) for sender in senders]
        with making_sense():
            return [read_number(_answer(answer)) for answer in self._rpc.batch(calls, before=before)]

    def _ask_known(self, parcels: Sequence[_Parcel]) -> list[bool]:
        calls = [Call("eth_getTransactionByHash", (_text(parcel.transaction.hash),)) for parcel in parcels]
        return [_answer(answer) is not None for answer in self._rpc.batch(calls)]

    def _ask_heads(self, numbers: set[int]) -> dict[int, Head]:
        wanted = sorted(numbers)
        found = self._rpc.batch([Call("eth_getBlockByNumber", (hex(number), False)) for number in wanted])
        heads = {}
        for number, answer in zip(wanted, found, strict=True):
            with making_sense():
                head = read_head(_answer(answer))
            if head is None:
                raise NodeUnreachable("the node does not have its own block")
            heads[number] = head
        return heads


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
