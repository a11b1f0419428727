# SPDX-License-Identifier: EUPL-1.2
"""The outbox and a node together: what is in the outbox is brought to the node, again if it forgets, until it is final.

For one thread only. Nothing here reads what a node's error says, because each kind of node says it in its own words: a
transaction that was not taken and is not known is brought again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import structlog

from .client import Receipt, Submission
from .node_questions import NodeQuestions, bringing
from .node_rpc import NodeError, NodeRpc
from .outbox import Outbox
from .rpc import NodeUnreachable
from .transactions import SignedTransaction, least_gas

log = structlog.get_logger(__name__)

IN_FLIGHT = 200
"""How many transactions of one account a node is given at a time; pools hold few that cannot be executed yet."""

_LOST_AFTER_LOOKS = 3
_WATCH_SECONDS = 2.0
_NOT_TAKEN = "the node would not take it"
_DISPLACED = "another transaction of its account took its number"


@dataclass(slots=True)
class _Parcel:
    """A transaction on its way. `refused_since` (monotonic) is when the node first would not have it, `said` why, last.

    One that `waits` was refused since the node was last looked at. `given_up` is what an empty one was put in place of:
    another pool may still have it, so that it is decided with this one, whichever of both takes their number.
    """

    transaction: SignedTransaction
    given_up: SignedTransaction | None = None
    since: float = field(default_factory=time.monotonic)
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
    """An account's transactions on their way, in order. `end` is the number that its next one gets.

    `gap` is a number before the first one that nobody has, and since when (monotonic).
    """

    parcels: dict[int, _Parcel] = field(default_factory=dict)
    end: int | None = None
    gap: tuple[int, float] | None = None


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
            give_up_seconds: After this time an account's first transaction that the node will not have, or that
                nobody has, is replaced by one that does nothing, so that those behind it can go on.
            sign: Signs with a number; None when it cannot sign for that account.
        """
        self._rpc = rpc
        self._questions = NodeQuestions(rpc, depth=depth)
        self._outbox = outbox
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

    def waits_longer_than(self, seconds: float) -> bool:
        """Return whether something has been on its way, for longer than this. Any thread may ask."""
        before = time.monotonic() - seconds
        accounts = list(self._accounts.values())
        return any(one.since < before for account in accounts for one in list(account.parcels.values()))

    def read_again(self) -> None:
        """Take what waits from the disk."""
        self._accounts = defaultdict(_Account)
        given_up = {(one.sender, one.nonce): one for one in self._outbox.given_up()}
        for transaction in self._outbox.waiting():
            sender, nonce = transaction.sender, transaction.nonce
            self._accounts[sender].parcels[nonce] = _Parcel(transaction, given_up.get((sender, nonce)))
        if not self.is_idle:
            log.info("outbox_resumed", count=sum(len(one.parcels) for one in self._accounts.values()))

    def has(self, transaction: SignedTransaction) -> bool:
        """Return whether this one is on its way."""
        account = self._accounts.get(transaction.sender)
        parcel = account.parcels.get(transaction.nonce) if account else None
        return parcel is not None and parcel.transaction.hash == transaction.hash

    def what_was_said_of(self, transactions: Iterable[SignedTransaction]) -> str:
        """Return why the node lacks one of these, in its words; empty when it has them. Any thread may ask."""
        for one in transactions:
            account = self._accounts.get(one.sender)
            parcel = account.parcels.get(one.nonce) if account else None
            if parcel is not None and parcel.said:
                return parcel.said
        return ""

    def next_nonces(self, senders: Iterable[str]) -> dict[str, int]:
        """Return the numbers that the senders' next transactions get.

        Raises:
            NodeUnreachable: No answer; nothing was done.
        """
        unknown = [sender for sender in set(senders) if self._accounts[sender].end is None]
        for sender, latest, pending in zip(
            unknown,
            self._questions.counts(unknown, "latest"),
            # Ours, when this outbox is younger than the account.
            self._questions.counts(unknown, "pending"),
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
        answers = self._rpc.batch([bringing(parcel.transaction) for parcel in due])
        refused = []
        for parcel, answer in zip(due, answers, strict=True):
            parcel.brought = not isinstance(answer, NodeError)
            if not parcel.brought:
                refused.append((parcel, str(answer)))
        # Refused because it has it already, or has done it: then it knows it.
        known = self._known([parcel for parcel, _ in refused])
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
        for parcel, is_known in zip(brought, self._known(brought), strict=True):
            parcel.brought = is_known
        if forgotten := sum(not parcel.brought for parcel in brought):
            log.warning("node_forgot", count=forgotten)
        for parcel in parcels:
            parcel.waits = False
        self._look_back()
        senders = self._senders()
        final = self._questions.counts(senders, self._questions.final_tag())
        for sender, count in zip(senders, final, strict=True):
            self._look_for_displaced(sender, count)

    def _look_back(self, *, before: float | None = None) -> None:
        """See where each account is on the chain, whether or not something of it is on its way."""
        senders = list({*self._settled_ends, *self._senders()})
        for sender, count in zip(
            senders, self._questions.counts(senders, "latest", before=before), strict=True
        ):
            account = self._accounts[sender]
            parcels = account.parcels
            settled_end = self._settled_ends.get(sender, 0)
            if count < settled_end:
                self._bring_settled(sender, count, settled_end)
            elif parcels and count < min(parcels):
                self._fill_gap(sender, count)
            elif parcels and count == min(parcels):
                if account.gap is not None and account.gap[0] <= count:
                    account.gap = None
                self._replace_if_never_taken(parcels[count])

    def _bring_settled(self, sender: str, first: int, end: int) -> None:
        """Bring what was final when the node went back in time to before it."""
        forgotten = self._outbox.settled_between(sender, first, end)
        log.error("node_went_back", sender=sender, count=end - first, kept=len(forgotten))
        self._rpc.batch([bringing(transaction) for transaction in forgotten])

    def _fill_gap(self, sender: str, number: int) -> None:
        """Put an empty one where a number is missing that this outbox does not know: an older copy was put back."""
        account = self._accounts[sender]
        (pending,) = self._questions.counts([sender], "pending")
        if pending > number:
            # It is in the node's pool.
            account.gap = None
            return
        if account.gap is None or account.gap[0] != number:
            account.gap = (number, time.monotonic())
        since = account.gap[1]
        if time.monotonic() - since < self._give_up_seconds or (new := self._empty(sender, number)) is None:
            return
        self._outbox.append([new])
        account.parcels = {number: _Parcel(new), **account.parcels}
        # Those after it are missing for as long.
        account.gap = (number + 1, since)
        log.error("gap_filled", sender=sender, nonce=number, transaction=new.hash.hex())

    def _replace_if_never_taken(self, parcel: _Parcel) -> None:
        since = parcel.refused_since
        if parcel.given_up is not None or since is None or time.monotonic() - since < self._give_up_seconds:
            return
        old = parcel.transaction
        new = self._empty(old.sender, old.nonce)
        if new is None or new.hash == old.hash:
            return
        self._outbox.replace(old, new)
        self._accounts[old.sender].parcels[old.nonce] = _Parcel(new, old, since=parcel.since)
        log.error("given_up", transaction=old.hash.hex(), replaced_by=new.hash.hex())

    def _empty(self, sender: str, nonce: int) -> SignedTransaction | None:
        """Return a transaction that only takes a number; None when the node would not have it, or we cannot sign it."""
        if (fee := self._questions.base_fee()) > 0:
            # Then it would not take anything else of ours either.
            log.error("node_asks_fee", wei=fee)
            return None
        nothing = Submission(sender=sender, to=sender, input=b"", gas=0)
        return self._sign(replace(nothing, gas=least_gas(nothing)), nonce)

    def _look_for_displaced(self, sender: str, count: int) -> None:
        """Give up what lost its number to another transaction of the same account."""
        account = self._accounts[sender]
        doubtful = [
            parcel for nonce, parcel in account.parcels.items() if nonce < count and not parcel.brought
        ]
        for parcel, is_known in zip(doubtful, self._known(doubtful), strict=True):
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
            self._displaced += _undone(parcel, _DISPLACED)
            if not account.parcels:
                account.end = None

    # ---------------------------------------------------------------- collecting

    def _collect(self) -> list[Delivery]:
        """Return what is final now. One small question when nothing is."""
        senders = self._senders()
        final = self._questions.final_tag()
        counts = self._questions.counts(senders, final)
        executed = [
            parcel
            for sender, count in zip(senders, counts, strict=True)
            for nonce, parcel in self._accounts[sender].parcels.items()
            if nonce < count
        ]
        either = [parcel.transaction for parcel in executed]
        either += [parcel.given_up for parcel in executed if parcel.given_up is not None]
        receipts = self._questions.receipts(either, final=final)
        deliveries, self._displaced = self._displaced, []
        for transaction, receipt in receipts:
            parcel = self._accounts[transaction.sender].parcels.pop(transaction.nonce)
            deliveries.append(Delivery(transaction, receipt))
            if transaction is parcel.given_up:
                log.info("given_up_was_executed", transaction=transaction.hash.hex(), block=receipt.block)
            elif parcel.given_up is not None:
                deliveries.append(Delivery(parcel.given_up, None, _NOT_TAKEN))
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

    # ---------------------------------------------------------------- what is on its way

    def _known(self, parcels: Sequence[_Parcel]) -> list[bool]:
        return self._questions.known([parcel.transaction for parcel in parcels])

    def _senders(self) -> list[str]:
        return [sender for sender, account in self._accounts.items() if account.parcels]

    def _in_flight(self) -> list[_Parcel]:
        return [
            parcel
            for account in self._accounts.values()
            for parcel in islice(account.parcels.values(), IN_FLIGHT)
        ]


def _undone(parcel: _Parcel, said: str) -> list[Delivery]:
    """Return the end of a parcel whose number something else took."""
    both = (parcel.transaction, parcel.given_up)
    return [Delivery(transaction, None, said) for transaction in both if transaction is not None]
